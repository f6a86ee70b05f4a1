package slackfake

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/slack-go/slack"
	"github.com/slack-go/slack/socketmode"
)

func client(f *Fake) *slack.Client {
	return slack.New(BotToken, slack.OptionAPIURL(f.URL), slack.OptionAppLevelToken(AppToken))
}

func begin(t *testing.T, o Options) (*Fake, *slack.Client) {
	t.Helper()
	f := Start(o)
	t.Cleanup(f.Close)
	return f, client(f)
}

func word(err error) string {
	var refused slack.SlackErrorResponse
	var limited *slack.RateLimitedError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &refused):
		return refused.Err
	case errors.As(err, &limited):
		return "ratelimited"
	}
	return "failed"
}

func TestChannelsFollowSlacksRules(t *testing.T) {
	f, api := begin(t, Options{})
	create := func(name string) error {
		_, err := api.CreateConversation(slack.CreateConversationParams{ChannelName: name})
		return err
	}
	for name, want := range map[string]string{"": "invalid_name_required", "Big": "invalid_name_specials", "カート": "invalid_name_specials", "--": "invalid_name_punctuation",
		strings.Repeat("a", 81): "invalid_name_maxlength", strings.Repeat("a", 80): "", "inc-1": ""} {
		if got := word(create(name)); got != want {
			t.Errorf("channel %q: %q, want %q", name, got, want)
		}
	}
	if got := word(create("inc-1")); got != "name_taken" {
		t.Errorf("the same name again: %q", got)
	}
	ids, names := f.Channels()
	id := ids[slices.IndexFunc(ids, func(id string) bool { return names[id] == "inc-1" })]
	_, err := api.SetTopicOfConversation(id, strings.Repeat("あ", 251))
	if word(err) != "too_long" {
		t.Errorf("a topic of 251 characters: %v", err)
	}
	if _, err = api.SetTopicOfConversation(id, strings.Repeat("あ", 250)); err != nil {
		t.Errorf("a topic of 250 characters: %v", err)
	}
	mine, other := f.AddUser("mai", "Mai"), f.AddChannel("other")
	if _, _, err = api.PostMessage(other, slack.MsgOptionText("x", false)); word(err) != "not_in_channel" {
		t.Errorf("a message where the app is not: %v", err)
	}
	if _, err = api.InviteUsersToConversation(id, mine, "UNOBODY"); word(err) != "user_not_found" {
		t.Errorf("somebody who is not there: %v", err)
	}
	if _, err = api.ForceInviteUsersToConversation(id, mine, "UNOBODY"); err != nil || !slices.Contains(f.Members(id), mine) {
		t.Errorf("with force: %v", err)
	}
	if _, err = api.InviteUsersToConversation(id, mine); word(err) != "already_in_channel" {
		t.Errorf("somebody who is there: %v", err)
	}
	if _, err = api.InviteUsersToConversation(id, slices.Repeat([]string{mine}, 1001)...); word(err) != "too_many_users" {
		t.Errorf("1001 people: %v", err)
	}
	if err := api.ArchiveConversation(id); err != nil {
		t.Error(err)
	}
	if _, _, err = api.PostMessage(id, slack.MsgOptionText("x", false)); word(err) != "is_archived" {
		t.Errorf("a message to an archive: %v", err)
	}
}

func TestListsComeInPages(t *testing.T) {
	f, api := begin(t, Options{})
	for n := range 7 {
		f.AddChannel("c" + string(rune('a'+n)))
	}
	all, err := api.GetAllConversations(slack.GetConversationsOptionLimit(3))
	if err != nil || len(all) != 7 {
		t.Errorf("%d channels, %v", len(all), err)
	}
}

func TestMessagesAreKeptAndLimited(t *testing.T) {
	f, api := begin(t, Options{})
	c, err := api.CreateConversation(slack.CreateConversationParams{ChannelName: "a"})
	if err != nil {
		t.Fatal(err)
	}
	section := func(n int) slack.Block {
		return slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, strings.Repeat("あ", n), false, false), nil, nil)
	}
	for name, test := range map[string]struct {
		blocks []slack.Block
		want   string
	}{
		"50 blocks":          {slices.Repeat([]slack.Block{section(1)}, 50), ""},
		"51 blocks":          {slices.Repeat([]slack.Block{section(1)}, 51), "invalid_blocks"},
		"3,000 characters":   {[]slack.Block{section(3000)}, ""},
		"3,001 characters":   {[]slack.Block{section(3001)}, "invalid_blocks"},
		"a button of 76":     {[]slack.Block{slack.NewActionBlock("", slack.NewButtonBlockElement("a", "v", slack.NewTextBlockObject(slack.PlainTextType, strings.Repeat("b", 76), false, false)))}, "invalid_blocks"},
		"12,000 characters":  {slices.Repeat([]slack.Block{section(3000)}, 4), ""},
		"15,000 characters":  {slices.Repeat([]slack.Block{section(3000)}, 5), "msg_blocks_too_long"},
		"a header in mrkdwn": {[]slack.Block{slack.NewHeaderBlock(slack.NewTextBlockObject(slack.MarkdownType, "x", false, false))}, "invalid_blocks"},
	} {
		if _, _, err := api.PostMessage(c.ID, slack.MsgOptionText("x", false), slack.MsgOptionBlocks(test.blocks...)); word(err) != test.want {
			t.Errorf("%s: %v, want %q", name, err, test.want)
		}
	}
	marked := slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "x", false, false), nil, nil, slack.SectionBlockOptionBlockID("mark"))
	_, ts, err := api.PostMessage(c.ID, slack.MsgOptionBlocks(marked))
	if err != nil {
		t.Fatal(err)
	}
	h, err := api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: c.ID, Oldest: ts, Inclusive: true})
	if err != nil || len(h.Messages) != 1 || h.Messages[0].Blocks.BlockSet[0].ID() != "mark" {
		t.Errorf("history %+v, %v", h, err)
	}
	_, _, _, err = api.UpdateMessage(c.ID, ts, slack.MsgOptionText("new", false))
	if kept := f.Messages(c.ID); err != nil || !slices.ContainsFunc(kept, func(m Message) bool { return m.TS == ts && m.Text == "new" && len(m.Blocks) == 1 }) {
		t.Errorf("update: %v, %+v", err, kept)
	}
	if _, _, _, err := api.UpdateMessage(c.ID, ts, slack.MsgOptionText(strings.Repeat("x", 4001), false)); word(err) != "msg_too_long" {
		t.Errorf("a long update: %v", err)
	}
	theirs := f.Say(f.AddUser("mai", "Mai"), c.ID, "hello")
	if _, _, _, err := api.UpdateMessage(c.ID, theirs, slack.MsgOptionText("new", false)); word(err) != "cant_update_message" {
		t.Errorf("somebody else's: %v", err)
	}
	if err := api.AddPin(c.ID, slack.NewRefToMessage(c.ID, ts)); err != nil {
		t.Error(err)
	}
	if err := api.AddPin(c.ID, slack.NewRefToMessage(c.ID, ts)); word(err) != "already_pinned" {
		t.Errorf("pinned again: %v", err)
	}
}

func TestCallsAreLimitedByTime(t *testing.T) {
	now := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	_, api := begin(t, Options{Now: func() time.Time { return now }})
	var err error
	n := 0
	for ; n < 30 && err == nil; n++ {
		_, err = api.CreateConversation(slack.CreateConversationParams{ChannelName: "c" + string(rune('a'+n))})
	}
	var limited *slack.RateLimitedError
	if n != 21 || !errors.As(err, &limited) || limited.RetryAfter < time.Second {
		t.Fatalf("%d channels in a minute, then %v", n-1, err)
	}
	now = now.Add(limited.RetryAfter)
	if _, err = api.CreateConversation(slack.CreateConversationParams{ChannelName: "later"}); err != nil {
		t.Errorf("after Retry-After: %v", err)
	}
}

func TestScopesAndTokensAreAskedFor(t *testing.T) {
	f, api := begin(t, Options{Scopes: []string{"chat:write"}})
	_, err := api.CreateConversation(slack.CreateConversationParams{ChannelName: "a"})
	var refused slack.SlackErrorResponse
	if !errors.As(err, &refused) || refused.Err != "missing_scope" || refused.Needed != "channels:manage" {
		t.Errorf("without a scope: %+v", refused)
	}
	if _, err := slack.New("xoxb-wrong", slack.OptionAPIURL(f.URL)).AuthTest(); word(err) != "invalid_auth" {
		t.Errorf("a wrong token: %v", err)
	}
}

func TestFaultsLeaveWhatTheySay(t *testing.T) {
	for fault, written := range map[Fault]bool{DropAfterWrite: true, HalfReply: true, WrongJSON: true, FatalError: true, DropBefore: false, Broken: false, TooMany: false} {
		f, api := begin(t, Options{})
		f.Fail(fault, "conversations.create", 1)
		if _, err := api.CreateConversation(slack.CreateConversationParams{ChannelName: "a"}); err == nil {
			t.Errorf("%s: no error", fault)
		}
		if ids, _ := f.Channels(); (len(ids) == 1) != written {
			t.Errorf("%s: %d channels", fault, len(ids))
		}
	}
	f, api := begin(t, Options{})
	f.Fail(Slow, "conversations.create", 1)
	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	_, err := api.CreateConversationContext(ctx, slack.CreateConversationParams{ChannelName: "a"})
	if ids, _ := f.Channels(); !errors.Is(err, context.DeadlineExceeded) || len(ids) != 1 {
		t.Errorf("%v, %d channels", err, len(ids))
	}
}

func TestATriggerOpensOneModal(t *testing.T) {
	f, api := begin(t, Options{})
	mai, c := f.AddUser("mai", "Mai"), f.AddChannel("a")
	var trigger string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v, err := slack.NewSecretsVerifier(r.Header, SigningSecret)
		if err == nil {
			v.Write(body)
			err = v.Ensure()
		}
		if err != nil {
			t.Errorf("not signed: %v", err)
		}
		r.Body = io.NopCloser(strings.NewReader(string(body)))
		cmd, err := slack.SlashCommandParse(r)
		if err != nil || cmd.Text != "hello" || cmd.UserID != mai {
			t.Errorf("%+v, %v", cmd, err)
		}
		trigger = cmd.TriggerID
		json.NewEncoder(w).Encode(map[string]string{"text": "hi"})
	}))
	defer server.Close()
	f.Deliver(server.URL)
	if r, err := f.Command(mai, c, "hello"); err != nil || r.Text != "hi" {
		t.Fatalf("%q, %v", r.Text, err)
	}
	text := slack.NewTextBlockObject(slack.PlainTextType, "x", false, false)
	v := slack.ModalViewRequest{Type: slack.VTModal, Title: text, Submit: text, Blocks: slack.Blocks{BlockSet: []slack.Block{
		slack.NewInputBlock("b", text, nil, slack.NewPlainTextInputBlockElement(nil, "a"))}}}
	bad := v
	bad.Title = slack.NewTextBlockObject(slack.PlainTextType, strings.Repeat("t", 25), false, false)
	if _, err := api.OpenView(trigger, bad); word(err) != "invalid_arguments" {
		t.Errorf("a title of 25: %v", err)
	}
	if _, err := api.OpenView(trigger, v); err != nil {
		t.Error(err)
	}
	if _, err := api.OpenView(trigger, v); word(err) != "exchanged_trigger_id" {
		t.Errorf("a second modal: %v", err)
	}
	if _, _, ok := f.View(mai); !ok {
		t.Error("nobody sees it")
	}
}

func TestEventsAreRepeatedUntilTheyAreTaken(t *testing.T) {
	f, api := begin(t, Options{})
	c, err := api.CreateConversation(slack.CreateConversationParams{ChannelName: "a"})
	if err != nil {
		t.Fatal(err)
	}
	mai := f.AddUser("mai", "Mai")
	ts := f.Say(mai, c.ID, "x")
	var retries []string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if retries = append(retries, r.Header.Get("X-Slack-Retry-Num")); len(retries) < 3 {
			w.WriteHeader(http.StatusInternalServerError)
		}
	}))
	defer server.Close()
	f.Deliver(server.URL)
	if err := f.React(mai, c.ID, ts, "memo"); err != nil || !slices.Equal(retries, []string{"", "1", "2"}) {
		t.Errorf("%v, retries %q", err, retries)
	}
}

func TestSocketModeDeliversAgainWhatIsNotAcknowledged(t *testing.T) {
	f, api := begin(t, Options{AckWithin: 200 * time.Millisecond})
	mai, c := f.AddUser("mai", "Mai"), f.AddChannel("a")
	s := socketmode.New(api)
	ctx, cancel := context.WithCancel(context.Background())
	var wg sync.WaitGroup
	wg.Go(func() { s.RunContext(ctx) })
	attempts := make(chan int, 10)
	wg.Go(func() {
		for {
			select {
			case <-ctx.Done():
				return
			case e := <-s.Events:
				if e.Type != socketmode.EventTypeSlashCommand {
					continue
				}
				if attempts <- e.Request.RetryAttempt; e.Request.RetryAttempt > 0 {
					s.Ack(*e.Request, map[string]string{"text": "hi"})
				}
			}
		}
	})
	r, err := f.Command(mai, c, "hello")
	if err != nil || r.Text != "hi" || len(attempts) != 2 {
		t.Errorf("%q, %v, %d attempts", r.Text, err, len(attempts))
	}
	if !f.Disconnect("refresh_requested") {
		t.Error("no connection to refresh")
	}
	if r, err := f.Command(mai, c, "hello"); err != nil || r.Text != "hi" {
		t.Errorf("after a refresh: %q, %v", r.Text, err)
	}
	cancel()
	wg.Wait()
}

// Each of these is a rule of Slack's that a kinder fake would hide.
func TestWhatSlackDoesUnasked(t *testing.T) {
	f, api := begin(t, Options{})
	mai := f.AddUser("mai", "Mai")
	c, err := api.CreateConversation(slack.CreateConversationParams{ChannelName: "a"})
	if err != nil {
		t.Fatal(err)
	}
	if got, want := f.typed("@mai see https://x.example/a?b, shop.example.com, ops@example.com #a"), "<@"+mai+"|mai> see <https://x.example/a?b,> <http://shop.example.com|shop.example.com>, <mailto:ops@example.com|ops@example.com> <#"+c.ID+"|a>"; strings.ReplaceAll(got, ", <http", " <http") != want {
		t.Errorf("%q, want %q", got, want)
	}
	for verbatim, want := range map[bool]int{false: 1, true: 0} {
		_, ts, err := api.PostMessage(c.ID, slack.MsgOptionBlocks(slack.NewSectionBlock(slack.NewTextBlockObject(slack.MarkdownType, "ask @channel", false, verbatim), nil, nil)))
		if err != nil {
			t.Fatal(err)
		}
		if m := f.Messages(c.ID); len(m[len(m)-1].Notified) != want || m[len(m)-1].TS != ts {
			t.Errorf("verbatim %v notifies %q", verbatim, m[len(m)-1].Notified)
		}
	}
	ts := f.Post(mai, c.ID, Message{Text: "x", Blocks: []map[string]any{{"type": "actions", "elements": []any{map[string]any{"type": "button_of_2031"}}}}})
	if _, err := api.GetConversationHistory(&slack.GetConversationHistoryParameters{ChannelID: c.ID}); err == nil {
		t.Error("slack-go reads an element that it does not know by now: then messages need no reader of their own")
	}
	reply := f.Post(mai, c.ID, Message{Text: "y", ThreadTS: ts})
	if all, _, _, err := api.GetConversationReplies(&slack.GetConversationRepliesParameters{ChannelID: c.ID, Timestamp: reply}); err != nil || len(all) != 1 || all[0].Text != "y" {
		t.Errorf("a reply by its own time stamp: %v, %v", all, err)
	}
	if _, err := api.OpenView("never.was", slack.ModalViewRequest{Type: slack.VTModal, Title: slack.NewTextBlockObject(slack.PlainTextType, "x", false, false)}); word(err) != "invalid_trigger_id" {
		t.Errorf("a trigger that never was: %v", err)
	}
	f.Archive(c.ID)
	if _, err := f.Command(mai, c.ID, "help"); !errors.Is(err, ErrRefused) {
		t.Errorf("a command in an archived channel: %v", err)
	}
}

func TestATokenInTheAddressIsNone(t *testing.T) {
	f, _ := begin(t, Options{})
	for name, do := range map[string]func() (*http.Response, error){
		"in the address": func() (*http.Response, error) { return http.Get(f.URL + "auth.test?token=" + BotToken) },
		"in JSON": func() (*http.Response, error) {
			return http.Post(f.URL+"auth.test", "application/json", strings.NewReader(`{"token":"`+BotToken+`"}`))
		},
	} {
		resp, err := do()
		if err != nil {
			t.Fatal(err)
		}
		body, _ := io.ReadAll(resp.Body)
		resp.Body.Close()
		if !strings.Contains(string(body), "not_authed") {
			t.Errorf("%s: %s", name, body)
		}
	}
}

func TestCallsAtOnceMayOvertakeEachOther(t *testing.T) {
	f, api := begin(t, Options{Latency: [2]time.Duration{time.Millisecond, 40 * time.Millisecond}})
	c, err := api.CreateConversation(slack.CreateConversationParams{ChannelName: "a"})
	if err != nil {
		t.Fatal(err)
	}
	for range 20 {
		f.mu.Lock()
		f.used = map[string][]time.Time{}
		f.mu.Unlock()
		var wg sync.WaitGroup
		for _, text := range []string{"one", "two"} {
			wg.Go(func() { api.PostMessage(c.ID, slack.MsgOptionText(text, false)) })
			time.Sleep(2 * time.Millisecond)
		}
		wg.Wait()
		if m := f.Messages(c.ID); m[len(m)-1].Text == "one" {
			return
		}
	}
	t.Error("never")
}
