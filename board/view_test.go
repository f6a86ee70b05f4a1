package board

import (
	"fmt"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// golden compares with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	goldentest.Compare(t, "testdata/"+name, got)
}

// described writes a page as plain lines.
func described(p fleetPage) string {
	var b strings.Builder
	say := func(format string, args ...any) { fmt.Fprintf(&b, format+"\n", args...) }
	say("at %s, counts %v, not asked %v", p.At.Format(time.RFC3339), p.Counts, p.Notes)
	for _, x := range p.Banners {
		say("banner %s %s: %s %q by %q, scope %v, checks %v, link %q", x.Level, x.Kind, x.ID, x.Text, x.By, x.Scope, x.Checks, x.Link)
	}
	if p.Trace != nil {
		say("trace %+v", *p.Trace)
	}
	for _, t := range p.Tiers {
		say("tier %s: %d ShopSets, %v, %d hidden, %d in short", t.Name, t.ShopSets, t.Counts, t.Hidden, len(t.Rest))
		say("  release %s %q, %d run it, skewed %v, behind %s, soak %+v", abbreviated(string(t.Release.ID)), t.Release.Subject, t.Release.Runs, t.Skewed, count(float(t.Behind)), t.Soak)
		if g := t.Gate; g != nil {
			say("  gate %s → %s: %s (%s), %d checks, %d overrides, %d more reasons", g.From, g.To, g.Word(), abbreviated(string(g.Release)), g.Checks, g.Overrides, g.More)
			for _, r := range g.Reasons {
				say("    %s %s %s %s, %d others", r.Result, r.Check.Check, r.ShopSet, r.SLO, r.Others)
			}
		}
		for _, c := range t.Cells {
			say("  %s %s in %s: %v, %d budgets, the worst %s %s left", c.Level, c.Name, c.Domain, c.Causes, c.Budgets, c.Budget.SLO, share(c.Budget.RemainingRatio))
		}
	}
	for _, g := range append(slices.Clone(p.Groups.Short), p.Groups.Whole...) {
		say("group %s %s: %s of %d in %v", g.Level, g.Name, count(float(g.Available)), g.Required, g.Domains)
	}
	return b.String()
}

func float(n *int) *float64 {
	if n == nil {
		return nil
	}
	f := float64(*n)
	return &f
}

func TestTheViewOfABadDay(t *testing.T) {
	_, in := newWorld(t)
	golden(t, "bad-day.txt", described(viewFleet(&in, filter{}, now)))
}

func TestTheViewWhereNobodyIsAsked(t *testing.T) {
	_, in := newWorld(t)
	in.Running, in.Alerts, in.Incidents = promotion.FleetView{}, promotion.Found[promotion.Alert]{}, promotion.Found[promotion.Incident]{}
	in.Freezes, in.Overrides, in.Gates = promotion.Found[promotion.Freeze]{}, promotion.Found[promotion.Override]{}, nil
	golden(t, "unasked.txt", described(viewFleet(&in, filter{Release: "e9b1"}, now)))
}

func TestBannersOfAPageThatCannotBeTrusted(t *testing.T) {
	for _, c := range []struct {
		name   string
		change func(*Input)
		now    time.Time
		kind   string
		level  level
	}{
		{"the source is down", func(in *Input) { in.Outage = "refused" }, now, bannerOutage, bad},
		{"one of several sources is down", func(in *Input) { in.Outages = []string{"data source tokyo: refused"} }, now, bannerSource, warn},
		{"the history is being read", func(in *Input) { in.Reading = "it has come to noon" }, now, bannerReading, unclear},
		{"the figures are old", func(*Input) {}, now.Add(6 * time.Minute), bannerOld, bad},
		{"the exporter has stopped to look", func(in *Input) { in.Running.Snapshot.At = now.Add(-time.Hour) }, now, bannerUnseen, warn},
		{"documents cannot be read", func(in *Input) { in.Unread = "x.yaml:3" }, now, bannerUnread, bad},
		{"the exporter does not answer", func(in *Input) { in.Running.Error = "503" }, now, bannerUnreached, warn},
		{"an emergency stop", func(in *Input) {
			in.Freezes.Items = []promotion.Freeze{{ID: "fire", Emergency: true, From: now.Add(-time.Hour)}}
		}, now, bannerStop, bad},
		{"a Release that jumped", func(in *Input) {
			in.Running.Snapshot.Violations = []fleet.Violation{{Tier: "prod", Release: newer, Without: []fleet.TierName{"beta"}}}
		}, now, bannerOrder, warn},
	} {
		t.Run(c.name, func(t *testing.T) {
			_, in := newWorld(t)
			before := viewFleet(&in, filter{}, now).Banners
			is := func(b banner) bool { return b.Kind == c.kind && b.Level == c.level }
			if slices.ContainsFunc(before, is) {
				t.Fatalf("it is told without a cause: %+v", before)
			}
			c.change(&in)
			got := viewFleet(&in, filter{}, c.now).Banners
			if !slices.ContainsFunc(got, is) || !slices.IsSortedFunc(got, func(a, b banner) int { return a.Level.rank() - b.Level.rank() }) {
				t.Errorf("banners %+v", got)
			}
		})
	}
}

func TestWhatWasSeenLongAgoIsNotWell(t *testing.T) {
	_, in := newWorld(t)
	in.Running.Snapshot.At = now.Add(-time.Hour)
	for _, tier := range viewFleet(&in, filter{}, now).Tiers {
		for _, c := range tier.Cells {
			if c.Level == good || c.Level == moving {
				t.Errorf("%s is %s: %v", c.Name, c.Level, c.Causes)
			}
		}
	}
}

func TestAFilterShowsLessAndSaysSo(t *testing.T) {
	_, in := newWorld(t)
	p := viewFleet(&in, filter{Tier: "prod", Domain: "onprem-a", Levels: []level{bad}}, now)
	if len(p.Tiers) != 1 || len(p.Tiers[0].Cells) != 1 || p.Tiers[0].Cells[0].Name != "a-1" || p.Tiers[0].Hidden != 2 {
		t.Errorf("tiers %+v", p.Tiers)
	}
	if whole := viewFleet(&in, filter{}, now); !reflect.DeepEqual(p.Counts, whole.Counts) || len(p.Banners) != len(whole.Banners) {
		t.Error("a filter has hidden how the fleet is")
	}
}

func TestManyShopSetsAreSummedUpTheWorstFirst(t *testing.T) {
	_, in := newBigWorld(t)
	p := viewFleet(&in, filter{}, now)
	shown := 0
	for _, tier := range p.Tiers {
		if len(tier.Cells) > fullCells || len(tier.Cells)+len(tier.Rest) != tier.ShopSets {
			t.Errorf("%s shows %d and %d of %d", tier.Name, len(tier.Cells), len(tier.Rest), tier.ShopSets)
		}
		all := slices.Concat(tier.Cells, tier.Rest)
		if !slices.IsSortedFunc(all, func(a, b shopSetCell) int { return a.Level.rank() - b.Level.rank() }) {
			t.Errorf("%s does not show the worst first", tier.Name)
		}
		shown += len(all)
	}
	if shown != 1000 {
		t.Errorf("%d of 1000 ShopSets are on the board", shown)
	}
}

func TestLevelsOfWhatRuns(t *testing.T) {
	for _, c := range []struct {
		name   string
		sync   fleet.SyncStatus
		health fleet.Health
		runs   fleet.Release
		want   level
	}{
		{"in sync and healthy", fleet.Synced, fleet.Healthy, newer, good},
		{"drift", fleet.OutOfSync, fleet.Healthy, newer, warn},
		{"the Release has not come yet, which is no drift", fleet.OutOfSync, fleet.Healthy, older, moving},
		{"a rollout", fleet.Synced, fleet.Progressing, newer, moving},
		{"somebody has paused it", fleet.Synced, fleet.Suspended, newer, warn},
		{"it does not work", fleet.Synced, fleet.Degraded, newer, bad},
		{"it is gone", fleet.OutOfSync, fleet.Missing, "", bad},
		{"nobody knows", fleet.SyncUnknown, fleet.HealthUnknown, "", unclear},
	} {
		s := fleet.ShopSetState{Observation: fleet.Observation{Sync: c.sync, Health: c.health, Release: c.runs}}
		if got := worst(runningCauses(&s, newer)); got != c.want {
			t.Errorf("%s: %s, want %s", c.name, got, c.want)
		}
	}
	for _, s := range slo.States {
		if l := budgetLevel(s); l == good != (s == slo.OK) {
			t.Errorf("a budget that is %s is %s", s, l)
		}
	}
}

func TestTheSoakTimeIsThatOfTheReleaseOnTheBranch(t *testing.T) {
	_, in := newWorld(t)
	soak := func() soak { return viewFleet(&in, filter{Tier: "beta"}, now).Tiers[0].Soak }
	if got := soak(); !got.Passed() || got.Asked != 24*time.Hour || got.Share() != 1 {
		t.Errorf("the Release that soaks in beta has %+v", got)
	}
	week := 7 * 24 * time.Hour
	in.Gates[1].Record.Policy.Soak = &week // of the gate from beta on
	if got := soak(); got.Passed() || got.Asked != week || got.Share() < 0.14 || got.Share() > 0.15 {
		t.Errorf("where the gate asks for a week it has %+v", got)
	}
	in.Running.Snapshot.Tiers[1].Release = newer // the branch has gone on
	if got := soak(); got.Passed() || !got.Since.IsZero() {
		t.Errorf("the time of another Release counts: %+v", got)
	}
}

func TestWhereAReleaseIs(t *testing.T) {
	_, in := newWorld(t)
	for _, c := range []struct{ name, asked, stops, next string }{
		{"the newest is on its way", "e9b1", "runs runs arriving not not", "prod"},
		{"capital digits are the same", "E9B1A7", "runs runs arriving not not", "prod"},
		{"one that is being replaced", "c4fe", "not not leaving not not", ""},
		{"one that is at the top", "7d0e", "not not not runs runs", ""},
		{"an old one", "0a1b", "not not not not past", ""},
		{"nobody has seen it", "ffff", "", ""},
	} {
		tr := trace(&in, c.asked)
		var stops []string
		for _, s := range tr.Stops {
			stops = append(stops, s.Where)
		}
		next := ""
		if tr.Next != nil {
			next = string(tr.Next.To)
		}
		if got := strings.Join(stops, " "); got != c.stops || next != c.next {
			t.Errorf("%s: %q, next %q; want %q, %q", c.name, got, next, c.stops, c.next)
		}
	}
	if tr := trace(&in, "e9b1"); !tr.Unsure {
		t.Error("prod-ha is known to lack the newest, and nobody can tell")
	}
	in.Running.Snapshot.Tiers[3].Release = latest // prod's branch has it now, and prod-ha is two behind
	two := 2
	in.Running.Snapshot.Tiers[4].Behind = &two
	if tr := trace(&in, "e9b1"); tr.Unsure || tr.Stops[4].Where != stopNot {
		t.Errorf("%+v", tr)
	}
	in.Running.Snapshot.ShopSets[0].Release = "e9b1ffff"
	if tr := trace(&in, "e9b1"); !tr.Several || tr.Release != "" {
		t.Errorf("two Releases are taken for one: %+v", tr)
	}
}

func TestAGateHasAPageOfItsOwn(t *testing.T) {
	_, in := newWorld(t)
	all, ok := viewGate(&in, "prod", "", 1, now)
	n := 0
	for _, r := range all.Results {
		n += r.N
	}
	if !ok || n != len(all.Checks) || n != all.Gate.Checks || len(all.Policy) < 10 || len(all.Asked) != 6 {
		t.Errorf("%v, %d checks of %d, %d settings", ok, n, all.Gate.Checks, len(all.Policy))
	}
	if _, ok := viewGate(&in, "dev", "", 1, now); ok {
		t.Error("there is a gate into the lowest Tier")
	}
	_, big := newBigWorld(t)
	seen := map[string]bool{}
	for page, pages := 1, 1; page <= pages; page++ {
		p, _ := viewGate(&big, "prod", promotion.Pass, page, now)
		pages = p.Pages
		for _, c := range p.Checks {
			seen[c.Check+" "+string(c.ShopSet)+" "+c.SLO+" "+c.Reason+fmt.Sprint(c.Evidence)] = true
		}
	}
	p, _ := viewGate(&big, "prod", promotion.Pass, 99999, now)
	i := slices.IndexFunc(p.Results, func(r resultCount) bool { return r.Result == promotion.Pass })
	if p.Page != p.Pages || p.Results[i].N != len(seen) {
		t.Errorf("page %d of %d; the pages show %d of %d", p.Page, p.Pages, len(seen), p.Results[i].N)
	}
}

func TestTheHighestBurnRateIsShown(t *testing.T) {
	low, high := 0.5, 3.0
	b := status.Budget{Budget: slo.Budget{BurnRates: []slo.BurnRate{{Window: time.Minute}, {Window: time.Hour, Rate: &high}, {Window: 2 * time.Hour, Rate: &low}}}}
	if got := highestBurn(&b); got == nil || got.Window != time.Hour {
		t.Errorf("got %+v", got)
	}
	if got := highestBurn(&status.Budget{Budget: slo.Budget{BurnRates: b.BurnRates[:1]}}); got != nil {
		t.Errorf("what is not known burns %+v", got)
	}
}

func FuzzParseFilter(f *testing.F) {
	f.Add("tier=prod&domain=eks-b&state=bad&state=warn&release=abc1234")
	f.Add("release=%E2%80%AE%00&state=&state=x&tier=" + strings.Repeat("a", 200))
	f.Fuzz(func(t *testing.T, query string) {
		q, err := url.ParseQuery(query)
		if err != nil {
			return
		}
		got := parseFilter(q)
		if again := parseFilter(got.Query()); !reflect.DeepEqual(got, again) {
			t.Errorf("%q is %+v, and its link %+v", query, got, again)
		}
	})
}

func FuzzClean(f *testing.F) {
	f.Add(hostile)
	f.Add("\xff\xfe a\nb")
	f.Fuzz(func(t *testing.T, s string) {
		got := clean(s)
		if strings.ContainsAny(got, "\x00\x1b\n\u202e\u2066") || clean(got) != got || len(got) > len(s) {
			t.Errorf("%q became %q", s, got)
		}
	})
}

func FuzzLink(f *testing.F) {
	f.Add("https://chat.example/a?b=c")
	f.Add("javascript:alert(1)//https://")
	f.Add("https://user:secret@chat.example/")
	f.Fuzz(func(t *testing.T, s string) {
		if got := link(s); got != "" && (!strings.HasPrefix(got, "https://") && !strings.HasPrefix(got, "http://") || link(got) != got) {
			t.Errorf("%q became the link %q", s, got)
		}
	})
}
