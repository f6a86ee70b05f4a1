package incidentbot

import (
	"context"
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident/slackbot"
	"github.com/shopslo/shopslo/incident/sqlstore"
)

// openStore opens the store of the settings, or of the environment.
func (a Around) openStore(ctx context.Context, s *settings) (*sqlstore.Store, error) {
	address := a.Getenv("INCIDENTBOT_STORE")
	if address == "" {
		address = s.Store
	}
	if address == "" {
		address = defaultStore
	}
	if name, ok := strings.CutPrefix(address, "sqlite:"); ok && !strings.HasPrefix(name, "/") {
		address = "sqlite:" + s.file(name)
	}
	store, err := sqlstore.Open(ctx, address)
	if err != nil {
		return nil, Failed{err}
	}
	return store, nil
}

// client collects what calls of Slack need. The signing secret is "" with Socket Mode. The error
// names all that is missing.
func (a Around) client(s *settings) (c slackbot.Client, signing string, err error) {
	c.Address, c.HTTP = a.Getenv("SLACK_API_URL"), &http.Client{Timeout: 10 * time.Second}
	var bot, other error
	c.BotToken, bot = a.secret(s, "slack.bot_token", s.Slack.BotToken, "SLACK_BOT_TOKEN")
	switch {
	case bot != nil:
	case c.BotToken == "":
		bot = errors.New("no bot token: put it (xoxb-…) into SLACK_BOT_TOKEN, or into the file of slack.bot_token_file")
	case !strings.HasPrefix(c.BotToken, "xoxb-"):
		bot = errors.New("invalid bot token: it must begin with xoxb- (OAuth & Permissions, Bot User OAuth Token)")
	}
	if s.Slack.Mode == "http" {
		signing, other = a.secret(s, "slack.signing_secret", s.Slack.SigningSecret, "SLACK_SIGNING_SECRET")
		if other == nil && signing == "" {
			other = errors.New("no signing secret: put it into SLACK_SIGNING_SECRET, or into the file of slack.signing_secret_file")
		}
		return c, signing, errors.Join(bot, other)
	}
	c.AppToken, other = a.secret(s, "slack.app_token", s.Slack.AppToken, "SLACK_APP_TOKEN")
	switch {
	case other != nil:
	case c.AppToken == "":
		other = errors.New("no app-level token: put it (xapp-…) into SLACK_APP_TOKEN, or into the file of slack.app_token_file; or choose slack.mode: http")
	case !strings.HasPrefix(c.AppToken, "xapp-"):
		other = errors.New("invalid app-level token: it must begin with xapp- (Basic Information, App-Level Tokens)")
	}
	return c, "", errors.Join(bot, other)
}
