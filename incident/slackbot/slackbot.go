// Package slackbot runs incidents in Slack: it opens a channel, calls in the people
// concerned, keeps one status message up to date, writes the timeline, reminds, and asks
// for the postmortem.
//
// What to say and what to do is decided by functions without I/O (status.go, act.go,
// follow.go). Whatever Slack sends is stored before it is acknowledged, as Events of the
// Incident and as Jobs; whatever is to be done in Slack is a Job, begun again until it is
// done, by one of several replicas. A message is never sent twice: each has a mark of its
// own, and what may have been sent before is looked for first.
//
// People are named by their Slack user IDs everywhere in an Incident; Named puts names in
// their place for readers outside of Slack.
package slackbot

import (
	"context"
	"errors"
	"log/slog"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// Incidents is where Incidents are kept; incident/sqlstore implements it.
type Incidents interface {
	// Create stores a new Incident and its Jobs, unless the key was used for one that is
	// not closed: it gives that one, and false.
	Create(ctx context.Context, key string, i incident.Incident, jobs ...incident.Job) (incident.Incident, bool, error)
	// Incident gives one; incident.ErrNotFound.
	Incident(ctx context.Context, id string) (incident.Incident, error)
	// Incidents gives those that are ongoing or changed since, newest first, without
	// their timelines.
	Incidents(ctx context.Context, since time.Time) ([]incident.Incident, error)
}

// changes is how Incidents change.
type changes interface {
	// Change applies Events and stores Jobs, all or nothing. change may be called again.
	Change(ctx context.Context, id string, change func(incident.Incident) ([]incident.Event, []incident.Job, error)) (incident.Incident, error)
	// Enqueue stores Jobs of no change; one with a known key is left out.
	Enqueue(ctx context.Context, jobs ...incident.Job) error
}

// jobs is where Jobs wait.
type jobs interface {
	// Claim takes due Jobs that nobody holds and before which none of their line waits, for the
	// lease, of no kind in skip, of each Incident one before a second one; none is no error.
	Claim(ctx context.Context, now time.Time, lease time.Duration, limit int, skip ...string) ([]incident.Job, error)
	// Finish forgets that a Job has to be done.
	Finish(ctx context.Context, key string) error
	// Retry gives a Job back, due later. Without a problem that it was begun does not count.
	Retry(ctx context.Context, key string, due time.Time, problem string) error
}

// Notes keeps small values for ever.
type Notes interface {
	// Remember keeps a value unless there is one; it gives what is kept.
	Remember(ctx context.Context, key, value string) (kept string, first bool, err error)
	// Recall gives it; ok false: none.
	Recall(ctx context.Context, key string) (value string, ok bool, err error)
}

// Store is all of it.
type Store interface {
	Incidents
	changes
	jobs
	Notes
}

// Settings are what a team chooses. The zero value of each field is explained with it.
type Settings struct {
	Language text.Language // "": English
	// Languages are those of channels in which Incidents are announced, by their IDs, where one
	// is not Language.
	Languages map[string]text.Language
	Zone      *time.Location // of times that people write, and of dates in names; nil: UTC
	// Prefix of channel names; "": inc.
	Prefix string
	// Announce are IDs of channels in which each Incident has one message.
	Announce []string
	// Emoji is the reaction that puts a message into the timeline, without colons; "": memo.
	Emoji string
	// Invite are the people called in: IDs of users (U…) or user groups (S…), or a
	// user group's @handle.
	Invite Invite
	// UpdateEvery is how often the status of an Incident has to be told, by severity; a
	// severity without one is not reminded of.
	UpdateEvery map[incident.Severity]time.Duration
	// LeadWithin is when to call EscalateTo where nobody has taken command; as above.
	LeadWithin map[incident.Severity]time.Duration
	EscalateTo []string
	// PostmortemWithin is how long after the resolution a postmortem is due; 0: never.
	PostmortemWithin time.Duration
	// ArchiveAfter is how long after the closing a channel is archived; 0: never.
	ArchiveAfter time.Duration
	// MayOpen, MayChange and MayRead are user groups (IDs) whose members alone may open Incidents,
	// change them, or ask for them outside of their channels; "": everybody. MaySeverity and
	// MayClose are those for a severity and for closing; "": whoever may change.
	MayOpen, MayChange, MayRead string
	MaySeverity, MayClose       string
	// Tiers and ShopSets are the fleet's names; none: any name is taken.
	Tiers, ShopSets []string
	// URL is this bot's address for people, whose API has the postmortem's draft; "": none.
	URL string
	// Alerts says which alerts open an Incident: the first rule that matches.
	Alerts []AlertRule
	// FoldWithin is how long after an Incident was opened by alerts other alerts of the same SLO or
	// ShopSet belong to it, 0: ten minutes. FoldAfter is how many alerts may open within that time;
	// what else fires then belongs to the first of them, 0: three.
	FoldWithin time.Duration
	FoldAfter  int
}

// in are the settings for what is written into a channel.
func (s Settings) in(channel string) Settings {
	if l, ok := s.Languages[channel]; ok {
		s.Language = l
	}
	return s
}

// Invite are people by what makes them concerned.
type Invite struct {
	Always          []string
	Severity        map[incident.Severity][]string
	ShopSets, Tiers map[string][]string
}

// Client is how Slack is called.
type Client struct {
	BotToken string // xoxb-…
	AppToken string // xapp-…, for Socket Mode
	// Address is that of the Web API; "": Slack's own.
	Address string
	HTTP    *http.Client // nil: http.DefaultClient
}

func (c Client) open() *slack.Client {
	options := []slack.Option{slack.OptionAppLevelToken(c.AppToken)}
	if c.Address != "" {
		options = append(options, slack.OptionAPIURL(strings.TrimRight(c.Address, "/")+"/"))
	}
	if c.HTTP != nil {
		options = append(options, slack.OptionHTTPClient(c.HTTP))
	}
	return slack.New(c.BotToken, options...)
}

// Options are what a Bot works with. Client, Store and Now are required.
type Options struct {
	Client   Client
	Store    Store
	Settings Settings
	Now      func() time.Time
	// Suspects finds what may be the cause; nil: nobody looks.
	Suspects Suspects
	Log      *slog.Logger // nil: nothing
	// Poll is how often waiting Jobs are looked for; 0: a second.
	Poll time.Duration
	// Called hears of each call of Slack: "ok", Slack's error, "ratelimited" or "failed".
	// Worked hears of each Job begun: "done", "retried" or "given_up", and how long after it
	// was due. Linked hears of connections of Socket Mode: "open", "lost" or "failed". Nil:
	// nobody.
	Called func(method, result string)
	Linked func(result string)
	Worked func(kind, result string, late time.Duration)
	// NotStored hears of what Slack or an alert says that could not be stored; nil: nobody.
	NotStored func()
}

// own is who the bot is, and where.
type own struct{ id, team, enterprise, url string }

// Bot is one replica. Make one with New.
type Bot struct {
	o      Options
	api    *slack.Client
	set    Settings
	wake   chan struct{}
	within time.Duration // what a Job may take

	folding sync.Mutex // who holds it decides to which Incident alerts belong
	beyond  map[string]*beyond
	big     sync.Mutex // who holds it reads a big notification

	mu       sync.Mutex
	groups   map[string]membership
	versions map[string]version // of messages that are kept up to date, by key
	shown    map[string]version // likewise, of those that are rewritten whatever happens
	own      own
}

// New makes a Bot. It does nothing until Work, ServeHTTP or Socket is called.
func New(o Options) (*Bot, error) {
	if o.Client.BotToken == "" || o.Store == nil || o.Now == nil {
		return nil, errors.New("slackbot needs a bot token, a store and a clock")
	}
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Poll <= 0 {
		o.Poll = time.Second
	}
	if o.Called == nil {
		o.Called = func(string, string) {}
	}
	if o.Linked == nil {
		o.Linked = func(string) {}
	}
	if o.Worked == nil {
		o.Worked = func(string, string, time.Duration) {}
	}
	if o.NotStored == nil {
		o.NotStored = func() {}
	}
	s := o.Settings
	if s.Zone == nil {
		s.Zone = time.UTC
	}
	if s.Prefix == "" {
		s.Prefix = "inc"
	}
	if s.Emoji == "" {
		s.Emoji = "memo"
	}
	return &Bot{o: o, api: o.Client.open(), set: s, wake: make(chan struct{}, 1), within: jobWithin, beyond: map[string]*beyond{}, groups: map[string]membership{}, shown: map[string]version{}, versions: map[string]version{}}, nil
}

// hurry makes Work look for Jobs at once.
func (b *Bot) hurry() {
	select {
	case b.wake <- struct{}{}:
	default:
	}
}
