package promoter

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/promotion"
)

// version is that of the JSON shapes, see docs/promote.schema.json.
const version = 1

// Report is the answer of `shopslo promote` and `shopslo rollback`.
type Report struct {
	At         time.Time
	Promotions []Promotion
	Fleet      *fleet.Fleet
	// Compare gives the address that shows what is between two Releases, or "".
	Compare func(from, to fleet.Release) string
	// Gate is the command that tells all of a decision, but for its Tier.
	Gate string
}

// MarshalJSON writes the shape of docs/promote.schema.json.
func (r Report) MarshalJSON() ([]byte, error) {
	type one struct {
		From     *fleet.TierName `json:"from"`
		To       fleet.TierName  `json:"to"`
		Release  *fleet.Release  `json:"release"`
		Replaces *fleet.Release  `json:"replaces"`
		Result   Result          `json:"result"`
		Reason   string          `json:"reason"`
		Branch   string          `json:"branch"`
		Commit   *string         `json:"commit"`
		Compare  *string         `json:"compare"`
		Changes  []changed       `json:"changes"`
		More     int             `json:"more_changes"`
		Images   []ImageState    `json:"images"`
		Notes    []string        `json:"image_notes"`
		Proposal *Proposal       `json:"pull_request"`
		Matched  *time.Time      `json:"matched_at"`
		Decision any             `json:"decision"`
		Logged   []Logged        `json:"logged"`
		Unknown  []string        `json:"notes"`
	}
	out := struct {
		Version    int       `json:"version"`
		At         time.Time `json:"at"`
		Promotions []one     `json:"promotions"`
	}{version, r.At.UTC(), []one{}}
	for _, p := range r.Promotions {
		o := one{
			From: orNull(p.From), To: p.To, Release: orNull(p.Release), Replaces: orNull(p.Replaces), Result: p.Result, Reason: p.Reason,
			Branch: p.Branch, Commit: orNull(p.Commit), Compare: orNull(r.Compare(p.Replaces, p.Release)),
			Changes: byComponent(r.Fleet, p.Changes), More: p.More, Images: p.Images, Notes: append([]string{}, p.ImageNotes...), Proposal: p.Proposal, Logged: append([]Logged{}, p.Logged...),
			Unknown: append([]string{}, p.Notes...),
		}
		if p.From == p.To {
			o.From = nil // a rollback
		}
		if !p.Matched.IsZero() {
			at := p.Matched.UTC()
			o.Matched = &at
		}
		if p.Decision != nil {
			o.Decision = p.Decision
		}
		out.Promotions = append(out.Promotions, o)
	}
	return json.Marshal(out)
}

// MarshalJSON writes null for what is not there.
func (l Logged) MarshalJSON() ([]byte, error) {
	out := struct {
		Entry string  `json:"entry"`
		Index *int    `json:"index"`
		Hash  *string `json:"hash"`
		Why   *string `json:"why"`
	}{l.Entry, nil, orNull(l.Hash), orNull(l.Why)}
	if l.Index > 0 {
		out.Index = &l.Index
	}
	return json.Marshal(out)
}

func orNull[T ~string](text T) *T {
	if text == "" {
		return nil
	}
	return &text
}

// WriteText writes the report for people.
func (r Report) WriteText(w io.Writer) error {
	var b strings.Builder
	for i, p := range r.Promotions {
		if i > 0 {
			b.WriteByte('\n')
		}
		r.text(&b, p)
	}
	_, err := io.WriteString(w, b.String())
	return err
}

func (r Report) text(b *strings.Builder, p Promotion) {
	way := fmt.Sprintf("%s to %s", p.From, p.To)
	if p.From == p.To {
		way = string(p.To)
	}
	fmt.Fprintf(b, "%s  %s\n  %s\n", strings.ToUpper(strings.ReplaceAll(string(p.Result), "_", " ")), way, plain.Line(p.Reason))
	if p.Decision != nil && p.Decision.Verdict != promotion.Promote {
		fmt.Fprintf(b, "  details: %s --to %s\n", cmp.Or(r.Gate, "shopslo gate"), p.To)
	}
	if p.Commit != "" {
		fmt.Fprintf(b, "  commit %s\n", p.Commit)
	}
	for _, l := range p.Logged {
		if l.Index > 0 {
			fmt.Fprintf(b, "  logged (%s) as entry %d, %s\n", l.Entry, l.Index, l.Hash)
		} else {
			fmt.Fprintf(b, "  not logged (%s): %s\n", l.Entry, plain.Line(l.Why))
		}
	}
	for _, note := range p.Notes {
		fmt.Fprintf(b, "  note: %s\n", plain.Line(note))
	}
	if !p.Matched.IsZero() {
		fmt.Fprintf(b, "  in sync with its branch since %s\n", p.Matched.UTC().Format(time.RFC3339))
	}
	if url := r.Compare(p.Replaces, p.Release); url != "" && p.Release != p.Replaces {
		fmt.Fprintf(b, "  %s\n", url)
	}
	for _, i := range p.Images {
		fmt.Fprintf(b, "  image %s: %s\n", plain.Line(i.Image), plain.Line(lower(i.Reason)))
	}
	for _, note := range p.ImageNotes {
		fmt.Fprintf(b, "  images: %s\n", plain.Line(note))
	}
	if p.From == p.To && len(p.Changes) > 0 {
		b.WriteString("  reverts:\n")
	}
	for _, g := range byComponent(r.Fleet, p.Changes) {
		fmt.Fprintf(b, "  %s\n", plain.Line(g.Component))
		for _, c := range g.Commits {
			fmt.Fprintf(b, "    %s %s\n", Short(fleet.Release(c.ID)), plain.Line(c.Subject))
		}
	}
	if p.More > 0 {
		fmt.Fprintf(b, "  … and %d older commits\n", p.More)
	}
	if p.Proposal != nil {
		fmt.Fprintf(b, "\n%s\n\n%s", plain.Line(p.Proposal.Title), plain.Lines(p.Proposal.Body))
	}
}

// sentence ends a clause with a full stop.
func sentence(clause string) string { return strings.TrimRight(clause, ".") + "." }

func lower(sentence string) string {
	return strings.ToLower(sentence[:1]) + strings.TrimSuffix(sentence[1:], ".")
}

func capital(clause string) string { return strings.ToUpper(clause[:1]) + clause[1:] }
