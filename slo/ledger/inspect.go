package ledger

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/slo"
)

// Inspection is what a ledger's directory holds.
type Inspection struct {
	Dir      string
	Files    []File
	Accounts []Kept // by subject, and SLO where Name was asked
}

// File is a file of a ledger.
type File struct {
	Name       string
	Format     int   // 0: not known
	Records    int   // that are sound, one after another from its beginning
	Bytes      int64 // its size
	Sound      int64 // how many bytes of it, from its beginning, are sound
	Used       bool  // the accounts were read from it
	Unfinished bool  // its last record is being written, or a crash cut it off: it counts nothing
	Problem    string
}

// Kept is an account as it is kept.
type Kept struct {
	Subject    string
	Match      slo.Labels
	SLOs       []string // that are counted by it; see Name
	Metrics    []string // the names of its series
	Resolution time.Duration
	// Start is the edge at which counting began, Begins that from which on the source had
	// data, Oldest and End are the oldest and the newest edge that are kept. LastSample
	// is the newest sample. Zero: there is none.
	Start, Begins, Oldest, End, LastSample time.Time
	// Good and Total are what was counted from Start to End; nil: it is not known of which SLO.
	// Covered is how long there was data.
	Good, Total                *float64
	Covered                    time.Duration
	Series, Targets, Processes int
	Undecided                  int // series of which something depends on what comes
	Flags                      []slo.Flag

	account *account
}

// Sound reports whether nothing is damaged.
func (i *Inspection) Sound() bool {
	return !slices.ContainsFunc(i.Files, func(f File) bool { return f.Problem != "" })
}

// Inspect reads a ledger's directory and changes nothing in it, also while another program
// counts in it. What is damaged stands in Files; the accounts are those of what is sound.
func Inspect(dir string) (*Inspection, error) {
	if _, err := os.ReadDir(dir); err != nil {
		return nil, fmt.Errorf("read ledger directory %s: %w", dir, err)
	}
	const tries = 5 // whoever counts may replace files meanwhile
	var err error
	for range tries {
		var i *Inspection
		if i, err = inspect(dir); err == nil || !errors.Is(err, fs.ErrNotExist) {
			return i, err
		}
	}
	return nil, err
}

func inspect(dir string) (*Inspection, error) {
	s, out := &store{dir: dir}, &Inspection{Dir: dir}
	if err := s.checkFormats(); err != nil {
		return nil, err
	}
	base, accounts, err := out.checkpoints(s.list("checkpoint"))
	if err != nil {
		return nil, err
	}
	if accounts != nil {
		gather(slices.SortedFunc(maps.Values(accounts), byNumber))
	}
	if err := out.logs(s.list("log"), base, accounts); err != nil {
		return nil, err
	}
	for _, a := range slices.SortedFunc(maps.Values(accounts), byNumber) {
		out.Accounts = append(out.Accounts, a.kept())
	}
	slices.SortStableFunc(out.Accounts, func(a, b Kept) int { return strings.Compare(a.Subject, b.Subject) })
	return out, nil
}

// checkpoints looks at all, and reads the newest that is sound. Without any there is an empty
// ledger of generation 0, unless a damaged one says that there was more: nil.
func (i *Inspection) checkpoints(files map[uint64]string) (base uint64, accounts map[uint32]*account, err error) {
	gens := slices.Sorted(maps.Keys(files))
	for _, g := range slices.Backward(gens) {
		f, b, err := readFile(files[g])
		if err != nil {
			return 0, nil, err
		}
		found, keep := map[uint32]*account{}, accounts == nil // those of older ones are let go at once
		err = eachAccount(b, func(a *account) {
			if keep {
				found[a.id] = a
			}
		})
		switch {
		case err != nil:
			f.Problem = fmt.Sprintf("damaged after byte %d of %d", f.Sound, f.Bytes)
		case keep:
			base, accounts, f.Used = g, found, true
		}
		i.Files = append(i.Files, f)
	}
	if len(gens) == 0 {
		accounts = map[uint32]*account{}
	}
	return base, accounts, nil
}

// logs looks at all, and does again what those from a generation on say, up to the first that is
// damaged.
func (i *Inspection) logs(files map[uint64]string, base uint64, accounts map[uint32]*account) error {
	last, whole := base, accounts != nil
	gens := slices.Sorted(maps.Keys(files))
	for n, g := range gens {
		f, b, err := readFile(files[g])
		if err != nil {
			return err
		}
		good := int(f.Sound)
		torn := isTorn(b[good:])
		if whole && g >= base && g <= last+1 {
			f.Used, last = true, g
			good, torn = replay(b, accounts)
			f.Sound = int64(good)
		}
		switch {
		case whole && g > last+1:
			f.Problem = "what comes before it is missing, so that it says nothing"
		case good == len(b):
		case torn && n == len(gens)-1, torn && len(b) < len(magic):
			f.Unfinished = true
		default:
			f.Problem = fmt.Sprintf("damaged after byte %d of %d", good, len(b))
			whole = false
		}
		i.Files = append(i.Files, f)
	}
	return nil
}

// readFile reads a file, and how far its records are whole.
func readFile(path string) (File, []byte, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return File{}, nil, fmt.Errorf("read ledger file: %w", err)
	}
	f := File{Name: filepath.Base(path), Bytes: int64(len(b))}
	if f.Format, err = formatOf(b); err != nil {
		return f, b, nil
	}
	f.Sound = int64(len(magic))
	for {
		payload, n := nextFrame(b[f.Sound:])
		if payload == nil {
			return f, b, nil
		}
		f.Sound += int64(n)
		f.Records++
	}
}

func (a *account) kept() Kept {
	h, f := a.hist, a.facts
	out := Kept{account: a, Subject: a.subject.ID, Match: a.subject.Match, Resolution: time.Duration(h.res) * time.Millisecond,
		Start: timeOf(h.start), Begins: timeOf(f.begins), Oldest: timeOf(h.oldest()), End: timeOf(h.edge), LastSample: timeOf(f.last),
		Covered: time.Duration(h.edge-h.start-h.newest().miss) * time.Millisecond,
		Series:  len(a.series), Targets: len(a.targets), Undecided: len(a.pending), Flags: f.flags.list(h.edge)}
	names := map[string]bool{}
	for _, one := range a.series {
		names[one.labels.Get(slo.MetricName)] = true
	}
	out.Metrics = slices.Sorted(maps.Keys(names))
	for _, t := range a.targets {
		out.Processes += len(t.processes)
	}
	return out
}

// Name says which SLO each account is of, by a ledger that was configured with the same documents
// and settings; the files do not say it. An account that it does not ask for is of an SLO that has
// changed or gone.
func (i *Inspection) Name(l *Ledger) {
	l.mu.RLock()
	defer l.mu.RUnlock()
	of := map[string]*Kept{}
	for n := range i.Accounts {
		of[i.Accounts[n].account.key] = &i.Accounts[n]
	}
	for want, parts := range l.wanted {
		for _, p := range parts {
			k := of[p.key]
			if k == nil {
				continue
			}
			newest := k.account.hist.newest()
			good, total := p.m.goodAndTotal(newest, newest)
			k.SLOs, k.Good, k.Total = append(k.SLOs, want.slo), &good, &total
			slices.Sort(k.SLOs)
		}
	}
	slices.SortStableFunc(i.Accounts, func(a, b Kept) int {
		return cmp.Or(strings.Compare(a.Subject, b.Subject), slices.Compare(a.SLOs, b.SLOs))
	})
}

// Snapshot writes what was read into a directory that is not there yet or is empty, as a ledger of
// its own: one file, which is there whole or not at all.
func (i *Inspection) Snapshot(dir string) error {
	if slices.ContainsFunc(i.Files, func(f File) bool { return f.Used && f.Format < newestFormat }) {
		return fmt.Errorf("ledger directory %s has files of format 1; let 'shopslo serve' of this version run on it once, which writes them anew", i.Dir)
	}
	names, err := os.ReadDir(dir)
	switch {
	case err == nil && len(names) > 0:
		return fmt.Errorf("%s is not empty; name a new directory", dir)
	case err != nil && !errors.Is(err, fs.ErrNotExist):
		return err
	}
	if err := disk.MakeDir(dir, 0o750); err != nil {
		return err
	}
	s := &store{dir: dir, disk: disk.System, gen: 1}
	var accounts []*account
	for _, k := range i.Accounts {
		accounts = append(accounts, k.account)
	}
	slices.SortFunc(accounts, byNumber)
	_, err = s.writeCheckpoint(accounts)
	return err
}
