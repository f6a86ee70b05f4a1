package slackbot

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
)

// maxNotification is what a notification of alerts may weigh, in bytes: some 12,000 alerts. Of a
// longer one of Alertmanager's those at its beginning are taken.
const maxNotification = 16 << 20

// maxTaken is how many alerts of one notification are taken.
const maxTaken = 20_000

// alerts are the first maxTaken of a list.
type alerts []alert

// UnmarshalJSON implements json.Unmarshaler.
func (l *alerts) UnmarshalJSON(list []byte) error {
	d := json.NewDecoder(bytes.NewReader(list))
	switch first, err := d.Token(); {
	case err != nil || first == nil:
		return err
	case first != json.Delim('['):
		return errors.New("alerts are no list")
	}
	for d.More() && len(*l) < maxTaken {
		var a alert
		if err := d.Decode(&a); err != nil {
			return err
		}
		*l = append(*l, a)
	}
	return nil
}

// Alerts is Alertmanager's webhook receiver. authorized decides who may call it; nil is
// nobody. It answers 200 only when everything is stored, so that Alertmanager repeats. What is
// refused, which Alertmanager does not repeat, is logged.
func (b *Bot) Alerts(authorized func(*http.Request) bool) http.Handler {
	return b.notified(authorized, func(body []byte) (n notification, ok bool, err error) {
		if len(body) <= maxNotification {
			n, err = readNotification(body)
			return n, err == nil, err
		}
		if n, err = readHead(body); err == nil {
			b.o.Log.Warn("a notification of Alertmanager is longer than 16 MB: its first alerts are taken, and what the others affect is not known", "alerts", len(n.Alerts))
		}
		return n, err == nil, err
	})
}

// notified takes notifications that read understands; ok false: it is none. A body that is longer
// than maxNotification has one byte more.
func (b *Bot) notified(authorized func(*http.Request) bool, read func(body []byte) (n notification, ok bool, err error)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		refuse := func(status int, why string) {
			b.o.Log.Warn("a notification of alerts is refused", "path", r.URL.Path, "from", r.RemoteAddr, "status", status, "why", why)
			http.Error(w, why, status)
		}
		if authorized == nil || !authorized(r) {
			refuse(http.StatusUnauthorized, "give the token of alerts.token_file, as a bearer token, as the password of basic auth, or as ?token=")
			return
		}
		body, err := io.ReadAll(io.LimitReader(r.Body, maxBody))
		if err == nil && len(body) == maxBody { // a big one: one after another, since there may be many
			b.big.Lock()
			defer b.big.Unlock()
			var rest []byte
			rest, err = io.ReadAll(io.LimitReader(r.Body, maxNotification+1-maxBody))
			body = append(body, rest...)
		}
		if err != nil {
			refuse(http.StatusServiceUnavailable, "the notification cannot be read to its end: send it again")
			return
		}
		n, ok, err := read(body)
		switch {
		case err != nil:
			refuse(http.StatusBadRequest, err.Error())
			return
		case !ok:
			b.o.Log.Info("a notification that is about no alert", "path", r.URL.Path)
			return
		}
		if err := b.alerted(r.Context(), n); err != nil {
			b.o.NotStored()
			b.o.Log.Error("store what an alert says", "err", err)
			http.Error(w, "what was said could not be stored: send it again", http.StatusServiceUnavailable)
		}
	})
}

// readNotification reads the webhook's body.
func readNotification(body []byte) (notification, error) {
	var n notification
	if err := json.Unmarshal(body, &n); err != nil {
		return n, fmt.Errorf("read Alertmanager's notification: %w", err)
	}
	switch {
	case n.Version != "4":
		return n, fmt.Errorf("version %q of Alertmanager's notifications is unknown; 4 is read", n.Version)
	case n.GroupKey == "":
		return n, errors.New("the notification of Alertmanager has no groupKey")
	}
	if len(n.Alerts) == maxTaken {
		n.Truncated++ // perhaps by us
	}
	return n, nil
}

// readHead reads the alerts at the beginning of a notification that was cut. The group's key stands
// behind them: what has the first one's name is one group.
func readHead(body []byte) (notification, error) {
	n := notification{Truncated: 1}
	d := json.NewDecoder(bytes.NewReader(body))
	for _, err := d.Token(); err == nil && d.More(); {
		var key json.Token
		if key, err = d.Token(); err == nil && key == "alerts" {
			_, err = d.Token()
			for err == nil && d.More() && len(n.Alerts) < maxTaken {
				var a alert
				if err = d.Decode(&a); err == nil {
					n.Alerts = append(n.Alerts, a)
				}
			}
			break
		} else if err == nil {
			err = d.Decode(new(json.RawMessage))
		}
	}
	if len(n.Alerts) == 0 {
		return n, errors.New("the notification is longer than 16 MB, and no alert stands at its beginning: is it Alertmanager's?")
	}
	n.GroupKey = "cut:" + n.Alerts[0].Labels["alertname"]
	return n, nil
}
