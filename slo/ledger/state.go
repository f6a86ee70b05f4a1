package ledger

import (
	"cmp"
	"math"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
)

// none is the time of what has never happened.
const none = math.MinInt64

// account is one measure counted for one subject: what is known of its series
// and processes up to its edge, and the history of its counts.
type account struct {
	id      uint32 // its number in the files
	key     string
	subject *Subject
	m       *measure // nil while no SLO asks for it
	hist    history
	facts   facts

	series  map[string]*series // by labels
	targets map[string]*target // by the values of the target labels
	nextID  uint32             // of series and processes
	live    []*process         // those whose coverage reaches beyond the edge
	pending []*series          // those of which something is yet to be decided
	index   members            // by number, made while reading files
	former  bool               // it has, or had, former series
	arrived []*series          // bound for the first time since, and not yet looked at

	stored bool // the files know it
	early  bool // of the first format: its blocks are not shifted, whatever the window
	// cold: the samples shortly before the edge have not been seen since the files were read.
	cold  bool
	fault *fault // nil: nothing is known to be wrong with it
}

// facts are the rest of what an account knows.
type facts struct {
	start    int64 // S: nothing at or before it is seen
	begins   int64 // B: where the source's data begin; none before any was seen
	expected int64 // since when the subject was asked for; none: from B on
	heard    int64 // first sign of life or sample; none
	forgot   int64 // targets not seen since then are forgotten; none
	last     int64 // newest sign of life or sample; none
	// sliceA and sliceB are counts of the time slice under way.
	sliceA, sliceB float64
	flags          *flags // never changed in place; nil: none was raised
}

// series is one counter (or grid value) of an account.
type series struct {
	// What every tick looks at stands together.
	id      uint32
	sides   uint8 // which of the measure's sides count it
	stored  bool  // the files know it, in this process
	former  bool  // from the first format, and it has had no sample since
	unclear bool  // several former series may be it: its first sample counts nothing
	process *process
	pos     position
	pace    pace     // how fast it grows
	made    made     // when it was created, as last said
	created *created // what says so; nil: nothing does
	*seriesState

	family *family
	recent []position // raw samples shortly before pos, it included; not in the files
	labels slo.Labels
}

// seriesState is what is rarely known of a series. One that a series has does not change.
type seriesState struct {
	hold    hold
	birth   birth
	dropped int64 // time of the sample before its latest family drop; none
	joined  bool  // another series has taken over: the next sample is a first one
}

// hold is a drop that may be an old answer.
type hold struct {
	at  int64   // time of the drop; none: nothing is held
	max float64 // the value before it
	sum float64 // what it counts if it was a reset
	// small: what it dropped to may as well have been growth from zero.
	small bool
}

// birth is a first sample that is yet to be decided.
type birth struct {
	at    int64 // none: nothing is to be decided
	v     float64
	worth float64 // what it counts if no other series has ended
	doubt bool    // and that is flagged
	why   reason  // not in the files
	// Partners are series of the same process heard of at or after same, and of peers,
	// which started when this one did, heard of after others; none: there are none.
	same, others int64
	peers        []*process
}

// undecided reports whether time alone will decide something of the series.
func (st *seriesState) undecided() bool { return st.hold.at != none || st.birth.at != none }

func newSeriesState() seriesState {
	return seriesState{hold: hold{at: none}, birth: birth{at: none}, dropped: none}
}

// usualState is shared by all series of which nothing is known.
var usualState = newSeriesState()

// after gives the state as one that a series can have that had another one before: mostly
// the same one, or the usual one.
func (st *seriesState) after(before *seriesState) *seriesState {
	for _, known := range [2]*seriesState{before, &usualState} {
		if st.birth.at == none && known.birth.at == none &&
			st.hold == known.hold && st.dropped == known.dropped && st.joined == known.joined {
			return known
		}
	}
	own := *st
	return &own
}

// fresh reports whether the next sample is a first one.
func (s *series) fresh() bool { return s.pos.t == none || s.joined }

// position is a series' last valid sample; t is none before the first.
type position struct {
	t int64
	v float64
}

// family are the series of one process whose metrics are of one family.
type family struct {
	name string
	// dropAfter is the time of the last sample before the latest family drop: a series
	// whose own previous sample is not newer has seen the restart as well.
	dropAfter int64
	series    []*series
}

// target are the processes that are scraped under the same values of the target
// labels, within an account's subject.
type target struct {
	values    string // joined
	processes []*process
	created   []*created // what tells when its counters were created
}

// process is one scraped process.
type process struct {
	id       uint32
	target   *target
	labels   slo.Labels // the further ones of its signs
	legacy   bool       // from files that did not keep labels; the first sign tells them
	state    processState
	families []*family
	shed     shed     // which of its series were forgotten while it lived
	adopted  bool     // it was legacy until the tick that is under way
	stored   bool     // the files know it, with these labels
	in       *outcome // the one that it was counted for last
	at       int      // its place among those that were counted then
	// lastStart is the time of the latest start-time sample; none. Not in the files.
	lastStart int64
}

// processState is what is known of a process at an edge. Times are none until set.
type processState struct {
	seen       int64    // first counter sample, up = 1 or start-time sample
	seenUp     int64    // first up = 1
	firstUp    int64    // first sample of up
	firstStart int64    // first start-time sample
	start      float64  // the latest start (Unix seconds)
	before     float64  // the one that it replaced
	restarts   [3]int64 // latest samples that showed a restart, the newest first
	alternated int64    // latest sample that showed several processes
	covered    int64    // it counts as scraped until then, if nothing else is said
	odd        bool     // an implausible restart has been seen
}

func newProcessState() processState {
	return processState{seen: none, seenUp: none, firstUp: none, firstStart: none, restarts: [3]int64{none, none, none}, alternated: none, covered: none}
}

func newAccount(key string, subject *Subject, m *measure, res, start int64) *account {
	return &account{key: key, subject: subject, m: m,
		hist:   newHistory(res, start, 0),
		facts:  facts{start: start, begins: none, expected: none, heard: none, forgot: none, last: none},
		series: map[string]*series{}, targets: map[string]*target{}}
}

// byNumber orders accounts as they were opened.
func byNumber(x, y *account) int { return cmp.Compare(x.id, y.id) }

// familyName is a metric's name without what the series of one histogram or summary
// differ by.
func familyName(metric string) string {
	for _, suffix := range []string{"_bucket", "_count", "_sum"} {
		if base, ok := strings.CutSuffix(metric, suffix); ok {
			return base
		}
	}
	return metric
}

// familyOf finds or adds the process' family of a metric.
func (p *process) familyOf(metric string) *family {
	name := familyName(metric)
	for _, f := range p.families {
		if f.name == name {
			return f
		}
	}
	f := &family{name: name, dropAfter: none}
	p.families = append(p.families, f)
	return f
}

// targetOf finds or adds the target with these values of the target labels.
func (a *account) targetOf(values string) *target {
	t := a.targets[values]
	if t == nil {
		t = &target{values: values}
		a.targets[values] = t
	}
	return t
}

// newProcess adds a process to a target.
func (a *account) newProcess(t *target, further slo.Labels) *process {
	p := &process{id: a.nextID, target: t, labels: further, state: newProcessState(), lastStart: none}
	a.nextID++
	t.processes = append(t.processes, p)
	return p
}

// put makes a series one of a process.
func (s *series) put(p *process) {
	if s.family != nil {
		s.family.series = slices.DeleteFunc(s.family.series, func(o *series) bool { return o == s })
	}
	s.process, s.family = p, p.familyOf(s.labels.Get(slo.MetricName))
	s.family.series = append(s.family.series, s)
	s.stored = false
}
