package recount

import (
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/status"
)

// Answer is `shopslo ledger verify --from … -o json` and `shopslo ledger recount -o json`: see
// docs/recount.schema.json.
type Answer struct {
	Version  int       `json:"version"`
	Dir      string    `json:"dir"`
	From     time.Time `json:"from"`
	To       time.Time `json:"to"`
	Step     float64   `json:"step_seconds"`
	Applied  bool      `json:"applied"`
	Accounts []Account `json:"accounts"`
	// Equal, Different, NoData and NotCounted are how many blocks of time of all accounts are so.
	Equal      int `json:"equal"`
	Different  int `json:"different"`
	NoData     int `json:"no_data"`
	NotCounted int `json:"not_counted"`
	Failed     int `json:"failed"` // accounts

	recount  *ledger.Recount
	compared []ledger.Compared
}

// Account is what is counted for a ShopSet, by one or more SLOs.
type Account struct {
	ShopSet string   `json:"shopset"`
	SLOs    []string `json:"slos"`
	Equal   int      `json:"equal"`
	Spans   []Span   `json:"spans"`
	Failure *string  `json:"failure"` // nil: it was counted anew
}

// Span is a time of which ledger and source do not have the same.
type Span struct {
	From   time.Time            `json:"from"`
	To     time.Time            `json:"to"`
	State  ledger.Comparability `json:"state"`
	Kept   *Figures             `json:"ledger"` // nil: not known
	Source *Figures             `json:"source"`
}

// Figures are counts of a span.
type Figures struct {
	Good    float64 `json:"good"`
	Total   float64 `json:"total"`
	Covered float64 `json:"covered_seconds"`
}

func answerOf(dir string, r *ledger.Recount, all []ledger.Compared) *Answer {
	a := &Answer{Version: 1, Dir: dir, Step: r.Step().Seconds(), Accounts: []Account{}, recount: r, compared: all}
	a.From, a.To = r.Span()
	for _, c := range all {
		out := Account{ShopSet: c.Subject, SLOs: c.SLOs, Equal: c.Equal, Spans: []Span{}}
		if c.Failure != "" {
			out.Failure = &c.Failure
			a.Failed++
		}
		a.Equal += c.Equal
		for _, b := range c.Blocks {
			switch b.State {
			case ledger.Differs:
				a.Different++
			case ledger.NoData:
				a.NoData++
			case ledger.NotCounted:
				a.NotCounted++
			}
			out.add(b)
		}
		a.Accounts = append(a.Accounts, out)
	}
	return a
}

// add adds a block. Those that follow one another without a difference to be seen are one span.
func (a *Account) add(b ledger.Block) {
	s := Span{From: b.Kept.Start, To: b.Kept.End, State: b.State, Kept: figures(b.Kept), Source: figures(b.Found)}
	if b.State == ledger.NotCounted {
		s.Kept = nil
	}
	if n := len(a.Spans) - 1; n >= 0 && a.Spans[n].State == s.State && a.Spans[n].To.Equal(s.From) && s.State != ledger.Differs {
		last := &a.Spans[n]
		last.To, last.Kept, last.Source = s.To, sum(last.Kept, s.Kept), sum(last.Source, s.Source)
		return
	}
	a.Spans = append(a.Spans, s)
}

// figures are nil where there is no data.
func figures(c slo.Counts) *Figures {
	if c.Covered <= 0 && c.Total == 0 {
		return nil
	}
	return &Figures{c.Good, c.Total, c.Covered.Seconds()}
}

func sum(x, y *Figures) *Figures {
	if x == nil || y == nil {
		return cmp.Or(x, y)
	}
	return &Figures{x.Good + y.Good, x.Total + y.Total, x.Covered + y.Covered}
}

// Verdict is 1 where something differs, 2 where it could not be compared or nothing was, else 0.
func (a *Answer) Verdict() int {
	switch {
	case a.Different > 0:
		return 1
	case a.NoData > 0 || a.Failed > 0 || a.Equal == 0:
		return 2
	}
	return 0
}

// Write writes a line for each span, for people, and what is to be done.
func (a *Answer) Write(w io.Writer, in text.Language, recount bool) error {
	rows := [][]string{strings.Fields(in.Say(headings))}
	for _, c := range a.Accounts {
		for _, s := range c.Spans {
			rows = append(rows, []string{c.ShopSet, text.Fit(strings.Join(c.SLOs, ","), 40), stamp(s.From), stamp(s.To), in.Say(states[s.State]),
				s.Kept.share(), s.Source.share(), s.Kept.covered(), s.Source.covered()})
		}
	}
	var b strings.Builder
	if len(rows) > 1 {
		b.WriteString(text.Columns(rows) + "\n")
	}
	for _, c := range a.Accounts {
		if c.Failure != nil {
			b.WriteString(in.Say(sayFailed, c.ShopSet, strings.Join(c.SLOs, ","), *c.Failure) + "\n")
		}
	}
	b.WriteString(in.Say(saySummary, stamp(a.From), stamp(a.To), len(a.Accounts), in.Duration(time.Duration(a.Step*float64(time.Second)), time.Second, 2), a.Equal, a.Different, a.NoData, a.NotCounted) + "\n")
	switch {
	case a.Different == 0 && recount:
		b.WriteString(in.Say(sayNothing) + "\n")
	case a.Different == 0:
	case a.Applied:
		b.WriteString(in.Say(sayApplied, a.Dir) + "\n")
	case recount:
		b.WriteString(in.Say(sayApply) + "\n")
	default:
		b.WriteString(in.Say(sayRecount) + "\n")
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (f *Figures) share() string {
	if f == nil {
		return "-"
	}
	return status.FormatCount(f.Good) + "/" + status.FormatCount(f.Total)
}

func (f *Figures) covered() string {
	if f == nil {
		return "-"
	}
	return fmt.Sprint(time.Duration(f.Covered * float64(time.Second)).Round(time.Second))
}

func stamp(t time.Time) string { return t.UTC().Format(time.RFC3339) }
