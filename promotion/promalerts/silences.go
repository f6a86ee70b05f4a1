package promalerts

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"
)

// Silence is a time in which an Alertmanager tells nobody of the alerts that all of its
// Matchers match.
type Silence struct {
	ID, By, Comment string
	Matchers        []string // such as shopset="a-1", severity=~"page|ticket"
	From, Until     time.Time
}

// errNoSilences says that a Prometheus is asked, which knows none.
var errNoSilences = errors.New("only an Alertmanager has silences")

// Silences gives those that were in force in (from, until], the earliest first; none is no
// error. An Alertmanager forgets a silence some days after its end (--data.retention, five
// where nobody says otherwise): that one is missing.
func (c *Client) Silences(ctx context.Context, from, until time.Time) ([]Silence, error) {
	if !c.alertmanager {
		return nil, errNoSilences
	}
	body, err := c.get(ctx, "api/v2/silences", nil)
	if err != nil {
		return nil, err
	}
	all, err := decodeSilences(body)
	if err != nil {
		return nil, err
	}
	return slices.DeleteFunc(all, func(s Silence) bool { return !s.From.Before(until) || !s.Until.After(from) }), nil
}

// decodeSilences reads the answer of /api/v2/silences.
func decodeSilences(body []byte) ([]Silence, error) {
	var in []struct {
		ID        string    `json:"id"`
		CreatedBy string    `json:"createdBy"`
		Comment   string    `json:"comment"`
		StartsAt  time.Time `json:"startsAt"`
		EndsAt    time.Time `json:"endsAt"`
		Matchers  []struct {
			Name    string `json:"name"`
			Value   string `json:"value"`
			IsRegex bool   `json:"isRegex"`
			IsEqual *bool  `json:"isEqual"` // missing before 0.22: true
		} `json:"matchers"`
	}
	if err := json.Unmarshal(body, &in); err != nil {
		return nil, fmt.Errorf("read silences: %w; is this an Alertmanager?", err)
	}
	var out []Silence
	for _, one := range in {
		if one.ID == "" || one.StartsAt.IsZero() || one.EndsAt.IsZero() || len(one.Matchers) == 0 {
			return nil, errors.New("read silences: one has no id, no times or no matchers; is this an Alertmanager?")
		}
		if !one.EndsAt.After(one.StartsAt) {
			continue // it was taken back before it began
		}
		s := Silence{ID: one.ID, By: one.CreatedBy, Comment: one.Comment, From: one.StartsAt.UTC(), Until: one.EndsAt.UTC()}
		for _, m := range one.Matchers {
			sign := map[[2]bool]string{{false, true}: "=", {false, false}: "!=", {true, true}: "=~", {true, false}: "!~"}[[2]bool{m.IsRegex, m.IsEqual == nil || *m.IsEqual}]
			s.Matchers = append(s.Matchers, fmt.Sprintf("%s%s%q", m.Name, sign, m.Value))
		}
		out = append(out, s)
	}
	slices.SortFunc(out, func(a, b Silence) int {
		if by := a.From.Compare(b.From); by != 0 {
			return by
		}
		return strings.Compare(a.ID, b.ID)
	})
	return out, nil
}
