package slackbot

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/slack-go/slack"
)

// maxAnswer is what an answer of Slack's may weigh, in bytes.
const maxAnswer = 16 << 20

// call calls a method of the Web API of which slack-go reads too little or too much: it drops
// the results per user of conversations.invite where some could be invited, and it refuses a
// whole history for one block element that it does not know. Errors are slack-go's.
func (b *Bot) call(ctx context.Context, method string, args url.Values, out any) error {
	err := b.ask(ctx, method, args, out)
	b.called(method, err)
	return err
}

func (b *Bot) ask(ctx context.Context, method string, args url.Values, out any) error {
	address := slack.APIURL
	if b.o.Client.Address != "" {
		address = strings.TrimRight(b.o.Client.Address, "/") + "/"
	}
	r, err := http.NewRequestWithContext(ctx, http.MethodPost, address+method, strings.NewReader(args.Encode()))
	if err != nil {
		return err
	}
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Authorization", "Bearer "+b.o.Client.BotToken)
	client := b.o.Client.HTTP
	if client == nil {
		client = http.DefaultClient
	}
	resp, err := client.Do(r)
	if err != nil {
		return err
	}
	defer resp.Body.Close()
	switch {
	case resp.StatusCode == http.StatusTooManyRequests:
		wait, err := strconv.Atoi(resp.Header.Get("Retry-After"))
		if err != nil {
			wait = 1
		}
		return &slack.RateLimitedError{RetryAfter: time.Duration(wait) * time.Second}
	case resp.StatusCode != http.StatusOK:
		return slack.StatusCodeError{Code: resp.StatusCode, Status: resp.Status}
	}
	body, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return err
	}
	if len(body) > maxAnswer {
		return fmt.Errorf("the answer of %s has more than %d bytes", method, maxAnswer)
	}
	var said struct {
		OK     bool   `json:"ok"`
		Error  string `json:"error"`
		Needed string `json:"needed"`
	}
	if err := json.Unmarshal(body, &said); err != nil {
		return err
	}
	if out != nil {
		if err := json.Unmarshal(body, out); err != nil {
			return err
		}
	}
	switch {
	case !said.OK && said.Error == "":
		return errors.New("the answer of " + method + " is neither ok nor an error")
	case !said.OK:
		return slack.SlackErrorResponse{Err: said.Error, Needed: said.Needed}
	}
	return nil
}

// messages reads messages by conversations.history or conversations.replies, and gives the
// cursor of the next page; "" where there is none.
func (b *Bot) messages(ctx context.Context, method string, args url.Values) ([]written, string, error) {
	var out struct {
		Messages []written `json:"messages"`
		Next     struct {
			Cursor string `json:"next_cursor"`
		} `json:"response_metadata"`
	}
	err := b.call(ctx, method, args, &out)
	return out.Messages, out.Next.Cursor, err
}
