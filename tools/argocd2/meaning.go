package main

import (
	"net/http"
	"slices"
	"strings"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/clientcmd/api"
)

// meaning is what fleet/kube reads of an Application, in words of its own. Times are UTC.
type meaning struct {
	APIVersion, Kind, Name, Namespace, UID, Version string
	Labels                                          map[string]string
	Deleting                                        string `json:",omitempty"`
	Project                                         string `json:",omitempty"`
	To                                              destination
	Auto                                            *auto `json:",omitempty"` // nil: it is synced when somebody asks for it

	Hydrator *hydrator `json:",omitempty"` // what is hydrated, and where to
	Source   *place    `json:",omitempty"`
	Sources  []place   `json:",omitempty"`
	Paths    []string  `json:",omitempty"` // of the sources that are synced, sorted

	Sync         revisions
	ComparedTo   destination `json:",omitzero"` // when it was compared last
	SyncStatus   string
	Health       string
	HealthSince  string       `json:",omitempty"`
	HealthSource string       `json:",omitempty"` // where the health of resources is
	ReconciledAt string       `json:",omitempty"`
	History      []deployment `json:",omitempty"`
	Resources    []resource   `json:",omitempty"`
	Images       []string     `json:",omitempty"`
	Conditions   []condition  `json:",omitempty"`
	Operation    *sync        `json:",omitempty"`
	Hydration    hydration
}

// destination is where it is deployed to.
type destination struct{ Server, Name, Namespace string }

// auto is what Argo CD does by itself.
type auto struct{ On, Prune, SelfHeal bool }

type hydrator struct{ DryRepo, DryPath, DryTarget, SyncBranch, SyncPath string }

type place struct {
	RepoURL, Path, Chart, Ref, Target  string
	Helm, Kustomize, Directory, Plugin bool   // there are such parameters
	Files                              string // of other sources, that Helm takes values from
}

type resource struct {
	Kind, Name, Status, Health string
	Hook, Prune                bool
}

// revisions are that of one source, or those of several, and which these were.
type revisions struct {
	Revision  string   `json:",omitempty"`
	Revisions []string `json:",omitempty"`
	From      place    `json:",omitzero"`
	Of        []place  `json:",omitempty"`
}

type deployment struct {
	At string
	revisions
}

type condition struct {
	Type, Message string
	IsError       bool
}

// sync is the last operation.
type sync struct {
	Phase, Message, StartedAt string
	EndedAt                   string `json:",omitempty"`
	Retries                   int64
	Automated                 bool    `json:",omitempty"` // nobody asked for it
	Asked                     *asked  `json:",omitempty"`
	Result                    *result `json:",omitempty"`
}

// asked is a sync that was asked for: a dry one, or one of some resources only.
type asked struct {
	revisions
	Dry, Some bool
}

type result struct {
	revisions
	Failed []failure `json:",omitempty"`
	// Any: something was applied, or was to be. OnlyPreSync: nothing but PreSync hooks.
	Any, OnlyPreSync bool
}

type failure struct{ Kind, Name, Message, HookType, Status, HookPhase string }

type hydration struct {
	Phase, Message        string `json:",omitempty"`
	StartedAt, FinishedAt string `json:",omitempty"`
	Dry, Hydrated         string `json:",omitempty"`
	LastDry, LastHydrated string `json:",omitempty"`
}

// read says what an Application means.
func read(a *application) meaning {
	m := meaning{
		APIVersion: a.APIVersion, Kind: a.Kind, Name: a.Name, Namespace: a.Namespace,
		UID: string(a.UID), Version: a.ResourceVersion, Labels: a.Labels,
		Sources: places(a.Spec.Sources), Deleting: when(a.DeletionTimestamp), Project: a.Spec.Project,
		To: destination{a.Spec.Destination.Server, a.Spec.Destination.Name, a.Spec.Destination.Namespace},
	}
	if p := a.Spec.SyncPolicy; p != nil && p.Automated != nil {
		m.Auto = automatic(p.Automated)
	}
	if h := a.Spec.SourceHydrator; h != nil {
		m.Hydrator = &hydrator{h.DrySource.RepoURL, h.DrySource.Path, h.DrySource.TargetRevision, h.SyncSource.TargetBranch, h.SyncSource.Path}
	}
	if s := a.Spec.Source; s != nil {
		m.Source = &places([]source{*s})[0]
	}
	for _, s := range a.Spec.GetSources() {
		if s.Path != "" {
			m.Paths = append(m.Paths, s.Path)
		}
	}
	slices.Sort(m.Paths)
	m.readStatus(&a.Status)
	m.Operation = readOperation(a.Status.OperationState)
	return m
}

func places(sources []source) (all []place) {
	for _, s := range sources {
		all = append(all, placeOf(s))
	}
	return all
}

func placeOf(s source) place {
	p := place{RepoURL: s.RepoURL, Path: s.Path, Chart: s.Chart, Ref: s.Ref, Target: s.TargetRevision}
	p.Helm, p.Kustomize, p.Directory, p.Plugin = s.Helm != nil, s.Kustomize != nil, s.Directory != nil, s.Plugin != nil
	if s.Helm == nil {
		return p
	}
	files := s.Helm.ValueFiles
	for _, f := range s.Helm.FileParameters {
		files = append(files, f.Path)
	}
	var lent []string
	for _, f := range files {
		if strings.HasPrefix(f, "$") {
			lent = append(lent, f)
		}
	}
	p.Files = strings.Join(lent, "\n")
	return p
}

func (m *meaning) readStatus(s *status) {
	m.Sync = revisions{s.Sync.Revision, s.Sync.Revisions, placeOf(s.Sync.ComparedTo.Source), places(s.Sync.ComparedTo.Sources)}
	d := s.Sync.ComparedTo.Destination
	m.ComparedTo = destination{d.Server, d.Name, d.Namespace}
	m.SyncStatus, m.Health = string(s.Sync.Status), string(s.Health.Status)
	m.HealthSince, m.HealthSource = when(s.Health.LastTransitionTime), string(s.ResourceHealthSource)
	m.ReconciledAt, m.Images = when(s.ReconciledAt), s.Summary.Images
	for i := range s.History {
		h := &s.History[i]
		m.History = append(m.History, deployment{when(&h.DeployedAt), revisions{h.Revision, h.Revisions, placeOf(h.Source), places(h.Sources)}})
	}
	for i := range s.Resources {
		r := &s.Resources[i]
		one := resource{Kind: r.Kind, Name: r.Name, Status: string(r.Status), Hook: r.Hook, Prune: r.RequiresPruning}
		if r.Health != nil {
			one.Health = string(r.Health.Status)
		}
		m.Resources = append(m.Resources, one)
	}
	for i := range s.Conditions {
		c := &s.Conditions[i]
		m.Conditions = append(m.Conditions, condition{c.Type, c.Message, c.IsError()})
	}
	if c := s.SourceHydrator.CurrentOperation; c != nil {
		m.Hydration = hydration{
			Phase: string(c.Phase), Message: c.Message, StartedAt: when(&c.StartedAt), FinishedAt: when(c.FinishedAt),
			Dry: c.DrySHA, Hydrated: c.HydratedSHA,
		}
	}
	if l := s.SourceHydrator.LastSuccessfulOperation; l != nil {
		m.Hydration.LastDry, m.Hydration.LastHydrated = l.DrySHA, l.HydratedSHA
	}
}

func readOperation(o *operation) *sync {
	if o == nil {
		return nil
	}
	out := &sync{Phase: string(o.Phase), Message: o.Message, StartedAt: when(&o.StartedAt), EndedAt: when(o.FinishedAt), Retries: o.RetryCount, Automated: o.Operation.InitiatedBy.Automated}
	if s := o.Operation.Sync; s != nil {
		out.Asked = &asked{revisions{Revision: s.Revision, Revisions: s.Revisions}, s.DryRun, len(s.Resources) > 0}
	}
	if r := o.SyncResult; r != nil {
		out.Result = &result{revisions: revisions{r.Revision, r.Revisions, placeOf(r.Source), places(r.Sources)}}
		out.Result.read(r.Resources)
	}
	return out
}

func (r *result) read(all results) {
	r.Any, r.OnlyPreSync = len(all) > 0, len(all) > 0
	for _, one := range all {
		r.OnlyPreSync = r.OnlyPreSync && isPreSync(one)
		if failed(one) {
			r.Failed = append(r.Failed, failure{one.Kind, one.Name, one.Message, string(one.HookType), string(one.Status), string(one.HookPhase)})
		}
	}
}

// when writes a time, and nothing where there is none.
func when(t *metav1.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}

// connection is how a cluster of a Secret is talked to.
type connection struct {
	Host, Username, Password, BearerToken string `json:",omitempty"`
	Insecure, DisableCompression          bool   `json:",omitempty"`
	ServerName, Cert, Key, CA             string `json:",omitempty"`
	Proxy                                 string `json:",omitempty"`
	QPS                                   float32
	Burst                                 int
	Timeout                               time.Duration
	Exec                                  *program `json:",omitempty"`
}

// program is one that gives a token or a certificate. Config is what it is told.
type program struct {
	Command, APIVersion, InstallHint, InteractiveMode string
	Args, Env                                         []string
	ProvideClusterInfo                                bool
	Config                                            string `json:",omitempty"`
}

// connect says how Argo CD talks to a cluster.
func connect(c *cluster) (*connection, error) {
	r, err := c.RawRestConfig()
	if err != nil {
		return nil, err
	}
	out := &connection{
		Host: r.Host, Username: r.Username, Password: r.Password, BearerToken: r.BearerToken,
		Insecure: r.Insecure, DisableCompression: r.DisableCompression, ServerName: r.ServerName,
		Cert: string(r.CertData), Key: string(r.KeyData), CA: string(r.CAData),
		QPS: r.QPS, Burst: r.Burst, Timeout: r.Timeout,
	}
	if r.Proxy != nil {
		u, err := r.Proxy(&http.Request{})
		if err != nil {
			return nil, err
		}
		out.Proxy = u.String()
	}
	if e := r.ExecProvider; e != nil {
		out.Exec = tell(e)
	}
	return out, nil
}

func tell(e *api.ExecConfig) *program {
	p := &program{
		Command: e.Command, APIVersion: e.APIVersion, InstallHint: e.InstallHint, InteractiveMode: string(e.InteractiveMode),
		Args: e.Args, ProvideClusterInfo: e.ProvideClusterInfo,
	}
	for _, v := range e.Env {
		p.Env = append(p.Env, v.Name+"="+v.Value)
	}
	slices.Sort(p.Env)
	if raw, ok := e.Config.(*runtime.Unknown); ok {
		p.Config = string(raw.Raw)
	}
	return p
}
