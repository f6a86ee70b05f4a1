package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// What a Job may take, and how many of one kind run at once: a method of Slack's that hangs
// holds up its own kind alone. Each Job that is claimed is begun at once, so that another
// replica can take over within lease what a dead one held.
const (
	jobWithin    = 10 * time.Second
	settleWithin = 3 * time.Second // for storing what became of it
	lease        = jobWithin + 5*time.Second
	atOnce       = 4
)

// How failed Jobs are begun again: with growing pauses, for about a day. Slack being away
// for an hour loses nothing.
const (
	firstPause  = time.Second
	longPause   = 5 * time.Minute
	maxAttempts = 300
	lateAfter   = 30 * time.Second // how long a channel is tried until people are called without one
	maxPanics   = 5                // a fault of the bot's own must not hold up a line for a day
)

// Work does Jobs until ctx ends. What it has claimed and not begun by then is given back.
func (b *Bot) Work(ctx context.Context) {
	tick := time.NewTicker(b.o.Poll)
	defer tick.Stop()
	said := "" // a store that is down is logged once
	p := &pool{running: map[string]int{}}
	defer p.all.Wait()
	for ctx.Err() == nil {
		jobs, err := b.claim(ctx, p.full()...)
		switch {
		case err == nil:
			said = ""
		case ctx.Err() == nil && err.Error() != said:
			said = err.Error()
			b.o.Log.Error("look for jobs", "err", err)
		}
		for _, j := range jobs {
			p.run(j.Kind, func() { b.work(ctx, j); b.hurry() })
		}
		if len(jobs) > 0 && err == nil {
			continue
		}
		select {
		case <-ctx.Done():
		case <-tick.C:
		case <-b.wake:
		}
	}
}

// claim takes Jobs that are due now, of any kind but those in skip.
func (b *Bot) claim(ctx context.Context, skip ...string) ([]incident.Job, error) {
	// What is claimed while ctx ends has to be known, so that it can be given back.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), jobWithin)
	defer cancel()
	return b.o.Store.Claim(ctx, b.o.Now(), lease, atOnce, skip...)
}

// pool counts what runs.
type pool struct {
	all     sync.WaitGroup
	mu      sync.Mutex
	running map[string]int // by kind
}

func (p *pool) run(kind string, do func()) {
	p.add(kind, 1)
	p.all.Go(func() {
		do()
		p.add(kind, -1)
	})
}

func (p *pool) add(kind string, n int) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.running[kind] += n
}

// full are the kinds of which as many run as may.
func (p *pool) full() []string {
	p.mu.Lock()
	defer p.mu.Unlock()
	var kinds []string
	for kind, n := range p.running {
		if n >= atOnce {
			kinds = append(kinds, kind)
		}
	}
	return kinds
}

// later is an error of a Job that has to wait for another, which is no fault and no attempt.
type later struct{ why string }

func (l later) Error() string { return l.why }

// waiting is a Job that waits, and for how long until it asks again.
type waiting struct {
	later
	pause time.Duration
}

// panicked is the error of a Job that panics.
type panicked struct{ error }

// work does one Job and settles what becomes of it. Storing that is done even when ctx
// has ended.
func (b *Bot) work(ctx context.Context, j incident.Job) {
	late, ended, err := b.o.Now().Sub(j.Due), ctx.Err() != nil, error(nil)
	if !ended {
		err = b.begin(ctx, j)
	}
	// Behind the Job, which may have used up its own time.
	settle, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWithin)
	defer cancel()
	var wait waiting
	var limited *slack.RateLimitedError
	switch {
	case ended:
		b.settled(j, b.o.Store.Retry(settle, j.Key, b.o.Now(), j.Problem))
	case err == nil:
		b.o.Worked(j.Kind, "done", late)
		b.settled(j, b.o.Store.Finish(settle, j.Key))
	case errors.As(err, &wait):
		b.settled(j, b.o.Store.Retry(settle, j.Key, b.o.Now().Add(wait.pause), ""))
	case errors.As(err, &limited):
		b.o.Worked(j.Kind, "retried", late)
		b.o.Log.Warn("Slack asks to wait", "job", j.Key, "again_in", limited.RetryAfter.String())
		b.tooLate(settle, j, err)
		b.settled(j, b.o.Store.Retry(settle, j.Key, b.o.Now().Add(pause(err, j.Attempts)), ""))
	case !forGood(err) && j.Attempts < maxAttempts && !(errors.As(err, &panicked{}) && j.Attempts >= maxPanics):
		b.o.Worked(j.Kind, "retried", late)
		b.o.Log.Warn("a job failed and is begun again", "job", j.Key, "attempt", j.Attempts, "err", err)
		b.tooLate(settle, j, err)
		b.settled(j, b.o.Store.Retry(settle, j.Key, b.o.Now().Add(pause(err, j.Attempts)), text.Cut(err.Error(), 500)))
	default:
		b.o.Worked(j.Kind, "given_up", late)
		b.o.Log.Error("a job is given up", "job", j.Key, "err", err)
		if err := b.giveUp(settle, j, err); err != nil {
			b.settled(j, b.o.Store.Retry(settle, j.Key, b.o.Now().Add(firstPause), text.Cut(err.Error(), 500)))
			return
		}
		b.settled(j, b.o.Store.Finish(settle, j.Key))
	}
}

// settled logs what could not be stored; the Job comes again after its lease.
func (b *Bot) settled(j incident.Job, err error) {
	if err != nil {
		b.o.Log.Error("store what became of a job", "job", j.Key, "err", err)
	}
}

// pause is how long to wait after a failure: as Slack asks, else twice as long every
// second time, since the first minutes of an incident count.
func pause(err error, attempts int) time.Duration {
	var limited *slack.RateLimitedError
	if errors.As(err, &limited) {
		return max(limited.RetryAfter, firstPause)
	}
	return min(longPause, firstPause<<min(max(attempts-1, 0)/2, 20))
}

// waitPause is how long a Job of an Incident of this age waits for another one, such as that which
// makes the channel: only the first of a line asks.
func waitPause(age time.Duration) time.Duration {
	if age < 5*time.Second {
		return 300 * time.Millisecond
	}
	return 2 * time.Second
}

// tooLate calls people in where a channel could not be made for a while.
func (b *Bot) tooLate(ctx context.Context, j incident.Job, cause error) {
	if j.Kind != jobChannel || j.Attempts < 2 {
		return
	}
	i, err := b.o.Store.Incident(ctx, j.Incident)
	if err == nil && b.o.Now().Sub(i.DetectedAt) >= lateAfter {
		err = b.late(ctx, i, cause)
	}
	b.settled(j, err)
}

// forGood reports an error of Slack's that asking again does not change. Those that Slack
// calls internal may have had an effect; what is begun again looks first.
func forGood(err error) bool {
	var refused slack.SlackErrorResponse
	if errors.As(err, &notInvited{}) {
		return true
	}
	if !errors.As(err, &refused) {
		return false
	}
	temporary := []string{"fatal_error", "internal_error", "service_unavailable", "ratelimited", "rate_limited", "request_timeout", "team_added_to_org",
		// Somebody can mend these while the Job waits.
		"invalid_auth", "not_authed", "token_revoked", "token_expired", "account_inactive", "messages_tab_disabled"}
	return !slices.Contains(temporary, refused.Err)
}

// begin does a Job; a panic is an error.
func (b *Bot) begin(ctx context.Context, j incident.Job) (err error) {
	ctx, cancel := context.WithTimeout(ctx, b.within)
	defer cancel()
	defer func() {
		if p := recover(); p != nil {
			err = panicked{fmt.Errorf("panic: %v", p)}
			b.o.Log.Error("a job panics", "job", j.Key, "panic", p, "stack", string(debug.Stack()))
		}
	}()
	var t task
	if err := json.Unmarshal(j.Payload, &t); err != nil {
		return fmt.Errorf("read the payload of job %s: %w", j.Key, err)
	}
	step, known := map[string]func(context.Context, incident.Incident, incident.Job, task) error{
		jobBegin: b.opened, jobChannel: b.makeChannel, jobStatus: b.writeStatus, jobTopic: b.setTopic, jobInvite: b.invite, jobAnnounce: b.announce,
		jobSay: b.sayText, jobTell: b.tellText, jobRemind: b.remind, jobLead: b.seekLead, jobWrite: b.askPostmortem, jobDue: b.remindDue,
		jobArchive: b.archive, jobPick: b.pickMessage, jobFailed: b.sayFailed,
		jobPin: b.pin, jobNames: b.learnNames, jobSuspect: b.tellSuspects, jobMerge: b.merge, jobUnsay: b.unsay, jobOutside: b.outside,
	}[j.Kind]
	if !known {
		return fmt.Errorf("job %s is of kind %q, which this version does not know: update it", j.Key, j.Kind)
	}
	var i incident.Incident
	if j.Incident != "" {
		if i, err = b.o.Store.Incident(ctx, j.Incident); err != nil {
			return err
		}
	}
	err = b.joining(ctx, i, t.Channel, func() error { return step(ctx, i, j, t) })
	var wait later
	switch {
	case i.State == incident.Closed && refusedWith(err, "is_archived"):
		return nil // it is over, and so is its channel
	case errors.As(err, &wait):
		return waiting{wait, waitPause(b.o.Now().Sub(i.DetectedAt))}
	}
	return err
}

// giveUp says in the channel what could not be done, and stores what others wait for.
func (b *Bot) giveUp(ctx context.Context, j incident.Job, cause error) error {
	if j.Kind == jobTell || j.Kind == jobFailed || j.Kind == jobNames || j.Incident == "" {
		return nil // the log has it
	}
	if j.Kind == jobChannel {
		if _, _, err := b.o.Store.Remember(ctx, noChannelKey(j.Incident), text.Cut(cause.Error(), 200)); err != nil {
			return err
		}
		i, err := b.o.Store.Incident(ctx, j.Incident)
		if err != nil {
			return err
		}
		return b.o.Store.Enqueue(ctx, b.without(ctx, i, b.set.advice(cause))...)
	}
	var t task
	if err := json.Unmarshal(j.Payload, &t); err != nil {
		t = task{}
	}
	text := b.set.failure(j.Kind, t, cause)
	if j.Kind == jobInvite && t.User != "" { // somebody has asked to join
		return b.tell(ctx, j.Incident, place{channel: t.Channel}, t.User, j.Key, text)
	}
	// The same failure is said once, however many Jobs it stops.
	failed := task{Text: text}.job("failed:"+j.Incident+":"+hash16(text), jobFailed, b.o.Now())
	failed.Incident = j.Incident
	return b.o.Store.Enqueue(ctx, failed)
}

// failure says what could not be done, why, and what to do.
func (s Settings) failure(kind string, t task, cause error) string {
	l := s.Language
	var each notInvited
	if errors.As(cause, &each) {
		var lines []string
		for _, one := range each[:min(len(each), maxNamed)] {
			lines = append(lines, "• "+mentionAny(one.User)+": "+s.advice(slack.SlackErrorResponse{Err: one.Error}))
		}
		if more := len(each) - maxNamed; more > 0 {
			lines = append(lines, l.Say(sayAndMore, more))
		}
		of := ""
		if !userID.MatchString(t.Who) {
			of = l.Say(sayOfGroup, mentionAny(t.Who))
		}
		return l.Say(sayNotInvited, of) + "\n" + strings.Join(lines, "\n")
	}
	what := map[string]string{
		jobBegin: l.Say(doingBegin), jobChannel: l.Say(doingChannel),
		jobStatus: l.Say(doingStatus), jobPin: l.Say(doingPin), jobTopic: l.Say(doingTopic),
		jobInvite: l.Say(doingInvite) + mentionAny(t.Who), jobAnnounce: l.Say(doingAnnounce) + "<#" + t.Channel + ">",
		jobSay: l.Say(doingMessage), jobUnsay: l.Say(doingUnsay), jobArchive: l.Say(doingArchive),
		jobPick: l.Say(doingTimeline), jobSuspect: l.Say(doingSuspects), jobMerge: l.Say(doingMerge),
	}[kind]
	if what == "" {
		what = l.Say(doingReminder)
	}
	return l.Say(sayFailed, what, s.advice(cause))
}

// maxNamed is how many people a message names who could not be invited.
const maxNamed = 20

// advice explains Slack's errors to those who can do something about them.
func (s Settings) advice(err error) string {
	l := s.Language
	var refused slack.SlackErrorResponse
	if !errors.As(err, &refused) {
		return l.Say(whyNoAnswer)
	}
	word := refused.Err
	switch word {
	case "missing_scope":
		return l.Say(whyScope, refused.Needed)
	case "user_not_found", "user_disabled", "no_such_subteam", "subteam_not_found":
		return l.Say(whyNobody, word)
	case "is_archived":
		return l.Say(whyArchived)
	case "channel_not_found", "not_in_channel":
		return l.Say(whyCannotSee, word)
	case "user_is_restricted", "user_is_ultra_restricted", "cant_invite", "invitee_cant_see_channel":
		return l.Say(whyGuest, word)
	case "restricted_action":
		return l.Say(whyNotAllowed, word)
	}
	return "`" + escape(strings.ReplaceAll(word, "`", "'")) + "`"
}

// adviceNow explains a failure that is not the last word.
func (s Settings) adviceNow(err error) string {
	if refused := (slack.SlackErrorResponse{}); errors.As(err, &refused) {
		return s.advice(err)
	}
	return s.Language.Say(whyNotNow)
}

// mentionAny names a person, a group, or a group's handle.
func mentionAny(who string) string {
	switch {
	case groupID.MatchString(who):
		return "<!subteam^" + who + ">"
	case userID.MatchString(who):
		return "<@" + who + ">"
	}
	return escape(who)
}
