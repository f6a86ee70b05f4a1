package dashboards_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/mackerel/dashboards"
)

func slos(n int) []dashboards.SLO {
	var out []dashboards.SLO
	for i := range n {
		s := dashboards.SLO{Name: fmt.Sprintf("cart-%d:good", i), Objective: 0.9995, Window: "28d", Description: "orders that go through"}
		for k := range 9 {
			s.ShopSets = append(s.ShopSets, fmt.Sprintf("a-%d", k))
		}
		out = append(out, s)
	}
	return out
}

var burn = []time.Duration{5 * time.Minute, time.Hour, 6 * time.Hour}

// actions applies, and writes what became of each.
func actions(t *testing.T, c *mackerel.Client, want []dashboards.Dashboard) string {
	t.Helper()
	got, err := dashboards.Apply(t.Context(), c, "shops", want)
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, r := range got {
		out = append(out, r.Action+" "+r.Path)
	}
	return strings.Join(out, ", ")
}

func TestDashboardsAreMadeKeptAndTakenAway(t *testing.T) {
	f := mackerelfake.Start(nil)
	t.Cleanup(f.Close)
	c, err := mackerel.New(mackerelhttp.Config{URL: f.URL, Key: mackerelfake.Key})
	if err != nil {
		t.Fatal(err)
	}
	f.AddDashboard(map[string]any{"title": "by hand", "urlPath": "theirs", "memo": "", "widgets": []any{}})
	f.AddDashboard(map[string]any{"title": "of others", "urlPath": "others", "memo": "made by shopslo [shopslo:another]", "widgets": []any{}})
	steps := []struct {
		name, want string
		slos       int
		before     func()
	}{
		{"all are new", "created shopslo/shops, created shopslo/shops/cart-0_good, created shopslo/shops/cart-1_good", 2, func() {}},
		{"nothing has changed", "kept shopslo/shops, kept shopslo/shops/cart-0_good, kept shopslo/shops/cart-1_good", 2, func() {}},
		{"one SLO is gone", "updated shopslo/shops, kept shopslo/shops/cart-0_good, deleted shopslo/shops/cart-1_good", 1, func() {}},
		{"an address is taken", "updated shopslo/shops, kept shopslo/shops/cart-0_good, refused shopslo/shops/cart-1_good", 2, func() {
			f.AddDashboard(map[string]any{"title": "by hand", "urlPath": "shopslo/shops/cart-1_good", "memo": "mine", "widgets": []any{}})
		}},
	}
	for _, s := range steps {
		t.Run(s.name, func(t *testing.T) {
			s.before()
			if got := actions(t, c, dashboards.Make("shops", slos(s.slos), burn)); got != s.want {
				t.Errorf("\n got %s\nwant %s", got, s.want)
			}
		})
	}
	if n := len(f.Dashboards()); n != 5 {
		t.Errorf("%d dashboards are left, want 5", n)
	}
}

func TestAConnectionThatBreaksMakesNoDashboardTwice(t *testing.T) {
	for _, fault := range []mackerelfake.Fault{mackerelfake.DropAfterWrite, mackerelfake.HalfReply, mackerelfake.Broken} {
		f := mackerelfake.Start(nil)
		c, err := mackerel.New(mackerelhttp.Config{URL: f.URL, Key: mackerelfake.Key})
		if err != nil {
			t.Fatal(err)
		}
		f.Fail(fault, "POST", 1)
		if _, err := dashboards.Apply(t.Context(), c, "shops", dashboards.Make("shops", slos(1), burn)); err == nil {
			t.Errorf("%s: no error", fault)
		}
		actions(t, c, dashboards.Make("shops", slos(1), burn))
		if n := len(f.Dashboards()); n != 2 {
			t.Errorf("%s: %d dashboards", fault, n)
		}
		f.Close()
	}
}
