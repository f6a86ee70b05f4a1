package ledger

import (
	"cmp"
	"math"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// Step is one thing that a ledger counted, or did not count, by the rules of
// docs/counting.md: what it made of a sample and the one before it in its series, of a
// first sample, or of a start time. All that an account counts is the sum of its steps, and
// each time that a flag is raised is in one of them.
type Step struct {
	// Account says whose step it is: see Ledger.AccountOf. Subject is for whom it counts.
	Account, Subject string
	// Process are the target labels and the further labels of the process.
	Process slo.Labels
	// Series are the labels of the series; none where a start time is told of.
	Series slo.Labels
	// Good, Bad and Total are the queries of the indicator that count the series.
	Good, Bad, Total bool
	// Kind is what it was taken for. Why says more, in a few words; "" where there is no
	// more to say.
	Kind Kind
	Why  string
	// At is the time that what was counted belongs to: that of the sample, or of the
	// decision. Since is that of the sample before; zero where there is none.
	Since, At time.Time
	// From and To are the values of the series at Since and At; of start times they are
	// Unix seconds. From is NaN where there is no sample before.
	From, To float64
	// Counted is how much was counted, for each of the queries above.
	Counted float64
	// Flags are those that were raised; nil for none.
	Flags []slo.FlagKind
	// Partner are the labels of the series that a Joined one goes on from.
	Partner slo.Labels
}

// Kind is what a step was taken for.
type Kind string

// The kinds of steps. Growth and Held stand for several samples in a row of one bucket, or
// of a block of them whose inner edges are not kept.
const (
	Growth       Kind = "growth"
	Gap          Kind = "gap"                  // growth over more than two scrape intervals
	Restart      Kind = "restart"              // by the start time
	Reset        Kind = "reset"                // a drop, taken for a reset of the family
	Anew         Kind = "began_anew"           // as the source says
	NotCreated   Kind = "created_not_used"     // it says that it was created at a time that cannot be
	SiblingReset Kind = "reset_with_sibling"   // a family drop of another series lies in it
	OldAnswer    Kind = "old_answer"           // a drop that may be one: held from here on
	Held         Kind = "held"                 // counts nothing until the drop is decided
	Regained     Kind = "old_answer_over"      // the drop was an old answer
	LeftOut      Kind = "left_out"             // not known, and not counted
	FirstCounted Kind = "first_sample_counted" // from zero
	FirstIgnored Kind = "first_sample_ignored"
	FirstHeld    Kind = "first_sample_held" // decided when it is known what has ended
	Joined       Kind = "labels_changed"    // goes on from another series
	CameBack     Kind = "joined_came_back"  // another series went on from this one
	ClockStep    Kind = "clock_step"        // a start time moved, nothing restarted
)

// reason says why a first sample is worth what it is.
type reason uint8

const (
	unsaid reason = iota
	byIgnore
	byZero
	wasShed
	wasHanded
	wasUnclear
	isTooMuch
	isKnown
	hasStarted
	atBegin
	isOld
	isBegun
	isOlder
)

var reasons = [...]string{
	byIgnore:   "first-sample: ignore",
	byZero:     "first-sample: zero",
	wasShed:    "it was forgotten while its process ran on",
	wasHanded:  "it goes on from another process, which told of the same",
	wasUnclear: "what it goes on from is not clear in files of an older version",
	isTooMuch:  "its process was there before, and cannot have counted so much since it was seen last",
	isKnown:    "its process was known before",
	hasStarted: "its process has started since the data begin",
	atBegin:    "the data begin here",
	isOld:      "nothing says how old it is",
	isBegun:    "the source says that it began from zero",
	isOlder:    "it was created before the data begin",
}

// AccountOf names the account that counts a part of an SLO for a subject, as Step.Account
// does; ok is false where the plan has none.
func (l *Ledger) AccountOf(s *slo.SLO, subject string, part int) (name string, ok bool) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	parts := l.wanted[wantKey{s.Name, subject}]
	if part < 0 || part >= len(parts) {
		return "", false
	}
	return parts[part].key, true
}

// trace tells of the steps of a tick, each series' in the order of time.
func (l *Ledger) trace(outs []*outcome) {
	if l.cfg.Trace == nil {
		return
	}
	for _, o := range outs {
		slices.SortStableFunc(o.steps, func(x, y Step) int { return x.At.Compare(y.At) })
		for _, s := range o.steps {
			l.cfg.Trace(s)
		}
	}
}

// told is what the step that was told of last is of.
type told struct {
	s    *series
	cell int
}

// tell notes a step of a series from the sample before (none: it is the first) to now.
// The step is valid until the next one.
func (c *counter) tell(s *series, what Kind, before, now position, events float64, raised ...int) *Step {
	cell := -1
	if what == Growth || what == Held {
		cell = c.cells.of(now.t)
		if t := (told{s, cell}); c.last == t && len(raised) == 0 {
			if last := &c.results.steps[len(c.results.steps)-1]; last.Kind == what && last.Flags == nil {
				last.At, last.To, last.Counted = timeOf(now.t), now.v, last.Counted+events
				return last
			}
		}
	}
	c.last = told{s, cell}
	step := c.stepOf(s.process, what, now, raised)
	step.Series = s.labels
	step.Good, step.Bad, step.Total = c.out.acct.m.form.names(s.sides)
	step.Counted = events
	if before.t != none {
		step.Since, step.From = timeOf(before.t), before.v
	}
	return step
}

// stepOf notes a step of a process.
func (c *counter) stepOf(p *process, what Kind, now position, raised []int) *Step {
	a := c.out.acct
	step := Step{Account: a.key, Subject: a.subject.ID, Process: c.processLabels(p), Kind: what,
		At: timeOf(now.t), From: math.NaN(), To: now.v}
	for _, kind := range raised {
		step.Flags = append(step.Flags, flagKinds[kind])
	}
	c.results.steps = append(c.results.steps, step)
	return &c.results.steps[len(c.results.steps)-1]
}

// tellStart notes what a start time means that has moved, or is the first.
func (c *counter) tellStart(w *work, what Kind, s startChange, first bool, raised ...int) {
	if !c.tracing {
		return
	}
	c.last = told{}
	step := c.stepOf(w.p, what, position{s.t, s.value}, raised)
	if !first {
		step.From = w.state.start
	}
}

// tellRise notes the steps of a series that saw nothing but growth.
func (c *counter) tellRise(s *series, in input) {
	last := s.pos
	for k, t := range in.t {
		now := position{t, in.v[k]}
		c.tell(s, c.growthKind(last, now), last, now, now.v-last.v)
		last = now
	}
}

// growthKind is the kind of a pair that is growth.
func (c *counter) growthKind(before, now position) Kind {
	if now.t-before.t > c.patience {
		return Gap
	}
	return Growth
}

// names tells which queries an account's two sides are.
func (f form) names(sides uint8) (good, bad, total bool) {
	a, b := sides&1 != 0, sides&2 != 0
	switch f {
	case badTotal:
		return false, a, b
	case goodBad:
		return a, b, false
	}
	return a, false, b
}

// processLabels are a process' target labels, and its further ones.
func (c *counter) processLabels(p *process) slo.Labels {
	values := []string{p.target.values}
	if len(c.targetLabels) > 1 {
		values = strings.Split(p.target.values, "\xff")
	}
	out := slices.Clone(p.labels)
	for i, name := range c.targetLabels {
		if i < len(values) && values[i] != "" {
			out = append(out, slo.Label{Name: name, Value: values[i]})
		}
	}
	slices.SortFunc(out, func(x, y slo.Label) int { return cmp.Compare(x.Name, y.Name) })
	return out
}
