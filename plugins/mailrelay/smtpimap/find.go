package smtpimap

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"strings"
	"time"

	"github.com/emersion/go-imap"
	"github.com/emersion/go-imap/client"
)

// most is how many marked mails are looked at in one look, the newest; with one mail in
// five minutes and three hours there are 36 of an account.
const most = 2000

// Find implements mailrelay.Canary. The time of a mail is when the mailbox got it, by
// that server's clock.
func (w *Way) Find(ctx context.Context, marks []string) (map[string]time.Time, error) {
	found, err := w.find(ctx, marks)
	if err != nil {
		return nil, w.IMAP.trouble(ctx, "look for mails on", err)
	}
	return found, nil
}

func (w *Way) find(ctx context.Context, marks []string) (map[string]time.Time, error) {
	conn, hang, err := w.dial(ctx, w.IMAP)
	if err != nil {
		return nil, err
	}
	defer hang()
	c, err := client.New(conn)
	if err != nil {
		return nil, err
	}
	c.ErrorLog = log.New(io.Discard, "", 0)
	if err := w.enter(c); err != nil {
		return nil, err
	}
	mails, err := marked(c)
	if err != nil {
		return nil, err
	}
	found := map[string]time.Time{}
	old := new(imap.SeqSet)
	for _, m := range mails {
		mark := markOf(m.Envelope.Subject)
		switch {
		case mark == "":
		case slices.Contains(marks, mark):
			found[mark] = m.InternalDate
		case w.Now().Sub(m.InternalDate) > gone:
			old.AddNum(m.Uid)
		}
	}
	if !old.Empty() {
		if err := remove(c, old); err != nil {
			return nil, err
		}
	}
	_ = c.Logout() // everything was read
	return found, nil
}

// enter logs in and opens the mailbox.
func (w *Way) enter(c *client.Client) error {
	if w.IMAP.Security == StartTLS {
		if ok, err := c.SupportStartTLS(); err != nil {
			return err
		} else if !ok {
			return errors.New("the server offers no STARTTLS, and nothing is said without")
		}
		if err := c.StartTLS(w.tls(w.IMAP)); err != nil {
			return err
		}
	}
	if w.IMAP.User != "" {
		if err := c.Login(w.IMAP.User, w.IMAP.Password); err != nil {
			return declined(c, "log in", err)
		}
	}
	mailbox := w.Mailbox
	if mailbox == "" {
		mailbox = "INBOX"
	}
	if _, err := c.Select(mailbox, false); err != nil {
		return declined(c, "open the mailbox "+mailbox, err)
	}
	return nil
}

// declined tells the server's no from a connection that ended: the library does not.
func declined(c *client.Client, doing string, err error) error {
	if err == nil {
		return nil
	}
	select {
	case <-c.LoggedOut():
		return fmt.Errorf("%s: %w", doing, io.ErrUnexpectedEOF)
	default:
		return refusal(doing + ": " + err.Error())
	}
}

// marked are the newest marked mails, each with its subject and time.
func marked(c *client.Client) ([]*imap.Message, error) {
	uids, err := c.UidSearch(&imap.SearchCriteria{Header: map[string][]string{"Subject": {strings.TrimSpace(subject)}}, WithoutFlags: []string{imap.DeletedFlag}})
	if err != nil {
		return nil, declined(c, "search", err)
	}
	if len(uids) == 0 {
		return nil, nil
	}
	slices.Sort(uids)
	set := new(imap.SeqSet)
	set.AddNum(uids[max(0, len(uids)-most):]...)
	messages := make(chan *imap.Message, 64)
	done := make(chan error, 1)
	go func() {
		done <- c.UidFetch(set, []imap.FetchItem{imap.FetchEnvelope, imap.FetchInternalDate, imap.FetchUid}, messages)
	}()
	var out []*imap.Message
	for m := range messages {
		if m.Envelope != nil && m.Uid > 0 && !m.InternalDate.IsZero() {
			out = append(out, m)
		}
	}
	return out, declined(c, "read the mails", <-done)
}

// remove deletes old marked mails. Only they are expunged, which takes UIDPLUS (RFC
// 4315); a server without it keeps them marked as deleted.
func remove(c *client.Client, set *imap.SeqSet) error {
	if err := c.UidStore(set, imap.FormatFlagsOp(imap.AddFlags, true), []any{imap.DeletedFlag}, nil); err != nil {
		return declined(c, "delete old mails", err)
	}
	if ok, err := c.Support("UIDPLUS"); err != nil || !ok {
		return err
	}
	status, err := c.Execute(expunge{set}, nil)
	if err != nil {
		return err
	}
	return declined(c, "expunge old mails", status.Err())
}

// expunge is UID EXPUNGE.
type expunge struct{ set *imap.SeqSet }

func (e expunge) Command() *imap.Command {
	return &imap.Command{Name: "UID", Arguments: []any{imap.RawString("EXPUNGE"), e.set}}
}
