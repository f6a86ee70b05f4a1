package main

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube"
)

// What was never whole may grow while one cluster is still unread, and loses nothing to
// what cannot be read.
func TestAPartOfAFleetMayGrow(t *testing.T) {
	refused, broken := "the tiers of cluster c were never read: forbidden", fleet.Finding{Rule: fleet.RuleUnreadable, Name: "b"}
	noon := time.Date(2026, 11, 1, 12, 0, 0, 0, time.UTC)
	type step struct {
		sets, want string
		unread     bool
		finding    bool
	}
	for _, tt := range []struct {
		name  string
		steps []step
	}{
		{"another cluster arrives", []step{{"a", "a", true, false}, {"a b", "a b", true, false}, {"a b c", "a b c", false, false}}},
		{"a ShopSet is taken away", []step{{"a b", "a b", true, false}, {"a", "a", true, false}}},
		{"a document becomes unreadable", []step{{"a b", "a b", true, false}, {"a", "a b", true, true}, {"a b c", "a b c", true, true}}},
		{"it was whole", []step{{"a b", "a b", false, false}, {"a b c", "a b", true, false}, {"a", "a b", true, false}}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			var d documents
			if err := d.open(&flags{resources: true}, nil, noon); err != nil {
				t.Fatal(err)
			}
			for i, s := range tt.steps {
				read := kube.Documents{Declarations: fleet.Declarations{Tiers: []fleet.Tier{{Name: "t"}}}}
				for name := range strings.FieldsSeq(s.sets) {
					read.ShopSets = append(read.ShopSets, fleet.ShopSet{Name: fleet.ShopSetName(name), Tier: "t"})
				}
				if s.unread {
					read.Unread = []string{refused}
				}
				if s.finding {
					read.Findings = []fleet.Finding{broken}
				}
				notes, good := d.take(&read, nil, noon)
				var have []string
				for _, set := range d.fleet.ShopSets() {
					have = append(have, string(set.Name))
				}
				slices.Sort(have)
				whole := !s.unread && !s.finding
				if got := strings.Join(have, " "); got != s.want || d.tell(notes, good).Valid != whole || (good != nil) != whole {
					t.Errorf("step %d: the fleet is %q, valid %v; want %q, %v", i, got, d.tell(notes, good).Valid, s.want, whole)
				}
			}
		})
	}
}
