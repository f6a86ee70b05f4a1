package slackbot

import (
	"os"
	"slices"
	"testing"

	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/fakes/slackfake"
)

type manifest struct {
	Features struct {
		AppHome struct {
			Messages bool `yaml:"messages_tab_enabled"`
		} `yaml:"app_home"`
		SlashCommands []struct {
			Command      string `yaml:"command"`
			ShouldEscape bool   `yaml:"should_escape"`
		} `yaml:"slash_commands"`
		Shortcuts []struct {
			CallbackID  string `yaml:"callback_id"`
			Name        string `yaml:"name"`
			Description string `yaml:"description"`
		} `yaml:"shortcuts"`
	} `yaml:"features"`
	OAuth struct {
		Scopes struct {
			Bot []string `yaml:"bot"`
		} `yaml:"scopes"`
	} `yaml:"oauth_config"`
	Settings struct {
		Events struct {
			Bot []string `yaml:"bot_events"`
		} `yaml:"event_subscriptions"`
	} `yaml:"settings"`
}

func TestTheManifestAsksForWhatTheBotUsesAndNoMore(t *testing.T) {
	data, err := os.ReadFile("../../deploy/slack/manifest.yaml")
	if err != nil {
		t.Fatal(err)
	}
	var m manifest
	if err := yaml.Unmarshal(data, &m); err != nil {
		t.Fatal(err)
	}
	// A whole story, in a workspace that grants exactly this; one answer is lost, so that
	// the bot has to look.
	w := start(t, slackfake.Options{Scopes: m.OAuth.Scopes.Bot, NoMessagesTab: !m.Features.AppHome.Messages}, false, func(w *world) { w.set.ArchiveAfter = 1 })
	w.slack.Fail(slackfake.DropAfterWrite, "conversations.create", 1)
	w.command(w.mai, w.general, "open critical Payments fail")
	w.pass(2 * firstPause)
	c := w.channel("inc-1")
	w.command(w.ken, c, "lead")
	if err := w.slack.React(w.mai, c, w.slack.Say(w.ken, c, "hello"), "memo"); err != nil {
		t.Fatal(err)
	}
	w.command(w.ken, c, "severity minor")
	w.command(w.ken, c, "closed")
	w.pass(2 * firstPause)

	w.slack.Fail(slackfake.DropAfterWrite, "conversations.create", 1)
	w.command(w.mai, w.general, "open private critical Keys leak")
	w.slack.Fail(slackfake.DropAfterWrite, "chat.postMessage", 1)
	w.pass(2 * firstPause)
	if !w.slack.IsPrivate(w.channel("inc-2")) {
		t.Error("a public channel")
	}

	if err := w.bot.tellText(t.Context(), incident.Incident{}, incident.Job{}, task{User: w.mai, Text: "to you alone"}); err != nil {
		t.Error(err)
	}
	want := []string{"app_mentions:read", "commands", "groups:history", "groups:read", "groups:write", "reactions:read"} // of the slash command, the shortcuts and the event
	for _, call := range w.slack.Calls() {
		if call.Outcome != "ok" && call.Outcome != string(slackfake.DropAfterWrite) && call.Outcome != "name_taken" && call.Outcome != "not_in_channel" && call.Outcome != "already_in_channel" {
			t.Errorf("%+v", call)
		}
		if scope, ok := slackfake.Scope(call.Method); ok && scope != "" && !slices.Contains(want, scope) {
			want = append(want, scope)
		}
	}
	slices.Sort(want)
	if !slices.Equal(m.OAuth.Scopes.Bot, want) || !slices.Equal(scopes, want) {
		t.Errorf("the manifest asks for %v, Check for %v; the bot uses %v", m.OAuth.Scopes.Bot, scopes, want)
	}
	if !slices.Equal(m.Settings.Events.Bot, []string{"app_mention", "reaction_added"}) || len(m.Features.SlashCommands) != 1 ||
		m.Features.SlashCommands[0].Command != "/incident" || !m.Features.SlashCommands[0].ShouldEscape {
		t.Errorf("%+v", m)
	}
	var shortcuts []string
	for _, s := range m.Features.Shortcuts {
		shortcuts = append(shortcuts, s.CallbackID)
		// docs.slack.dev/reference/app-manifest: a name of at most 24 characters, a
		// description of at most 150.
		if len([]rune(s.Name)) > 24 || len([]rune(s.Description)) > 150 {
			t.Errorf("%+v is too long", s)
		}
	}
	if !slices.Equal(shortcuts, []string{shortcutOpen, shortcutNote}) {
		t.Errorf("shortcuts %v", shortcuts)
	}
}
