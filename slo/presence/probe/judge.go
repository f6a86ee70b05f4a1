package probe

import (
	"fmt"
	"reflect"
	"slices"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence"
)

// a pair is an SLO and a subject that it is judged for.
type pair struct {
	ask     *ask
	subject Subject
}

func (x pair) key() verdictKey { return verdictKey{x.ask.slo, x.subject.ID} }

// judge gives the verdicts on all SLOs and subjects.
func (r *round) judge() map[verdictKey]verdict {
	out := map[verdictKey]verdict{}
	var doubtful []pair
	for i := range r.p.asks {
		for _, s := range r.p.asks[i].subjects {
			x := pair{&r.p.asks[i], s}
			v, done := r.firstLook(x)
			if out[x.key()] = v; !done {
				doubtful = append(doubtful, x)
			}
		}
	}
	looks := make([]string, len(doubtful))
	for i, x := range doubtful {
		looks[i] = r.look(x, out[x.key()])
	}
	r.lookCloser(doubtful)
	r.lookBack(doubtful)
	for i, x := range doubtful {
		v := r.verdict(x)
		if out[x.key()] = v; v.failure == "" {
			r.p.checked[x.key()] = checked{looks[i], v, r.at}
		}
	}
	return out
}

// firstLook judges by what the selectors pick; done is false where something is missing
// and the metric is to be read as a whole.
func (r *round) firstLook(x pair) (v verdict, done bool) {
	if x.ask.fault != "" {
		return verdict{failure: x.ask.fault}, true
	}
	v = r.verdict(x)
	if v.failure != "" || len(v.notes) == 0 && !slices.ContainsFunc(v.absent, func(a slo.Absence) bool { return a.Kind != slo.NoSuch }) {
		return v, true
	}
	if was, ok := r.p.checked[x.key()]; ok && was.first == r.look(x, v) && !r.at.Before(was.at) && r.at.Sub(was.at) < recheck {
		return was.verdict, true
	}
	return v, false
}

// look is what the first look saw: while it stays, so does what came of it.
func (r *round) look(x pair, v verdict) string {
	return fmt.Sprint(v.absent, v.notes, r.sends[x.subject.ID], r.silent)
}

// live is what is known by now of a subject and the metrics that an SLO asks for; notes say what
// was not looked at. An error: the source did not say it.
func (r *round) live(x pair) (l presence.Live, notes []string, err error) {
	l = presence.Live{Match: x.subject.Match, Targets: r.targets[x.subject.ID], Sends: r.sends[x.subject.ID], Names: r.names[x.subject.ID],
		TargetLabels: r.p.cfg.TargetLabels, Elsewhere: map[string]presence.Elsewhere{}}
	for _, key := range x.ask.keys {
		if err := r.metrics[key].err; err != nil {
			return l, nil, err
		}
		l.Series = append(l.Series, r.metrics[key].series[x.subject.ID]...)
		l.Elsewhere[key] = r.elsewhere[key]
		if r.silent {
			l.Elsewhere[key] = presence.Elsewhere{Silent: true}
		}
		if note := r.metrics[key].note; note != "" {
			notes = append(notes, note)
		}
	}
	return l, notes, nil
}

// verdict judges by all that is known by now.
func (r *round) verdict(x pair) verdict {
	l, notes, err := r.live(x)
	if err != nil {
		return verdict{failure: err.Error()}
	}
	v := verdict{notes: notes}
	for i, part := range x.ask.parts {
		absent, notes := presence.Judge(part, l)
		if was, ok := r.past[partKey{x.key(), i}]; ok {
			if was.err != nil {
				return verdict{failure: was.err.Error()}
			}
			absent, notes = presence.JudgePast(part, l, was.Past)
		}
		v.notes = append(v.notes, notes...)
		for _, a := range absent {
			if !slices.ContainsFunc(v.absent, func(o slo.Absence) bool { return reflect.DeepEqual(o, a) }) {
				v.absent = append(v.absent, a)
			}
		}
	}
	return v
}

// lookCloser reads whole metrics for the subjects that miss something of them, asks who else
// has those that are missing, and what else there is.
func (r *round) lookCloser(doubtful []pair) {
	if r.silent || len(doubtful) == 0 {
		return
	}
	of, asks := map[string][]Subject{}, []string{}
	for _, x := range doubtful {
		for _, key := range x.ask.keys {
			if of[key] == nil {
				asks = append(asks, key)
			}
			if !slices.ContainsFunc(of[key], func(s Subject) bool { return s.ID == x.subject.ID }) {
				of[key] = append(of[key], x.subject)
			}
		}
	}
	for _, key := range asks {
		r.readWhole(key, of[key])
	}
	var unnamed []Subject
	for _, x := range doubtful {
		if slices.ContainsFunc(r.verdict(x).absent, needsNames) && !slices.ContainsFunc(unnamed, func(s Subject) bool { return s.ID == x.subject.ID }) {
			unnamed = append(unnamed, x.subject)
		}
	}
	r.readNames(unnamed)
}

// needsNames reports whether it depends on what else a subject sends.
func needsNames(x slo.Absence) bool {
	return x.Kind == slo.NoMetric && x.Label == "" || x.Kind == slo.NoSubject || x.Kind == slo.Unlabelled
}

// readWhole adds all live series of a metric that some subjects have, and finds out who has
// it where one of them has none.
func (r *round) readWhole(key string, of []Subject) {
	m, h := r.p.metrics[key], r.metrics[key]
	if len(m.name) == 0 || h.err != nil {
		return
	}
	n, err := r.count(m, of)
	if err == nil && n > r.p.cfg.MaxSeries {
		h.note = fmt.Sprintf("%s has %d series, more than are looked through (%d): labels and bounds are judged by those that the selectors pick", m, n, r.p.cfg.MaxSeries)
		return
	}
	whole := r.readMetric(m, []slo.Selector{m.name}, of)
	if h.err = whole.err; h.err != nil {
		return
	}
	missing := false
	for _, s := range of {
		if more := whole.series[s.ID]; len(more) > 0 {
			h.series[s.ID] = append(h.series[s.ID], more...)
		}
		missing = missing || len(h.series[s.ID]) == 0
	}
	if missing {
		r.elsewhere[key], h.err = r.whoHas(m, len(h.series) > 0)
	}
}
