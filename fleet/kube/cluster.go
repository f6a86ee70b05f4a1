package kube

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"sync/atomic"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
)

// pageSize is how many objects a list takes at a time, so that neither side holds
// a whole fleet in one answer.
const pageSize = 500

// listTimeout bounds one page; a watch may last.
const listTimeout = 60 * time.Second

// cluster watches one.
type cluster struct {
	name       string
	namespace  string
	repository string
	grace      time.Duration
	patience   time.Duration // how long it may say nothing
	pinged     atomic.Bool   // connections to it are HTTP/2, by which one that is dead shows
	now        func() time.Time
	log        *slog.Logger
	changed    func()
	faults     *faults

	argo, shopset *rest.RESTClient
	plain         *rest.RESTClient // as argo, without a word of faults
	core          *rest.RESTClient // of Kubernetes itself, likewise
	projects      *projects        // nil: they are not read
	store         *store
	resources     *resources // nil: they are not read

	mu       sync.Mutex
	reached  time.Time
	watching *noted           // of Applications; nil: none goes on
	heard    time.Time        // when it last sent something, or began
	lost     map[string]loss  // by plural; those that are not there are read well
	ended    map[string]error // by plural: why a watch did, and is not watched again yet
	down     bool             // Applications were lost, and are not watched again yet
	gone     bool             // it was lost for longer than the grace, as was told
	loaded   bool
	failures int64
	began    time.Time     // of a list of Applications
	took     time.Duration // the last one
}

// loss is something that cannot be read.
type loss struct {
	since time.Time
	err   error
}

func newCluster(c Config, one Cluster, changed, declared func()) (*cluster, error) {
	log := c.Log.With("cluster", one.Name)
	out := &cluster{
		name: one.Name, repository: c.Repository, namespace: c.Namespace, grace: c.Grace, patience: patience(c.Grace), now: c.Now, log: log, changed: changed,
		faults: newFaults(log, c.Now), lost: map[string]loss{}, ended: map[string]error{},
	}
	malformed := func(err error) { out.faults.note(fleet.Malformed, applications, err) }
	out.store = newStore(c.Mapping, c.Now, teller{changed: changed, faulty: malformed, taken: out.faults.taken})
	var err error
	if out.argo, err = out.client(one.Config, argoVersion); err != nil {
		return nil, err
	}
	if out.plain, err = restClient(one.Config, "/apis", argoVersion); err != nil {
		return nil, err
	}
	if c.Projects {
		out.projects = &projects{}
		out.store.projects = out.projects
		if out.core, err = restClient(one.Config, "/api", coreVersion); err != nil {
			return nil, err
		}
	}
	if c.Resources {
		out.resources = newResources(declared)
		out.shopset, err = out.client(one.Config, schema.GroupVersion{Group: manifest.Group, Version: manifest.Version})
	}
	return out, err
}

// client reads objects of one API group, and notes faults.
func (c *cluster) client(config *rest.Config, version schema.GroupVersion) (*rest.RESTClient, error) {
	own := rest.CopyConfig(config)
	own.Wrap(func(next http.RoundTripper) http.RoundTripper { return attentive{next, c.faults.note, &c.pinged} })
	return restClient(own, "/apis", version)
}

// restClient reads JSON below path. There is no set of clients for all kinds, which
// would link every type that Kubernetes has.
func restClient(config *rest.Config, path string, version schema.GroupVersion) (*rest.RESTClient, error) {
	own := rest.CopyConfig(config)
	own.GroupVersion = &version
	own.APIPath = path
	own.NegotiatedSerializer = serializer.NewCodecFactory(scheme).WithoutConversion()
	own.ContentType, own.AcceptContentTypes = "application/json", "application/json"
	if own.UserAgent == "" {
		own.UserAgent = "shopset_exporter"
	}
	return rest.RESTClientFor(own)
}

var (
	scheme    = newScheme()
	parameter = runtime.NewParameterCodec(scheme)
)

func newScheme() *runtime.Scheme {
	s := runtime.NewScheme()
	s.AddKnownTypeWithName(argoVersion.WithKind(application.ApplicationKind), &item{})
	s.AddKnownTypeWithName(argoVersion.WithKind(listKind), &itemList{})
	metav1.AddToGroupVersion(s, argoVersion)
	own := schema.GroupVersion{Group: manifest.Group, Version: manifest.Version}
	for _, k := range resourceKinds {
		s.AddKnownTypeWithName(own.WithKind(string(k.kind)), &declared{})
		s.AddKnownTypeWithName(own.WithKind(string(k.kind)+"List"), &declaredList{})
	}
	metav1.AddToGroupVersion(s, own)
	return s
}

// reflectors gives what is to be run until its channel closes.
func (c *cluster) reflectors(ctx context.Context) []func(stop <-chan struct{}) {
	first := cache.NewReflectorWithOptions(
		c.watch(ctx, c.argo, applications, c.namespace, func() runtime.Object { return &itemList{repository: c.repository} }),
		&item{}, loading{c.store, c.listed}, cache.ReflectorOptions{Name: "Applications of " + c.name})
	first.WatchListPageSize = pageSize
	runs := []func(<-chan struct{}){first.Run, func(<-chan struct{}) { c.listen(ctx) }}
	if c.projects != nil {
		runs = append(runs, func(<-chan struct{}) { c.watchProjects(ctx) })
	}
	if c.resources == nil {
		return runs
	}
	for _, k := range resourceKinds {
		r := cache.NewReflectorWithOptions(
			c.watch(ctx, c.shopset, k.plural, "", func() runtime.Object { return &declaredList{} }),
			&declared{}, c.resources.store(k.plural), cache.ReflectorOptions{Name: k.plural + " of " + c.name})
		r.WatchListPageSize = pageSize
		runs = append(runs, r.Run)
	}
	return runs
}

// watch makes lists and watches whose success and failure are noted.
func (c *cluster) watch(ctx context.Context, client *rest.RESTClient, plural, namespace string, list func() runtime.Object) *cache.ListWatch {
	request := func(o *metav1.ListOptions) *rest.Request {
		return client.Get().NamespaceIfScoped(namespace, namespace != "").Resource(plural).VersionedParams(o, parameter)
	}
	return &cache.ListWatch{
		ListFunc: func(o metav1.ListOptions) (runtime.Object, error) {
			// With a limit and no word on it, a version is read as this very one: after
			// an API server has restarted, the same old state again and again.
			if o.Continue == "" && o.ResourceVersion != "" {
				o.ResourceVersionMatch = metav1.ResourceVersionMatchNotOlderThan
			}
			into := list()
			err := c.page(ctx, request(&o), plural, o.Continue == "", into)
			c.note(ctx, plural, err, false)
			if c.without(plural, err) {
				err = nil // the list is empty
			}
			return into, err
		},
		WatchFunc: func(o metav1.ListOptions) (watch.Interface, error) {
			o.Watch = true
			w, err := c.begin(ctx, request(&o), plural)
			c.note(ctx, plural, err, true)
			if err != nil {
				return nil, err
			}
			while := time.Duration(0)
			if o.TimeoutSeconds != nil {
				while = time.Duration(*o.TimeoutSeconds) * time.Second
			}
			return c.noteWatch(ctx, plural, w, while), nil
		},
	}
}

// page reads one page of a list, and notes how long that takes.
func (c *cluster) page(ctx context.Context, r *rest.Request, plural string, first bool, into runtime.Object) error {
	within, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	began, answered := c.now(), c.await(ctx, plural)
	err := answer(within, r, into)
	answered()
	if fault, ok := ofList(err); ok && ctx.Err() == nil {
		c.faults.note(fault, plural, err)
	}
	ended := c.now()
	if took := ended.Sub(began); err == nil && took >= slowPage {
		c.faults.note(fleet.Slow, plural, fmt.Errorf("one page of a list took %v", took.Round(time.Millisecond)))
	}
	if plural == applications && err == nil {
		c.mu.Lock()
		defer c.mu.Unlock()
		if first {
			c.began = began
		}
		c.took = ended.Sub(c.began)
	}
	return err
}

// answer reads one answer; Applications are read while they come.
func answer(ctx context.Context, r *rest.Request, into runtime.Object) error {
	list, ok := into.(*itemList)
	if !ok {
		return r.Do(ctx).Into(into)
	}
	body, err := r.Stream(ctx)
	if err != nil {
		return err
	}
	defer body.Close()
	return list.read(body)
}

// note keeps how a list or a watch went. That Applications are watched again has a
// log line; each fault had one. (Where lists go well and watches do not, as with half
// of the rights, lists alone are no end of the fault.)
func (c *cluster) note(ctx context.Context, plural string, err error, watched bool) {
	switch {
	case ctx.Err() != nil:
		return // we end it ourselves
	case apierrors.IsResourceExpired(err) || apierrors.IsGone(err):
		err = nil // it answers: what was asked for is too old, and is listed anew
	case plural != applications && apierrors.IsNotFound(err):
		c.resources.was(plural, true)
		err = nil
	case c.without(plural, err):
		err = nil // a cluster without the CRDs has no such resources, and is well
	}
	now := c.now()
	c.mu.Lock()
	_, wasLost := c.lost[plural]
	ended := c.ended[plural]
	delete(c.ended, plural)
	if err == nil {
		c.reached = now
		delete(c.lost, plural)
	} else {
		c.failures++
		c.lose(plural, now, fmt.Errorf("read %s: %w", plural, err))
	}
	c.mu.Unlock()
	if ended != nil && err == nil { // else it ended for the same reason as this fails
		c.faults.say(fleet.Closed, plural, ended)
	}
	if plural == applications {
		c.turned(err != nil, wasLost, watched)
	}
}

// turned tells of Applications that are lost, or read again.
func (c *cluster) turned(lost, wasLost, watched bool) {
	c.mu.Lock()
	over := !lost && watched && c.down
	c.down = lost || c.down && !over
	left := c.grace - c.now().Sub(c.lost[applications].since)
	c.mu.Unlock()
	if over {
		c.faults.over()
		c.log.Info("cluster is read again", "resource", applications)
	}
	if lost != wasLost {
		c.store.touch() // what is known of its ShopSets is another thing now
		c.changed()
	}
	if lost && !wasLost && left > 0 {
		time.AfterFunc(left, c.changed) // then it is lost, also where no Application tells
	}
}

// without reports whether a cluster answers that it knows no Applications, and never
// had one: an Argo CD elsewhere manages it. Where there were some, that is a fault.
func (c *cluster) without(plural string, err error) bool {
	return plural == applications && apierrors.IsNotFound(err) && c.store.counts().applications == 0
}

func (c *cluster) listed() {
	c.mu.Lock()
	first := !c.loaded
	c.loaded = true
	c.mu.Unlock()
	if first {
		n := c.store.counts()
		c.log.Info("cluster is read", "applications", n.applications, "of_no_shopset", n.strangers, "of_unknown_shape", n.faulty)
	}
}

// reachable says whether what is known of the Applications can be trusted, and why
// not.
func (c *cluster) reachable(now time.Time) (reason string, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	l, lost := c.lost[applications]
	if !lost || now.Sub(l.since) < c.grace {
		return "", true
	}
	return fmt.Sprintf("cluster %s cannot be read since %s: %s", c.name, l.since.UTC().Format(time.RFC3339), oneLine(l.err.Error())), false
}

// turnedOut reports whether the cluster is lost now, its grace being over, and was not
// when this was last asked, or the other way round. Its ShopSets count as changed then.
func (c *cluster) turnedOut(now time.Time) bool {
	_, ok := c.reachable(now)
	c.mu.Lock()
	changed := c.gone == ok
	c.gone = !ok
	c.mu.Unlock()
	if changed {
		c.store.touch()
	}
	return changed
}

func (c *cluster) state() ClusterState {
	n := c.store.counts()
	known := c.resources == nil || c.resources.unread() == ""
	c.mu.Lock()
	defer c.mu.Unlock()
	s := ClusterState{
		Name: c.name, Declared: known, Reached: c.reached, Loaded: c.loaded, Err: c.lost[applications].err,
		Applications: n.applications, Strangers: n.strangers, Faulty: n.faulty, Changes: n.changes, Compared: c.store.lastCompared(),
		Failures: c.failures, Faults: c.faults.counts(), ListTook: c.took,
	}
	for _, k := range resourceKinds {
		if l, lost := c.lost[k.plural]; lost && s.ResourcesErr == nil {
			s.ResourcesErr = l.err
		}
	}
	return s
}

// loading is a store that tells of its first list.
type loading struct {
	*store
	listed func()
}

func (l loading) Replace(objects []any, version string) error {
	err := l.store.Replace(objects, version)
	l.listed()
	return err
}
