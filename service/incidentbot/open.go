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

// client collects what calls of Slack need. The signing secret is "" with Socket Mode.
func (a Around) client(s *settings) (c slackbot.Client, signing string, err error) {
	c.BotToken, err = a.secret(s, "slack.bot_token", s.Slack.BotToken, "SLACK_BOT_TOKEN")
	if err != nil {
		return c, "", err
	}
	if !strings.HasPrefix(c.BotToken, "xoxb-") {
		return c, "", errors.New("no bot token: put it (xoxb-…) into SLACK_BOT_TOKEN, or into the file of slack.bot_token_file")
	}
	c.Address, c.HTTP = a.Getenv("SLACK_API_URL"), &http.Client{Timeout: 10 * time.Second}
	if s.Slack.Mode == "http" {
		signing, err = a.secret(s, "slack.signing_secret", s.Slack.SigningSecret, "SLACK_SIGNING_SECRET")
		if err == nil && signing == "" {
			err = errors.New("no signing secret: put it into SLACK_SIGNING_SECRET, or into the file of slack.signing_secret_file")
		}
		return c, signing, err
	}
	c.AppToken, err = a.secret(s, "slack.app_token", s.Slack.AppToken, "SLACK_APP_TOKEN")
	if err == nil && !strings.HasPrefix(c.AppToken, "xapp-") {
		err = errors.New("no app-level token: put it (xapp-…) into SLACK_APP_TOKEN, or into the file of slack.app_token_file; or choose slack.mode: http")
	}
	return c, "", err
}
