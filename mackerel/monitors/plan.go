package monitors

import (
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"net/url"
	"reflect"
	"slices"
	"strings"
	"time"
)

// Mackerel is what plans and changes need of it; *mackerel.Client is one.
type Mackerel interface {
	// Get reads a path as it is. An error that wraps slo.ErrUnavailable may pass.
	Get(ctx context.Context, path string, query url.Values, into any) error
	// Send writes to a path. After an error that wraps slo.ErrUnavailable it may be
	// written or not.
	Send(ctx context.Context, method, path string, body, into any) error
}

// Action is what is to be done with a monitor.
type Action string

// The actions.
const (
	Create Action = "create"
	Update Action = "update"
	Adopt  Action = "adopt"  // one that somebody made by hand becomes ours
	Delete Action = "delete" // ours, and no longer in the file
	Keep   Action = "keep"   // it is as it is to be
	Refuse Action = "refuse" // it cannot be done; Why says what is in the way
)

// Change is what is to be done with one monitor.
type Change struct {
	Action Action        `json:"action"`
	Name   string        `json:"name"`
	Type   string        `json:"type"`
	ID     string        `json:"id,omitempty"` // none before it is created
	Why    string        `json:"why,omitempty"`
	Fields []FieldChange `json:"fields"`
	// Drift says that somebody changed it by hand since it was applied.
	Drift bool `json:"drift"`
	// MuteEnded is when a temporary mute of the file ended that still holds in Mackerel.
	MuteEnded *time.Time `json:"mute_ended,omitempty"`

	want map[string]any // the whole monitor as it is to be sent
}

// FieldChange is one field before and after, as JSON; nil is a field that is not there.
// Values that may be secrets are "(hidden)".
type FieldChange struct {
	Field string  `json:"field"`
	Have  *string `json:"have"`
	Want  *string `json:"want"`
}

// Plan is the difference between a file and Mackerel.
type Plan struct {
	Version int       `json:"version"`
	Owner   string    `json:"owner"`
	At      time.Time `json:"at"`
	// Changes in the order of the file; deletions last.
	Changes []Change `json:"changes"`
	// Incomplete are the reasons why not everything could be read; nothing is deleted then.
	Incomplete []string `json:"incomplete"`
	// Others is how many monitors belong to nobody or to others, and are left alone.
	Others int `json:"others"`
}

// version is that of a plan's JSON, docs/mackerel-plan.schema.json.
const version = 1

// Different reports whether there is anything to do or to tell.
func (p *Plan) Different() bool {
	return slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Action != Keep })
}

// Refused reports whether something cannot be done.
func (p *Plan) Refused() bool {
	return len(p.Incomplete) > 0 || slices.ContainsFunc(p.Changes, func(c Change) bool { return c.Action == Refuse })
}

// have is one monitor of Mackerel's.
type have struct {
	id, name, typ string
	raw, normal   map[string]any // normal without the mark
	owner         string         // "" for none
	drift         bool
}

// Make reads Mackerel's monitors and compares. adopt takes over monitors without an
// owner that have the name and type of one in the file.
func Make(ctx context.Context, m Mackerel, d *Document, now time.Time, adopt bool) (*Plan, error) {
	p := &Plan{Version: version, Owner: d.Metadata.Name, At: now.UTC().Truncate(time.Second), Changes: []Change{}, Incomplete: []string{}}
	all, err := p.read(ctx, m)
	if err != nil {
		return nil, err
	}
	taken := map[string]bool{}
	for i := range d.Spec.Monitors {
		c := p.compare(&d.Spec.Monitors[i], all, now, adopt)
		p.Changes = append(p.Changes, c)
		taken[c.ID] = true
	}
	for _, h := range all {
		switch {
		case taken[h.id]:
		case h.owner != p.Owner:
			p.Others++
		default:
			p.Changes = append(p.Changes, p.remove(h))
		}
	}
	return p, nil
}

// read gives all monitors, in raw JSON: the client library stops at a type that it does
// not know, and says nothing.
func (p *Plan) read(ctx context.Context, m Mackerel) ([]have, error) {
	var list struct {
		Monitors *[]map[string]any `json:"monitors"`
		NextID   any               `json:"nextId"`
	}
	if err := m.Get(ctx, "/api/v0/monitors", nil, &list); err != nil {
		return nil, fmt.Errorf("read monitors: %w", err)
	}
	if list.Monitors == nil {
		return nil, fmt.Errorf("read monitors: Mackerel's answer holds no list of monitors")
	}
	if list.NextID != nil {
		p.Incomplete = append(p.Incomplete, "Mackerel's list of monitors goes on, and this shopslo cannot read the rest")
	}
	var out []have
	for i, raw := range *list.Monitors {
		h := have{raw: raw}
		h.id, _ = raw["id"].(string)
		h.typ, _ = raw["type"].(string)
		h.name, _ = raw["name"].(string)
		if h.id == "" || h.typ == "" {
			p.Incomplete = append(p.Incomplete, fmt.Sprintf("monitor %d of Mackerel's list has no id or no type", i+1))
			continue
		}
		k, known := kinds[h.typ]
		if !known {
			p.Incomplete = append(p.Incomplete, fmt.Sprintf("monitor %q is of type %q, which this shopslo does not know", h.name, h.typ))
		}
		memo, _ := raw["memo"].(string)
		text, owner, applied, ok := unmark(memo)
		clean := maps.Clone(raw)
		clean["memo"] = text
		if h.normal = k.normal(clean); ok {
			h.owner, h.drift = owner, digest(h.normal) != applied
		}
		out = append(out, h)
	}
	return out, nil
}

// compare finds a monitor's counterpart, and what must be done.
func (p *Plan) compare(m *Monitor, all []have, now time.Time, adopt bool) Change {
	want := m.wanted(now)
	c := Change{Action: Create, Name: m.Name, Type: m.Type, Fields: []FieldChange{}, want: marking(want, p.Owner, nil)}
	of := func(owner string) *have {
		i := slices.IndexFunc(all, func(h have) bool { return h.owner == owner && h.name == m.Name && (owner != "" || h.typ == m.Type) })
		if i < 0 {
			return nil
		}
		return &all[i]
	}
	if h := of(p.Owner); h != nil {
		return p.update(c, h, m, want, now)
	}
	h := of("")
	switch {
	case h == nil:
		c.Fields = fieldChanges(nil, want)
		return c
	case !adopt:
		c.Action, c.ID = Refuse, h.id
		c.Why = "one of this name and type exists and was not made by shopslo: rename one, or take it over with --adopt"
		return c
	}
	c.Action, c.ID, c.Fields, c.want = Adopt, h.id, fieldChanges(h.normal, want), marking(want, p.Owner, h.raw)
	return c.aimed(h)
}

// aimed refuses what would watch something else, which Mackerel does not let change.
func (c Change) aimed(h *have) Change {
	target := kinds[c.Type].target
	if slices.ContainsFunc(c.Fields, func(f FieldChange) bool { return f.Field == target }) {
		c.Action = Refuse
		c.Why = fmt.Sprintf("its %s is %v in Mackerel, where that cannot change: give it another name, and it is made anew", target, h.normal[target])
	}
	return c
}

// update compares with what is ours already.
func (p *Plan) update(c Change, h *have, m *Monitor, want map[string]any, now time.Time) Change {
	c.ID, c.Drift = h.id, h.drift
	if h.typ != m.Type {
		c.Action, c.Why = Refuse, fmt.Sprintf("it is of type %s in Mackerel, where a type cannot change: give it another name", h.typ)
		return c
	}
	if c.Fields = fieldChanges(h.normal, want); len(c.Fields) == 0 {
		c.Action = Keep
		if c.Drift { // changed by hand to what the file says now: only the mark is old
			c.Action, c.Drift = Update, false
			c.Why = "it is as the file says already; its mark is renewed"
		}
	} else {
		c.Action = Update
	}
	if m.MutedUntil != nil && !now.Before(*m.MutedUntil) && h.normal["isMute"] == true {
		ended := m.MutedUntil.UTC()
		c.MuteEnded = &ended
	}
	c.want = marking(want, p.Owner, h.raw)
	return c.aimed(h)
}

func (p *Plan) remove(h have) Change {
	c := Change{Action: Delete, Name: h.name, Type: h.typ, ID: h.id, Fields: fieldChanges(h.normal, nil), Drift: h.drift}
	if len(p.Incomplete) > 0 {
		c.Action, c.Fields = Refuse, []FieldChange{}
		c.Why = "it is no longer in the file, but nothing is deleted while not everything could be read"
	}
	return c
}

// marking is a monitor as it is sent: with the mark, and with the fields of raw that a
// newer API may have and we do not know, since writing replaces all of it.
func marking(want map[string]any, owner string, raw map[string]any) map[string]any {
	out := maps.Clone(want)
	k := kinds[fmt.Sprint(want["type"])]
	for name, v := range raw {
		if name != "id" && !k.has(name) {
			out[name] = v
		}
	}
	for name, v := range k.defaults {
		if out[name] == nil {
			out[name] = v
		}
	}
	if out["isMute"] == nil {
		out["isMute"] = false
	}
	memo, _ := want["memo"].(string)
	out["memo"] = memo + mark(owner, digest(want))
	return out
}

// hidden are fields whose values may be secrets.
var hidden = []string{"headers", "requestBody"}

func fieldChanges(before, after map[string]any) []FieldChange {
	out := []FieldChange{}
	names := map[string]bool{}
	for _, m := range []map[string]any{before, after} {
		for name := range m {
			names[name] = true
		}
	}
	for _, name := range slices.Sorted(maps.Keys(names)) {
		if a, b := before[name], after[name]; !reflect.DeepEqual(a, b) && name != "type" && name != "name" {
			out = append(out, FieldChange{name, shown(name, a), shown(name, b)})
		}
	}
	return out
}

// shown is a value as it may be shown.
func shown(name string, v any) *string {
	if v == nil {
		return nil
	}
	text := "(hidden)"
	if !slices.Contains(hidden, name) {
		var b strings.Builder
		e := json.NewEncoder(&b)
		e.SetEscapeHTML(false)
		if err := e.Encode(v); err != nil { // it came from JSON
			panic(err)
		}
		text = strings.TrimSuffix(b.String(), "\n")
	}
	return &text
}
