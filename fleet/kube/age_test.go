package kube

import (
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// What has become too old is what a look at every Application finds, each once.
func TestWhatBecomesTooOldIsFoundWithoutLookingEachTime(t *testing.T) {
	const maxAge = 15 * time.Minute
	mapping, err := NewMapping("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	aged := 0
	for seed := range uint64(40) {
		random, now := rand.New(rand.NewPCG(seed, 3)), noon
		s := newStore(mapping, func() time.Time { return now }, teller{changed: func() {}, taken: func() {}})
		type slow struct {
			at  time.Time
			old bool
		}
		all := map[fleet.ShopSetName]*slow{}
		for step := range 500 {
			now = now.Add(time.Duration(random.IntN(60)) * time.Second)
			name := fleet.ShopSetName(fmt.Sprintf("s-%d", random.IntN(20)))
			one := &item{app: appObject{Sync: fleet.Synced}}
			one.Name, one.Labels = string(name), map[string]string{defaultLabel: string(name)}
			switch random.IntN(8) {
			case 0:
				if err := s.Delete(one); err != nil {
					t.Fatal(err)
				}
				delete(all, name)
			case 1: // never compared
				all[name] = &slow{}
			default:
				one.app.ObservedAt = now.Add(-time.Duration(random.IntN(1000)) * time.Second)
				all[name] = &slow{at: one.app.ObservedAt}
			}
			if all[name] != nil {
				if err := s.Add(one); err != nil {
					t.Fatal(err)
				}
			}
			if random.IntN(3) > 0 {
				continue
			}
			s.changes(map[fleet.ShopSetName]struct{}{})
			s.age(now, maxAge)
			got := map[fleet.ShopSetName]struct{}{}
			s.changes(got)
			want := map[fleet.ShopSetName]struct{}{}
			for name, one := range all {
				if !one.old && now.Sub(one.at) > maxAge {
					one.old, want[name] = true, struct{}{}
				}
			}
			aged += len(want)
			if !maps.Equal(got, want) {
				t.Fatalf("seed %d, step %d: too old are %v, want %v", seed, step, slices.Sorted(maps.Keys(got)), slices.Sorted(maps.Keys(want)))
			}
		}
	}
	if aged < 1000 {
		t.Errorf("only %d became too old: the test shows little", aged)
	}
}
