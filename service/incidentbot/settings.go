package incidentbot

import (
	"cmp"
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet/manifest"
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/slackbot"
	"github.com/shopslo/shopslo/incident/suspect"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/internal/text"
)

// settings are an incidentbot.yaml. Names of files are relative to it.
type settings struct {
	Language string         `json:"language,omitempty"`
	TimeZone *time.Location `json:"time_zone,omitempty"`
	Store    string         `json:"store,omitempty"`
	URL      string         `json:"url,omitempty"`
	Fleet    []string       `json:"fleet,omitempty"`
	Slack    slackPart      `json:"slack"`
	Remind   remindPart     `json:"reminders,omitempty"`
	Alerts   alertPart      `json:"alerts,omitempty"`
	API      tokenPart      `json:"api,omitempty"`
	Shopslo  serverPart     `json:"shopslo,omitempty"`
	Exporter serverPart     `json:"exporter,omitempty"`

	path string
}

type slackPart struct {
	Mode          string            `json:"mode,omitempty"`
	BotToken      document.Secret   `json:"bot_token,omitempty"`
	AppToken      document.Secret   `json:"app_token,omitempty"`
	SigningSecret document.Secret   `json:"signing_secret,omitempty"`
	Announce      []string          `json:"announce,omitempty"`
	Languages     map[string]string `json:"languages,omitempty"`
	ChannelPrefix string            `json:"channel_prefix,omitempty"`
	Emoji         string            `json:"emoji,omitempty"`
	Invite        invitePart        `json:"invite,omitempty"`
	Only          onlyPart          `json:"only,omitempty"`
}

type invitePart struct {
	Always   []string            `json:"always,omitempty"`
	Severity map[string][]string `json:"severity,omitempty"`
	ShopSets map[string][]string `json:"shopsets,omitempty"`
	Tiers    map[string][]string `json:"tiers,omitempty"`
}

type onlyPart struct {
	Open     string `json:"open,omitempty"`
	Change   string `json:"change,omitempty"`
	Read     string `json:"read,omitempty"`
	Severity string `json:"severity,omitempty"`
	Close    string `json:"close,omitempty"`
}

type remindPart struct {
	UpdateEvery      map[string]document.Duration `json:"update_every,omitempty"`
	LeadWithin       map[string]document.Duration `json:"lead_within,omitempty"`
	EscalateTo       []string                     `json:"escalate_to,omitempty"`
	PostmortemWithin document.Duration            `json:"postmortem_within,omitempty"`
	ArchiveAfter     document.Duration            `json:"archive_after,omitempty"`
}

type alertPart struct {
	Token      document.Secret   `json:"token,omitempty"`
	Rules      []alertRule       `json:"rules,omitempty"`
	FoldWithin document.Duration `json:"fold_within,omitempty"`
	FoldAfter  int               `json:"fold_after,omitempty"`
}

type alertRule struct {
	Match    map[string]string `json:"match,omitempty"`
	Severity string            `json:"severity"`
}

type tokenPart struct {
	Token document.Secret `json:"token,omitempty"`
}

// serverPart is another server, and how this one is let in: by a bearer token or by basic auth.
type serverPart struct {
	URL      string          `json:"url,omitempty"`
	Token    document.Secret `json:"token,omitempty"`
	Username string          `json:"username,omitempty"`
	Password document.Secret `json:"password,omitempty"`
}

// Load reads the settings' file. The error is document.Faults, or the system's.
func Load(path string) (*settings, error) {
	data, err := disk.Read(path, document.MaxSize)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("there is no file %s; name the configuration with --config (docs/incidentbot.md has an example)", path)
	} else if err != nil {
		return nil, fmt.Errorf("read the settings: %w", err)
	}
	return parse(path, data)
}

// parse reads settings strictly: every fault at once, each with its line.
func parse(path string, data []byte) (*settings, error) {
	s := &settings{path: path}
	o, faults := document.Settings(path, data, document.Dialect{Loose: true}, s)
	if o == nil {
		return nil, faults.Err()
	}
	s.check(func(key, format string, args ...any) {
		if f, ok := o.Fault(key, format, args...); ok {
			faults = append(faults, f)
		}
	})
	return s, faults.Err()
}

var (
	channelRule = regexp.MustCompile(`^C[A-Z0-9]{4,}$`)
	whoRule     = regexp.MustCompile(`^([UWS][A-Z0-9]{4,}|@[^\s@]+)$`)
	groupRule   = regexp.MustCompile(`^S[A-Z0-9]{4,}$`)
	prefixRule  = regexp.MustCompile(`^[a-z0-9_-]{1,20}$`)
	emojiRule   = regexp.MustCompile(`^[a-z0-9_+'-]{1,100}$`)
)

// check says what no key's type says.
func (s *settings) check(fault func(key, format string, args ...any)) {
	if !slices.Contains([]string{"", "en", "ja"}, s.Language) {
		fault("language", "is %q; it can be en or ja", s.Language)
	}
	if !slices.Contains([]string{"", "socket", "http"}, s.Slack.Mode) {
		fault("slack.mode", "is %q; it can be socket or http", s.Slack.Mode)
	}
	if p := s.Slack.ChannelPrefix; p != "" && !prefixRule.MatchString(p) {
		fault("slack.channel_prefix", "is %q; lower case letters, digits, - and _, at most 20", p)
	}
	if e := s.Slack.Emoji; e != "" && !emojiRule.MatchString(e) {
		fault("slack.emoji", "is %q; write the name of an emoji without colons, such as memo", e)
	}
	for c, l := range s.Slack.Languages {
		if !slices.Contains(s.Slack.Announce, c) || l != "en" && l != "ja" {
			fault("slack.languages."+c, "is %q; it can be en or ja, of a channel in slack.announce", l)
		}
	}
	for n, c := range s.Slack.Announce {
		if !channelRule.MatchString(c) {
			fault(fmt.Sprintf("slack.announce[%d]", n), "is %q; write a channel's ID, such as C012AB3CD (in Slack: the channel's name, About, at the bottom)", c)
		}
	}
	s.checkPeople(fault)
	for key, group := range map[string]string{"slack.only.open": s.Slack.Only.Open, "slack.only.change": s.Slack.Only.Change, "slack.only.read": s.Slack.Only.Read, "slack.only.severity": s.Slack.Only.Severity, "slack.only.close": s.Slack.Only.Close} {
		if group != "" && !groupRule.MatchString(group) {
			fault(key, "is %q; write a user group's ID, such as S012AB3CD", group)
		}
	}
	s.checkTimes(fault)
	if s.Alerts.FoldAfter < 0 {
		fault("alerts.fold_after", "is %d; it is at least 1", s.Alerts.FoldAfter)
	}
	for n, r := range s.Alerts.Rules {
		if r.Severity != "none" {
			s.checkSeverity(fault, fmt.Sprintf("alerts.rules[%d].severity", n), r.Severity)
		}
	}
	for key, one := range map[string]serverPart{"shopslo": s.Shopslo, "exporter": s.Exporter} {
		none := document.Secret{}
		switch {
		case one.Username != "" && one.Token != none:
			fault(key+".username", "stands beside token; choose one")
		case (one.Username == "") != (one.Password == none):
			fault(key, "has one of username and password; basic auth takes both")
		}
	}
	for key, address := range map[string]string{"url": s.URL, "shopslo.url": s.Shopslo.URL, "exporter.url": s.Exporter.URL} {
		if u, err := url.Parse(address); address != "" && (err != nil || u.Host == "" || u.Scheme != "http" && u.Scheme != "https" || u.User != nil) {
			fault(key, "is not an address like https://incidentbot.example.com")
		}
	}
}

func (s *settings) checkTimes(fault func(key, format string, args ...any)) {
	for key, times := range map[string]map[string]document.Duration{"reminders.update_every": s.Remind.UpdateEvery, "reminders.lead_within": s.Remind.LeadWithin} {
		for severity, d := range times {
			if s.checkSeverity(fault, key+"."+severity, severity); d.Duration < time.Minute {
				fault(key+"."+severity, "is %s; it is at least 1m", d)
			}
		}
	}
	for key, d := range map[string]document.Duration{"reminders.postmortem_within": s.Remind.PostmortemWithin, "reminders.archive_after": s.Remind.ArchiveAfter, "alerts.fold_within": s.Alerts.FoldWithin} {
		if d.Duration < 0 {
			fault(key, "is %s; it cannot be below 0", d)
		}
	}
}

func (s *settings) checkSeverity(fault func(key, format string, args ...any), key, word string) {
	if !slices.Contains(incident.Severities, incident.Severity(word)) {
		fault(key, "%q is no severity; they are critical, major, minor", word)
	}
}

func (s *settings) checkPeople(fault func(key, format string, args ...any)) {
	look := func(key string, people []string) {
		for n, who := range people {
			if !whoRule.MatchString(who) {
				fault(fmt.Sprintf("%s[%d]", key, n), "is %q; write the ID of a person (U…) or a user group (S…), or a user group's @handle", who)
			}
		}
	}
	look("slack.invite.always", s.Slack.Invite.Always)
	look("reminders.escalate_to", s.Remind.EscalateTo)
	for severity, people := range s.Slack.Invite.Severity {
		s.checkSeverity(fault, "slack.invite.severity."+severity, severity)
		look("slack.invite.severity."+severity, people)
	}
	for key, of := range map[string]map[string][]string{"slack.invite.shopsets": s.Slack.Invite.ShopSets, "slack.invite.tiers": s.Slack.Invite.Tiers} {
		for name, people := range of {
			look(key+"."+name, people)
		}
	}
}

// bot are the bot's settings. The error is about the fleet's documents, or a name that
// they lack.
func (s *settings) bot() (slackbot.Settings, error) {
	times := func(of map[string]document.Duration) map[incident.Severity]time.Duration {
		out := map[incident.Severity]time.Duration{}
		for severity, d := range of {
			out[incident.Severity(severity)] = d.Duration
		}
		return out
	}
	in := s.Slack.Invite
	b := slackbot.Settings{
		Language: text.Language(cmp.Or(s.Language, "en")), Zone: s.Location(), Prefix: s.Slack.ChannelPrefix, Announce: s.Slack.Announce, Emoji: s.Slack.Emoji,
		Languages:   map[string]text.Language{},
		Invite:      slackbot.Invite{Always: in.Always, Severity: map[incident.Severity][]string{}, ShopSets: in.ShopSets, Tiers: in.Tiers},
		UpdateEvery: times(s.Remind.UpdateEvery), LeadWithin: times(s.Remind.LeadWithin), EscalateTo: s.Remind.EscalateTo,
		PostmortemWithin: s.Remind.PostmortemWithin.Duration, ArchiveAfter: s.Remind.ArchiveAfter.Duration,
		MayOpen: s.Slack.Only.Open, MayChange: s.Slack.Only.Change, MayRead: s.Slack.Only.Read,
		MaySeverity: s.Slack.Only.Severity, MayClose: s.Slack.Only.Close, URL: s.URL,
		FoldWithin: s.Alerts.FoldWithin.Duration, FoldAfter: s.Alerts.FoldAfter,
	}
	for channel, l := range s.Slack.Languages {
		b.Languages[channel] = text.Language(l)
	}
	for severity, people := range in.Severity {
		b.Invite.Severity[incident.Severity(severity)] = people
	}
	for _, r := range s.Alerts.Rules {
		rule := slackbot.AlertRule{Match: r.Match}
		if r.Severity != "none" {
			rule.Severity = incident.Severity(r.Severity)
		}
		b.Alerts = append(b.Alerts, rule)
	}
	return b, s.readFleet(&b)
}

// readFleet fills in the fleet's names; without documents any name is taken.
func (s *settings) readFleet(b *slackbot.Settings) error {
	if len(s.Fleet) == 0 {
		return nil
	}
	f, err := manifest.Load(filepath.Dir(s.path), s.Fleet...)
	if err != nil {
		return err
	}
	for _, t := range f.Tiers() {
		b.Tiers = append(b.Tiers, string(t.Name))
	}
	for _, set := range f.ShopSets() {
		b.ShopSets = append(b.ShopSets, string(set.Name))
	}
	var errs []error
	for key, known := range map[string][2]any{"shopsets": {s.Slack.Invite.ShopSets, b.ShopSets}, "tiers": {s.Slack.Invite.Tiers, b.Tiers}} {
		for name := range known[0].(map[string][]string) {
			if !slices.Contains(known[1].([]string), name) {
				errs = append(errs, fmt.Errorf("%s: slack.invite.%s: the fleet's documents have no %q", s.path, key, name))
			}
		}
	}
	return errors.Join(errs...)
}

// shopSets are the fleet's, with their components; none without documents.
func (s *settings) shopSets() ([]suspect.ShopSet, error) {
	if len(s.Fleet) == 0 {
		return nil, nil
	}
	f, err := manifest.Load(filepath.Dir(s.path), s.Fleet...)
	if err != nil {
		return nil, err
	}
	var all []suspect.ShopSet
	for _, set := range f.ShopSets() {
		one := suspect.ShopSet{Name: string(set.Name), Tier: string(set.Tier)}
		for _, c := range set.Components {
			one.Components = append(one.Components, string(c))
		}
		all = append(all, one)
	}
	return all, nil
}

func (s *settings) Location() *time.Location {
	if s.TimeZone == nil {
		return time.UTC
	}
	return s.TimeZone
}

// file is a file that the settings name, relative to theirs.
func (s *settings) file(name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(filepath.Dir(s.path), name)
}

// secret reads a secret from the file that key names, else from the environment. "" and
// no error: there is neither. No error has the secret in it.
func (a Around) secret(s *settings, key string, secret document.Secret, variable string) (string, error) {
	if secret == (document.Secret{}) {
		return strings.TrimSpace(a.Getenv(variable)), nil
	}
	text, err := secret.Read(document.Surroundings{ReadFile: disk.ReadSmall, Env: func(name string) (string, bool) {
		value := a.Getenv(name)
		return value, value != ""
	}})
	if err != nil {
		return "", fmt.Errorf("%s: %s: %w", s.path, key, err)
	}
	return text, nil
}
