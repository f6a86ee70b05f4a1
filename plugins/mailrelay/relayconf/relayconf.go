// Package relayconf reads the file that names mail relay accounts: what
// mackerel-plugin-mailrelay polls and check-mailrelay judges.
//
// Reading is strict: an unknown key, a key given twice or a value of the wrong kind is
// a fault with file and line, and all faults are told at once. No secret stands in the
// file: it names environment variables or files that hold them, and no fault repeats a
// value that might be one. The package knows no relay: what an account says beside the
// keys that all have is read by the relay's constructor, through Options.
package relayconf

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// File is a configuration, with defaults filled in.
type File struct {
	Path string
	// State is the folder of the histories; "" is the agent's working folder.
	State    string
	Language mailrelay.Language
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
	// Options are the relay's own keys, Canary and StatusPage those of these
	// sections: nil where there is none.
	Options    *Options
	Canary     *Options
	StatusPage *Options
	line       int
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
	DefaultTimeout = 15 * time.Second
	MaxTimeout     = 20 * time.Second
	maxSize        = 1 << 20
	maxAccounts    = 100
)

// Fault is one thing wrong with the file. Line is from 1, 0 where no line is to blame.
type Fault struct {
	File string
	Line int
	Msg  string
}

func (f Fault) Error() string {
	if f.Line == 0 {
		return f.File + ": " + f.Msg
	}
	return fmt.Sprintf("%s:%d: %s", f.File, f.Line, f.Msg)
}

// Surroundings are what a configuration may point to. Only cmd knows them.
type Surroundings struct {
	// Env looks up an environment variable.
	Env func(name string) (string, bool)
	// ReadFile reads a file that holds a secret.
	ReadFile func(path string) ([]byte, error)
}

// Parse reads a configuration; path is its name in faults, and the start of relative
// names. The error joins all Faults.
func Parse(path string, data []byte, s Surroundings) (*File, error) {
	if len(data) > maxSize {
		return nil, Fault{path, 0, fmt.Sprintf("%d bytes are too many for a list of accounts (at most %d)", len(data), maxSize)}
	}
	r := &reader{file: path, s: s}
	var doc yaml.Node
	d := yaml.NewDecoder(bytes.NewReader(data))
	if err := d.Decode(&doc); errors.Is(err, io.EOF) {
		return nil, Fault{path, 0, "the file is empty: list at least one account under accounts:"}
	} else if err != nil {
		return nil, Fault{path, 0, strings.TrimPrefix(err.Error(), "yaml: ")}
	}
	if err := d.Decode(new(yaml.Node)); !errors.Is(err, io.EOF) {
		return nil, Fault{path, 0, "there is a second document (---): one file is one document"}
	}
	f := r.top(doc.Content[0])
	return f, r.err()
}

func (r *reader) top(n *yaml.Node) *File {
	o := r.options(n, "")
	f := &File{Path: r.file, State: o.MayText("state"), Holidays: map[string]bool{}}
	if f.State != "" && !filepath.IsAbs(f.State) {
		f.State = filepath.Join(filepath.Dir(r.file), f.State)
	}
	switch l := o.MayText("language"); l {
	case "", "en":
		f.Language = mailrelay.English
	case "ja":
		f.Language = mailrelay.Japanese
	default:
		o.fault("language", "is %q; it can be en or ja", l)
	}
	if f.Zone = o.MayZone("time_zone"); f.Zone == nil {
		f.Zone = time.UTC
	}
	for _, d := range o.list("holidays") {
		if _, err := time.Parse(time.DateOnly, d.Value); err != nil || d.Kind != yaml.ScalarNode {
			r.fault(d.Line, "holidays: %q is no date: write YYYY-MM-DD", show(d))
			continue
		}
		f.Holidays[d.Value] = true
	}
	accounts := o.list("accounts")
	switch {
	case len(accounts) == 0 && !o.broken:
		o.fault("accounts", "lists none: name at least one, such as {name: shop, relay: sendgrid, key: {env: SENDGRID_KEY}}")
	case len(accounts) > maxAccounts:
		o.fault("accounts", "lists %d, at most %d can be polled within the agent's 30 s", len(accounts), maxAccounts)
		accounts = nil
	}
	for i, n := range accounts {
		f.Accounts = append(f.Accounts, r.account(n, i, f.Accounts))
	}
	o.done()
	return f
}

var nameRule = regexp.MustCompile(`^[-a-zA-Z0-9_]{1,64}$`)

func (r *reader) account(n *yaml.Node, i int, before []Account) Account {
	o := r.options(n, fmt.Sprintf("accounts[%d]", i))
	a := Account{Name: o.Text("name"), Relay: o.Text("relay"), Options: o, line: o.line,
		Timeout: o.MayDuration("timeout", DefaultTimeout), MaxSilence: o.MayDuration("max_silence", 0), MaxQueue: o.mayCount("max_queue")}
	if a.Name != "" && !nameRule.MatchString(a.Name) {
		o.fault("name", "is %q; it becomes a part of metric names: letters, digits, - and _, at most 64", a.Name)
	}
	// Two names that differ in case only would share a file on some systems.
	if j := slices.IndexFunc(before, func(b Account) bool { return strings.EqualFold(b.Name, a.Name) }); j >= 0 && a.Name != "" {
		o.fault("name", "%q is also the name on line %d", a.Name, before[j].line)
	}
	if a.Timeout < time.Second || a.Timeout > MaxTimeout {
		o.fault("timeout", "is %s; it can be 1s to %s, since the agent waits 30 s for everything", a.Timeout, MaxTimeout)
	}
	if a.Name != "" {
		o.path = "account " + a.Name
	}
	a.Canary, a.StatusPage = o.section("canary"), o.section("status_page")
	o.apart()
	a.Canary.apart()
	a.StatusPage.apart()
	return a
}

// reader collects faults.
type reader struct {
	file   string
	s      Surroundings
	faults []Fault
}

func (r *reader) fault(line int, format string, args ...any) {
	r.faults = append(r.faults, Fault{r.file, line, fmt.Sprintf(format, args...)})
}

// err joins the faults in the order of their lines.
func (r *reader) err() error {
	slices.SortStableFunc(r.faults, func(a, b Fault) int { return a.Line - b.Line })
	var all []error
	for _, f := range r.faults {
		all = append(all, f)
	}
	return errors.Join(all...)
}

// Finish tells what is wrong with an account's own keys after its constructors have
// read them, unknown keys included. It belongs to the program that polls: one that
// only judges does not know which keys a relay has.
func (a Account) Finish() error {
	var all []error
	for _, o := range []*Options{a.Options, a.Canary, a.StatusPage} {
		if o != nil {
			o.done()
			all = append(all, o.faults.err())
		}
	}
	return errors.Join(all...)
}
