package decisionlog

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopslo/shopslo/internal/text"
)

// version is that of the JSON shape, see docs/decisions.schema.json.
const version = 1

// Filter picks entries; the zero value picks all.
type Filter struct {
	To        string    // only those of this Tier; "": all
	Since     time.Time // only those of this time and later; zero: all
	Overrides bool      // only those where somebody has had a say: an override or a fix
}

func (f Filter) picks(e Entry) bool {
	return (f.To == "" || e.To == f.To) && !e.At.Before(f.Since) && (!f.Overrides || len(e.Overrides) > 0 || e.Fix != "")
}

// List is what is picked of a log.
type List struct {
	Head  Head
	Lines []Line // without their records and texts, and no longer than an entry is now
}

// Pick reads a log and picks entries. The error is the Reader's.
func Pick(ctx context.Context, r Reader, f Filter) (List, error) {
	var l List
	var err error
	l.Head, err = r.Read(ctx, func(line Line) error {
		if f.picks(line.Entry) {
			l.Lines = append(l.Lines, Line{Entry: line.clipped(), Hash: line.Hash})
		}
		return nil
	})
	return l, err
}

// MarshalJSON writes the shape of docs/decisions.schema.json.
func (l List) MarshalJSON() ([]byte, error) {
	type line struct {
		Entry
		Hash string `json:"hash"`
	}
	out := struct {
		Version   int    `json:"version"`
		Head      *Head  `json:"head"`
		Decisions []line `json:"decisions"`
	}{Version: version, Decisions: []line{}}
	if l.Head != (Head{}) {
		out.Head = &l.Head
	}
	for _, e := range l.Lines {
		out.Decisions = append(out.Decisions, line{e.Entry, e.Hash})
	}
	return json.Marshal(out)
}

// WriteTable writes a line for each entry, for people.
func (l List) WriteTable(w io.Writer, in text.Language) error {
	var table string
	if len(l.Lines) > 0 {
		rows := [][]string{strings.Fields(in.Say(headings))}
		for _, e := range l.Lines {
			rows = append(rows, []string{strconv.Itoa(e.Index), e.At.UTC().Format(time.RFC3339), string(e.Kind), cell(e.To), fmt.Sprintf("%.12s", cell(e.Release)),
				cell(e.outcome()), cell(e.Who().String()), cell(e.why())})
		}
		table = text.Columns(rows)
	}
	_, err := fmt.Fprintf(w, "%s%s\n", table, in.Say(sayEntries, len(l.Lines), l.Head.Index, orDash(l.Head.Hash)))
	return err
}

// Asker is who asked: the user whose password a server has checked, and who they or CI say
// they are.
type Asker struct{ User, By string }

// String says so where only they have said it.
func (a Asker) String() string {
	switch {
	case a.User == "" && a.By == "":
		return ""
	case a.User == "":
		return a.By + " (claimed)"
	case a.By == "" || a.By == a.User:
		return a.User
	}
	return a.User + " (claimed: " + a.By + ")"
}

// Who is who asked.
func (e Entry) Who() Asker { return Asker{e.User, e.By} }

// outcome is what was decided, or what came of moving.
func (e Entry) outcome() string {
	if e.Kind == Gate {
		return string(e.Decision)
	}
	return e.Result
}

// why is the first reason, and what counts for more than it.
func (e Entry) why() string {
	var parts []string
	if e.Reason != "" {
		parts = append(parts, e.Reason)
	}
	for _, c := range e.Checks {
		parts = append(parts, c.Check+": "+c.Reason)
		break
	}
	if n := len(e.Checks) - 1; n > 0 {
		parts = append(parts, fmt.Sprintf("(%d more)", n))
	}
	for _, o := range e.Overrides {
		parts = append(parts, fmt.Sprintf("[override %s by %s]", o.ID, o.Who))
	}
	if e.Fix != "" {
		parts = append(parts, "[fix "+e.Fix+"]")
	}
	return strings.Join(parts, " ")
}

// cell makes what others wrote fit for a line of a terminal.
func cell(written string) string {
	written = strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || unicode.Is(unicode.Cf, r) {
			return ' '
		}
		return r
	}, written)
	return orDash(text.Fit(written, 160))
}

func orDash(text string) string {
	if text == "" {
		return "-"
	}
	return text
}
