package promotion

import (
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/status"
)

// Figure is one named value of a Check's evidence: a string, an int, a float64, a
// *float64 or nil (a figure that does not exist), a []string, Figures, or []Figures.
type Figure struct {
	Name  string
	Value any
}

// Figures are written as a JSON object. They are no map since they keep their
// order, and since a gate over a big fleet makes 20,000 checks.
type Figures []Figure

// Get gives the value of that name; nil where there is none.
func (fs Figures) Get(name string) any {
	for _, f := range fs {
		if f.Name == name {
			return f.Value
		}
	}
	return nil
}

func (fs Figures) with(name string, value any) Figures { return append(fs, Figure{name, value}) }

// MarshalJSON writes the shape of docs/gate.schema.json.
func (d Decision) MarshalJSON() ([]byte, error) { return d.AppendJSON(nil), nil }

// AppendJSON appends the decision as JSON, a line per check and no line feed at the end.
func (d Decision) AppendJSON(to []byte) []byte {
	to = slices.Grow(to, d.size())
	to = fmt.Appendf(to, `{"version": %d, "at": "%s", "from": `, version, d.At.UTC().Format(time.RFC3339Nano))
	to = appendName(to, string(d.From))
	to = appendName(append(to, `, "to": `...), string(d.To))
	to = appendName(append(to, `, "evidence_tier": `...), string(d.EvidenceTier))
	to = appendName(append(to, `, "release": `...), d.Release)
	to = d.appendOverrides(to)
	to = status.AppendText(append(to, `, "decision": `...), string(d.Verdict))
	to = append(to, `, "checks": [`...)
	for i := range d.Checks {
		if i > 0 {
			to = append(to, ',')
		}
		to = d.Checks[i].appendJSON(append(to, '\n'))
	}
	return append(to, "\n]}"...)
}

// appendOverrides writes who has had a say, where somebody has.
func (d Decision) appendOverrides(to []byte) []byte {
	if d.Fix != nil {
		to = Figures{{"url", d.Fix.URL}, {"by", orNull(d.Fix.By)}}.append(append(to, `, "fix": `...))
	}
	if len(d.Overrides) == 0 {
		return to
	}
	return appendList(append(to, `, "overrides": `...), d.Overrides, func(to []byte, o InForce) []byte {
		return Figures{{"id", o.ID}, {"who", o.Who}, {"why", o.Why}, {"link", orNull(o.Link)}, {"checks", o.Checks},
			{"until", instant(o.Until)}, {"waives", o.Waives}}.append(to)
	})
}

func (c *Check) appendJSON(to []byte) []byte {
	if c.written.of(c) {
		return append(to, c.written.text...)
	}
	to = status.AppendText(append(to, `{"check": `...), c.Check)
	to = appendName(append(to, `, "shopset": `...), string(c.ShopSet))
	to = appendName(append(to, `, "slo": `...), c.SLO)
	to = status.AppendText(append(to, `, "result": `...), string(c.Result))
	to = status.AppendText(append(to, `, "reason": `...), c.Reason)
	to = c.appendEvidence(append(to, `, "evidence": `...))
	return append(to, '}')
}

// appendEvidence writes the figures, and before them the Tier and its role.
func (c Check) appendEvidence(to []byte) []byte {
	if c.Role == "" {
		return c.Evidence.append(to)
	}
	to = status.AppendText(append(to, `{"tier": `...), string(c.Tier))
	to = status.AppendText(append(to, `, "role": `...), string(c.Role))
	for _, f := range c.Evidence {
		to = f.append(append(to, ", "...))
	}
	return append(to, '}')
}

// readEvidence takes the Tier and its role out of what appendEvidence wrote.
func (c *Check) readEvidence(m map[string]any) {
	name, named := m["tier"].(string)
	role, ok := m["role"].(string)
	if named && ok && slices.Contains(roleOrder, Role(role)) {
		c.Tier, c.Role = fleet.TierName(name), Role(role)
		delete(m, "tier")
		delete(m, "role")
	}
	c.Evidence = figures(m)
}

// MarshalJSON writes an object, in the order of the figures.
func (fs Figures) MarshalJSON() ([]byte, error) { return fs.append(nil), nil }

func (fs Figures) append(to []byte) []byte {
	to = append(to, '{')
	for i, f := range fs {
		if i > 0 {
			to = append(to, ", "...)
		}
		to = f.append(to)
	}
	return append(to, '}')
}

func (f Figure) append(to []byte) []byte {
	return appendValue(append(status.AppendText(to, f.Name), ": "...), f.Value)
}

func appendValue(to []byte, value any) []byte {
	switch v := value.(type) {
	case string:
		return status.AppendText(to, v)
	case bool:
		return strconv.AppendBool(to, v)
	case int:
		return strconv.AppendInt(to, int64(v), 10)
	case float64:
		return status.AppendNumber(to, v)
	case *float64:
		if v != nil {
			return status.AppendNumber(to, *v)
		}
	case Figures:
		return v.append(to)
	case []Figures:
		return appendList(to, v, func(to []byte, fs Figures) []byte { return fs.append(to) })
	case []string:
		return appendList(to, v, status.AppendText)
	case nil:
	default: // what was read from JSON
		if data, err := json.Marshal(v); err == nil {
			return append(to, data...)
		}
	}
	return append(to, "null"...)
}

func appendList[T any](to []byte, list []T, one func([]byte, T) []byte) []byte {
	to = append(to, '[')
	for i, v := range list {
		if i > 0 {
			to = append(to, ", "...)
		}
		to = one(to, v)
	}
	return append(to, ']')
}

// appendName writes null for the empty name.
func appendName(to []byte, name string) []byte {
	if name == "" {
		return append(to, "null"...)
	}
	return status.AppendText(to, name)
}

// Decode reads back what AppendJSON wrote. Unknown keys are ignored; an unknown
// decision or result is an error, and never taken for a pass.
func Decode(data []byte) (Decision, error) {
	var in struct {
		Version  *int            `json:"version"`
		At       *time.Time      `json:"at"`
		From     *fleet.TierName `json:"from"`
		To       *fleet.TierName `json:"to"`
		Evidence *fleet.TierName `json:"evidence_tier"`
		Release  *string         `json:"release"`
		Decision Verdict         `json:"decision"`
		Checks   []wireCheck     `json:"checks"`
		Fix      *Fix            `json:"fix"`
		By       []wireOverride  `json:"overrides"`
	}
	if err := json.Unmarshal(data, &in); err != nil {
		return Decision{}, fmt.Errorf("read decision: %w", err)
	}
	switch {
	case in.Version == nil:
		return Decision{}, errors.New(`read decision: it has no "version"; is this the answer of a shopslo server?`)
	case *in.Version != version:
		return Decision{}, fmt.Errorf("read decision: version %d is not supported (this program reads version %d); use the same version of shopslo as the server", *in.Version, version)
	case in.At == nil || in.To == nil:
		return Decision{}, errors.New(`read decision: "at" or "to" is missing`)
	}
	d := Decision{At: in.At.UTC(), From: or(in.From), To: *in.To, EvidenceTier: or(in.Evidence), Release: or(in.Release), Verdict: in.Decision, Fix: in.Fix}
	for _, o := range in.By {
		d.Overrides = append(d.Overrides, InForce{Override{ID: o.ID, Who: o.Who, Why: o.Why, Link: o.Link, Checks: o.Checks, Until: o.Until}, o.Waives})
	}
	for i, c := range in.Checks {
		if c.Check == "" || !slices.Contains(resultOrder, c.Result) {
			return Decision{}, fmt.Errorf("read decision: check %d: missing name, or unknown result %q", i, c.Result)
		}
		read := Check{Check: c.Check, ShopSet: or(c.ShopSet), SLO: or(c.SLO), Result: c.Result, Reason: c.Reason}
		read.readEvidence(c.Evidence)
		d.Checks = append(d.Checks, read)
	}
	if want := verdict(d.Checks); d.Verdict != want {
		return Decision{}, fmt.Errorf("read decision: the decision %q does not match its checks (%q); do not act on it", d.Verdict, want)
	}
	return d, nil
}

// UnmarshalJSON is Decode.
func (d *Decision) UnmarshalJSON(data []byte) error {
	got, err := Decode(data)
	if err == nil {
		*d = got
	}
	return err
}

type wireOverride struct {
	ID     string    `json:"id"`
	Who    string    `json:"who"`
	Why    string    `json:"why"`
	Link   string    `json:"link"`
	Checks []string  `json:"checks"`
	Until  time.Time `json:"until"`
	Waives int       `json:"waives"`
}

type wireCheck struct {
	Check    string             `json:"check"`
	ShopSet  *fleet.ShopSetName `json:"shopset"`
	SLO      *string            `json:"slo"`
	Result   Result             `json:"result"`
	Reason   string             `json:"reason"`
	Evidence map[string]any     `json:"evidence"`
}

// or gives what is pointed to, or the zero value.
func or[T any](p *T) T {
	if p == nil {
		return *new(T)
	}
	return *p
}

// figures sorts what was read by name.
func figures(m map[string]any) Figures {
	fs := make(Figures, 0, len(m))
	for _, name := range slices.Sorted(maps.Keys(m)) {
		fs = append(fs, Figure{name, m[name]})
	}
	return fs
}
