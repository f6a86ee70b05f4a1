package status

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

// Decode reads back what AppendJSON wrote. Unknown keys are ignored, so that an
// older client understands a newer server of the same version; what is missing or
// has an unknown meaning is an error, never a zero.
func Decode(data []byte) (Report, error) {
	var in wireReport
	if err := json.Unmarshal(data, &in); err != nil {
		return Report{}, fmt.Errorf("read status: %w", err)
	}
	r, err := in.report()
	if err != nil {
		return Report{}, fmt.Errorf("read status: %w", err)
	}
	return r, nil
}

// UnmarshalJSON is Decode.
func (r *Report) UnmarshalJSON(data []byte) error {
	got, err := Decode(data)
	if err == nil {
		*r = got
	}
	return err
}

// wireReport is the report as it is sent; nil is "not there".
type wireReport struct {
	Version *int          `json:"version"`
	At      *time.Time    `json:"at"`
	Outage  *string       `json:"outage"`
	Alerts  *[]wireAlert  `json:"alerts"`
	Budgets *[]wireBudget `json:"budgets"`
}

type wireAlert struct {
	Severity  slo.Severity `json:"severity"`
	Long      string       `json:"long"`
	Short     string       `json:"short"`
	Factor    *float64     `json:"factor"`
	Factor30d *float64     `json:"factor_30d"`
}

type wireBudget struct {
	SLO         string              `json:"slo"`
	Objective   float64             `json:"objective"`
	Window      string              `json:"window"`
	ShopSet     fleet.ShopSetName   `json:"shopset"`
	Tier        fleet.TierName      `json:"tier"`
	Service     string              `json:"service"`
	DisplayName string              `json:"display_name"`
	Owner       string              `json:"owner"`
	Runbook     string              `json:"runbook"`
	Unit        slo.Unit            `json:"unit"`
	Counted     Counted             `json:"counted"`
	State       slo.State           `json:"state"`
	WindowStart *time.Time          `json:"window_start"`
	WindowEnd   *time.Time          `json:"window_end"`
	ExactFrom   *time.Time          `json:"exact_from"`
	LastSample  *time.Time          `json:"last_sample"`
	Expected    *time.Time          `json:"expected_since"`
	VerdictFrom *time.Time          `json:"verdict_from"`
	Least       float64             `json:"least_events"`
	Good        *float64            `json:"good"`
	Total       *float64            `json:"total"`
	Bad         *float64            `json:"bad"`
	SLI         *float64            `json:"sli"`
	Coverage    *float64            `json:"coverage"`
	Budget      *wireFigures        `json:"budget"`
	ExhaustedAt *time.Time          `json:"exhausted_at"`
	BurnRates   map[string]*float64 `json:"burn_rates"`
	BurnCover   map[string]*float64 `json:"burn_coverage"`
	Alerts      *[]wireAlert        `json:"alerts"` // nil: of a server that does not fit them
	Firing      *[]wireAlert        `json:"firing"`
	Flags       []slo.Flag          `json:"flags"`
	Absent      []slo.Absence       `json:"absent"`
	Failure     *string             `json:"failure"`
	Notes       []string            `json:"notes"`
}

type wireFigures struct {
	Allowed   *float64 `json:"allowed"`
	Consumed  *float64 `json:"consumed_ratio"`
	Remaining *float64 `json:"remaining_ratio"`
}

func (in wireReport) report() (Report, error) {
	switch {
	case in.Version == nil:
		return Report{}, errors.New(`it has no "version"; is this the answer of a shopslo server?`)
	case *in.Version != version:
		return Report{}, fmt.Errorf("it is of version %d, this program reads version %d; use the server's own version of shopslo", *in.Version, version)
	case in.At == nil || in.Alerts == nil || in.Budgets == nil:
		return Report{}, errors.New(`"at", "alerts" or "budgets" is missing`)
	}
	r := Report{At: in.At.UTC()}
	if in.Outage != nil {
		r.Outage = *in.Outage
	}
	var err error
	if r.Alerts, err = alerts(*in.Alerts, func(a wireAlert) *float64 { return a.Factor30d }); err != nil {
		return Report{}, fmt.Errorf("alerts: %w", err)
	}
	for i, b := range *in.Budgets {
		got, err := b.budget(r.Alerts)
		if err != nil {
			return Report{}, fmt.Errorf("budget %d (slo %q, shopset %q): %w", i, b.SLO, b.ShopSet, err)
		}
		r.Budgets = append(r.Budgets, got)
	}
	return r, nil
}

// budget reads a budget. The alerts are those of the report, which hold where the
// budget has none of its own.
func (in wireBudget) budget(all []slo.BurnAlert) (Budget, error) {
	if err := in.check(); err != nil {
		return Budget{}, err
	}
	objective, err := slo.ObjectiveOf(in.Objective)
	if err != nil {
		return Budget{}, err
	}
	b := Budget{
		SLO: in.SLO, Service: in.Service, DisplayName: in.DisplayName, Owner: in.Owner, Runbook: in.Runbook, Objective: objective, Window: in.Window,
		ShopSet: in.ShopSet, Tier: in.Tier, Unit: in.Unit, Counted: in.Counted,
		Budget: slo.Budget{
			State: in.State, WindowStart: instant(in.WindowStart), WindowEnd: instant(in.WindowEnd),
			Good: in.Good, Total: in.Total, Bad: in.Bad, SLI: in.SLI, Coverage: *in.Coverage, Least: in.Least, VerdictFrom: instant(in.VerdictFrom),
			Allowed: in.Budget.Allowed, ConsumedRatio: in.Budget.Consumed, RemainingRatio: in.Budget.Remaining, ExhaustedAt: instant(in.ExhaustedAt),
		},
		ExactFrom: instant(in.ExactFrom), Expected: instant(in.Expected), LastSample: instant(in.LastSample),
		Alerts: all, Notes: append([]string(nil), in.Notes...),
	}
	in.doubts(&b)
	if in.Alerts != nil {
		if b.Alerts, err = alerts(*in.Alerts, func(a wireAlert) *float64 { return a.Factor }); err != nil {
			return Budget{}, fmt.Errorf("alerts: %w", err)
		}
	}
	if b.Firing, err = alerts(*in.Firing, func(a wireAlert) *float64 { return a.Factor }); err != nil {
		return Budget{}, fmt.Errorf("firing: %w", err)
	}
	b.BurnRates, err = in.burnRates()
	return b, err
}

// doubts reads what makes the figures doubtful. A kind that is not known stays: it is
// no less a doubt.
func (in wireBudget) doubts(b *Budget) {
	for _, f := range in.Flags {
		f.First, f.Last = f.First.UTC(), f.Last.UTC()
		b.Flags = append(b.Flags, f)
	}
	for _, a := range in.Absent {
		a.Nearest = append([]string(nil), a.Nearest...)
		b.Absent = append(b.Absent, a)
	}
	if in.Failure != nil {
		b.Failure = *in.Failure
	}
}

// check reports what is missing or unknown.
func (in wireBudget) check() error {
	switch {
	case in.SLO == "" || in.ShopSet == "" || in.Tier == "" || in.Window == "":
		return errors.New(`"slo", "shopset", "tier" or "window" is missing`)
	case in.Unit != slo.Events && in.Unit != slo.Slices && in.Unit != slo.Points:
		return fmt.Errorf("unknown unit %q", in.Unit)
	case in.Counted != FromSamples && in.Counted != OnGrid:
		return fmt.Errorf("unknown way of counting %q", in.Counted)
	case !slices.Contains(slo.States, in.State):
		return fmt.Errorf("unknown state %q", in.State)
	case in.Coverage == nil || !(*in.Coverage >= 0 && *in.Coverage <= 1):
		return errors.New(`"coverage" is missing or not between 0 and 1`)
	case in.Budget == nil || in.BurnRates == nil || in.BurnCover == nil || in.Firing == nil:
		return errors.New(`"budget", "burn_rates", "burn_coverage" or "firing" is missing`)
	case in.State != slo.NoData && (in.Good == nil || in.Total == nil || in.Bad == nil || in.WindowEnd == nil):
		return fmt.Errorf("its state is %s, and a count or the window's end is missing", in.State)
	}
	return nil
}

func (in wireBudget) burnRates() ([]slo.BurnRate, error) {
	var rates []slo.BurnRate
	for name, rate := range in.BurnRates {
		d, err := window(name)
		if err != nil {
			return nil, err
		}
		covered := in.BurnCover[name]
		if covered == nil || !(*covered >= 0 && *covered <= 1) {
			return nil, fmt.Errorf(`"burn_coverage" of %q is missing or not between 0 and 1`, name)
		}
		rates = append(rates, slo.BurnRate{Window: d, Rate: rate, Coverage: *covered})
	}
	slices.SortFunc(rates, func(a, b slo.BurnRate) int { return cmp.Compare(a.Window, b.Window) })
	return rates, nil
}

func alerts(in []wireAlert, factor func(wireAlert) *float64) ([]slo.BurnAlert, error) {
	var out []slo.BurnAlert
	for _, a := range in {
		long, err := window(a.Long)
		if err != nil {
			return nil, err
		}
		short, err := window(a.Short)
		if err != nil {
			return nil, err
		}
		f := factor(a)
		if f == nil {
			return nil, errors.New("an alert has no factor")
		}
		alert := slo.BurnAlert{Severity: a.Severity, Long: long, Short: short, Factor: *f}
		if err := alert.Validate(); err != nil {
			return nil, err
		}
		out = append(out, alert)
	}
	return out, nil
}

func instant(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC()
}

// window reads what slo.Rolling writes: "28d", "6h", "90s", or Go's own text.
func window(text string) (time.Duration, error) {
	d, err := time.ParseDuration(text)
	if days, ok := strings.CutSuffix(text, "d"); ok {
		var n int64
		if n, err = strconv.ParseInt(days, 10, 64); err == nil && n > int64(math.MaxInt64/(24*time.Hour)) {
			err = errors.New("too long")
		}
		d = time.Duration(n) * 24 * time.Hour
	}
	if err != nil || d <= 0 || slo.Rolling(d).Text != text {
		return 0, fmt.Errorf("%q is no window; windows are written like 5m, 6h or 3d", text)
	}
	return d, nil
}
