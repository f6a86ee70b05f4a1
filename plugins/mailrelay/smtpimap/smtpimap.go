// Package smtpimap sends marked mails through a relay by SMTP and finds them in a
// mailbox by IMAP: mailrelay.Canary. Passwords go over TLS only, but to this machine.
//
// A marked mail is known by its subject, which relays leave as it is. It is told where it lies,
// also in the folder for spam, and what the mailbox's server says of its proofs. Mails that are
// older than those that are still looked for are removed from the mailbox, and no other.
package smtpimap

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// Security is how a connection is protected.
type Security string

// The kinds of security. Plain is for servers on this machine.
const (
	TLS      Security = "tls"      // from the first byte
	StartTLS Security = "starttls" // before anything is said; a server without it is refused
	Plain    Security = "none"
)

// Server is one end of the mails' way.
type Server struct {
	Address  string // host:port
	Security Security
	User     string // "" is nobody: no login
	Password string
}

// Way is how a canary goes. It implements mailrelay.Canary.
type Way struct {
	From, To string // addresses
	SMTP     Server // the relay
	IMAP     Server // where To is read
	Mailbox  string // "" is INBOX
	Junk     string // its folder for spam; "" is the one that the server calls so
	// Roots are whose certificates are trusted; nil is the system's.
	Roots *x509.CertPool
	Now   func() time.Time
}

// subject is what a marked mail's subject begins with; the mark follows.
const subject = "shopslo canary "

// gone is the age of marked mails that nobody looks for any more.
const gone = 3 * time.Hour

// Check says what is wrong with a server's settings; "" is nothing.
func (s Server) Check() string {
	host, _, err := net.SplitHostPort(s.Address)
	switch {
	case err != nil || host == "":
		return fmt.Sprintf("is %q: write host:port, such as smtp.example.com:587", s.Address)
	case s.Security != TLS && s.Security != StartTLS && s.Security != Plain:
		return fmt.Sprintf("has the security %q: it can be tls, starttls or none", s.Security)
	case s.Security == Plain && !local(host):
		return fmt.Sprintf("is %s without TLS: none is for a server on this machine only", host)
	case (s.User == "") != (s.Password == ""):
		return "needs both a user and a password, or neither"
	}
	return ""
}

func local(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// dial connects. The connection ends with ctx, whatever waits on it.
func (w *Way) dial(ctx context.Context, s Server) (conn net.Conn, hang func(), err error) {
	if wrong := s.Check(); wrong != "" {
		return nil, nil, errors.New("the server " + wrong)
	}
	conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", s.Address)
	if err != nil {
		return nil, nil, err
	}
	raw := conn
	conn = &bounded{raw, maxAnswers}
	stop := context.AfterFunc(ctx, func() { raw.Close() })
	hang = func() { stop(); raw.Close() }
	if s.Security == TLS {
		t := tls.Client(conn, w.tls(s))
		if err := t.HandshakeContext(ctx); err != nil {
			hang()
			return nil, nil, err
		}
		conn = t
	}
	return conn, hang, nil
}

// maxAnswers is more than a server says in one look, in bytes: 2,000 marked mails take 2 MB.
const maxAnswers = 16 << 20

// bounded is a connection that reads no more than left.
type bounded struct {
	net.Conn
	left int
}

func (b *bounded) Read(p []byte) (int, error) {
	if b.left <= 0 {
		return 0, fmt.Errorf("the server says more than %d bytes", maxAnswers)
	}
	n, err := b.Conn.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

func (w *Way) tls(s Server) *tls.Config {
	host, _, _ := net.SplitHostPort(s.Address)
	return &tls.Config{ServerName: host, RootCAs: w.Roots, MinVersion: tls.VersionTLS12}
}

// refusal is a mailbox server's no.
type refusal string

func (r refusal) Error() string { return string(r) }

// trouble sorts an error, and hides the password in it in every form that it has on
// the wire.
func (s Server) trouble(ctx context.Context, doing string, err error) error {
	if err == nil {
		return nil
	}
	e := &mailrelay.Error{Trouble: mailrelay.Garbled, Doing: doing + " " + s.Address}
	var smtpErr *textproto.Error
	var no refusal
	var network net.Error
	var certificate *tls.CertificateVerificationError
	detail := err.Error()
	switch {
	case ctx.Err() != nil:
		e.Trouble, detail = mailrelay.Unreachable, "no answer in time"
	case errors.As(err, &smtpErr) && smtpErr.Code >= 500, errors.As(err, &no):
		e.Trouble = mailrelay.Refused
	case errors.As(err, &smtpErr) && smtpErr.Code >= 400:
		e.Trouble = mailrelay.Failing
	case errors.As(err, &certificate):
		e.Trouble = mailrelay.Refused
	case errors.As(err, &network), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		e.Trouble = mailrelay.Unreachable
	}
	e.Detail = text.Line(mailrelay.Hide(detail, s.secrets()...), 200)
	return e
}

// markOf is the mark in a subject; "" where there is none.
func markOf(s string) string {
	_, after, ok := strings.Cut(s, subject)
	if !ok {
		return ""
	}
	mark, _, _ := strings.Cut(strings.TrimSpace(after), " ")
	return mark
}
