// Package ledgerfiles looks at the files of a ledger for people: what they hold, whether they are
// sound, a copy of them, and what they hold as OpenMetrics. It asks no source, and changes nothing, also beside a server.
package ledgerfiles

import (
	"cmp"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/status"
)

// Answer is `shopslo ledger inspect -o json`: see docs/ledger.schema.json.
type Answer struct {
	Version  int       `json:"version"`
	Dir      string    `json:"dir"`
	Sound    bool      `json:"sound"`
	Files    []File    `json:"files"`
	Accounts []Account `json:"accounts"`

	found *ledger.Inspection
}

// File is a file of a ledger.
type File struct {
	Name       string  `json:"name"`
	Format     *int    `json:"format"` // nil: not known
	Records    int     `json:"records"`
	Bytes      int64   `json:"bytes"`
	SoundBytes int64   `json:"sound_bytes"`
	Used       bool    `json:"used"`
	Unfinished bool    `json:"unfinished"`
	Problem    *string `json:"problem"` // nil: none
}

// Account is what was counted for a ShopSet. Times are nil where there is none.
type Account struct {
	ShopSet    string            `json:"shopset"`
	Match      map[string]string `json:"match"`
	SLOs       []string          `json:"slos"` // empty: not known of which
	Metrics    []string          `json:"metrics"`
	Resolution float64           `json:"resolution_seconds"`
	Start      *time.Time        `json:"start"`
	Begins     *time.Time        `json:"data_since"`
	Oldest     *time.Time        `json:"oldest_edge"`
	End        *time.Time        `json:"end"`
	LastSample *time.Time        `json:"last_sample"`
	Good       *float64          `json:"good"` // nil: it is not known of which SLO
	Total      *float64          `json:"total"`
	Covered    float64           `json:"covered_seconds"`
	Series     int               `json:"series"`
	Targets    int               `json:"targets"`
	Processes  int               `json:"processes"`
	Undecided  int               `json:"undecided_series"`
	Flags      []Flag            `json:"flags"`
}

// Flag is a flag that was raised.
type Flag struct {
	Flag  slo.FlagKind `json:"flag"`
	Count int          `json:"count"`
	First time.Time    `json:"first"`
	Last  time.Time    `json:"last"`
}

// Inspect looks at a directory. d are the documents that it was counted by, nil where nobody knows;
// shopset names the one whose accounts are wanted; "": all.
func Inspect(h host.Host, d *documents.Documents, dir, shopset string) (*Answer, error) {
	found, err := ledger.Inspect(dir)
	if err != nil {
		return nil, err
	}
	if len(found.Files) == 0 { // what is not there is not sound
		return nil, nothing(dir)
	}
	if d != nil {
		l, err := configured(h, d)
		if err != nil {
			return nil, err
		}
		found.Name(l)
	}
	a := &Answer{Version: 1, Dir: dir, Sound: found.Sound(), Files: []File{}, Accounts: []Account{}, found: found}
	for _, f := range found.Files {
		out := File{Name: f.Name, Records: f.Records, Bytes: f.Bytes, SoundBytes: f.Sound, Used: f.Used, Unfinished: f.Unfinished}
		if f.Format > 0 {
			out.Format = &f.Format
		}
		if f.Problem != "" {
			out.Problem = &f.Problem
		}
		a.Files = append(a.Files, out)
	}
	for _, k := range found.Accounts {
		if shopset == "" || k.Subject == shopset {
			a.Accounts = append(a.Accounts, account(k))
		}
	}
	if shopset != "" && len(a.Accounts) == 0 {
		return nil, fmt.Errorf("ledger directory %s has no account of ShopSet %q; it has %s", dir, shopset, shopsets(found))
	}
	return a, nil
}

// configured is a ledger that counts nothing, but knows which account is of which SLO.
func configured(h host.Host, d *documents.Documents) (*ledger.Ledger, error) {
	silent := source.Sources{}
	for name := range d.Config.Sources {
		silent[name] = source.Source{Source: unasked{}}
	}
	e, err := engine.Open(h, d, silent, ledger.Config{}, nil, h.Now())
	if err != nil {
		return nil, err
	}
	return e.Ledger, nil
}

// unasked is a source that nobody asks.
type unasked struct{ ledger.Source }

func account(k ledger.Kept) Account {
	out := Account{ShopSet: k.Subject, Match: map[string]string{}, SLOs: append([]string{}, k.SLOs...), Metrics: append([]string{}, k.Metrics...), Resolution: k.Resolution.Seconds(),
		Start: when(k.Start), Begins: when(k.Begins), Oldest: when(k.Oldest), End: when(k.End), LastSample: when(k.LastSample),
		Good: k.Good, Total: k.Total, Covered: k.Covered.Seconds(), Series: k.Series, Targets: k.Targets, Processes: k.Processes,
		Undecided: k.Undecided, Flags: []Flag{}}
	for _, l := range k.Match {
		out.Match[l.Name] = l.Value
	}
	for _, f := range k.Flags {
		out.Flags = append(out.Flags, Flag{f.Kind, f.Count, f.First, f.Last})
	}
	return out
}

func when(t time.Time) *time.Time {
	if t.IsZero() {
		return nil
	}
	return &t
}

// shopsets names a few ShopSets.
func shopsets(found *ledger.Inspection) string {
	var names []string
	for _, k := range found.Accounts {
		names = append(names, k.Subject)
	}
	slices.Sort(names)
	names = slices.Compact(names)
	switch {
	case len(names) == 0:
		return "none of any"
	case len(names) > 5:
		return fmt.Sprintf("%s and %d more", strings.Join(names[:5], ", "), len(names)-5)
	}
	return strings.Join(names, ", ")
}

// WriteAccounts writes a line for each account and one for each file, for people.
func (a *Answer) WriteAccounts(w io.Writer, in text.Language) error {
	rows := [][]string{strings.Fields(in.Say(accountHeadings))}
	for _, k := range a.Accounts {
		rows = append(rows, []string{k.ShopSet, text.Fit(cmp.Or(strings.Join(k.SLOs, ","), "-"), 40), stamp(k.Oldest), stamp(k.End), stamp(k.LastSample), count(k.Good), count(k.Total),
			strconv.Itoa(k.Series), strconv.Itoa(k.Processes), flags(k.Flags), text.Fit(cmp.Or(strings.Join(k.Metrics, ","), "-"), 60)})
	}
	if _, err := fmt.Fprintf(w, "%s%s\n\n", text.Columns(rows), in.Say(sayAccounts, len(a.Accounts))); err != nil {
		return err
	}
	return a.WriteFiles(w, in)
}

// WriteFiles writes a line for each file, and whether all are sound.
func (a *Answer) WriteFiles(w io.Writer, in text.Language) error {
	rows := [][]string{strings.Fields(in.Say(fileHeadings))}
	for _, f := range a.Files {
		format, state := "-", in.Say(notUsed)
		if f.Format != nil {
			format = strconv.Itoa(*f.Format)
		}
		switch {
		case f.Problem != nil && f.SoundBytes == f.Bytes:
			state = in.Say(orphan)
		case f.Problem != nil:
			state = in.Say(damaged, f.SoundBytes)
		case f.Unfinished:
			state = in.Say(unfinished)
		case f.Used:
			state = in.Say(used)
		}
		rows = append(rows, []string{f.Name, format, strconv.Itoa(f.Records), strconv.FormatInt(f.Bytes, 10), state})
	}
	verdict := in.Say(saySound)
	if !a.Sound {
		verdict = in.Say(sayDamaged)
	}
	_, err := fmt.Fprintf(w, "%s%s\n", text.Columns(rows), verdict)
	return err
}

func count(n *float64) string {
	if n == nil {
		return "-"
	}
	return status.FormatCount(*n)
}

func stamp(t *time.Time) string {
	if t == nil {
		return "-"
	}
	return t.UTC().Format(time.RFC3339)
}

func flags(all []Flag) string {
	var names []string
	for _, f := range all {
		names = append(names, fmt.Sprintf("%s×%d", f.Flag, f.Count))
	}
	if len(names) == 0 {
		return "-"
	}
	return strings.Join(names, ",")
}

func nothing(dir string) error {
	return fmt.Errorf("ledger directory %s holds nothing; name the directory that 'shopslo serve' writes, which is ledger.dir", dir)
}

func damagedDir(dir string) error {
	return fmt.Errorf("ledger directory %s is damaged: see 'shopslo ledger verify'; 'shopslo serve' keeps what is intact when it starts", dir)
}

// Snapshot copies a ledger into a new directory, as it is at this moment. One that is damaged is
// not copied.
func Snapshot(from, to string) (*Answer, error) {
	a, err := Inspect(host.Host{}, nil, from, "")
	switch {
	case err != nil:
		return nil, err
	case !a.Sound:
		return nil, damagedDir(from)
	case len(a.Accounts) == 0:
		return nil, nothing(from)
	}
	return a, a.found.Snapshot(filepath.Clean(to))
}
