package render

import (
	"cmp"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

// Explanation writes the decision for people as Text does, and then every
// check with its reason, what the policy asked for, and where evidence was looked for.
func Explanation(w io.Writer, in text.Language, r promotion.Record, columns int, colour bool, only ...string) error {
	if err := Text(w, in, r.Decision, columns, colour, only...); err != nil {
		return err
	}
	if columns <= 0 {
		columns = 100
	}
	t := page{lang: lang{in}, columns: max(columns, 40)}
	t.WriteString("\n" + t.say("All checks:") + "\n")
	for _, c := range of(r.Decision, only).Checks {
		name := t.name(c.Check)
		if c.ShopSet != "" {
			name += " " + string(c.ShopSet)
		}
		if c.SLO != "" {
			name += " " + c.SLO
		}
		result := t.say(string(c.Result))
		t.wrapped("  "+result+strings.Repeat(" ", 13-text.Width(result)), 15, 15, t.say("%s %s: %s", name, t.subjectTier(c), c.Reason))
	}
	if err := t.policy(r.Policy); err != nil {
		return err
	}
	t.asked(r.Evidence)
	_, err := io.WriteString(w, t.String())
	return err
}

// policy lists what was asked for.
func (t *page) policy(p promotion.Policy) error {
	data, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write the gate's policy: %w", err)
	}
	var all map[string]any
	if err := json.Unmarshal(data, &all); err != nil {
		return fmt.Errorf("write the gate's policy: %w", err)
	}
	t.WriteString("\n" + t.say("Policy:") + "\n")
	for _, key := range slices.Sorted(maps.Keys(all)) {
		if all[key] != nil {
			t.wrapped("  "+key+": ", len(key)+4, 6, strings.Trim(fmt.Sprint(all[key]), "[]"))
		}
	}
	return nil
}

// askedOf is who was asked what.
type askedOf struct{ what, where, failed string }

// lastRules is who was asked for the rules from before; nobody by older records.
func lastRules(r *promotion.RulesFound) []askedOf {
	if r == nil {
		return nil
	}
	return []askedOf{{"rules", r.Last.Where, r.Last.Error}}
}

// asked lists who was.
func (t *page) asked(e promotion.Evidence) {
	t.WriteString("\n" + t.say("Sources:") + "\n")
	all := []askedOf{
		{"fleet", e.Fleet.Where, e.Fleet.Error}, {"alerts", e.Alerts.Where, e.Alerts.Error}, {"incidents", e.Incidents.Where, e.Incidents.Error},
		{"freezes", e.Freezes.Where, e.Freezes.Error}, {"overrides", e.Overrides.Where, e.Overrides.Error}, {"exclusions", e.Exclusions.Where, e.Exclusions.Error},
	}
	if e.Arrivals.Where != "" {
		all[0] = askedOf{"releases", e.Arrivals.Where, e.Arrivals.Error}
	}
	for _, s := range append(all, lastRules(e.Rules)...) {
		words := cmp.Or(promotion.PlaceIn(t.Language, s.where), t.say("not configured"))
		if s.failed != "" {
			words += t.say(" (could not be read: %s)", s.failed)
		}
		t.led("  "+t.say(s.what)+": ", 6, words)
	}
}
