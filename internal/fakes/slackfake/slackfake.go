// Package slackfake is one Slack workspace as an app meets it: the Web API, Socket
// Mode, and signed requests to the app's own address, kept in memory under Slack's
// rules, with the faults of a network.
//
// People act through methods (Command, Click, Submit, React, Say), and what they see can
// be read (Transcript, Told). Rules and shapes come from Slack's public pages at
// https://docs.slack.dev, each named where it is used, and from the fixtures of
// github.com/slack-go/slack. Where the pages give no figure, the limit is the fake's own
// and its comment says so.
package slackfake

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"time"
)

// The secrets of the one app that is installed.
const (
	BotToken      = "xoxb-0000-fake-bot"
	AppToken      = "xapp-0000-fake-app"
	SigningSecret = "0123456789abcdef0123456789abcdef"
)

// The app as Slack knows it.
const (
	BotUser = "UBOT00001"
	BotID   = "BBOT00001"
	AppID   = "AFAKE0001"
	TeamID  = "TFAKE0001"
)

// Options are what a workspace is like; the zero value is a workspace without people, in
// which the app has every scope.
type Options struct {
	Now func() time.Time // the workspace's clock; nil: the real one
	// Scopes are what the app was granted; nil: everything.
	Scopes []string
	// AckWithin is how long an answer may take; 0: Slack's 3 s.
	AckWithin time.Duration
	// Latency is how long a call takes at least and at most: half of it before the workspace
	// does what is asked, so that two calls at once may overtake each other. Zero: no time.
	Latency [2]time.Duration
	// Verbatim is what "Escape channels, users, and links" of the slash command is when it is
	// off: the text of a command arrives as it was typed.
	Verbatim bool
	// NoMessagesTab is an app whose manifest does not enable the tab for its direct messages:
	// docs.slack.dev/reference/app-manifest, docs.slack.dev/reference/methods/chat.postMessage
	NoMessagesTab bool
}

// Fake is one workspace. Its methods may be called while it serves.
type Fake struct {
	URL string // of the Web API, for slack.OptionAPIURL

	server *httptest.Server
	o      Options
	ctx    context.Context
	stop   context.CancelFunc
	wg     sync.WaitGroup

	mu       sync.Mutex
	app      string // where requests are delivered; "": Socket Mode
	faults   []injected
	chaos    func(method string) Fault
	calls    []Call
	ids      int
	lastTS   int64
	users    []*user
	groups   []*group
	channels []*channel
	views    map[string]*view
	triggers map[string]*trigger
	used     map[string][]time.Time
	direct   []*channel // of the app with one person each
	told     []Told
	hooks    map[string]hook
	acks     map[string]chan []byte
	sockets  []*socket
	tickets  map[string]bool
	missed   []Missed
}

type user struct {
	ID, Name, Real string
	Team           string // "": this workspace
	Deleted        bool
}

type group struct {
	ID, Handle, Name string
	Users            []string
}

type channel struct {
	ID, Name, Topic, Purpose, Creator string
	Created                           time.Time
	Archived                          bool
	Private                           bool
	Shared                            bool // with another organisation
	Members                           []string
	Messages                          []*Message
	Pins                              []string
}

// Message is one message of a channel.
type Message struct {
	TS, User, BotID, Subtype, Text, ThreadTS string
	Blocks                                   []map[string]any
	Attachments, Files                       []map[string]any
	Metadata                                 map[string]any
	Edited                                   bool
	Reactions                                map[string][]string
	// Versions are what it has said, the oldest first, and is what it says now.
	Versions []string
	// Notified are those whom it calls by name: <@U…>, <!here>, <!channel>, <!subteam^S…>, also
	// where Slack makes these of plain text (see mentioned).
	Notified []string
}

// Told is what one person alone saw.
type Told struct {
	User, Channel, Text string
	Blocks              []map[string]any
	Thread              string // in which it stands; "": none
}

// Call is one call of the Web API.
type Call struct {
	Method, Channel, Outcome string // Outcome: "ok", Slack's error, or the fault
}

// Missed is a delivery that the app did not take, or took too late.
type Missed struct {
	Kind, ID string
	Attempt  int // from 0
	Why      string
}

type hook struct{ user, channel string }

type view struct {
	ID, User string
	Body     map[string]any
}

// Start serves a workspace until Close.
func Start(o Options) *Fake {
	if o.Now == nil {
		o.Now = time.Now
	}
	if o.AckWithin == 0 {
		o.AckWithin = 3 * time.Second // docs.slack.dev/interactivity/handling-user-interaction
	}
	f := &Fake{o: o, views: map[string]*view{}, triggers: map[string]*trigger{}, used: map[string][]time.Time{},
		hooks: map[string]hook{}, acks: map[string]chan []byte{}, tickets: map[string]bool{}}
	f.ctx, f.stop = context.WithCancel(context.Background())
	f.users = []*user{{ID: BotUser, Name: "incidentbot", Real: "incidentbot"}}
	mux := http.NewServeMux()
	mux.HandleFunc("/api/{method}", f.api)
	mux.HandleFunc("/link", f.link)
	mux.HandleFunc("/respond/{id}", f.respond)
	f.server = httptest.NewServer(mux)
	f.URL = f.server.URL + "/api/"
	return f
}

// Close ends it, and what it still delivers.
func (f *Fake) Close() {
	f.stop()
	f.mu.Lock()
	sockets := slices.Clone(f.sockets)
	f.mu.Unlock()
	for _, s := range sockets {
		s.conn.Close()
	}
	f.wg.Wait()
	f.server.CloseClientConnections()
	f.server.Close()
}

// Deliver makes the workspace send everything to the app's address, instead of through
// Socket Mode.
func (f *Fake) Deliver(url string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.app = url
}

// AddUser adds a person and gives the ID. real is the display name.
func (f *Fake) AddUser(name, real string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := &user{ID: f.id("U"), Name: name, Real: real}
	f.users = append(f.users, u)
	return u.ID
}

// Depart takes a person's account away; user groups still list them.
func (f *Fake) Depart(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.user(id).Deleted = true
}

// AddOutsider adds somebody of another organisation, and gives the ID; the channels are shared with that one:
// docs.slack.dev/apis/slack-connect
func (f *Fake) AddOutsider(name, real string, channels ...string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	u := &user{ID: f.id("U"), Name: name, Real: real, Team: "TOTHER001"}
	f.users = append(f.users, u)
	for _, id := range channels {
		c := f.channel(id)
		c.Shared, c.Members = true, append(c.Members, u.ID)
	}
	return u.ID
}

// AddGroup adds a user group and gives the ID.
func (f *Fake) AddGroup(handle string, users ...string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	g := &group{ID: f.id("S"), Handle: handle, Name: handle, Users: users}
	f.groups = append(f.groups, g)
	return g.ID
}

// AddChannel adds a public channel that somebody else created, and gives the ID.
func (f *Fake) AddChannel(name string, members ...string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := &channel{ID: f.id("C"), Name: name, Creator: "USOMEBODY", Created: f.o.Now(), Members: members}
	f.channels = append(f.channels, c)
	return c.ID
}

// Remove takes somebody, or the app, out of a channel.
func (f *Fake) Remove(id, user string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	c := f.channel(id)
	c.Members = slices.DeleteFunc(c.Members, func(member string) bool { return member == user })
}

// IsPrivate reports whether a channel is private.
func (f *Fake) IsPrivate(id string) bool {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.channel(id).Private
}

// Archive archives a channel.
func (f *Fake) Archive(id string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.channel(id).Archived = true
}

// Channels are the names of all channels, in the order in which they were created, by ID.
func (f *Fake) Channels() (ids []string, names map[string]string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	names = map[string]string{}
	for _, c := range f.channels {
		ids = append(ids, c.ID)
		names[c.ID] = c.Name
	}
	return ids, names
}

// Topic is a channel's topic.
func (f *Fake) Topic(id string) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.channel(id).Topic
}

// Members are the people in a channel.
func (f *Fake) Members(id string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.channel(id).Members)
}

// Pinned are the time stamps of a channel's pinned messages.
func (f *Fake) Pinned(id string) []string {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.channel(id).Pins)
}

// Messages are a channel's messages, the oldest first.
func (f *Fake) Messages(id string) []Message {
	f.mu.Lock()
	defer f.mu.Unlock()
	var all []Message
	for _, m := range f.channel(id).Messages {
		all = append(all, *m)
	}
	return all
}

// Told is what was said to people alone, the oldest first.
func (f *Fake) Told() []Told {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.told)
}

// Calls are all calls of the Web API, in order.
func (f *Fake) Calls() []Call {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.calls)
}

// Missed are the deliveries that went wrong.
func (f *Fake) Missed() []Missed {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.missed)
}

// id makes an ID as Slack's look: a letter for the kind, then capitals and digits.
func (f *Fake) id(kind string) string {
	f.ids++
	return fmt.Sprintf("%sFAKE%05d", kind, f.ids)
}

// ts makes a message's time stamp: unique in the workspace, and growing.
func (f *Fake) ts() string {
	t := max(f.o.Now().UnixMicro(), f.lastTS+1)
	f.lastTS = t
	return fmt.Sprintf("%d.%06d", t/1e6, t%1e6)
}

func (f *Fake) channel(id string) *channel {
	for _, c := range append(slices.Clone(f.channels), f.direct...) {
		if c.ID == id || c.Name != "" && "#"+c.Name == id {
			return c
		}
	}
	return nil
}

func (c *channel) message(ts string) *Message {
	for _, m := range c.Messages {
		if m.TS == ts {
			return m
		}
	}
	return nil
}

func (f *Fake) user(id string) *user {
	for _, u := range f.users {
		if u.ID == id {
			return u
		}
	}
	return nil
}

func (f *Fake) names() *strings.Replacer {
	var pairs []string
	for _, u := range f.users {
		pairs = append(pairs, "<@"+u.ID+">", "@"+u.Real)
	}
	for _, g := range f.groups {
		pairs = append(pairs, "<!subteam^"+g.ID+">", "@"+g.Handle)
	}
	for _, c := range f.channels {
		pairs = append(pairs, "<#"+c.ID+">", "#"+c.Name)
	}
	return strings.NewReplacer(append(pairs, "&lt;", "<", "&gt;", ">", "&amp;", "&")...)
}
