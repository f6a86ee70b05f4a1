package slackbot

import (
	"cmp"
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/suspect"
	"github.com/shopslo/shopslo/internal/text"
)

// Suspects finds what may have caused an Incident.
type Suspects interface {
	// Suspects looks at the hours before the Incident. What could not be asked stands in the
	// Report; an error means that nothing at all is known.
	Suspects(ctx context.Context, i incident.Incident) (suspect.Report, error)
}

// lookAgain is when it is looked again after the opening: what came is seen late, and what burns
// shows by and by.
var lookAgain = []time.Duration{0, 2 * time.Minute, 5 * time.Minute, 15 * time.Minute, 45 * time.Minute}

// looks are the Jobs that look for suspects after the opening; none where nobody is asked.
func (b *Bot) looks(id string, now time.Time) []incident.Job {
	var jobs []incident.Job
	if b.o.Suspects == nil {
		return nil
	}
	for n, after := range lookAgain {
		jobs = append(jobs, task{}.job(fmt.Sprintf("%s:suspects:%d", id, n), jobSuspect, now.Add(after)))
	}
	return jobs
}

// tellSuspects writes who is suspected, or brings that up to date. Whom the bot suspects first
// stands in the timeline as well.
func (b *Bot) tellSuspects(ctx context.Context, i incident.Incident, j incident.Job, _ task) error {
	if b.o.Suspects == nil || !i.State.Ongoing() {
		return nil
	}
	if j.Line == "" { // due at its time; what writes the message stands in its line
		now := inLine(i.ID, jobSuspect, task{}.job(j.Key+":now", jobSuspect, b.o.Now()))
		return b.enqueue(ctx, i.ID, now)
	}
	r, err := b.o.Suspects.Suspects(ctx, i)
	if err != nil {
		return fmt.Errorf("look for suspects: %w", err)
	}
	m := b.set.suspects(i, r)
	where, ok, err := b.channel(ctx, i.ID)
	switch {
	case err != nil:
		return err
	case ok:
		err = b.rewrite(ctx, where, suspectKey(i.ID), m)
	default:
		for _, c := range b.set.announces(i) {
			if err = b.rewrite(ctx, c, suspectKey(i.ID)+":"+c, m); err != nil {
				return err
			}
		}
	}
	if err != nil || len(r.Suspects) == 0 || !likely(r.Suspects[0]) {
		return err
	}
	first := r.Suspects[0]
	e := incident.Event{ID: "suspect:" + hash16(string(first.Kind)+first.Tier+first.Release), At: b.o.Now(), Kind: incident.Noted,
		Text: line(plain(b.set.Language.Say(entryLikely, b.set.changed(first), strings.Join(b.set.reasons(first), b.set.Language.Say(reasonAnd)))))}
	_, err = b.change(ctx, i.ID, e.ID, func(incident.Incident) ([]incident.Event, error) { return []incident.Event{e}, nil })
	return err
}

// rewrite writes a message, or another text in its place; what this replica made it say a moment ago
// is left alone.
func (b *Bot) rewrite(ctx context.Context, channel, key string, m message) error {
	says, now := hash16(m.Text), b.o.Now()
	b.mu.Lock()
	v := b.shown[key]
	b.mu.Unlock()
	if v.text == says && now.Sub(v.at) < time.Minute {
		return nil
	}
	ts, err := b.recall(ctx, postedKey(key))
	if err == nil && ts == "" {
		_, err = b.post(ctx, channel, key, m)
	} else if err == nil {
		err = b.update(ctx, channel, ts, key, m)
	}
	if err == nil {
		b.mu.Lock()
		b.shown[key] = version{text: says, at: now}
		b.mu.Unlock()
	}
	if refusedWith(err, "message_not_found") {
		return nil // somebody has deleted it
	}
	return err
}

// likely reports whether a suspect is worth its name.
func likely(s suspect.Suspect) bool {
	return s.Share >= 0.3 && slices.ContainsFunc(s.Why, func(r suspect.Reason) bool { return r.Kind == suspect.Before }) &&
		!slices.ContainsFunc(s.Why, func(r suspect.Reason) bool { return r.Kind == suspect.HitNone })
}

// maxSuspects is how many are told.
const maxSuspects = 3

// suspects is the message about them.
func (s Settings) suspects(i incident.Incident, r suspect.Report) message {
	l := s.Language
	lines := []string{"*" + l.Say(headSuspects) + "*  " + l.Say(saySuspectsBefore, s.when(r.Onset))}
	if len(r.Hit) > 0 && r.Of > 0 {
		hit := escape(text.Cut(l.List(r.Hit), 300))
		switch {
		case len(r.Hit) == r.Of && r.Of > 1:
			lines = append(lines, l.Say(sayHitAll, r.Of))
		case len(r.Hit) == 1:
			lines = append(lines, l.Say(sayHitOne, hit, r.Of))
		default:
			lines = append(lines, l.Say(sayHitSome, hit, len(r.Hit), r.Of))
		}
	}
	for _, b := range r.Burns[:min(5, len(r.Burns))] {
		line := l.Say(sayBurns, escape(b.SLO), escape(b.ShopSet), fmt.Sprintf("%.3g", b.Rate))
		if b.Share != nil {
			line += l.Say(sayBurned, fmt.Sprintf("%.1f %%", *b.Share*100))
		}
		lines = append(lines, "• "+line)
	}
	blocks := []slack.Block{section(strings.Join(lines, "\n"))}
	told := r.Suspects
	if n := slices.IndexFunc(told, func(one suspect.Suspect) bool { return one.Share < 0.02 }); n > 0 {
		told = told[:n]
	}
	for n, one := range told[:min(maxSuspects, len(told))] {
		shown := s.oneSuspect(n+1, one)
		lines = append(lines, shown)
		block := section(shown)
		if one.Kind == suspect.Release && one.Release != i.Release {
			block.Accessory = slack.NewAccessory(slack.NewButtonBlockElement(doSuspect, i.ID+" "+one.Release, plainText(l.Say(buttonSuspect))))
		}
		blocks = append(blocks, block)
	}
	if len(told) == 0 {
		lines = append(lines, l.Say(sayNoSuspect))
		blocks = append(blocks, section(l.Say(sayNoSuspect)))
	}
	for _, gap := range r.Unknown {
		what := l.Say(map[suspect.What]text.Entry{suspect.Running: gapRunning, suspect.Moved: gapMoved, suspect.Burning: gapBurning}[gap.What])
		said := l.Say(sayNotAsked, what, escape(text.Cut(cmp.Or(gap.Why, l.Say(gapNobody)), 300)))
		lines = append(lines, said)
		blocks = append(blocks, note("⚠️ "+said))
	}
	return message{text.Cut(strings.Join(lines, "\n"), maxSection), blocks}
}

// oneSuspect is one of them: what, why, what it brings, and how to take it back.
func (s Settings) oneSuspect(n int, one suspect.Suspect) string {
	l := s.Language
	where := one.Tier
	if len(one.Reached) > 0 {
		var names []string
		for _, r := range one.Reached {
			names = append(names, r.ShopSet)
		}
		where += " (" + text.Cut(strings.Join(names, ", "), 200) + ")"
	}
	lines := []string{fmt.Sprintf("*%d.* %s → %s  %s", n, s.changed(one), escape(where), s.when(one.At))}
	lines = append(lines, l.Say(sayWhy, strings.Join(s.reasons(one), l.Say(reasonAnd))))
	for _, c := range one.Components[:min(3, len(one.Components))] {
		lines = append(lines, "• "+escape(c.Name)+": "+escape(text.Cut(strings.Join(c.Subjects[:min(3, len(c.Subjects))], " / "), 250)))
	}
	if one.Compare != "" {
		lines = append(lines, "<"+escape(one.Compare)+"|"+l.Say(sayCompare)+">")
	}
	if len(one.Gate.Reasons) > 0 {
		lines = append(lines, l.Say(sayGateSaid, escape(text.Cut(strings.Join(one.Gate.Reasons, " "), 400))))
	}
	return strings.Join(append(lines, s.takeBack(one)), "\n")
}

// takeBack is what undoes a change.
func (s Settings) takeBack(one suspect.Suspect) string {
	l := s.Language
	switch {
	case one.Kind == suspect.Release && one.Replaces != "":
		return l.Say(sayTakeBack, code(fmt.Sprintf("shopslo rollback --tier %s --to %s", one.Tier, short(one.Replaces))))
	case one.Kind == suspect.Release:
		return l.Say(sayTakeBackWhich, code("shopslo decisions --tier "+one.Tier), code(fmt.Sprintf("shopslo rollback --tier %s --to RELEASE", one.Tier)))
	case one.Kind == suspect.Rollback:
		return l.Say(sayTakeBack, code(fmt.Sprintf("shopslo promote --to %s --again", one.Tier)))
	case one.Kind == suspect.Overlay:
		return l.Say(sayRevert, code("git revert "+short(one.Release)))
	}
	return l.Say(saySync)
}

func code(text string) string { return "`" + escape(strings.ReplaceAll(text, "`", "'")) + "`" }

// short is a commit as people read it.
func short(commit string) string {
	if len(commit) == 40 && strings.Trim(commit, "0123456789abcdef") == "" {
		return commit[:12]
	}
	return commit
}

// changed names a change.
func (s Settings) changed(one suspect.Suspect) string {
	of := map[suspect.Kind]text.Entry{suspect.Release: wordRelease, suspect.Rollback: wordRollback, suspect.Overlay: wordOverlay, suspect.Drift: wordByHand}[one.Kind]
	name := s.Language.Say(of)
	if one.Release != "" {
		name += " " + code(short(one.Release))
	}
	return name
}

// reasons are why, one clause each.
func (s Settings) reasons(one suspect.Suspect) []string {
	l := s.Language
	var all []string
	for _, r := range one.Why {
		clause := map[suspect.ReasonKind]string{
			suspect.Before: l.Say(reasonBefore, l.Duration(r.For, time.Minute, 2)), suspect.After: l.Say(reasonAfter, l.Duration(r.For, time.Minute, 2)),
			suspect.HitAll: l.Say(reasonAll, r.N), suspect.HitSome: l.Say(reasonSome, r.N, r.Of), suspect.HitNone: l.Say(reasonNone),
			suspect.Others: l.Say(reasonOthers, r.N), suspect.Touches: l.Say(reasonTouches, escape(r.Text)), suspect.Elsewhere: l.Say(reasonElsewhere),
			suspect.Held: l.Say(reasonHeld, l.Say(verdictOf(r.Text))), suspect.Waived: l.Say(reasonWaived, escape(r.Text)), suspect.Unasked: l.Say(reasonUnasked),
		}[r.Kind]
		all = append(all, clause)
	}
	return all
}

func verdictOf(word string) text.Entry {
	if entry, ok := map[string]text.Entry{"hold": wordHold, "inconclusive": wordInconclusive}[word]; ok {
		return entry
	}
	return text.Of(word, word)
}
