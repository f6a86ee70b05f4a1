package mackerel_test

import (
	"context"
	"errors"
	"fmt"
	"math"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/fakes/mackerelfake"
	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/mackerel"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

var noon = time.Date(2026, 11, 20, 12, 0, 0, 0, time.UTC)

func ptr(v float64) *float64 { return &v }

// reportAt is a report whose figures tell the time that they are of.
func reportAt(shopsets int) func(at time.Time) (status.Report, error) {
	return func(at time.Time) (status.Report, error) {
		r := status.Report{At: at}
		for i := range shopsets {
			r.Budgets = append(r.Budgets, status.Budget{SLO: "cart", ShopSet: fleet.ShopSetName(fmt.Sprintf("a-%d", i)), Budget: slo.Budget{WindowEnd: at,
				Coverage: 1, SLI: ptr(figureAt(at, i)), RemainingRatio: ptr(-0.5), BurnRates: []slo.BurnRate{{Window: time.Hour, Rate: ptr(2)}, {Window: 6 * time.Hour}}}})
		}
		return r, nil
	}
}

func figureAt(at time.Time, i int) float64 { return float64(at.Unix()/60%1000) + float64(i)/1024 }

// rig is a pusher, its clock and the fake that it sends to.
type rig struct {
	t     *testing.T
	now   time.Time
	clock atomic.Pointer[time.Time] // the fake's: it may still be at work when a request is given up
	fake  *mackerelfake.Fake
	dir   string
	spool *mackerel.Spool
	*mackerel.Pusher
}

func newRig(t *testing.T) *rig {
	r := &rig{t: t, now: noon.Add(5 * time.Second), dir: filepath.Join(t.TempDir(), "spool")}
	r.clock.Store(new(r.now))
	r.fake = mackerelfake.Start(func() time.Time { return *r.clock.Load() })
	t.Cleanup(r.fake.Close)
	r.fake.AddService("shops")
	r.restart()
	return r
}

// restart closes the spool and opens it again, as another process does.
func (r *rig) restart() {
	r.t.Helper()
	if r.spool != nil {
		if err := r.spool.Close(); err != nil {
			r.t.Fatal(err)
		}
	}
	client, err := mackerel.New(mackerelhttp.Config{URL: r.fake.URL, Key: mackerelfake.Key, Timeout: 2 * time.Second})
	if err != nil {
		r.t.Fatal(err)
	}
	if r.spool, err = mackerel.OpenSpool(r.dir); err != nil {
		r.t.Fatal(err)
	}
	r.Pusher = &mackerel.Pusher{Client: client, Service: "shops", Spool: r.spool, Every: time.Minute}
}

// minute lets a minute pass, and collects and pushes as `serve` does.
func (r *rig) minute() (mackerel.Pushed, error) {
	r.t.Helper()
	r.now = r.now.Add(time.Minute)
	return r.push()
}

func (r *rig) push() (mackerel.Pushed, error) {
	r.t.Helper()
	if _, err := r.Collect(r.now, r.now.Add(-time.Minute).Truncate(time.Minute), 1e6, reportAt(2)); err != nil {
		r.t.Fatal(err)
	}
	return r.Push(r.t.Context(), r.now)
}

// Push pushes at a time, which is the fake's too.
func (r *rig) Push(ctx context.Context, now time.Time) (mackerel.Pushed, error) {
	r.clock.Store(&now)
	return r.Pusher.Push(ctx, now)
}

func (r *rig) must(p mackerel.Pushed, err error) mackerel.Pushed {
	r.t.Helper()
	if err != nil {
		r.t.Fatal(err)
	}
	return p
}

// has checks that each minute of (from, to] has arrived, with its own value.
func (r *rig) has(from, to time.Time) {
	r.t.Helper()
	for i := range 2 {
		got := r.fake.ServiceMetric("shops", mackerel.Metric("cart", mackerel.SLI, fmt.Sprintf("a-%d", i)))
		byTime := map[int64]float64{}
		for _, v := range got {
			byTime[v.Time] = v.Value
		}
		for at := from.Truncate(time.Minute).Add(time.Minute); !at.After(to); at = at.Add(time.Minute) {
			if v, ok := byTime[at.Unix()]; !ok || v != figureAt(at, i) {
				r.t.Fatalf("a-%d at %s: %v %t, want %v", i, at.Format(time.TimeOnly), v, ok, figureAt(at, i))
			}
			delete(byTime, at.Unix())
		}
		if len(byTime) > 0 {
			r.t.Fatalf("a-%d: values nobody asked for: %v", i, byTime)
		}
	}
}

func TestPointsAreTheFiguresThatExist(t *testing.T) {
	at := noon
	r := status.Report{Budgets: []status.Budget{
		{SLO: "cart:good", ShopSet: "a.1", Budget: slo.Budget{WindowEnd: at, Coverage: 0.5, BurnRates: []slo.BurnRate{{Window: 5 * time.Minute, Rate: ptr(0)}, {Window: time.Hour}}}},
		{SLO: "cart:good", ShopSet: "b-1", Budget: slo.Budget{WindowEnd: at.Add(-time.Minute), Coverage: 1, SLI: ptr(1)}},
		{SLO: "cart:good", ShopSet: "b-2"},
		{SLO: "pay", ShopSet: "b-2", Budget: slo.Budget{WindowEnd: at, Coverage: 1, SLI: ptr(0.999), RemainingRatio: ptr(math.NaN())}},
	}}
	got, err := mackerel.Points(r, at)
	want := fmt.Sprint([]mackerel.Point{
		{Name: "slo.cart_good.coverage.a_1", Time: at.Unix(), Value: 0.5}, {Name: "slo.cart_good.burn_rate_5m.a_1", Time: at.Unix(), Value: 0},
		{Name: "slo.pay.coverage.b-2", Time: at.Unix(), Value: 1}, {Name: "slo.pay.sli.b-2", Time: at.Unix(), Value: 0.999},
	})
	if err != nil || fmt.Sprint(got) != want {
		t.Errorf("%v\n got %v\nwant %v", err, got, want)
	}
}

func TestNamesThatMackerelDoesNotTakeAreErrors(t *testing.T) {
	two := []status.Budget{{SLO: "a", ShopSet: "b.c", Budget: slo.Budget{WindowEnd: noon}}, {SLO: "a", ShopSet: "b_c", Budget: slo.Budget{WindowEnd: noon}}}
	for name, r := range map[string]status.Report{
		"two that become one": {Budgets: two},
		"a character":         {Budgets: []status.Budget{{SLO: "買い物", ShopSet: "a", Budget: slo.Budget{WindowEnd: noon}}}},
		"the length":          {Budgets: []status.Budget{{SLO: strings.Repeat("x", 260), ShopSet: "a", Budget: slo.Budget{WindowEnd: noon}}}},
	} {
		if p, err := mackerel.Points(r, noon); err == nil {
			t.Errorf("%s: %v", name, p)
		}
	}
}

func TestEachMinuteArrivesOnce(t *testing.T) {
	r := newRig(t)
	for range 5 {
		r.must(r.minute())
	}
	r.has(noon.Add(-time.Minute), noon.Add(4*time.Minute))
	if n := r.fake.Count("POST"); n != 5 {
		t.Errorf("%d posts in 5 minutes", n)
	}
}

func TestAFaultLosesNothingAndDoublesNothing(t *testing.T) {
	for _, fault := range []mackerelfake.Fault{mackerelfake.DropAfterWrite, mackerelfake.DropBefore, mackerelfake.TooMany, mackerelfake.Broken,
		mackerelfake.HalfReply, mackerelfake.WrongJSON, mackerelfake.Page, mackerelfake.Slow, mackerelfake.Hang} {
		t.Run(string(fault), func(t *testing.T) {
			r := newRig(t)
			r.must(r.minute())
			r.fake.Fail(fault, "tsdb", 1)
			p, err := r.minute()
			if fault == mackerelfake.WrongJSON { // what was written is known to be: the status says so
				if err != nil {
					t.Errorf("%+v %v", p, err)
				}
			} else if err == nil || !errors.Is(err, slo.ErrUnavailable) || p.Values != 0 || p.Waiting != 1 {
				t.Errorf("%+v %v", p, err)
			}
			if err != nil && strings.Contains(err.Error(), mackerelfake.Key) {
				t.Error("the key is in the error")
			}
			r.restart()
			for range 3 {
				if p, err = r.minute(); err != nil {
					t.Error(err)
				}
			}
			if p.Waiting != 0 {
				t.Errorf("%+v", p)
			}
			r.has(noon.Add(-time.Minute), noon.Add(4*time.Minute))
		})
	}
}

func TestRetryAfterIsWaitedForAlsoByTheNextProcess(t *testing.T) {
	r := newRig(t)
	r.fake.Fail(mackerelfake.TooMany, "tsdb", 1)
	p, err := r.minute()
	if err == nil || !p.Next.Equal(r.now.Add(mackerelfake.RetryAfter)) {
		t.Errorf("%+v %v", p, err)
	}
	r.restart()
	if p := r.must(r.minute()); p.Values != 0 || p.Waiting != 2 || r.fake.Count("POST") != 1 {
		t.Errorf("it did not wait: %+v", p)
	}
	r.now = r.now.Add(30 * time.Second)
	if p := r.must(r.push()); p.Waiting != 0 {
		t.Errorf("%+v", p)
	}
	r.has(noon.Add(-time.Minute), noon.Add(time.Minute))
}

func TestTwoRunsWithinAMinutePostOnce(t *testing.T) {
	r := newRig(t)
	r.must(r.push())
	r.restart()
	r.now = r.now.Add(40 * time.Second)
	if p := r.must(r.push()); p.Values != 0 || r.fake.Count("POST") != 1 {
		t.Errorf("%+v", p)
	}
}

func TestAGapIsFilledForUpToADay(t *testing.T) {
	r := newRig(t)
	r.must(r.push())
	begun := r.now.Truncate(time.Minute).Add(-time.Minute)
	r.now = r.now.Add(3 * time.Hour)
	if p := r.must(r.push()); p.Values != 180*8 {
		t.Errorf("%+v", p)
	}
	r.has(begun.Add(-time.Minute), r.now.Add(-time.Minute).Truncate(time.Minute))
	r.now = r.now.Add(48 * time.Hour)
	if p := r.must(r.push()); p.Expired != 0 || p.Values == 0 || p.Waiting != 1 {
		t.Errorf("%+v", p)
	}
	begun = r.now.Add(-mackerel.MaxAge).Truncate(time.Minute)
	for range 3 {
		r.must(r.minute())
	}
	for at := begun.Add(time.Minute); at.Before(r.now.Add(-time.Minute)); at = at.Add(time.Minute) {
		if !slices.ContainsFunc(r.fake.ServiceMetric("shops", "slo.cart.sli.a-1"), func(v mackerelfake.Value) bool { return v.Time == at.Unix() && v.Value == figureAt(at, 1) }) {
			t.Fatalf("nothing for %s", at)
		}
	}
	r.fake.Fail(mackerelfake.Broken, "tsdb", 1)
	if _, err := r.minute(); err == nil {
		t.Fatal("no error")
	}
	r.now = r.now.Add(23*time.Hour + 30*time.Minute)
	if p, err := r.Push(t.Context(), r.now); err != nil || p.Expired != 8 || p.Waiting != 0 {
		t.Errorf("what nobody would keep is not given up: %+v %v", p, err)
	}
}

func TestWhatIsTooMuchForOnePostGoesInSeveral(t *testing.T) {
	r := newRig(t)
	many := reportAt(2500)
	if _, err := r.Collect(r.now, noon, 1, many); err != nil {
		t.Fatal(err)
	}
	total := 0
	for i := range 5 {
		p := r.must(r.Push(t.Context(), r.now))
		total += p.Values
		r.now = r.now.Add(time.Minute)
		if i == 0 && (p.Values == 0 || p.Waiting != 1) {
			t.Errorf("%+v", p)
		}
		r.restart()
	}
	if total != 2500*4 || len(r.fake.ServiceMetricNames("shops")) != 2500*4 {
		t.Errorf("%d values of %d metrics, want %d", total, len(r.fake.ServiceMetricNames("shops")), 2500*4)
	}
}

func TestASpoolIsHeldByOneAndSurvivesDamage(t *testing.T) {
	r := newRig(t)
	if _, err := mackerel.OpenSpool(r.dir); !errors.Is(err, mackerel.ErrBusy) {
		t.Errorf("a second holder: %v", err)
	}
	r.fake.Fail(mackerelfake.Broken, "tsdb", 2)
	_, _ = r.minute()
	_, _ = r.minute()
	if err := os.WriteFile(filepath.Join(r.dir, "state.json.new"), []byte("half a wri"), 0o600); err != nil {
		t.Fatal(err)
	}
	r.restart()
	files, _ := filepath.Glob(filepath.Join(r.dir, "2*.json"))
	if len(files) != 2 {
		t.Fatalf("files %v", files)
	}
	if err := os.WriteFile(files[0], []byte(`{"version":1,"poi`), 0o600); err != nil {
		t.Fatal(err)
	}
	p, err := r.minute()
	if err == nil || !strings.Contains(err.Error(), "damaged") || p.Values != 16 || p.Waiting != 1 {
		t.Errorf("%+v %v", p, err)
	}
	if p := r.must(r.minute()); p.Waiting != 0 {
		t.Errorf("%+v", p)
	}
}

// TestRandomFaultsAndRestarts is the promise as a whole: whatever goes wrong in an
// hour, soon after all is there, and nothing else.
func TestRandomFaultsAndRestarts(t *testing.T) {
	faults := []mackerelfake.Fault{mackerelfake.DropAfterWrite, mackerelfake.DropBefore, mackerelfake.TooMany, mackerelfake.Broken, mackerelfake.HalfReply, mackerelfake.Page}
	for seed := range uint64(3) {
		r := newRig(t)
		rnd := rand.New(rand.NewPCG(seed, 7))
		r.must(r.minute())
		for range 60 {
			if rnd.IntN(3) == 0 {
				r.fake.Fail(faults[rnd.IntN(len(faults))], "tsdb", 1+rnd.IntN(3))
			}
			if rnd.IntN(10) == 0 {
				r.now = r.now.Add(time.Duration(rnd.IntN(20)) * time.Minute)
			}
			if rnd.IntN(4) == 0 {
				r.restart()
			}
			_, _ = r.minute()
		}
		r.fake.Heal()
		r.now = r.now.Add(2 * time.Minute)
		for range 3 {
			r.must(r.minute())
		}
		r.has(noon.Add(-time.Minute), r.now.Add(-time.Minute).Truncate(time.Minute))
		r.fake.Close()
	}
}

func TestAReportThatFailsLeavesTheRestForLater(t *testing.T) {
	r := newRig(t)
	r.must(r.push())
	broken := errors.New("broken")
	n := 0
	_, err := r.Collect(r.now.Add(5*time.Minute), noon.Add(4*time.Minute), 100, func(at time.Time) (status.Report, error) {
		if n++; n == 3 {
			return status.Report{}, broken
		}
		return reportAt(2)(at)
	})
	if !errors.Is(err, broken) || !r.spool.Newest().Equal(noon.Add(time.Minute)) {
		t.Errorf("%v, newest %s", err, r.spool.Newest())
	}
}
