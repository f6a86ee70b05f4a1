package slackbot

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/slack-go/slack"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// The callback_ids of modals, and of the shortcuts on messages.
const (
	viewOpen       = "incident_open"
	viewUpdate     = "incident_update"
	viewPostmortem = "incident_postmortem"
	viewAction     = "incident_action"
	shortcutOpen   = "incident_from_message"
	shortcutNote   = "incident_note"
)

// about is what a modal carries with it: which Incident it is about, or from which
// message one is opened, and what its inputs held at first.
type about struct {
	Incident string            `json:"i,omitempty"`
	Note     *noted            `json:"n,omitempty"`
	Was      map[string]string `json:"w,omitempty"` // short hashes by block_id
}

func (s Settings) modal(callback, head, submit string, a about, blocks ...slack.Block) slack.ModalViewRequest {
	if a.Note != nil { // its text stands in an input
		n := *a.Note
		n.Text = ""
		a.Note = &n
	}
	carried, err := json.Marshal(a)
	if err != nil {
		panic(err) // strings and times only
	}
	return slack.ModalViewRequest{
		Type: slack.VTModal, CallbackID: callback, PrivateMetadata: string(carried), Title: plainText(head), Submit: plainText(submit),
		Close: plainText(s.Language.Say(buttonCancel)), Blocks: slack.Blocks{BlockSet: blocks},
	}
}

// input is a text to be written; id names both block and action.
func input(id, label, initial string, most int, multiline, optional bool) *slack.InputBlock {
	e := slack.NewPlainTextInputBlockElement(nil, id)
	e.MaxLength, e.Multiline, e.InitialValue = most, multiline, text.Cut(initial, most)
	b := slack.NewInputBlock(id, plainText(label), nil, e)
	b.Optional = optional
	return b
}

func choice(value, label string) *slack.OptionBlockObject {
	return slack.NewOptionBlockObject(value, plainText(text.Cut(label, 75)), nil)
}

// opening is the modal that opens an Incident. ongoing says what is open already.
func (s Settings) opening(title, severity string, private bool, from *noted, ongoing string) slack.ModalViewRequest {
	l := s.Language
	var options []*slack.OptionBlockObject
	chosen, ok := find(severities, severity)
	if !ok {
		chosen = incident.Major
	}
	explain := map[incident.Severity]string{
		incident.Critical: l.Say(sayShopsCannotSell), incident.Major: l.Say(sayPartFails),
		incident.Minor: l.Say(sayFewNotice),
	}
	var first *slack.OptionBlockObject
	for _, v := range incident.Severities {
		o := choice(string(v), fmt.Sprintf("%s %s – %s", severities[v].icon, l.Say(severities[v].name), explain[v]))
		options = append(options, o)
		if v == chosen {
			first = o
		}
	}
	severityInput := slack.NewOptionsSelectBlockElement(slack.OptTypeStatic, nil, "severity", options...)
	severityInput.InitialOption = first
	began := slack.NewDateTimePickerBlockElement("started")
	beganBlock := slack.NewInputBlock("started", plainText(l.Say(askSince)), nil, began)
	beganBlock.Optional = true
	blocks := []slack.Block{
		input("title", l.Say(askTitle), title, maxTitle, false, false),
		slack.NewInputBlock("severity", plainText(l.Say(askSeverity)), nil, severityInput),
		s.scopeInput(), beganBlock, s.privateInput(private),
	}
	if from != nil && from.Text != "" { // nothing is published that nobody has seen
		shown := input("note", l.Say(askNote), from.Text, maxInput, true, true)
		shown.Hint = plainText(l.Say(hintNote))
		blocks = append(blocks, shown)
	}
	if ongoing != "" {
		blocks = append([]slack.Block{section(l.Say(sayOpenAlreadyBold, ongoing))}, blocks...)
	}
	return s.modal(viewOpen, l.Say(titleOpen), l.Say(buttonOpen), about{Note: from}, blocks...)
}

func (s Settings) privateInput(private bool) *slack.InputBlock {
	option := choice("private", s.Language.Say(askPrivate))
	e := slack.NewCheckboxGroupsBlockElement("private", option)
	if private {
		e.InitialOptions = []*slack.OptionBlockObject{option}
	}
	b := slack.NewInputBlock("private", plainText(s.Language.Say(labelPrivate)), plainText(s.Language.Say(hintPrivate)), e)
	b.Optional = true
	return b
}

// maxOptions is what a select takes, maxOption how long the value of one may be:
// docs.slack.dev/reference/block-kit/composition-objects/option-object
const maxOptions, maxOption = 100, 150

func (s Settings) scopeInput() *slack.InputBlock {
	label := s.Language.Say(askScope)
	names := slices.Concat(s.Tiers, s.ShopSets)
	long := slices.ContainsFunc(names, func(name string) bool { return len(name) > maxOption })
	if len(s.ShopSets) == 0 || len(names)+1 > maxOptions || long {
		return input("scope", label, "", 1000, false, true)
	}
	options := []*slack.OptionBlockObject{choice("fleet", s.Language.Say(wordEverything))}
	for _, t := range s.Tiers {
		options = append(options, choice(t, "Tier "+t))
	}
	for _, set := range s.ShopSets {
		options = append(options, choice(set, set))
	}
	b := slack.NewInputBlock("scope", plainText(label), plainText(s.Language.Say(hintScope)),
		slack.NewOptionsMultiSelectBlockElement(slack.MultiOptTypeStatic, nil, "scope", options...))
	b.Optional = true
	return b
}

// values reads a modal's inputs; none is "", several are joined by a space.
func values(v slack.View) map[string]string {
	out := map[string]string{}
	if v.State == nil {
		return out
	}
	for block, actions := range v.State.Values {
		for _, a := range actions {
			text := cmp.Or(a.Value, a.SelectedOption.Value, a.SelectedUser, a.SelectedDate)
			for _, o := range a.SelectedOptions {
				text = strings.TrimSpace(text + " " + o.Value)
			}
			if a.SelectedDateTime > 0 {
				text = time.Unix(a.SelectedDateTime, 0).UTC().Format(time.RFC3339)
			}
			out[block] = text
		}
	}
	return out
}

// opened makes an Incident of the opening modal's inputs. wrong is by block_id.
func (s Settings) opened(in map[string]string, now time.Time) (i incident.Incident, wrong map[string]string) {
	wrong = map[string]string{}
	i = incident.Incident{Title: line(in["title"]), Severity: incident.Severity(in["severity"]), State: incident.Open, DetectedAt: now, Private: in["private"] != ""}
	if err := s.checkTitle(i.Title); err != nil {
		wrong["title"] = err.Error()
	}
	if _, ok := severities[i.Severity]; !ok {
		wrong["severity"] = s.Language.Say(sayChooseOne)
	}
	if in["scope"] != "" {
		scope, err := s.readScope(in["scope"])
		if i.Scope = scope; err != nil {
			wrong["scope"] = text.Cut(err.Error(), 300)
		}
	}
	if in["started"] != "" {
		at, err := time.Parse(time.RFC3339, in["started"])
		if i.StartedAt = at; err != nil || at.After(now) {
			wrong["started"] = s.Language.Say(sayInFuture)
		}
	}
	return i, wrong
}

// telling is the modal for a status.
func (s Settings) telling(i incident.Incident) slack.ModalViewRequest {
	l := s.Language
	return s.modal(viewUpdate, l.Say(buttonTell), l.Say(buttonTellIt), about{Incident: i.ID},
		note(escape(text.Cut(s.head(i), 200))),
		input("text", l.Say(askUpdate), "", 3000, true, false))
}

// part is one part of a postmortem as it is edited.
type part struct {
	id    string
	label text.Entry
	text  func(*incident.Postmortem) *string
	list  func(*incident.Postmortem) *[]string
}

var postmortemParts = []part{
	{"summary", askSummary, func(p *incident.Postmortem) *string { return &p.Summary }, nil},
	{"impact", askImpact, func(p *incident.Postmortem) *string { return &p.Impact }, nil},
	{"cause", askCause, func(p *incident.Postmortem) *string { return &p.Cause }, nil},
	{"trigger", askTrigger, func(p *incident.Postmortem) *string { return &p.Trigger }, nil},
	{"detection", askDetection, func(p *incident.Postmortem) *string { return &p.Detection }, nil},
	{"resolution", askResolution, func(p *incident.Postmortem) *string { return &p.Resolution }, nil},
	{"well", askWell, nil, func(p *incident.Postmortem) *[]string { return &p.WentWell }},
	{"wrong", askWrong, nil, func(p *incident.Postmortem) *[]string { return &p.WentWrong }},
	{"lucky", askLucky, nil, func(p *incident.Postmortem) *[]string { return &p.Lucky }},
}

func (p part) get(pm *incident.Postmortem) string {
	if p.list != nil {
		return strings.Join(*p.list(pm), "\n")
	}
	return *p.text(pm)
}

func (p part) set(pm *incident.Postmortem, text string) {
	if p.list == nil {
		*p.text(pm) = strings.TrimSpace(text)
		return
	}
	var lines []string
	for l := range strings.Lines(text) {
		if l = strings.TrimSpace(l); l != "" {
			lines = append(lines, l)
		}
	}
	*p.list(pm) = lines
}

// maxInput is what an input takes: docs.slack.dev/reference/block-kit/block-elements/plain-text-input-element
const maxInput = 3000

// writing is the modal of the postmortem, with what has been written so far. A part that
// is longer than an input takes is left out: it is edited as Markdown.
func (s Settings) writing(i incident.Incident) slack.ModalViewRequest {
	l := s.Language
	pm := draft(i)
	a := about{Incident: i.ID, Was: map[string]string{}}
	blocks := []slack.Block{note(escape(text.Cut(s.head(i), 200)))}
	for _, p := range postmortemParts {
		text := p.get(pm)
		if len([]rune(text)) > maxInput {
			continue
		}
		a.Was[p.id] = hash(text)
		blocks = append(blocks, input(p.id, l.Say(p.label), text, maxInput, true, true))
	}
	return s.modal(viewPostmortem, l.Say(titlePostmortem), l.Say(buttonSave), a, blocks...)
}

func draft(i incident.Incident) *incident.Postmortem {
	pm := incident.Postmortem{}
	if i.Postmortem != nil {
		pm = *i.Postmortem
	}
	return &pm
}

func hash(text string) string {
	sum := sha256.Sum256([]byte(text))
	return hex.EncodeToString(sum[:4])
}

// written gives the postmortem after the modal's inputs. What this person left as it was
// stays as it is now; what two have changed meanwhile is wrong, by block_id.
func (s Settings) written(i incident.Incident, a about, in map[string]string) (*incident.Postmortem, map[string]string) {
	pm, wrong := draft(i), map[string]string{}
	for _, p := range postmortemParts {
		typed, given := in[p.id]
		was, shown := a.Was[p.id]
		if !given || !shown || hash(typed) == was {
			continue
		}
		if now := p.get(pm); hash(now) != was && strings.TrimSpace(now) != strings.TrimSpace(typed) {
			wrong[p.id] = text.Cut(s.Language.Say(sayWrittenMeanwhile, now), 500)
			continue
		}
		p.set(pm, typed)
	}
	return pm, wrong
}

// acting is the modal for an action.
func (s Settings) acting(i incident.Incident) slack.ModalViewRequest {
	l := s.Language
	owner := slack.NewInputBlock("owner", plainText(l.Say(askOwner)), nil, slack.NewOptionsSelectBlockElement(slack.OptTypeUser, nil, "owner"))
	due := slack.NewInputBlock("due", plainText(l.Say(askDue)), nil, slack.NewDatePickerBlockElement("due"))
	owner.Optional, due.Optional = true, true
	return s.modal(viewAction, l.Say(buttonAction), l.Say(buttonAdd), about{Incident: i.ID},
		note(escape(text.Cut(s.head(i), 200))),
		input("what", l.Say(askAction), "", 500, false, false),
		owner, due, input("link", l.Say(askLink), "", 500, false, true))
}

// acted adds the modal's action.
func (s Settings) acted(i incident.Incident, in map[string]string) (*incident.Postmortem, map[string]string) {
	pm := draft(i)
	action := incident.Action{What: line(in["what"]), Owner: in["owner"], Link: strings.TrimSpace(in["link"])}
	if action.What == "" {
		return nil, map[string]string{"what": s.Language.Say(sayWhatIsIt)}
	}
	if in["due"] != "" {
		day, err := time.ParseInLocation(time.DateOnly, in["due"], s.zone())
		if err != nil {
			return nil, map[string]string{"due": s.Language.Say(sayNoDate)}
		}
		action.Due = day
	}
	pm.Actions = append(slices.Clone(pm.Actions), action)
	return pm, nil
}
