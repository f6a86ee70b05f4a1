package ledgertest

import (
	"fmt"
	"math"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// attempt is one scheduled scrape of a target and what came of it.
type attempt struct {
	t, delivered int64
	outcome      outcome
	life         int     // index of the process scraped, for scraped
	twin         int     // which of two processes answered
	old          bool    // the answer is older than the one before
	guarded      bool    // near an old one: nothing else goes wrong
	events       float64 // mean number of events since the attempt before, of each series pair
}

type outcome int

const (
	scraped outcome = iota // up is 1 and the process answered
	failed                 // up is 0, series get staleness markers
	gone                   // the target is no longer scraped, all series get staleness markers
	nothing                // no trace is left: the source was down, or the target gone before
)

// scrape makes all series of one pod.
func (h *History) scrape(spec Spec, p *pod, r *rand.Rand) []Scraped {
	attempts := h.attempts(spec, p, r)
	if len(attempts) == 0 {
		return nil
	}
	var out []Scraped
	if !spec.NoUp {
		out = append(out, h.upSeries(spec, p, attempts))
	}
	if !spec.NoStartTime {
		out = append(out, h.startSeries(spec, p, attempts, r))
	}
	if spec.Histogram {
		out = append(out, h.histogram(spec, p, attempts, r)...)
	}
	for m := range spec.Metrics {
		resets := moments(r, attempts[0].t, h.End, spec.ResetEvery)
		for route := range spec.Routes {
			for _, code := range []string{"200", "500"} {
				s := Scraped{pod: p, bad: code == "500", Series: Series{
					Labels: podLabels(metricNames[m], p, spec.Name, code, fmt.Sprintf("/r%d", route))}}
				h.counter(spec, &s, attempts, resets, r)
				out = append(out, s)
			}
		}
	}
	out = h.relabel(spec, p, out)
	for i := range out {
		h.deliver(spec, &out[i], attempts, r)
	}
	if spec.Created {
		for _, s := range slices.Clone(out) {
			out = s.tellCreated(out)
		}
	}
	return slices.DeleteFunc(out, func(s Scraped) bool { return len(s.Samples) == 0 && len(s.events) == 0 })
}

// attempts schedules the scrapes of a pod up to the one that finds it deleted.
func (h *History) attempts(spec Spec, p *pod, r *rand.Rand) []attempt {
	interval := h.Config.Interval.Milliseconds()
	from := max(p.created, h.Start-h.warm())
	if from > h.End {
		return nil
	}
	gaps := h.gaps(spec, p, r)
	late := moments(r, from, h.End, spec.LateEvery)
	out := make([]attempt, 0, (min(p.deleted, h.End)-from)/interval+2)
	before, current := from, 0
	for base := from - (from-p.phase)%interval + interval; ; base += interval {
		t := base
		if spec.Jitter {
			t = h.jitter(p, base, interval, r)
		}
		if t > h.End {
			break
		}
		if t <= before {
			continue
		}
		a := attempt{t: t, delivered: h.lagged(t)}
		if len(late) > 0 && late[0] <= t {
			a.delivered += 1 + r.Int64N(20*interval)
			late = late[1:]
		}
		for current < len(p.lives)-1 && p.lives[current].died <= t {
			current++
		}
		a.life, a.outcome = current, h.outcome(p, t, before, gaps, p.lives[current])
		if spec.Twins {
			a.twin = r.IntN(2)
		}
		rate := spec.PeakRate
		if !spec.Flat {
			rate *= load(t)
		}
		a.events = rate * float64(t-before) / 1000 / float64(spec.Pods*spec.Metrics*spec.Routes)
		out = append(out, a)
		before = t
		if t >= p.deleted {
			break
		}
	}
	h.age(spec, out, r)
	return out
}

// jitter moves a scrape by up to a third of the interval, now and then to a
// moment where it hurts: S itself, a process's birth or its last millisecond.
func (h *History) jitter(p *pod, base, interval int64, r *rand.Rand) int64 {
	awkward := []int64{h.Start, h.Start + 1}
	for _, l := range p.lives {
		awkward = append(awkward, l.born, l.died-1, l.died)
	}
	for _, a := range awkward {
		if a > base-interval/3 && a < base+interval/3 && r.IntN(2) == 0 {
			return a
		}
	}
	return base + r.Int64N(interval*2/3) - interval/3
}

// gap is a span in which a target timed out, or was not scraped at all.
type gap struct {
	Span
	gone bool
}

func (h *History) gaps(spec Spec, p *pod, r *rand.Rand) []gap {
	var out []gap
	for _, from := range moments(r, p.created, min(p.deleted, h.End), spec.GapEvery) {
		out = append(out, gap{Span{from, from + r.Int64N(20*h.Config.Interval.Milliseconds())}, r.IntN(2) == 0})
	}
	return out
}

// outcome says what comes of an attempt at t, the one before having been at before.
func (h *History) outcome(p *pod, t, before int64, gaps []gap, l life) outcome {
	if slices.ContainsFunc(h.Config.Blackouts, func(s Span) bool { return s.From <= t && t < s.To }) {
		return nothing
	}
	if t >= p.deleted {
		return gone
	}
	for _, g := range gaps {
		switch {
		case t < g.From || t >= g.To:
		case g.gone && before >= g.From:
			return nothing
		case g.gone:
			return gone
		default:
			return failed
		}
	}
	if t < l.born || t >= l.died {
		return failed
	}
	return scraped
}

// lagged gives when a sample of time t is delivered: at once, or at its lag's end.
func (h *History) lagged(t int64) int64 {
	at := t
	for _, l := range h.Config.Lags {
		if l.From <= t && t < l.To {
			at = max(at, l.To)
		}
	}
	return at
}

var stale = math.Float64frombits(slo.StaleNaN)

func (h *History) upSeries(spec Spec, p *pod, attempts []attempt) Scraped {
	s := Scraped{pod: p, Series: Series{Labels: podLabels(UpMetric, p, spec.Name, "", ""), Samples: make([]Sample, 0, len(attempts))}}
	for _, a := range attempts {
		switch a.outcome {
		case scraped:
			s.Samples = append(s.Samples, Sample{a.t, 1})
		case failed:
			s.Samples = append(s.Samples, Sample{a.t, 0})
		case gone:
			s.Samples = append(s.Samples, Sample{a.t, stale})
		}
	}
	return s
}

// startSeries reports the births; clock corrections shift them by 0 to 1 s.
func (h *History) startSeries(spec Spec, p *pod, attempts []attempt, r *rand.Rand) Scraped {
	s := Scraped{pod: p, Series: Series{Labels: podLabels(StartTimeMetric, p, spec.Name, "", ""), Samples: make([]Sample, 0, len(attempts))}}
	corrections := moments(r, attempts[0].t, h.End, spec.ClockEvery)
	clock := h.clock(spec, attempts, r)
	shift, exposed := 0.0, false
	for k, a := range attempts {
		for len(corrections) > 0 && corrections[0] <= a.t {
			shift, corrections = float64(r.IntN(5))/4, corrections[1:]
		}
		if a.outcome == nothing {
			continue
		}
		if a.outcome == scraped {
			s.Samples = append(s.Samples, Sample{a.t, clock(k, float64(p.lives[a.life].born)/1000-1000*float64(a.twin)) + shift})
		} else if exposed {
			s.Samples = append(s.Samples, Sample{a.t, stale})
		}
		exposed = a.outcome == scraped
	}
	return s
}

// hidden are the spans in which a series is not exposed.
func (h *History) hidden(spec Spec, r *rand.Rand, attempts []attempt) []Span {
	var out []Span
	for _, from := range moments(r, attempts[0].t, h.End, spec.VanishEvery) {
		out = append(out, Span{from, from + r.Int64N(10*h.Config.Interval.Milliseconds())})
	}
	return out
}

// isHidden keeps to processes born after S: a series of an older one that is absent
// where the ledger begins and appears later cannot be told from a new one.
func (h *History) isHidden(hidden []Span, a attempt, p *pod) bool {
	return p.lives[a.life].born > h.Start && !a.guarded &&
		slices.ContainsFunc(hidden, func(s Span) bool { return s.From <= a.t && a.t < s.To })
}

// deliver dates the deliveries of a series, spoils some samples and doubles
// others. Like vanishing, what concerns one series alone befalls only processes
// born after S.
func (h *History) deliver(spec Spec, s *Scraped, attempts []attempt, r *rand.Rand) {
	counter := len(s.events) > 0 && !s.steady
	interval := h.Config.Interval.Milliseconds()
	next := func(every time.Duration) []int64 { return moments(r, attempts[0].t, h.End, every) }
	late, invalid, twice := next(spec.LateSample), next(spec.InvalidEvery), next(spec.DuplicateEvery)
	due := func(list *[]int64, t int64) bool {
		if len(*list) == 0 || (*list)[0] > t {
			return false
		}
		*list = (*list)[1:]
		return true
	}
	k := 0
	for i := range s.Samples {
		x := &s.Samples[i]
		for attempts[k].t != x.T {
			k++
		}
		a := attempts[k]
		young := counter && a.outcome == scraped && !a.guarded && s.pod.lives[a.life].born > h.Start
		if due(&late, x.T) && young {
			a.delivered += 1 + r.Int64N(10*interval)
		}
		if due(&invalid, x.T) && young && !slo.IsStale(x.V) {
			x.V = []float64{math.NaN(), math.Inf(1), math.Inf(-1), -1}[r.IntN(4)]
		}
		if a.delivered != x.T {
			s.Late = append(s.Late, Delivery{i, a.delivered})
		}
		if due(&twice, x.T) {
			s.Twice = append(s.Twice, i)
		}
	}
}
