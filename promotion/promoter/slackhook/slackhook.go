// Package slackhook tells Slack of an Arrival by an incoming webhook, or any chat
// service that takes the same JSON. It implements promoter.Teller.
package slackhook

import (
	"bytes"
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

	"github.com/shopslo/shopslo/internal/ask"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// Hook is an incoming webhook.
type Hook struct {
	// File holds the webhook's address, which is a secret: whoever has it may write.
	// It is read anew each time. Where it is "", Address is what it would hold.
	File, Address string

	Client *http.Client // nil is http.DefaultClient
	// Patience bounds all attempts together; 0 is 30 seconds.
	Patience time.Duration
}

// attempts is how often a message is sent that Slack does not take at once.
const attempts = 3

// Tell implements promoter.Teller.
func (h *Hook) Tell(ctx context.Context, a promoter.Arrival) error {
	link := a.Compare
	a.Compare = ""
	return h.Say(ctx, a.Text(), link)
}

// Say sends a text, which others may have written: it is shown as it is, without links,
// mentions and markup. link is an address of one's own that stands below it; "" is none. It tries again where Slack asks for that, or cannot be reached: then
// the message may come twice. No error has the address in it.
func (h *Hook) Say(ctx context.Context, text, link string) error {
	to, err := h.address()
	if err != nil {
		return fmt.Errorf("notify Slack: %w", err)
	}
	body, err := json.Marshal(message{Text: written(text, link), Parse: "none"})
	if err != nil {
		return fmt.Errorf("notify Slack: %w", err)
	}
	patience := h.Patience
	if patience <= 0 {
		patience = 30 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for n := 1; ; n++ {
		wait, err := h.post(ctx, to, body)
		if err == nil || wait < 0 || n == attempts {
			return err
		}
		select {
		case <-time.After(wait):
		case <-ctx.Done():
			return err
		}
	}
}

func (h *Hook) address() (*url.URL, error) {
	address, where := h.Address, "the environment"
	if h.File != "" {
		data, err := disk.ReadSmall(h.File)
		if err != nil {
			return nil, err
		}
		address, where = string(data), h.File
	}
	to, err := url.Parse(strings.TrimSpace(address))
	if err != nil || to.Host == "" || to.Scheme != "https" && to.Scheme != "http" {
		return nil, fmt.Errorf("%s does not contain a webhook URL", where)
	}
	return to, nil
}

// post sends the message. wait is after how long it may be sent again; below 0: never.
func (h *Hook) post(ctx context.Context, to *url.URL, body []byte) (wait time.Duration, err error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, to.String(), bytes.NewReader(body))
	if err != nil {
		return -1, errors.New("notify Slack: invalid webhook URL")
	}
	req.Header.Set("Content-Type", "application/json")
	resp, err := ask.Staying(h.Client).Do(req)
	if err != nil {
		var withAddress *url.Error // which is the secret
		if errors.As(err, &withAddress) {
			err = withAddress.Err
		}
		return time.Second, fmt.Errorf("notify Slack: %s cannot be reached: %w", to.Host, err)
	}
	defer resp.Body.Close()
	said, _ := io.ReadAll(io.LimitReader(resp.Body, 200))
	switch {
	case resp.StatusCode/100 == 2:
		return 0, nil
	case resp.StatusCode == http.StatusTooManyRequests:
		seconds, _ := strconv.Atoi(resp.Header.Get("Retry-After"))
		wait = time.Duration(max(seconds, 1)) * time.Second
	case resp.StatusCode/100 == 5:
		wait = time.Second
	default:
		wait = -1
	}
	return wait, fmt.Errorf("notify Slack: %s returned HTTP %d: %q", to.Host, resp.StatusCode, said)
}

// message is what an incoming webhook takes. All but the text are false or "none", so that
// nothing is read into it.
type message struct {
	Text   string `json:"text"`
	Markup bool   `json:"mrkdwn"`
	Parse  string `json:"parse"`
	Names  bool   `json:"link_names"`
	Links  bool   `json:"unfurl_links"`
	Media  bool   `json:"unfurl_media"`
}

// written is each line of a text without links and mentions, as Slack's documentation of
// formatting asks for, and the link.
func written(text, link string) string {
	lines := strings.Split(text, "\n")
	for i := range lines {
		lines[i] = plain.Chat(lines[i])
	}
	if u, err := url.Parse(link); err == nil && (u.Scheme == "https" || u.Scheme == "http") {
		lines = append(lines, "<"+strings.NewReplacer("<", "%3C", ">", "%3E", "|", "%7C", "&", "&amp;").Replace(link)+">")
	}
	return strings.Join(lines, "\n")
}

var _ promoter.Teller = (*Hook)(nil)
