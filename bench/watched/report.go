package watched

import (
	"fmt"
	"io"
	"math"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/promotion"
)

// share is a share of some Releases, and up to where it may truly lie (95 %, one-sided).
type share struct{ n, of int }

func (s share) String() string {
	if s.of == 0 {
		return "–"
	}
	return fmt.Sprintf("%.1f %%", 100*float64(s.n)/float64(s.of))
}

// most is Wilson's upper limit.
func (s share) most() string {
	if s.of == 0 {
		return "–"
	}
	n, p, z := float64(s.of), float64(s.n)/float64(s.of), 1.645
	return fmt.Sprintf("%.1f %%", 100*min(1, (p+z*z/(2*n)+z*math.Sqrt(p*(1-p)/n+z*z/(4*n*n)))/(1+z*z/n)))
}

// Markdown writes all tables.
func (r *Result) Markdown(w io.Writer) error {
	var b strings.Builder
	r.kinds(&b)
	r.sweep(&b)
	r.precision(&b)
	_, err := io.WriteString(w, b.String())
	return err
}

// kinds has a row for each kind of Release.
func (r *Result) kinds(b *strings.Builder) {
	b.WriteString("| kind | Releases | promoted at any look | at most | held first | never decided | held at any look | promoted after, p50 | p95 | held after, p50 | p95 | Wald's bound, p50 |\n|---|---|---|---|---|---|---|---|---|---|---|---|\n")
	for _, all := range [][]kind{earlier, fresh} {
		for i := range all {
			k := &all[i]
			of := r.of(func(o *kind) bool { return o == k })
			if len(of) == 0 {
				continue
			}
			var ever, held, heldEver, open int
			var promoting, holding, bound []int
			for _, j := range of {
				c := j.ways[asked]
				if c.ever(promotion.Promote) {
					ever++
				}
				if c.ever(promotion.Hold) {
					heldEver++
				}
				bound = append(bound, j.wald)
				switch o := c.first(0); o.verdict {
				case promotion.Hold:
					held++
					holding = append(holding, o.after)
				case promotion.Promote:
					promoting = append(promoting, o.after)
				default:
					open++
				}
			}
			wald := "–"
			if k.bad {
				wald = at(bound, len(bound), 0.5)
			}
			fmt.Fprintf(b, "| %s | %d | %v | %s | %v | %v | %v | %s | %s | %s | %s | %s |\n", k.name, len(of), share{ever, len(of)}, share{ever, len(of)}.most(), share{held, len(of)}, share{open, len(of)}, share{heldEver, len(of)},
				at(promoting, len(promoting), 0.5), at(promoting, len(promoting), 0.95), at(holding, len(holding), 0.5), at(holding, len(holding), 0.95), wald)
		}
	}
	b.WriteString("\n")
}

// sweep compares the rules at all waiting times, over the kinds of the first trial.
func (r *Result) sweep(b *strings.Builder) {
	of := r.of(func(k *kind) bool { return k.share > 0 })
	if len(of) == 0 {
		return
	}
	b.WriteString("| rule | waits | half of the good after | without those of little traffic | false promotes, something had failed | at most | a tenth of no alert's | false promotes, all | no alert's | good held | bad held after, p50 |\n|---|---|---|---|---|---|---|---|---|---|---|\n")
	fine := sum(of, func(j judged) outcome {
		if j.soonest > horizon {
			return outcome{promotion.Inconclusive, horizon}
		}
		return outcome{promotion.Promote, j.soonest}
	})
	fmt.Fprintf(b, "| none sooner, with harm 1 and no bad event at all | 0 min | %s | %s | | | | | | | |\n", at(fine.promoting, fine.good, 0.5), at(fine.promotingBusy, fine.goodBusy, 0.5))
	names := make([]string, 0, len(policies))
	for name := range policies {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, name := range names {
		for _, wait := range waits {
			s := sum(of, func(j judged) outcome { return j.ways[name].first(wait) })
			a := sum(of, func(j judged) outcome { return j.alert[wait] })
			tenth := "–"
			if wait > 0 {
				tenth = fmt.Sprintf("%.2f %%", 10*float64(a.promotedShown)/float64(a.bad))
			}
			fmt.Fprintf(b, "| %s | %s | %s | %s | %v | %s | %s | %v | %v | %v | %s |\n", name, span(wait), at(s.promoting, s.good, 0.5), at(s.promotingBusy, s.goodBusy, 0.5),
				share{s.promotedShown, s.bad}, share{s.promotedShown, s.bad}.most(), tenth, share{s.promoted, s.bad}, share{a.promoted, a.bad}, share{s.held, s.good}, at(s.holding, s.bad, 0.5))
		}
	}
	b.WriteString("\n")
}

// score is what a rule did to Releases good and bad.
type score struct {
	good, goodBusy, bad      int
	promoted, promotedShown  int // of the bad
	held, open               int // of the good
	promoting, promotingBusy []int
	holding                  []int
}

func sum(of []judged, rule func(judged) outcome) (s score) {
	for _, j := range of {
		o := rule(j)
		busy := !strings.Contains(j.kind.name, "little traffic")
		if j.kind.bad {
			s.bad++
			switch {
			case o.verdict == promotion.Hold:
				s.holding = append(s.holding, o.after)
			case o.verdict == promotion.Promote:
				s.promoted++
				if j.shown(o.after) {
					s.promotedShown++
				}
			}
			continue
		}
		s.good++
		if busy {
			s.goodBusy++
		}
		switch o.verdict {
		case promotion.Hold:
			s.held++
		case promotion.Promote:
			s.promoting = append(s.promoting, o.after)
			if busy {
				s.promotingBusy = append(s.promotingBusy, o.after)
			}
		default:
			s.open++
		}
	}
	slices.Sort(s.promoting)
	slices.Sort(s.promotingBusy)
	slices.Sort(s.holding)
	return s
}

// precision takes a hold for an alarm: how many of those are right, and how many of the
// bad Releases had one, by 30 minutes and by the end.
func (r *Result) precision(b *strings.Builder) {
	b.WriteString("| Releases | held | precision | recall |\n|---|---|---|---|\n")
	for _, g := range []struct {
		name string
		in   func(*kind) bool
	}{{"of the first trial", func(k *kind) bool { return k.share > 0 }}, {"fresh", func(k *kind) bool { return k.share == 0 }}} {
		s := sum(r.of(g.in), func(j judged) outcome { return j.ways[asked].first(30) })
		right := len(s.holding)
		fmt.Fprintf(b, "| %s | %d | %v | %v |\n", g.name, right+s.held, share{right, right + s.held}, share{right, s.bad})
	}
	b.WriteString("\n")
}

// quantile is one of n minutes, those that are missing being endless; not ok: it is
// among these.
func quantile(minutes []int, n int, share float64) (int, bool) {
	if i := int(share * float64(n)); i < len(minutes) {
		return slices.Sorted(slices.Values(minutes))[i], true
	}
	return 0, false
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
