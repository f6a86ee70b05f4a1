package slackbot

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
)

// What alerts make one Incident of, where the settings do not say.
const (
	foldWithin = 10 * time.Minute
	foldAfter  = 3
)

// origin is of what alerts an Incident is: their group's key, the SLOs and the ShopSets that they
// name.
type origin struct {
	Key      string   `json:"key"`
	SLOs     []string `json:"slos,omitempty"`
	ShopSets []string `json:"shopsets,omitempty"`
}

// maxOrigin is how many SLOs and how many ShopSets are remembered of one notification.
const maxOrigin = 30

func (n notification) origin() origin {
	o := origin{Key: "alert:" + hash16(n.GroupKey)}
	for _, a := range n.Alerts {
		if slo := a.Labels["slo"]; slo != "" && len(o.SLOs) < maxOrigin {
			o.SLOs = with(o.SLOs, slo)
		}
		if set := a.Labels["shopset"]; set != "" && len(o.ShopSets) < maxOrigin {
			o.ShopSets = with(o.ShopSets, set)
		}
	}
	return o
}

// The keys of what is remembered of alerts' Incidents.
func byAlertKey(id string) string       { return id + ":by-alert" }
func sloKey(id, slo string) string      { return id + ":slo:" + inKey(slo) }
func setKey(id, set string) string      { return id + ":shopset:" + inKey(set) }
func groupKey(id, k string) string      { return k + ":" + id }
func beyondKey(id string, n int) string { return id + ":alerts-beyond:" + strconv.Itoa(n) }
func number(id string) int              { n, _ := strconv.Atoi(strings.TrimPrefix(id, "inc-")); return n }
func (o origin) keys(id string) (k []string) {
	k = []string{groupKey(id, o.Key)}
	for _, slo := range o.SLOs {
		k = append(k, sloKey(id, slo))
	}
	for _, set := range o.ShopSets {
		k = append(k, setKey(id, set))
	}
	return k
}

// inKey is a label's value as a part of a key, which no store refuses.
func inKey(value string) string {
	if isName(value) {
		return value
	}
	return "#" + hash16(value)
}

// attach remembers that an Incident is of these alerts too.
func (b *Bot) attach(ctx context.Context, id string, o origin) error {
	for _, key := range o.keys(id) {
		if _, _, err := b.o.Store.Remember(ctx, key, id); err != nil {
			return err
		}
	}
	return nil
}

// alertIncident finds the Incident that a group of alerts is of: one of the last month that is
// not closed, or the one of which that is a part now; "": none.
func (b *Bot) alertIncident(ctx context.Context, key string) (string, error) {
	all, err := b.o.Store.Incidents(ctx, b.o.Now().AddDate(0, -1, 0))
	if err != nil {
		return "", err
	}
	for _, i := range all {
		if i.State == incident.Closed && i.MergedInto == "" {
			continue
		}
		_, ok, err := b.o.Store.Recall(ctx, groupKey(i.ID, key))
		if err != nil {
			return "", err
		}
		if !ok {
			continue
		}
		if i, err = b.whole(ctx, i); err != nil || i.State != incident.Closed {
			return i.ID, err
		}
	}
	return "", nil
}

// whole follows an Incident to the one of which it is a part.
func (b *Bot) whole(ctx context.Context, i incident.Incident) (incident.Incident, error) {
	for seen := map[string]bool{}; i.MergedInto != "" && !seen[i.ID]; {
		seen[i.ID] = true
		next, err := b.o.Store.Incident(ctx, i.MergedInto)
		if err != nil {
			return i, err
		}
		i = next
	}
	return i, nil
}

// related finds the Incident to which new alerts belong although they are another group: one that
// alerts have opened lately and that has an SLO or a ShopSet in common, or where several were
// opened lately already, the first of them. Only those before the number are looked at; 0: all.
// "" is none: they are an Incident of their own.
func (b *Bot) related(ctx context.Context, o origin, before int) (string, error) {
	within, most := b.set.FoldWithin, b.set.FoldAfter
	if within <= 0 {
		within = foldWithin
	}
	if most <= 0 {
		most = foldAfter
	}
	all, err := b.o.Store.Incidents(ctx, b.o.Now().Add(-within))
	if err != nil {
		return "", err
	}
	var lately []string
	for _, i := range slices.Backward(all) { // the oldest first
		if !i.State.Ongoing() || i.DetectedAt.Before(b.o.Now().Add(-within)) || before > 0 && number(i.ID) >= before {
			continue
		}
		_, byAlert, err := b.o.Store.Recall(ctx, byAlertKey(i.ID))
		if err != nil {
			return "", err
		}
		if !byAlert {
			continue
		}
		lately = append(lately, i.ID)
		for _, key := range o.keys(i.ID)[1:] {
			if _, ok, err := b.o.Store.Recall(ctx, key); err != nil || ok {
				return i.ID, err
			}
		}
	}
	if len(lately) >= most {
		return lately[0], nil
	}
	return "", nil
}

// errOver says that an Incident was closed while alerts were on their way to it.
var errOver = errors.New("the incident of these alerts was closed just now")

// alerted opens or joins the Incident of a group of alerts. One at a time: what one opens the
// next one may join. Another replica may open one at the same time; begin then makes them one.
func (b *Bot) alerted(ctx context.Context, n notification) (err error) {
	sum := sha256.New()
	for _, a := range n.Alerts {
		fmt.Fprint(sum, a)
	}
	o, key := n.origin(), fmt.Sprintf("alert:%x:%x", sum.Sum(nil)[:8], b.o.Now().UnixNano())
	b.folding.Lock()
	defer b.folding.Unlock()
	for range 3 {
		if err = b.alert(ctx, n, o, key); !errors.Is(err, errOver) {
			return err
		}
	}
	return err
}

// alert is alerted where nothing comes between; errOver: something did.
func (b *Bot) alert(ctx context.Context, n notification, o origin, key string) error {
	now := b.o.Now()
	severity, opens := b.set.policy(n)
	id, err := b.alertIncident(ctx, o.Key)
	if err == nil && id == "" && opens {
		id, err = b.related(ctx, o, 0)
	}
	switch {
	case err != nil || id == "" && !opens:
		return err
	case id == "":
		i, _, err := b.create(ctx, o.Key, b.set.raised(n, severity, now), task{Text: b.set.raisedText(n), Origin: &o})
		if err != nil {
			return err
		}
		id = i.ID
		if _, _, err := b.o.Store.Remember(ctx, byAlertKey(id), id); err != nil {
			return err
		}
	}
	if opens {
		if err := b.attach(ctx, id, o); err != nil {
			return err
		}
	}
	known, err := b.alertsBeyond(ctx, id)
	if err != nil {
		return err
	}
	var more []string
	_, err = b.change(ctx, id, key, func(i incident.Incident) (events []incident.Event, _ error) {
		if i.State == incident.Closed {
			return nil, errOver
		}
		events, more = b.set.alertEvents(i, n, known.all, now)
		return events, nil
	})
	if err == nil && len(more) > 0 {
		err = b.rememberBeyond(ctx, id, known, more)
	}
	return err
}

// beyond are the alerts of an Incident that have no entry in its timeline, since there are too many:
// what is told again of them undoes nothing that people say.
type beyond struct {
	all  map[string]bool
	kept int // in so many values
}

// maxBeyond is of how many Incidents these are kept in memory.
const maxBeyond = 20

// alertsBeyond gives them; whoever calls it holds folding.
func (b *Bot) alertsBeyond(ctx context.Context, id string) (*beyond, error) {
	known := b.beyond[id]
	if known == nil {
		if known = (&beyond{all: map[string]bool{}}); len(b.beyond) >= maxBeyond {
			clear(b.beyond)
		}
		b.beyond[id] = known
	}
	for { // another replica may have added some
		value, err := b.recall(ctx, beyondKey(id, known.kept))
		if err != nil || value == "" {
			return known, err
		}
		known.add(value)
	}
}

func (k *beyond) add(value string) {
	for _, one := range strings.Fields(value) {
		k.all[one] = true
	}
	k.kept++
}

// rememberBeyond adds to them.
func (b *Bot) rememberBeyond(ctx context.Context, id string, known *beyond, more []string) error {
	for value := strings.Join(more, " "); ; {
		kept, _, err := b.o.Store.Remember(ctx, beyondKey(id, known.kept), value)
		if err != nil {
			return err
		}
		if known.add(kept); kept == value {
			return nil
		}
	}
}

// foldsInto gives the Incident of which a new one of alerts is a part after all, as another
// replica has opened that at the same time; "": none.
func (b *Bot) foldsInto(ctx context.Context, i incident.Incident, t task) (string, error) {
	if t.Origin == nil || !i.State.Ongoing() {
		return "", nil
	}
	return b.related(ctx, *t.Origin, number(i.ID))
}
