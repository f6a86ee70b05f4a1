// Package relayconf reads the file that names mail relay accounts: what
// mackerel-plugin-mailrelay polls and check-mailrelay judges.
//
// Reading is strict (internal/document): all faults are told at once, with file, line and
// column. No secret stands in the file: it names environment variables or files that hold
// them, and no fault repeats a value that might be one. The package knows no relay: what an account says beside the
// keys that all have is read by the relay's constructor, through Options.
package relayconf

import (
	"fmt"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// File is a configuration, with defaults filled in.
type File struct {
	Path string
	// State is the folder of the histories; "" is the agent's working folder.
	State    string
	Language text.Language
	Zone     *time.Location
	// Holidays are dates of Zone (YYYY-MM-DD).
	Holidays map[string]bool
	Accounts []Account
}

// Account is one account at a relay.
type Account struct {
	Name  string // [-a-zA-Z0-9_], a part of metric names
	Relay string // the vendor's word, e.g. "sendgrid"
	// Timeout of one poll.
	Timeout time.Duration
	// MaxQueue is how many mails may wait (0: no limit), MaxSilence how long the
	// plugin may be quiet.
	MaxQueue   int64
	MaxSilence time.Duration
	// Options are the relay's own keys, Canaries and StatusPage those of these sections:
	// none and nil where there is none. The section canary is the first of Canaries.
	Options    *Options
	Canaries   []*Options
	StatusPage *Options
}

// Settings are what the verdict on an account needs.
func (f *File) Settings(a Account) mailrelay.Settings {
	return mailrelay.Settings{Zone: f.Zone, Holidays: f.Holidays, MaxQueue: a.MaxQueue, MaxSilence: a.MaxSilence}
}

// Folder is where the histories are: State, or below the agent's working folder.
func (f *File) Folder(workdir string) string {
	if f.State != "" {
		return f.State
	}
	return filepath.Join(workdir, "mackerel-plugin-mailrelay")
}

// The limits of settings. An agent ends a plugin after 30 s; by then everything is
// written and printed.
const (
	maxCanaries    = 10 // of an account
	defaultTimeout = 15 * time.Second
	maxTimeout     = 20 * time.Second
	maxAccounts    = 100
)

// Surroundings are what a configuration may point to. Only cmd knows them.
type Surroundings = document.Surroundings

// top is the file as it is written.
type top struct {
	State    string         `json:"state,omitempty" is:"file"`
	Language language       `json:"language,omitempty"`
	Zone     *time.Location `json:"time_zone,omitempty"`
	Holidays []string       `json:"holidays,omitempty"`
	Accounts []account      `json:"accounts" need:"name at least one, such as {name: shop, relay: sendgrid, key: {env: SENDGRID_KEY}}"`
}

type language string

// account are the keys that all accounts have.
type account struct {
	Name       string           `json:"name"`
	Relay      string           `json:"relay"`
	Timeout    time.Duration    `json:"timeout,omitempty"`
	MaxQueue   *int64           `json:"max_queue,omitempty"`
	MaxSilence time.Duration    `json:"max_silence,omitempty"`
	Canary     document.Raw     `json:"canary,omitempty"`
	Canaries   []document.Raw   `json:"canaries,omitempty"`
	StatusPage document.Raw     `json:"status_page,omitempty"`
	Rest       document.Mapping `json:"-" is:"rest"`
}

// Defaults fills in what the file need not say.
func (a *account) Defaults() { a.Timeout = defaultTimeout }

// dialect is the file's own.
var dialect = document.Dialect{Loose: true, Words: map[reflect.Type][]string{reflect.TypeFor[language](): {"en", "ja"}}}

// Parse reads a configuration; path is its name in faults, and the start of relative
// names. The error is a document.Faults.
func Parse(path string, data []byte, s Surroundings) (*File, error) {
	t := top{Zone: time.UTC}
	o, faults := document.Settings(path, data, dialect, &t)
	if o == nil {
		return nil, faults.Err()
	}
	f := &File{Path: path, State: t.State, Language: text.English, Zone: t.Zone, Holidays: map[string]bool{}}
	if t.Language == "ja" {
		f.Language = text.Japanese
	}
	for i, d := range t.Holidays {
		if _, err := time.Parse(time.DateOnly, d); err != nil {
			o.Wrong(fmt.Sprintf("holidays[%d]", i), "%q is no date: write YYYY-MM-DD", d)
		}
		f.Holidays[d] = true
	}
	if n := len(t.Accounts); n > maxAccounts {
		o.Wrong("accounts", "lists %d, at most %d can be polled within the agent's 30 s", n, maxAccounts)
		t.Accounts = nil
	}
	for i, a := range t.Accounts {
		at := fmt.Sprintf("accounts[%d]", i)
		a.check(o, at, t.Accounts[:i])
		f.Accounts = append(f.Accounts, a.read(o, at, s))
	}
	return f, o.Faults().Err()
}

var nameRule = regexp.MustCompile(`^[-a-zA-Z0-9_]{1,64}$`)

// check says what no key's type says.
func (a account) check(o *document.Object, at string, before []account) {
	if a.Name != "" && !nameRule.MatchString(a.Name) {
		o.Wrong(at+".name", "is %q; it becomes a part of metric names: letters, digits, - and _, at most 64", a.Name)
	}
	// Two names that differ in case only would share a file on some systems.
	if j := slices.IndexFunc(before, func(b account) bool { return strings.EqualFold(b.Name, a.Name) }); j >= 0 && a.Name != "" {
		o.Wrong(at+".name", "%q is also the name on line %d", a.Name, o.At(fmt.Sprintf("accounts[%d].name", j)).Line)
	}
	if a.Timeout < time.Second || a.Timeout > maxTimeout {
		o.Wrong(at+".timeout", "is %s; it can be 1s to %s, since the agent waits 30 s for everything", a.Timeout, maxTimeout)
	}
	if a.MaxQueue != nil && *a.MaxQueue <= 0 {
		o.Wrong(at+".max_queue", "must be a whole number above 0")
	}
	if n := len(a.Canaries); n > maxCanaries {
		o.Wrong(at+".canaries", "lists %d; an account has at most %d", n, maxCanaries)
	}
	for key, text := range map[string]string{"name": a.Name, "relay": a.Relay} {
		if o.Has(at+"."+key) && strings.TrimSpace(text) == "" {
			o.Wrong(at+"."+key, "is empty; write a text")
		}
	}
}

// read leaves the relay's own keys to its constructor.
func (a account) read(o *document.Object, at string, s Surroundings) Account {
	place := o.At(at)
	own := document.New(o.File, &yaml.Node{Line: place.Line, Column: place.Column}, dialect)
	own.Kind, own.Name = "account", a.Name
	out := Account{Name: a.Name, Relay: a.Relay, Timeout: a.Timeout, MaxSilence: a.MaxSilence,
		Options: &Options{o: own, given: a.Rest, taken: map[string]bool{}, from: s}}
	if a.MaxQueue != nil {
		out.MaxQueue = *a.MaxQueue
	}
	if c := out.Options.section("canary", a.Canary); c != nil {
		out.Canaries = append(out.Canaries, c)
	}
	for i, c := range a.Canaries {
		out.Canaries = append(out.Canaries, out.Options.section(fmt.Sprintf("canaries[%d]", i), c))
	}
	out.StatusPage = out.Options.section("status_page", a.StatusPage)
	return out
}

// Finish tells what is wrong with an account's own keys after its constructors have
// read them, unknown keys included. It belongs to the program that polls: one that
// only judges does not know which keys a relay has.
func (a Account) Finish() error {
	for _, o := range append([]*Options{a.Options, a.StatusPage}, a.Canaries...) {
		if o != nil {
			o.done()
		}
	}
	return a.Options.o.Faults().Err()
}
