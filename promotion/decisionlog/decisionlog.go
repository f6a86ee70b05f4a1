// Package decisionlog keeps the gate's decisions, and what was moved after them, in a
// log that can only grow: each entry has the hash of the one before, so that nobody can
// change or take out one without breaking every hash that was published since.
//
// A Log is the log of a server, in a folder; decisiongit keeps one in a branch of a git
// repository. Beside each entry stands its record, all that the decision was made from,
// whose hash is in the entry.
package decisionlog

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"
	"unicode/utf8"

	"github.com/shopslo/shopslo/promotion"
)

// Kind is what an entry is about.
type Kind string

// The kinds.
const (
	Gate     Kind = "gate"     // a decision of the gate
	Promote  Kind = "promote"  // a Release was moved, or was not since the rules or the repository refused it
	Rollback Kind = "rollback" // likewise, an older one
	Repair   Kind = "repair"   // the log was damaged, and what was intact of it was kept
)

// Entry is one of the log. Index, Prev and Record are given by the log that it is
// appended to.
type Entry struct {
	Index int       `json:"index"` // from 1
	Prev  string    `json:"prev"`  // the hash of the entry before; "" for the first
	Kind  Kind      `json:"kind"`
	At    time.Time `json:"at"`
	To    string    `json:"to"`
	// Release is "" where it is not known.
	Release string `json:"release"`
	// Decision is the gate's; "" for other kinds.
	Decision promotion.Verdict `json:"decision,omitempty"`
	// Result and Reason are those of a promotion or rollback, in the words of `shopslo
	// promote -o json`; Replaces is the Release from before, Commit the system
	// repository's commit. Of the gate Replaces is what the target was seen to have, "" where
	// that is not known.
	Result   string `json:"result,omitempty"`
	Reason   string `json:"reason,omitempty"`
	Replaces string `json:"replaces,omitempty"`
	Commit   string `json:"commit,omitempty"`
	// User is who asked, by a password that the server has checked; "" where it asks for
	// none. By is who asked as they or CI say, which nobody has checked; "" where nobody
	// said.
	User string `json:"user,omitempty"`
	By   string `json:"by,omitempty"`
	// Record is the SHA-256 of the record: the JSON of what was answered, without what
	// says that it was logged.
	Record string `json:"record"`
	// Checks are those that did not pass, were waived or failed; at most 200.
	Checks    []Check    `json:"checks"`
	Overrides []Override `json:"overrides,omitempty"`
	Fix       string     `json:"fix,omitempty"`
	// Was is where the entry stood before a repair has appended it again; nil: it was not.
	Was *Was `json:"was,omitempty"`
}

// Was is where an entry stood before a repair.
type Was struct {
	Index int    `json:"index"`
	Prev  string `json:"prev"`
	Hash  string `json:"hash"` // which was published
	Was   *Was   `json:"was,omitempty"`
}

// Check is one that people have to answer for.
type Check struct {
	Check   string           `json:"check"`
	ShopSet string           `json:"shopset,omitempty"`
	SLO     string           `json:"slo,omitempty"`
	Result  promotion.Result `json:"result"`
	Reason  string           `json:"reason"`
}

// Override is one that was in force.
type Override struct {
	ID     string    `json:"id"`
	Who    string    `json:"who"`
	Why    string    `json:"why"`
	Until  time.Time `json:"until"`
	Waives int       `json:"waives"`
}

// Head is the end of a log: how many entries it has, and the hash of the last. The zero
// value is an empty log.
type Head struct {
	Index int    `json:"index"`
	Hash  string `json:"hash"` // SHA-256 of the entry's line without its line feed, in hexadecimal
}

// Line is an entry as a log holds it.
type Line struct {
	Entry
	Hash string
	Text []byte // what Hash is of: a line without its line feed
	// Record reads the record; it can be called until what the Line was handed to
	// returns. The error wraps ErrBroken where the record is gone or is another.
	Record func(context.Context) ([]byte, error)
}

// Reader reads a log.
type Reader interface {
	// Read hands over the entries from the first to the last, each once its link to the
	// one before is checked, and gives the head. It ends at each's first error. The error
	// wraps ErrBroken where the chain does not hold, and names the first entry that is
	// broken; it wraps ErrUnreachable where nobody can be asked. A log to which nothing
	// was ever appended is no error: its Head is zero.
	Read(ctx context.Context, each func(Line) error) (Head, error)
}

// Appender is a log that can grow.
type Appender interface {
	// Append writes an entry and its record, and gives the head that is to be published
	// with it once nothing can take it away any more. After an error nothing was appended
	// that anybody may rely on; it wraps ErrUnreachable where nobody can be asked.
	Append(ctx context.Context, e Entry, record []byte) (Head, error)
}

// Errors of logs.
var (
	// ErrBroken is a chain that does not hold.
	ErrBroken = errors.New("the chain is broken")
	// ErrUnreachable is a log that cannot be asked.
	ErrUnreachable = errors.New("the decision log cannot be reached")
)

// Bounds of an entry: the record has all, and in whole.
const (
	maxChecks    = 200
	maxOverrides = 100
	maxText      = 1000 // bytes
	maxName      = 253  // of a Tier or a commit
)

// clip cuts what others wrote to the length that an entry keeps.
func clip(text string) string {
	if len(text) <= maxText {
		return text
	}
	cut := maxText - len("…")
	for cut > 0 && !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// clipped is an entry without more than is kept of one. Index and hashes stay.
func (e Entry) clipped() Entry {
	for _, text := range []*string{&e.To, &e.Release, &e.Result, &e.Reason, &e.Replaces, &e.Commit, &e.User, &e.By, &e.Fix} {
		*text = clip(*text)
	}
	e.Checks = slices.Clone(e.Checks[:min(len(e.Checks), maxChecks)])
	for i, c := range e.Checks {
		e.Checks[i] = Check{clip(c.Check), clip(c.ShopSet), clip(c.SLO), c.Result, clip(c.Reason)}
	}
	e.Overrides = slices.Clone(e.Overrides[:min(len(e.Overrides), maxOverrides)])
	for i, o := range e.Overrides {
		e.Overrides[i] = Override{clip(o.ID), clip(o.Who), clip(o.Why), o.Until, o.Waives}
	}
	return e
}

// OfDecision is what a log keeps of a decision of the gate. by is who asked.
func OfDecision(d promotion.Decision, by string) Entry {
	e := Entry{Kind: Gate, At: d.At.UTC(), To: string(d.To), Release: d.Release, Replaces: d.TargetHas(), Decision: d.Verdict, By: by, Checks: []Check{}}
	for _, c := range d.Checks {
		if c.Result != promotion.Pass && c.Result != promotion.NotChecked && len(e.Checks) < maxChecks {
			e.Checks = append(e.Checks, Check{c.Check, string(c.ShopSet), c.SLO, c.Result, c.Reason})
		}
	}
	for _, o := range d.Overrides {
		e.Overrides = append(e.Overrides, Override{o.ID, o.Who, o.Why, o.Until.UTC(), o.Waives})
	}
	if d.Fix != nil {
		e.Fix = d.Fix.URL
	}
	return e.clipped()
}

// OfMove is what a log keeps of a promotion or rollback, whose record is the answer of
// `shopslo promote -o json` about that one Tier.
func OfMove(kind Kind, by string, record []byte) (Entry, error) {
	var in struct {
		Version    int       `json:"version"`
		At         time.Time `json:"at"`
		Promotions []struct {
			To       string  `json:"to"`
			Release  *string `json:"release"`
			Replaces *string `json:"replaces"`
			Result   string  `json:"result"`
			Reason   string  `json:"reason"`
			Commit   *string `json:"commit"`
		} `json:"promotions"`
	}
	if err := json.Unmarshal(record, &in); err != nil {
		return Entry{}, fmt.Errorf("read promotion: %w", err)
	}
	if kind != Promote && kind != Rollback {
		return Entry{}, fmt.Errorf("kind %q must be one of: promote, rollback", kind)
	}
	if in.Version != 1 || len(in.Promotions) != 1 || in.Promotions[0].To == "" || in.Promotions[0].Result == "" || in.At.IsZero() {
		return Entry{}, errors.New("not the output of 'shopslo promote -o json', version 1, for one Tier")
	}
	m := in.Promotions[0]
	or := func(s *string) string {
		if s == nil {
			return ""
		}
		return *s
	}
	e := Entry{Kind: kind, At: in.At.UTC(), To: m.To, Release: or(m.Release), Replaces: or(m.Replaces), Result: m.Result, Reason: m.Reason,
		Commit: or(m.Commit), By: by, Checks: []Check{}}
	for _, name := range []string{e.To, e.Release, e.Replaces, e.Result, e.Commit} {
		if len(name) > maxName {
			return Entry{}, fmt.Errorf("%.40q… is longer than a Tier, a commit or a result can be (%d characters)", name, maxName)
		}
	}
	return e.clipped(), e.checkReleases()
}

// checkReleases refuses what cannot be Releases: later decisions rest on them.
func (e Entry) checkReleases() error {
	if e.Release == "" && (e.Result == promoted || e.Result == rolledBack || e.Result == proposed) {
		return fmt.Errorf("result %s without a release; name the Release that it moved", e.Result)
	}
	for _, name := range []string{e.Release, e.Replaces} {
		if name == "" {
			continue
		}
		if err := promotion.CheckReleaseName(name); err != nil {
			return err
		}
	}
	return nil
}

// Chain follows a log from entry to entry; the zero value stands before the first.
type Chain struct{ Head Head }

// After is the chain behind a line, whose own link is not checked. The error wraps
// ErrBroken where that is none of a log.
func After(text []byte) (Chain, error) {
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil || e.Index < 1 {
		return Chain{}, fmt.Errorf("%w: not an entry of a decision log: %.60q", ErrBroken, text)
	}
	return Chain{Head{e.Index, hash(text)}}, nil
}

// Take checks that a line is the next one. The error wraps ErrBroken and names the entry.
func (c *Chain) Take(text []byte) (Entry, error) {
	var e Entry
	if err := json.Unmarshal(text, &e); err != nil {
		return e, fmt.Errorf("entry %d: %w: %w", c.Head.Index+1, ErrBroken, err)
	}
	if e.Index != c.Head.Index+1 || e.Prev != c.Head.Hash {
		return e, fmt.Errorf("entry %d: %w: it claims to be entry %d after %.12q, but follows entry %d, %.12q; an entry was changed, moved or removed: restore the log from where its head was published",
			c.Head.Index+1, ErrBroken, e.Index, e.Prev, c.Head.Index, c.Head.Hash)
	}
	c.Head = Head{e.Index, hash(text)}
	return e, nil
}

// Link makes the line, without a line feed, that appends an entry to where the chain
// stands, and goes there.
func (c *Chain) Link(e Entry, record []byte) ([]byte, error) {
	e = e.clipped()
	e.Record = hash(record)
	return c.add(e)
}

// add is Link for an entry that has the hash of its record.
func (c *Chain) add(e Entry) ([]byte, error) {
	e.Index, e.Prev = c.Head.Index+1, c.Head.Hash
	text, err := json.Marshal(e)
	if err != nil {
		return nil, fmt.Errorf("write entry %d of the decision log: %w", e.Index, err)
	}
	c.Head = Head{e.Index, hash(text)}
	return text, nil
}

// CheckRecord says whether a record is the one that an entry was made with. The error
// wraps ErrBroken.
func (e Entry) CheckRecord(record []byte) error {
	if got := hash(record); got != e.Record {
		return fmt.Errorf("entry %d: %w: its record has hash %.12s, expected %.12s: it was changed", e.Index, ErrBroken, got, e.Record)
	}
	return nil
}

func hash(data []byte) string {
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
