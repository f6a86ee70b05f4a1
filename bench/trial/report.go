package trial

import (
	"fmt"
	"io"
	"slices"
	"strings"
)

// score counts what a rule does to some releases. Releases are either good or bad.
type score struct {
	of                   int
	promoted, held, open int
	unshown              int   // promoted before they had failed anything
	promoting, holding   []int // minutes until then, sorted
}

func (r *Result) score(by rule, in func(*kind) bool) score {
	var s score
	for _, v := range r.judged {
		o, asked := v.outcomes[by]
		if !asked || !in(v.kind) {
			continue
		}
		s.of++
		switch o.what {
		case promote:
			s.promoted++
			if !v.shown(o.after) {
				s.unshown++
			}
			s.promoting = append(s.promoting, o.after)
		case hold:
			s.held++
			s.holding = append(s.holding, o.after)
		default:
			s.open++
		}
	}
	slices.Sort(s.promoting)
	slices.Sort(s.holding)
	return s
}

// quantile gives a share's place in n sorted minutes, the missing ones being endless;
// not ok: it lies among those.
func quantile(minutes []int, n int, share float64) (int, bool) {
	if i := int(share * float64(n)); i < len(minutes) {
		return minutes[i], true
	}
	return 0, false
}

func good(k *kind) bool { return !k.bad }
func bad(k *kind) bool  { return k.bad }

// steady are good releases with traffic enough that anybody could tell.
func steady(k *kind) bool { return k.name == "good" }

// shownWaits are those in the table; the chart has all.
var shownWaits = []int{0, 15, 30, 60, 120, 240, 360, 480}

// names of the rules, as the tables have them.
func names() []string {
	var out []string
	for _, w := range ways {
		out = append(out, w.name)
	}
	out = append(out, againRule, alertRule)
	for _, s := range shares {
		out = append(out, thresholdName(s))
	}
	return out
}

// Share is a share of some releases.
type Share struct{ N, Of int }

// Ratio is 0 where there are none.
func (s Share) Ratio() float64 { return float64(s.N) / float64(max(1, s.Of)) }

func (s Share) String() string { return fmt.Sprintf("%.1f %%", 100*s.Ratio()) }

// Goal compares the gate with "no alert fired" at a waiting time.
type Goal struct {
	Rule        string // how the gate is asked
	Wait        int    // minutes, of both
	Gate, Alert Share
	// GateShown and AlertShown are without those promoted before they had failed
	// anything: bad at a peak that was yet to come.
	GateShown, AlertShown Share
	// Typical is how long the gate takes to promote half of the good releases; not
	// Decided: it never does.
	Typical int
	Decided bool
}

// Met says that the gate makes at most a tenth of the false promotes, and does not
// make half of the good releases wait any longer.
func (g Goal) Met() bool { return g.met(g.Gate, g.Alert) }

// MetShown is Met without releases that had failed nothing yet.
func (g Goal) MetShown() bool { return g.met(g.GateShown, g.AlertShown) }

func (g Goal) met(ours, theirs Share) bool {
	return g.Decided && g.Typical <= g.Wait && 10*ours.N <= theirs.N && theirs.N > 0
}

// Goals are those of all waiting times.
func (r *Result) Goals() []Goal {
	var out []Goal
	for _, name := range []string{gateRule, loadRule} {
		for _, wait := range waits {
			theirs := r.score(rule{alertRule, wait}, bad)
			ours, fine := r.score(rule{name, wait}, bad), r.score(rule{name, wait}, good)
			if theirs.of == 0 || ours.of == 0 {
				continue
			}
			g := Goal{Rule: name, Wait: wait, Gate: Share{ours.promoted, ours.of}, Alert: Share{theirs.promoted, theirs.of},
				GateShown: Share{ours.promoted - ours.unshown, ours.of}, AlertShown: Share{theirs.promoted - theirs.unshown, theirs.of}}
			g.Typical, g.Decided = quantile(fine.promoting, fine.of, 0.5)
			out = append(out, g)
		}
	}
	return out
}

// Markdown writes all tables.
func (r *Result) Markdown(w io.Writer) error {
	var b strings.Builder
	fmt.Fprintf(&b, "Seed %d: %d releases (%d good, %d bad) to %d ShopSets, judged for %s each. %d scrapes (%d missed), %d samples; "+
		"the ShopSet that was seen least was covered for %.1f %% of the time since its release. The run took %s.\n\n",
		r.Params.Seed, len(r.judged), r.count(good), r.count(bad), 2*len(r.judged), span(r.Params.Horizon),
		r.Health.Scrapes, r.Health.Missed, r.Health.Samples, 100*r.Health.Coverage, r.Took.Round(1e9))
	r.goals(&b)
	r.sweep(&b)
	for _, wait := range []int{15, 60, 240} {
		r.kinds(&b, wait)
	}
	r.why(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

func (r *Result) count(in func(*kind) bool) (n int) {
	for _, v := range r.judged {
		if in(v.kind) {
			n++
		}
	}
	return n
}

// goals says where the goal is met.
func (r *Result) goals(b *strings.Builder) {
	b.WriteString("| rule | waits | half of the good promoted after | false promotes | no alert's | a tenth, no later | of those that had failed something | no alert's | a tenth, no later |\n|---|---|---|---|---|---|---|---|---|\n")
	met := func(yes bool, ours, theirs Share) string {
		switch {
		case yes:
			return "yes"
		case ours.N+theirs.N == 0:
			return "both none"
		}
		return "no"
	}
	for _, g := range r.Goals() {
		typical := "–"
		if g.Decided {
			typical = span(g.Typical)
		}
		fmt.Fprintf(b, "| %s | %s | %s | %v | %v | %s | %v | %v | %s |\n", g.Rule, span(g.Wait), typical, g.Gate, g.Alert, met(g.Met(), g.Gate, g.Alert), g.GateShown, g.AlertShown, met(g.MetShown(), g.GateShown, g.AlertShown))
	}
	b.WriteString("\n")
}

// sweep compares the rules at all waiting times.
func (r *Result) sweep(b *strings.Builder) {
	b.WriteString("| rule | waits | false promotes | of these nothing had failed yet | false holds | of these never decided | \"good\" promoted after, p50 | p95 | all good, p50 | bad held after, p50 |\n|---|---|---|---|---|---|---|---|---|---|\n")
	for _, name := range names() {
		for _, wait := range shownWaits {
			by := rule{name, wait}
			x, fine, plain := r.score(by, bad), r.score(by, good), r.score(by, steady)
			if x.of == 0 {
				continue
			}
			fmt.Fprintf(b, "| %s | %s | %v | %v | %v | %v | %s | %s | %s | %s |\n", name, span(wait), Share{x.promoted, x.of}, Share{x.unshown, x.of}, Share{fine.held + fine.open, fine.of},
				Share{fine.open, fine.of}, at(plain.promoting, plain.of, 0.5), at(plain.promoting, plain.of, 0.95), at(fine.promoting, fine.of, 0.5), at(x.holding, x.of, 0.5))
		}
	}
	b.WriteString("\n")
}

// kinds compares the rules by kind of release at a waiting time.
func (r *Result) kinds(b *strings.Builder, wait int) {
	var asked []string
	for _, name := range []string{gateRule, loadRule, aloneRule, alertRule, thresholdName(shares[0]), thresholdName(shares[1])} {
		if r.score(rule{name, wait}, func(*kind) bool { return true }).of > 0 {
			asked = append(asked, name)
		}
	}
	if len(asked) == 0 {
		return
	}
	fmt.Fprintf(b, "Waiting %s. False promotes of bad releases; false holds of good ones (those of them never decided); time to decide, p50 and p95, where it decides:\n\n| kind | releases | %s |\n|---|---|%s\n",
		span(wait), strings.Join(asked, " | "), strings.Repeat("---|", len(asked)))
	for i := range kinds {
		k := &kinds[i]
		only := func(o *kind) bool { return o == k }
		fmt.Fprintf(b, "| %s | %d |", k.name, r.count(only))
		for _, name := range asked {
			fmt.Fprintf(b, " %s |", cell(k, r.score(rule{name, wait}, only)))
		}
		b.WriteString("\n")
	}
	b.WriteString("\n")
}

func cell(k *kind, s score) string {
	decided := append(slices.Clone(s.promoting), s.holding...)
	slices.Sort(decided)
	when := fmt.Sprintf("%s, %s", at(decided, len(decided), 0.5), at(decided, len(decided), 0.95))
	if k.bad {
		return fmt.Sprintf("%v; %s", Share{s.promoted, s.of}, when)
	}
	return fmt.Sprintf("%v (%v); %s", Share{s.held + s.open, s.of}, Share{s.open, s.of}, when)
}

// why lists on which checks the gate's false holds rest, by kind.
func (r *Result) why(b *strings.Builder) {
	b.WriteString("Checks on which the gate's holds rest, and those that were still unknown at the end (several of one release count each):\n\n| kind | |\n|---|---|\n")
	for i := range kinds {
		sum := map[string]int{}
		for _, v := range r.judged {
			if v.kind == &kinds[i] {
				for check, n := range v.reasons {
					sum[check] += n
				}
			}
		}
		var parts []string
		for check, n := range sum {
			parts = append(parts, fmt.Sprintf("%s %d", check, n))
		}
		slices.Sort(parts)
		fmt.Fprintf(b, "| %s | %s |\n", kinds[i].name, strings.Join(parts, ", "))
	}
}

func at(minutes []int, n int, share float64) string {
	if m, ok := quantile(minutes, n, share); ok {
		return span(m)
	}
	return "–"
}

// span writes minutes as people do.
func span(minutes int) string {
	switch h, m := minutes/60, minutes%60; {
	case h == 0:
		return fmt.Sprintf("%d min", m)
	case m == 0:
		return fmt.Sprintf("%d h", h)
	default:
		return fmt.Sprintf("%d h %d min", h, m)
	}
}
