package promotion_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

func TestWhatAnExclusionIsFor(t *testing.T) {
	f := example(t)
	for _, c := range []struct {
		name  string
		scope promotion.Scope
		slos  []string
		want  string // ShopSets of prod whose cart-availability is corrected
	}{
		{"everything", promotion.Scope{}, nil, "[a-1 b-2 c-3]"},
		{"an SLO", promotion.Scope{}, []string{"cart-availability"}, "[a-1 b-2 c-3]"},
		{"another SLO", promotion.Scope{}, []string{"page-latency"}, "[]"},
		{"a Tier", promotion.Scope{Tiers: []fleet.TierName{"prod"}}, nil, "[a-1 b-2 c-3]"},
		{"another Tier", promotion.Scope{Tiers: []fleet.TierName{"prod-ha"}}, nil, "[]"},
		{"a ShopSet", promotion.Scope{ShopSets: []fleet.ShopSetName{"c-3"}}, nil, "[c-3]"},
		{"a ShopGroup", promotion.Scope{Groups: []fleet.ShopGroupName{"main"}}, nil, "[a-1 b-2]"},
	} {
		t.Run(c.name, func(t *testing.T) {
			x := promotion.Exclusion{ID: "x", From: now.Add(-2 * time.Hour), Until: now.Add(-time.Hour), Scope: c.scope, SLOs: c.slos}
			plain := status.Compute(now, f, slos(t), slo.DefaultBurnAlerts(), ledger{})
			corrected := status.Compute(now, f, slos(t), slo.DefaultBurnAlerts(), promotion.Excluding(f, []promotion.Exclusion{x}, ledger{}))
			e, err := promotion.Gather(f, slos(t), corrected, "prod", "")
			if err != nil {
				t.Fatal(err)
			}
			e.Exclusions = promotion.Found[promotion.Exclusion]{Where: "calendar", Items: []promotion.Exclusion{x}}
			e.Corrected(f, slos(t), plain)
			sets := []fleet.ShopSetName{}
			for _, u := range e.Uncorrected {
				for _, name := range e.Target.ShopSets {
					if u.ShopSet == name && u.SLO == "cart-availability" {
						sets = append(sets, name)
					}
				}
			}
			if fmt.Sprint(sets) != c.want {
				t.Errorf("corrected are %v, want %s", sets, c.want)
			}
		})
	}
}
