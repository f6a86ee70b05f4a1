package smtpimap

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"slices"
	"strings"

	"github.com/emersion/go-imap"
	"github.com/emersion/go-imap/client"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// most is how many marked mails are looked at in one look, the newest; with one mail in
// five minutes and three hours there are 36 of an account.
const most = 2000

// Find implements mailrelay.Canary. The time of a mail is when the mailbox got it, by
// that server's clock. What is not in the mailbox is looked for in its folder for spam.
func (w *Way) Find(ctx context.Context, marks []string) (map[string]mailrelay.Arrival, error) {
	found, err := w.find(ctx, marks)
	if err != nil {
		return nil, w.IMAP.trouble(ctx, "look for mails on", err)
	}
	return found, nil
}

func (w *Way) find(ctx context.Context, marks []string) (map[string]mailrelay.Arrival, error) {
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
	found := map[string]mailrelay.Arrival{}
	if err := w.look(c, cmp.Or(w.Mailbox, "INBOX"), false, marks, found); err != nil {
		return nil, err
	}
	if len(found) < len(marks) {
		folders, err := w.spam(c)
		if err != nil {
			return nil, err
		}
		for _, folder := range folders {
			if err := w.look(c, folder, true, marks, found); err != nil {
				return nil, err
			}
		}
	}
	_ = c.Logout() // everything was read
	return found, nil
}

// look adds what is in a folder to what was found, and removes what is too old there.
func (w *Way) look(c *client.Client, folder string, junk bool, marks []string, found map[string]mailrelay.Arrival) error {
	if _, err := c.Select(folder, false); err != nil {
		return declined(c, "open the mailbox "+folder, err)
	}
	mails, err := marked(c)
	if err != nil {
		return err
	}
	old := new(imap.SeqSet)
	for _, m := range mails {
		mark := markOf(m.Envelope.Subject)
		switch _, there := found[mark]; {
		case mark == "" || there:
		case slices.Contains(marks, mark):
			found[mark] = mailrelay.Arrival{At: m.InternalDate, Folder: folder, Junk: junk, Proofs: proofsOf(m)}
		case w.Now().Sub(m.InternalDate) > gone:
			old.AddNum(m.Uid)
		}
	}
	if old.Empty() {
		return nil
	}
	return remove(c, old)
}

// mostSpam is how many folders are looked at for spam, mostFolders how many are read of.
const (
	mostSpam    = 3
	mostFolders = 2000
)

// spam are the folders for spam: the one of the settings, or those that the server marks
// so (RFC 6154), or that are called so.
func (w *Way) spam(c *client.Client) ([]string, error) {
	if w.Junk != "" {
		return []string{w.Junk}, nil
	}
	folders := make(chan *imap.MailboxInfo, 64)
	done := make(chan error, 1)
	go func() { done <- c.List("", "*", folders) }()
	var said, called []string
	n := 0
	for f := range folders {
		if n++; n > mostFolders || f.Name == cmp.Or(w.Mailbox, "INBOX") || slices.Contains(f.Attributes, imap.NoSelectAttr) {
			continue
		}
		name := f.Name
		if f.Delimiter != "" {
			name = name[strings.LastIndex(name, f.Delimiter)+1:]
		}
		switch {
		case slices.ContainsFunc(f.Attributes, func(a string) bool { return strings.EqualFold(a, imap.JunkAttr) }):
			said = append(said, f.Name)
		case slices.Contains(spamNames, strings.ToLower(name)):
			called = append(called, f.Name)
		}
	}
	if err := <-done; err != nil {
		return nil, declined(c, "list the folders", err)
	}
	if len(said) == 0 {
		said = called
	}
	return said[:min(len(said), mostSpam)], nil
}

// enter logs in.
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

// marked are the newest marked mails of the open folder, each with its subject, time and
// authentication results.
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
		done <- c.UidFetch(set, []imap.FetchItem{imap.FetchEnvelope, imap.FetchInternalDate, imap.FetchUid, results.FetchItem()}, messages)
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
