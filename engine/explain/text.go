package explain

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/status"
)

// mostSeries is how many series of a part are written out; JSON has all.
const mostSeries = 40

// Text is the explanation for people.
func (x *Explanation) Text() string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s on %s (%s), at %s\n", x.SLO, x.ShopSet, x.Tier, x.At)
	fmt.Fprintf(&b, "state %s; good %s, total %s, bad %s %s; coverage %.1f %%\n", x.State, number(x.Good), number(x.Total), number(x.Bad), x.Unit, 100*x.Coverage)
	if x.WindowStart != nil {
		fmt.Fprintf(&b, "window: after %s, up to %s\n", *x.WindowStart, *x.WindowEnd)
	} else {
		b.WriteString("window: nothing has been counted yet\n")
	}
	fmt.Fprintf(&b, "source: %s; scrape interval: %v s configured, ", x.Source, x.Interval.Configured)
	if x.Interval.Scraped == nil {
		b.WriteString("too few samples to tell the real one\n")
	} else {
		fmt.Fprintf(&b, "%v s found\n", *x.Interval.Scraped)
	}
	section(&b, "Doubtful", slices.Concat(nonEmpty(x.Interval.Finding), x.doubts()))
	for i := range x.Parts {
		x.Parts[i].write(&b, len(x.Parts) > 1)
	}
	return b.String()
}

func nonEmpty(text string) []string {
	if text == "" {
		return nil
	}
	return []string{text}
}

// doubts are flags, absences and other notes, each once.
func (x *Explanation) doubts() []string {
	out := x.sentences()
	told := map[string]bool{}
	for _, a := range x.absences {
		told[status.AbsenceText(a)] = true
	}
	for _, n := range x.Notes {
		if !told[n] {
			out = append(out, n)
		}
	}
	return out
}

func section(b *strings.Builder, title string, lines []string) {
	if len(lines) == 0 {
		return
	}
	fmt.Fprintf(b, "\n%s\n", title)
	for _, l := range lines {
		fmt.Fprintf(b, "  %s\n", l)
	}
}

func (out *partExplained) write(b *strings.Builder, several bool) {
	if several {
		fmt.Fprintf(b, "\n== part %s ==\n", out.Part)
	}
	fmt.Fprintf(b, "\nCounted from %s: %s\n", out.Counted, out.Why)
	var lines []string
	for _, s := range out.Sides {
		lines = append(lines, fmt.Sprintf("%-5s %s", s.Side, s.Query))
		for _, sel := range s.Selectors {
			lines = append(lines, "      asks for "+sel)
		}
	}
	section(b, "Selectors", lines)
	lines = nil
	for _, m := range out.Metrics {
		lines = append(lines, fmt.Sprintf("%s: %d series now", m.Metric, m.Series))
		for _, n := range slices.Sorted(maps.Keys(m.Labels)) {
			more := ""
			if len(m.Labels[n]) == mostValues {
				more = ", …"
			}
			lines = append(lines, fmt.Sprintf("  %s: %s%s", n, strings.Join(m.Labels[n], ", "), more))
		}
	}
	section(b, "Labels that exist on this ShopSet", lines)
	lines = nil
	for k, s := range out.Series {
		if k == mostSeries {
			lines = append(lines, fmt.Sprintf("and %d more series; -o json has all", len(out.Series)-k))
			break
		}
		lines = append(lines, s.lines()...)
	}
	if out.Series == nil {
		lines = []string{"none"}
	}
	section(b, "Series", lines)
	lines = nil
	for k := range out.Processes {
		lines = append(lines, out.Processes[k].lines()...)
	}
	section(b, "Start times that moved", lines)
	out.writeSum(b)
}

func (x *seriesExplained) lines() []string {
	out := []string{fmt.Sprintf("%s (%s)", x.name(), strings.Join(x.Sides, ", ")),
		fmt.Sprintf("  %d samples, %s to %s, every %v s", x.Samples, x.First, x.Last, x.Scraped)}
	if x.Note != "" {
		out = append(out, "  "+x.Note)
	}
	if x.Counted == nil {
		return out
	}
	for _, e := range x.Events {
		out = append(out, "  "+e.text())
	}
	if x.More > 0 {
		out = append(out, fmt.Sprintf("  and %d events more", x.More))
	}
	return append(out, fmt.Sprintf("  growth %s; counted %s", figure(*x.Growth), figure(*x.Counted)))
}

// meaning says what kinds of steps are.
var meaning = map[ledger.Kind]string{
	ledger.Growth:       "growth",
	ledger.FirstCounted: "first sample, counted from zero",
	ledger.FirstIgnored: "first sample, not counted",
	ledger.FirstHeld:    "first sample, to be decided when it is known whether another series has ended",
	ledger.CameBack:     "is back, although another series continues it",
	ledger.Restart:      "the process restarted, by its start time",
	ledger.Reset:        "drops: a reset",
	ledger.Anew:         "began anew, as the source says",
	ledger.NotCreated:   "says that it was created at a time that cannot be: not used",
	ledger.OldAnswer:    "drops, perhaps by an old answer: held until that is known",
	ledger.Held:         "held: counts nothing until the drop is decided",
	ledger.Regained:     "the drop was made up for: it was an old answer",
	ledger.ClockStep:    "the start time moved, but nothing that is counted restarted",
	ledger.Gap:          "a gap; what happened in it counts here",
}

func (e *eventExplained) text() string {
	from := "-"
	if e.From != nil {
		from = figure(*e.From)
	}
	text := fmt.Sprintf("%s  %s → %s: %s; counts %s", e.At, from, figure(e.To), e.meaning(), figure(e.Counted))
	if e.Kind == ledger.Gap && e.Since != nil {
		text += ", nothing since " + *e.Since
	}
	if e.Why != "" {
		text += " (" + e.Why + ")"
	}
	return text + e.flagText()
}

// meaning is what the step was taken for.
func (e *eventExplained) meaning() string {
	switch {
	case e.Kind == ledger.SiblingReset && e.Counted == e.To:
		return "another series of the process dropped: this one was reset, too"
	case e.Kind == ledger.SiblingReset:
		return "another series of the process dropped, but this one has grown"
	case e.Kind == ledger.Joined && e.Partner != nil:
		return "goes on from " + labelsFrom(e.Partner).String()
	case e.Kind == ledger.LeftOut:
		return leftOut[e.Flag]
	}
	return meaning[e.Kind]
}

// leftOut says why something is not counted.
var leftOut = map[slo.FlagKind]string{
	slo.SeveralProcesses: "another one of several processes answers: left out",
	slo.PartialDrop:      "drops by a part, as where one of several processes ends: left out",
	slo.UnexplainedDrop:  "drops by a part, as where one of several processes ends: left out",
	slo.BucketsChanged:   "other buckets from here on, and nobody knows what it had in them: left out",
	slo.ChangedLabels:    "labels changed, and what goes on from what is not clear: left out",
}

func (e *eventExplained) flagText() string {
	out := ""
	for _, f := range e.Flags {
		out += " [" + string(f) + "]"
	}
	return out
}

// lines tells of start times.
func (x *processExplained) lines() []string {
	out := []string{labelsFrom(x.Labels).String()}
	for k, e := range x.Events {
		if k == mostEvents {
			return append(out, fmt.Sprintf("  and %d events more; -o json has all", len(x.Events)-k))
		}
		from := "-"
		if e.From != nil {
			from = startText(*e.From)
		}
		what := meaning[e.Kind]
		if e.Kind == ledger.LeftOut {
			what = "another process answers under the same labels"
		}
		out = append(out, fmt.Sprintf("  %s  %s → %s: %s%s", e.At, from, startText(e.To), what, e.flagText()))
	}
	return out
}

// startText writes a start time (Unix seconds).
func startText(s float64) string { return timeText(int64(s * 1000)) }

func (out *partExplained) writeSum(b *strings.Builder) {
	s := out.Sum
	if s == nil {
		return
	}
	var lines []string
	for _, side := range out.Sides {
		lines = append(lines, fmt.Sprintf("%s: the series count %s", side.Side, figure(s.Sides[side.Side])))
	}
	lines = append(lines, fmt.Sprintf("so good %s of total %s", figure(s.Good), figure(s.Total)))
	switch {
	case s.Agrees == nil:
		lines = append(lines, fmt.Sprintf("of which the ledger made time slices: good %s of total %s", figure(s.LedgerGood), figure(s.LedgerTotal)))
	case *s.Agrees:
		lines = append(lines, "the ledger has the same")
	default:
		lines = append(lines, fmt.Sprintf("the ledger has good %s of total %s; that is an error of shopslo: please report it", figure(s.LedgerGood), figure(s.LedgerTotal)))
	}
	section(b, "Sum of the window", lines)
}
