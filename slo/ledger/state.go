package ledger

import (
	"cmp"
	"math"
	"slices"

	"github.com/shopslo/shopslo/slo"
)

// none is the time of what has never happened.
const none = math.MinInt64

// account is one measure counted for one subject: what is known of its series
// and targets up to its edge, and the history of its counts.
type account struct {
	id      uint32 // its number in the files
	key     string
	subject *Subject
	m       *measure // nil while no SLO asks for it
	hist    history
	facts   facts

	series  map[string]*series // by labels
	targets map[string]*target // by the values of the target labels
	nextID  uint32             // of series and targets
	live    []*target          // those whose coverage reaches beyond the edge
	index   members            // by number, made while reading files

	stored bool // the files know it
	early  bool // of the first format: its blocks are not shifted, whatever the window
}

// facts are the rest of what an account knows.
type facts struct {
	start  int64 // S: nothing at or before it is seen
	begins int64 // B: where the source's data begin; none before any was seen
	forgot int64 // targets not seen since then are forgotten; none
	last   int64 // newest sign of life or sample; none
	// sliceA and sliceB are counts of the time slice under way, unknownFirst counts
	// targets whose first sample was left out because its age was unknown.
	sliceA, sliceB float64
	unknownFirst   uint32
}

// series is one counter (or grid value) of an account.
type series struct {
	id     uint32
	labels slo.Labels
	sides  uint8 // which of the measure's sides count it
	target *target
	group  *group
	pos    position
	stored bool
}

// position is a series' last valid sample; t is none before the first.
type position struct {
	t int64
	v float64
}

// group are the series of one metric on one target: siblings.
type group struct {
	metric string
	// dropAfter is the time of the last sample before the latest drop: a series
	// whose own previous sample is not newer has seen the restart as well.
	dropAfter int64
}

// target is one scraped process within an account's subject.
type target struct {
	id     uint32
	values string // of the target labels, joined
	state  targetState
	groups []*group
	shed   shed // which of its series were forgotten while it lived
	stored bool
	in     *outcome // the one that it was counted for last
}

// targetState is what is known of a target at an edge. Times are none until set.
type targetState struct {
	seen       int64 // first sample, up = 1 or start time
	firstStart int64 // first start-time sample
	start      float64
	moved      int64 // latest start-time sample that showed another process
	firstUp    int64
	covered    int64 // the target counts as scraped until then, if nothing else is said
}

func newTargetState() targetState {
	return targetState{seen: none, firstStart: none, moved: none, firstUp: none, covered: none}
}

func newAccount(key string, subject *Subject, m *measure, res, start int64) *account {
	return &account{key: key, subject: subject, m: m,
		hist:   newHistory(res, start, 0),
		facts:  facts{start: start, begins: none, forgot: none, last: none},
		series: map[string]*series{}, targets: map[string]*target{}}
}

// byNumber orders accounts as they were opened.
func byNumber(x, y *account) int { return cmp.Compare(x.id, y.id) }

// groupOf finds or adds the target's group of a metric.
func (t *target) groupOf(metric string) *group {
	for _, g := range t.groups {
		if g.metric == metric {
			return g
		}
	}
	g := &group{metric: metric, dropAfter: none}
	t.groups = append(t.groups, g)
	return g
}

// targetOf finds or adds the target with these values of the target labels.
func (a *account) targetOf(values string) *target {
	t := a.targets[values]
	if t == nil {
		t = &target{id: a.nextID, values: values, state: newTargetState()}
		a.nextID++
		a.targets[values] = t
	}
	return t
}

// seriesOf finds or adds a series.
func (a *account) seriesOf(ls slo.Labels, sides uint8, targetLabels []string) *series {
	key := ls.String()
	s := a.series[key]
	if s == nil {
		t := a.targetOf(joined(ls, targetLabels))
		s = &series{id: a.nextID, labels: slices.Clone(ls), target: t, group: t.groupOf(ls.Get(slo.MetricName)), pos: position{t: none}}
		a.nextID++
		a.series[key] = s
	}
	s.sides = sides
	return s
}
