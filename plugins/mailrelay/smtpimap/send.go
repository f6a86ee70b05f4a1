package smtpimap

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/smtp"
	"strings"
	"time"
)

// Send implements mailrelay.Canary.
func (w *Way) Send(ctx context.Context, mark string) error {
	return w.SMTP.trouble(ctx, "send a mail through", w.send(ctx, mark))
}

func (w *Way) send(ctx context.Context, mark string) error {
	message, err := w.message(mark)
	if err != nil {
		return err
	}
	conn, hang, err := w.dial(ctx, w.SMTP)
	if err != nil {
		return err
	}
	defer hang()
	host, _, _ := net.SplitHostPort(w.SMTP.Address)
	c, err := smtp.NewClient(conn, host)
	if err != nil {
		return err
	}
	if w.SMTP.Security == StartTLS {
		if ok, _ := c.Extension("STARTTLS"); !ok {
			return errors.New("the server offers no STARTTLS, and nothing is said without")
		}
		if err := c.StartTLS(w.tls(w.SMTP)); err != nil {
			return err
		}
	}
	if w.SMTP.User != "" {
		if err := c.Auth(smtp.PlainAuth("", w.SMTP.User, w.SMTP.Password, host)); err != nil {
			return err
		}
	}
	if err := c.Mail(w.From); err != nil {
		return err
	}
	if err := c.Rcpt(w.To); err != nil {
		return err
	}
	data, err := c.Data()
	if err != nil {
		return err
	}
	if _, err := data.Write([]byte(message)); err != nil {
		return err
	}
	if err := data.Close(); err != nil { // the answer to the mail
		return err
	}
	_ = c.Quit() // the mail has been taken over, whatever comes
	return nil
}

// message is the marked mail. Nobody should answer it, and no holiday notice either.
func (w *Way) message(mark string) (string, error) {
	for _, a := range []string{w.From, w.To} {
		if p, err := mail.ParseAddress(a); err != nil || p.Address != a {
			return "", fmt.Errorf("%q is no mail address", a)
		}
	}
	if mark == "" || markOf(subject+mark) != mark || strings.ContainsFunc(mark, func(r rune) bool { return r <= ' ' || r > '~' }) {
		return "", fmt.Errorf("%q is no mark", mark)
	}
	_, domain, _ := strings.Cut(w.From, "@")
	lines := []string{
		"From: <" + w.From + ">", "To: <" + w.To + ">", "Subject: " + subject + mark,
		"Date: " + w.Now().Format(time.RFC1123Z), "Message-ID: <" + mark + "@" + domain + ">",
		"Auto-Submitted: auto-generated", "MIME-Version: 1.0", "Content-Type: text/plain; charset=us-ascii", "",
		"This mail watches the way of mails through a relay. It is removed by itself.", "",
	}
	return strings.Join(lines, "\r\n"), nil
}

// secrets are the forms in which a password goes over the wire.
func (s Server) secrets() []string {
	if s.Password == "" {
		return nil
	}
	return []string{s.Password, base64.StdEncoding.EncodeToString([]byte("\x00" + s.User + "\x00" + s.Password)), base64.StdEncoding.EncodeToString([]byte(s.Password))}
}
