package kube

import (
	"fmt"
	"reflect"
	"strings"
	"sync"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/util/json"
	"k8s.io/client-go/tools/cache"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
)

// resourceKinds are the kinds of ShopSet resources.
var resourceKinds = []struct {
	plural string
	kind   fleet.Kind
	object func() any
}{
	{"tiers", fleet.KindTier, func() any { return &manifest.Tier{} }},
	{"configurations", fleet.KindConfiguration, func() any { return &manifest.Configuration{} }},
	{"failuredomains", fleet.KindFailureDomain, func() any { return &manifest.FailureDomain{} }},
	{"shopsets", fleet.KindShopSet, func() any { return &manifest.ShopSet{} }},
	{"shopgroups", fleet.KindShopGroup, func() any { return &manifest.ShopGroup{} }},
}

// declared is one ShopSet resource. One that has not the shape of its kind is one too, so
// that it does not keep the others from being read.
type declared struct {
	metav1.TypeMeta
	metav1.ObjectMeta

	object any   // of manifest; nil: fault says why
	fault  error // it has not the shape of its kind
}

// UnmarshalJSON reads a resource. It fails only where not even a name can be read.
func (d *declared) UnmarshalJSON(data []byte) error {
	var head struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ObjectMeta `json:"metadata"`
	}
	if err := json.Unmarshal(data, &head); err != nil {
		return err
	}
	d.TypeMeta, d.ObjectMeta = head.TypeMeta, head.Metadata
	d.ManagedFields, d.Annotations = nil, nil
	d.fault = fmt.Errorf("kind %q is none of a fleet", oneLine(d.Kind))
	for _, k := range resourceKinds {
		if string(k.kind) != d.Kind {
			continue
		}
		object := k.object()
		if d.fault = json.Unmarshal(data, object); d.fault == nil {
			d.object = object
		}
	}
	return nil
}

// DeepCopyObject is runtime.Object's. A resource is never changed, so it is shared.
func (d *declared) DeepCopyObject() runtime.Object { c := *d; return &c }

// declaredList is a list of them.
type declaredList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []declared `json:"items"`
}

// DeepCopyObject is runtime.Object's.
func (l *declaredList) DeepCopyObject() runtime.Object { c := *l; return &c }

// resources holds the ShopSet resources of one cluster.
type resources struct {
	stores map[string]cache.Store // by plural

	mu   sync.Mutex
	read map[string]bool // by plural: it was listed once, or there are none
}

func newResources(changed func()) *resources {
	r := &resources{stores: map[string]cache.Store{}, read: map[string]bool{}}
	for _, k := range resourceKinds {
		r.stores[k.plural] = telling{cache.NewStore(cache.MetaNamespaceKeyFunc), func() { changed() }, func() { r.was(k.plural, true); changed() }}
	}
	return r
}

func (r *resources) store(plural string) cache.Store { return r.stores[plural] }

// was notes whether the resources of a kind are known.
func (r *resources) was(plural string, read bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.read[plural] = r.read[plural] || read
}

// unread names the first kind that was never read; "": all were.
func (r *resources) unread() string {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, k := range resourceKinds {
		if !r.read[k.plural] {
			return k.plural
		}
	}
	return ""
}

// telling is a store that tells of changes, and of lists.
type telling struct {
	cache.Store
	changed, listed func()
}

func (t telling) Add(o any) error    { defer t.changed(); return t.Store.Add(o) }
func (t telling) Update(o any) error { defer t.changed(); return t.Store.Update(o) }
func (t telling) Delete(o any) error { defer t.changed(); return t.Store.Delete(o) }
func (t telling) Replace(o []any, version string) error {
	defer t.listed()
	return t.Store.Replace(o, version)
}

// Documents are the ShopSet resources of all clusters as one fleet, not checked: fleet.New
// does that.
type Documents struct {
	fleet.Declarations
	// Findings are resources that cannot be read, and such that differ between clusters: of
	// these that of the first cluster by name counts.
	Findings []fleet.Finding
	// Unread says in clauses which clusters' resources were never read; a cluster without
	// the CRDs has none.
	Unread []string
}

// Documents gives the ShopSet resources of all clusters. An object that several clusters
// have counts once. Without Config.Resources there are none.
func (w *Watcher) Documents() Documents {
	var all manifest.Documents
	var out Documents
	for _, c := range w.clusters {
		if c.resources == nil {
			continue
		}
		if plural := c.resources.unread(); plural != "" {
			why := "it has not answered yet"
			if err := c.state().ResourcesErr; err != nil {
				why = oneLine(err.Error())
			}
			out.Unread = append(out.Unread, fmt.Sprintf("the %s of cluster %s were never read: %s", plural, c.name, why))
		}
	}
	for _, k := range resourceKinds {
		m := merge{kind: k.kind, seen: map[string]seenIn{}}
		for _, c := range w.clusters {
			if c.resources == nil {
				continue
			}
			for _, object := range c.resources.store(k.plural).List() {
				m.add(c.name, object.(*declared))
			}
		}
		out.Findings = append(out.Findings, m.findings...)
		for _, s := range m.seen {
			switch o := s.object.(type) {
			case *manifest.Tier:
				all.Tiers = append(all.Tiers, *o)
			case *manifest.Configuration:
				all.Configurations = append(all.Configurations, *o)
			case *manifest.FailureDomain:
				all.FailureDomains = append(all.FailureDomains, *o)
			case *manifest.ShopSet:
				all.ShopSets = append(all.ShopSets, *o)
			case *manifest.ShopGroup:
				all.ShopGroups = append(all.ShopGroups, *o)
			}
		}
	}
	out.Declarations = all.Declarations()
	return out
}

// merge brings the objects of a kind of several clusters together.
type merge struct {
	kind     fleet.Kind
	seen     map[string]seenIn // by name
	findings []fleet.Finding
}

type seenIn struct {
	cluster string
	object  any
}

func (m *merge) add(cluster string, d *declared) {
	find := func(rule fleet.Rule, what, do string) {
		m.findings = append(m.findings, fleet.Finding{Rule: rule, Kind: m.kind, Name: d.Name, What: what, Do: do})
	}
	if d.fault != nil {
		find(fleet.RuleUnreadable, fmt.Sprintf("cluster %s has one that cannot be read: %s", cluster, strings.TrimSuffix(oneLine(d.fault.Error()), ".")), "correct it")
		return
	}
	first, twice := m.seen[d.Name]
	switch {
	case !twice:
		m.seen[d.Name] = seenIn{cluster, d.object}
	case !reflect.DeepEqual(spec(first.object), spec(d.object)):
		find(fleet.RuleDiffers, fmt.Sprintf("it differs between the clusters %s and %s; %s's counts until they are the same", first.cluster, cluster, first.cluster), "apply the same to both")
	}
}

func spec(object any) any {
	return reflect.Indirect(reflect.ValueOf(object)).FieldByName("Spec").Interface()
}
