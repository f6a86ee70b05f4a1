package kube

import (
	"fmt"
	"reflect"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/tools/cache"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/manifest"
)

// resourceKinds are the kinds of ShopSet resources.
var resourceKinds = []struct {
	plural       string
	object, list runtime.Object
	newList      func() runtime.Object
}{
	{"tiers", &manifest.Tier{}, &manifest.TierList{}, func() runtime.Object { return &manifest.TierList{} }},
	{"configurations", &manifest.Configuration{}, &manifest.ConfigurationList{}, func() runtime.Object { return &manifest.ConfigurationList{} }},
	{"failuredomains", &manifest.FailureDomain{}, &manifest.FailureDomainList{}, func() runtime.Object { return &manifest.FailureDomainList{} }},
	{"shopsets", &manifest.ShopSet{}, &manifest.ShopSetList{}, func() runtime.Object { return &manifest.ShopSetList{} }},
	{"shopgroups", &manifest.ShopGroup{}, &manifest.ShopGroupList{}, func() runtime.Object { return &manifest.ShopGroupList{} }},
}

// resources holds the ShopSet resources of one cluster.
type resources struct {
	stores map[string]cache.Store // by plural
}

func newResources(changed func()) *resources {
	r := &resources{stores: map[string]cache.Store{}}
	for _, k := range resourceKinds {
		r.stores[k.plural] = telling{cache.NewStore(cache.MetaNamespaceKeyFunc), changed}
	}
	return r
}

func (r *resources) store(plural string) cache.Store { return r.stores[plural] }

// telling is a store that tells of changes.
type telling struct {
	cache.Store
	changed func()
}

func (t telling) Add(o any) error    { defer t.changed(); return t.Store.Add(o) }
func (t telling) Update(o any) error { defer t.changed(); return t.Store.Update(o) }
func (t telling) Delete(o any) error { defer t.changed(); return t.Store.Delete(o) }
func (t telling) Replace(o []any, version string) error {
	defer t.changed()
	return t.Store.Replace(o, version)
}

// Declarations gives the ShopSet resources of all clusters as one fleet, not
// checked: fleet.New does that. An object that several clusters have counts once;
// where they differ, that of the first cluster by name counts, and an error names
// both. Without Config.Resources, or where no cluster has the CRDs, there are none.
func (w *Watcher) Declarations() (fleet.Declarations, []error) {
	var all manifest.Documents
	var faults []error
	for _, k := range resourceKinds {
		m := merge{kind: k.plural, seen: map[string]seenIn{}}
		for _, c := range w.clusters {
			if c.resources == nil {
				continue
			}
			for _, object := range c.resources.store(k.plural).List() {
				m.add(c.name, object)
			}
		}
		faults = append(faults, m.faults...)
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
	return all.Declarations(), faults
}

// merge brings the objects of a kind of several clusters together.
type merge struct {
	kind   string
	seen   map[string]seenIn // by name
	faults []error
}

type seenIn struct {
	cluster string
	object  any
}

func (m *merge) add(cluster string, object any) {
	meta, ok := object.(metav1.Object)
	if !ok {
		return
	}
	name := meta.GetName()
	first, twice := m.seen[name]
	switch {
	case !twice:
		m.seen[name] = seenIn{cluster, object}
	case !reflect.DeepEqual(spec(first.object), spec(object)):
		m.faults = append(m.faults, fmt.Errorf("%s %q differs between the clusters %s and %s; %s's counts until they are the same",
			m.kind, name, first.cluster, cluster, first.cluster))
	}
}

func spec(object any) any {
	return reflect.Indirect(reflect.ValueOf(object)).FieldByName("Spec").Interface()
}
