package promotion

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/status"
)

// countingRules is the version of what Decide asks of its evidence. It grows with each change
// by which the same policy and evidence could give another Decision.
const countingRules = 10

// Record is a Decision with all that it was made from, so that it can be made again.
type Record struct {
	Decision
	// Program is the version of shopslo that decided.
	Program  string
	Policy   Policy
	Evidence Evidence
}

// Judge decides, and keeps what from. program is the version of shopslo.
func Judge(program string, p Policy, e Evidence, now time.Time) Record {
	return Record{Decision: Decide(p, e, now), Program: program, Policy: p, Evidence: e}
}

// AppendJSON appends the Decision's object with "program", "rules", "policy" and
// "inputs" in it; no line feed at the end.
func (r Record) AppendJSON(to []byte) ([]byte, error) {
	policy, err := json.Marshal(r.Policy)
	if err != nil {
		return to, fmt.Errorf("write the gate's policy: %w", err)
	}
	var inputs evidenceText // of a big fleet as much work as the rest: both are written at once
	var failed error
	var written sync.WaitGroup
	written.Go(func() { inputs, failed = r.Evidence.text() })
	to = r.Decision.AppendJSON(slices.Grow(to, r.size()+r.Evidence.size()))
	written.Wait()
	if failed != nil {
		return to, fmt.Errorf("write the gate's evidence: %w", failed)
	}
	to = to[:len(to)-len("}")]
	to = status.AppendText(append(to, ",\n\"program\": "...), r.Program)
	to = slices.Grow(to, inputs.size()+len(policy)+1024) // and some room, for a caller to add where it is logged
	to = fmt.Appendf(to, ", \"rules\": %d,\n\"policy\": %s,\n\"inputs\": ", countingRules, policy)
	return append(r.Evidence.appendText(to, inputs), '}'), nil
}

// size is about how long the Decision's JSON gets.
func (d Decision) size() int {
	size := 512
	for i := range d.Checks {
		if w := d.Checks[i].written; w != nil {
			size += len(w.text) + 2
		} else {
			size += 384
		}
	}
	return size
}

// size is about how long the evidence's JSON gets.
func (e *Evidence) size() int {
	size := 8<<10 + 768*len(e.Fleet.Snapshot.ShopSets)
	if e.closed == nil {
		return size + 1024*len(e.Report.Budgets) + 512*len(e.Comparisons)
	}
	if t, err := e.closedTexts(); err == nil {
		size += len(t.budgets) + len(t.comparisons) + len(t.traffic) + len(t.earlier)
	}
	return size
}

// MarshalJSON is AppendJSON.
func (r Record) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil) }

// UnmarshalJSON is DecodeRecord.
func (r *Record) UnmarshalJSON(data []byte) error {
	got, err := DecodeRecord(data)
	if err == nil {
		*r = got
	}
	return err
}

// DecodeRecord reads back what Record.AppendJSON wrote. A Decision without its
// evidence is an error: nobody can make it again.
func DecodeRecord(data []byte) (Record, error) {
	d, err := Decode(data)
	if err != nil {
		return Record{}, err
	}
	var in struct {
		Program string    `json:"program"`
		Rules   int       `json:"rules"`
		Policy  *Policy   `json:"policy"`
		Inputs  *Evidence `json:"inputs"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return Record{}, fmt.Errorf("read decision: %w", err)
	}
	switch {
	case in.Policy == nil || in.Inputs == nil:
		return Record{}, errors.New(`read decision: it has no "policy" or no "inputs", so it cannot be replayed; use the output of 'shopslo gate -o json'`)
	case in.Rules != countingRules:
		return Record{}, fmt.Errorf("read decision: made by rules %d of shopslo %s, this version has rules %d; replay with that version", in.Rules, in.Program, countingRules)
	}
	return Record{Decision: d, Program: in.Program, Policy: *in.Policy, Evidence: *in.Inputs}, nil
}

// Replay makes the Decision again. It is an error where it comes out otherwise than it
// is recorded: somebody has changed the one or the other. program is the version of
// shopslo that replays: what another one recorded may have other wording, so there the
// reasons are not compared.
func (r Record) Replay(program string) (Decision, error) {
	d := Decide(r.Policy, r.Evidence, r.At)
	again, err := Decode(d.AppendJSON(nil)) // as what was recorded has been read
	if err != nil {
		return d, err
	}
	was := r.Decision
	if program != r.Program {
		again.Checks, was.Checks = wordless(again.Checks), wordless(was.Checks)
	}
	if bytes.Equal(again.AppendJSON(nil), was.AppendJSON(nil)) {
		return d, nil
	}
	if again.Verdict != r.Verdict {
		return d, fmt.Errorf("the record says %s but its evidence gives %s: it was changed, or not made by shopslo", r.Verdict, d.Verdict)
	}
	return d, fmt.Errorf("the record and its evidence both give %s, but the checks differ: it was changed, or not made by shopslo", r.Verdict)
}

// wordless are Checks without their reasons, in an order that does not depend on them.
func wordless(checks []Check) []Check {
	out := slices.Clone(checks)
	for i := range out {
		out[i].Reason = ""
	}
	slices.SortStableFunc(out, func(a, b Check) int { return bytes.Compare(a.appendJSON(nil), b.appendJSON(nil)) })
	return out
}

// wireEvidence is Evidence as it is written down, but for the lists that may be long: these
// stand between its parts, and after them.
type (
	wireEvidence struct {
		From     fleet.TierName `json:"from"`
		To       fleet.TierName `json:"to"`
		Release  string         `json:"release"`
		Source   Tier           `json:"source"`
		Target   Tier           `json:"target"`
		Declared Declared       `json:"declared"`
		Groups   []Group        `json:"groups"`
		Outages  []Outage       `json:"outages"`
	}
	wireSeen struct {
		Where string `json:"where"`
		Error string `json:"error"`
	}
	wireFindings struct {
		Together    []Together       `json:"together,omitempty"`
		Alerts      Found[Alert]     `json:"alerts"`
		AlertRules  Found[AlertRule] `json:"alert_rules"`
		Sources     []string         `json:"alert_sources,omitempty"`
		Incidents   Found[Incident]  `json:"incidents"`
		Freezes     Found[Freeze]    `json:"freezes"`
		Overrides   Found[Override]  `json:"overrides"`
		Exclusions  Found[Exclusion] `json:"exclusions"`
		Uncorrected []Uncorrected    `json:"uncorrected"`
		Fix         *Fix             `json:"fix"`
		Excluded    []Excluded       `json:"excluded,omitempty"`
		Rules       *RulesFound      `json:"rules,omitempty"`
		Moves       *Moves           `json:"moves,omitempty"`
	}
)

// appendJSON writes the lists that may be of thousands once for all that share them, and the
// report without reflection.
func (e Evidence) appendJSON(to []byte) ([]byte, error) {
	t, err := e.text()
	if err != nil {
		return to, err
	}
	return e.appendText(slices.Grow(to, t.size()), t), nil
}

// evidenceText is the JSON of evidence in pieces. The long ones are kept per closed edge, so
// they are copied once, to where they end.
type evidenceText struct {
	first, seen, rest []byte
	closed            closedText
}

func (t evidenceText) size() int {
	return len(t.first) + len(t.seen) + len(t.rest) + len(t.closed.budgets) + len(t.closed.comparisons) + len(t.closed.traffic) + len(t.closed.earlier) + 1024
}

func (e *Evidence) text() (t evidenceText, err error) {
	if t.first, err = json.Marshal(wireEvidence{e.From, e.To, e.Release, e.Source, e.Target, e.Declared, e.Groups, e.Outages}); err != nil {
		return t, err
	}
	if t.seen, err = e.appendSeen(nil); err != nil {
		return t, err
	}
	t.rest, err = json.Marshal(wireFindings{e.Together, e.Alerts, e.AlertRules, e.AlertSources, e.Incidents, e.Freezes, e.Overrides, e.Exclusions, e.Uncorrected, e.Fix, e.Excluded, e.Rules, e.Moves})
	if err != nil {
		return t, err
	}
	t.closed, err = e.closedTexts()
	return t, err
}

func (e *Evidence) appendText(to []byte, t evidenceText) []byte {
	to = append(append(append(to, t.first[:len(t.first)-1]...), t.seen...), `,"comparisons":`...)
	to = append(to, t.closed.comparisons...)
	if len(e.Traffic) > 0 { // records of before have none
		to = append(append(to, `,"traffic":`...), t.closed.traffic...)
	}
	if len(e.Earlier) > 0 { // likewise
		to = append(append(to, `,"earlier":`...), t.closed.earlier...)
	}
	to = append(append(to, ','), t.rest[1:len(t.rest)-1]...)
	to = e.Report.AppendAround(append(to, ",\n\"report\": "...), t.closed.budgets)
	return append(to, '}')
}

// appendSeen writes what runs: json.Marshal would read what a Snapshot has written once more.
func (e *Evidence) appendSeen(to []byte) ([]byte, error) {
	view, err := json.Marshal(wireSeen{e.Fleet.Where, e.Fleet.Error})
	if err != nil {
		return to, err
	}
	snapshot, err := e.Fleet.Snapshot.MarshalJSON()
	if err != nil {
		return to, err
	}
	to = append(append(to, `,"fleet":`...), view[:len(view)-1]...)
	to = append(append(append(to, `,"snapshot":`...), snapshot...), '}')
	if e.Arrivals.Where == "" { // nobody claims anything
		return to, nil
	}
	claims, err := json.Marshal(e.Arrivals)
	return append(append(to, `,"arrivals":`...), claims...), err
}

// MarshalJSON writes the shape of docs/gate.schema.json, "inputs".
func (e Evidence) MarshalJSON() ([]byte, error) { return e.appendJSON(nil) }

// UnmarshalJSON reads what MarshalJSON writes.
func (e *Evidence) UnmarshalJSON(data []byte) error {
	var in struct {
		wireEvidence
		wireFindings
		Fleet       FleetView       `json:"fleet"`
		Arrivals    *Found[Arrival] `json:"arrivals"`
		Comparisons []Comparison    `json:"comparisons"`
		Traffic     []Traffic       `json:"traffic"`
		Earlier     []Earlier       `json:"earlier"`
		Report      *status.Report  `json:"report"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return fmt.Errorf("evidence: %w", err)
	}
	if in.Report == nil || in.To == "" {
		return errors.New(`evidence: "report" or "to" is missing`)
	}
	w, f := in.wireEvidence, in.wireFindings
	*e = Evidence{From: w.From, To: w.To, Release: w.Release, Source: w.Source, Target: w.Target, Declared: w.Declared, Report: *in.Report, Groups: w.Groups,
		Outages: w.Outages, Fleet: in.Fleet, Arrivals: or(in.Arrivals), Comparisons: in.Comparisons, Together: f.Together, Earlier: in.Earlier, Traffic: in.Traffic, Alerts: f.Alerts, AlertRules: f.AlertRules, AlertSources: f.Sources, Incidents: f.Incidents,
		Freezes: f.Freezes, Overrides: f.Overrides, Exclusions: f.Exclusions, Uncorrected: f.Uncorrected, Fix: f.Fix, Excluded: f.Excluded, Rules: f.Rules, Moves: f.Moves}
	return nil
}
