package kube

import (
	"fmt"
	"time"
	"unique"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/types"
	"k8s.io/apimachinery/pkg/util/json"

	"github.com/shopslo/shopslo/fleet"
)

// item is an Application as it comes from the API server, reduced while it is
// decoded: thousands of whole ones never are in memory at once. One that has not
// the shape of an Application is an item too, so that it does not keep the others
// from being read.
type item struct {
	metav1.TypeMeta
	metav1.ObjectMeta // name, namespace, version and labels only

	paths []string // of its sources
	app   appObject
	fault error // it has not the shape of an Application

	repository string // the fleet's, by which its sources are judged; "": nobody says
}

// The parts of an Application: what names it, which also one of an unknown shape
// has; its labels; the rest that is needed.
type (
	identity struct {
		metav1.TypeMeta `json:",inline"`
	}
	identified struct {
		Name            string    `json:"name"`
		Namespace       string    `json:"namespace"`
		UID             types.UID `json:"uid"`
		ResourceVersion string    `json:"resourceVersion"`
	}
	labelled struct {
		Labels   map[string]string `json:"labels"`
		Created  time.Time         `json:"creationTimestamp"`
		Deleting time.Time         `json:"deletionTimestamp"` // zero: it is not being deleted
		// Annotations are all but a few left out: they may be large.
		Annotations struct {
			Skip string `json:"argocd.argoproj.io/skip-reconcile"` // skipReconcile
		} `json:"annotations"`
	}
)

// contents is what is decoded of an Application: a tenth of it.
type contents struct {
	Spec   desired `json:"spec"`
	Status status  `json:"status"`
}

// problem says what is wrong with an Application's shape.
func (i *item) problem() error {
	//lint:ignore ST1005 Application is a kind
	return fmt.Errorf("Application %s: %w", key(i), i.fault)
}

// UnmarshalJSON reads an Application. It fails only where not even a name can be
// read; another fault is kept in the item.
func (i *item) UnmarshalJSON(data []byte) error {
	var all struct {
		identity
		contents
		Metadata struct {
			identified
			labelled
		} `json:"metadata"`
	}
	if err := json.Unmarshal(data, &all); err != nil {
		return i.salvage(data)
	}
	i.identify(all.TypeMeta, all.Metadata.identified)
	i.Labels = all.Metadata.Labels
	i.take(&all.contents, &all.Metadata.labelled)
	return nil
}

// salvage reads what can be read of an Application of an unknown shape.
func (i *item) salvage(data []byte) error {
	var id struct {
		identity
		Metadata identified `json:"metadata"`
	}
	if err := json.Unmarshal(data, &id); err != nil {
		return fmt.Errorf("read an Application's metadata: %w", err)
	}
	i.identify(id.TypeMeta, id.Metadata)
	var l struct {
		Metadata labelled `json:"metadata"`
	}
	if err := json.Unmarshal(data, &l); err != nil {
		i.fault = fmt.Errorf("its labels: %w", err)
	}
	i.Labels = l.Metadata.Labels
	var c contents
	if err := json.Unmarshal(data, &c); err != nil {
		i.fault = err
		i.app = appObject{Sync: fleet.SyncUnknown, Health: fleet.HealthUnknown, Reason: "Argo CD's Application has an unknown shape: " + oneLine(err.Error())}
		i.app.present.created = l.Metadata.Created.UTC()
		return nil
	}
	i.take(&c, &l.Metadata)
	return nil
}

func (i *item) identify(t metav1.TypeMeta, id identified) {
	i.TypeMeta = t
	i.Name, i.Namespace, i.UID, i.ResourceVersion = id.Name, id.Namespace, id.UID, id.ResourceVersion
}

// take reads an Application that Argo CD may have been told to leave alone (skipReconcile).
func (i *item) take(c *contents, of *labelled) {
	i.app = convert(c, i.repository, skips(of.Annotations.Skip)).compact()
	i.app.present.created, i.app.present.deleting = of.Created.UTC(), of.Deleting.UTC()
	for _, s := range c.Spec.sources(i.repository) {
		if s.Path != "" {
			i.paths = append(i.paths, s.Path)
		}
	}
}

// compact lets equal texts share their memory: the Applications of a fleet have
// few revisions and images among them, and each text would hold on to the whole
// document that it was read from.
func (a appObject) compact() appObject {
	for i := range a.Deployed {
		a.Deployed[i].Revision = shared(a.Deployed[i].Revision)
	}
	for i := range a.Images {
		a.Images[i] = shared(a.Images[i])
	}
	for i := range a.facts.history {
		a.facts.history[i].Revision = shared(a.facts.history[i].Revision)
	}
	for i := range a.facts.hydrations {
		h := &a.facts.hydrations[i].commits
		h.Dry, h.Hydrated = shared(h.Dry), shared(h.Hydrated)
	}
	for i := range a.facts.unknown {
		a.facts.unknown[i] = shared(a.facts.unknown[i])
	}
	o := &a.facts.last
	o.to, o.phase, o.says = shared(o.to), shared(o.phase), shared(o.says)
	f := &a.facts
	f.compared, f.target, f.newest, f.settled = shared(f.compared), shared(f.target), shared(f.newest), shared(f.settled)
	p, w := &a.present, &a.wanted
	p.named, p.untold, p.nothing = shared(p.named), shared(p.untold), shared(p.nothing)
	w.project, w.path, w.target, w.phase = shared(w.project), shared(w.path), shared(w.target), shared(w.phase)
	w.to = destination{shared(w.to.Server), shared(w.to.Name), shared(w.to.Namespace)}
	for i := range w.conditions {
		w.conditions[i] = shared(w.conditions[i])
	}
	return a
}

func shared(text string) string { return unique.Make(text).Value() }

// DeepCopyObject is runtime.Object's. An item is never changed, so it is shared.
func (i *item) DeepCopyObject() runtime.Object { c := *i; return &c }
