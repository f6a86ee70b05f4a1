package smtpimap

import (
	"bufio"
	"net/textproto"
	"regexp"
	"slices"
	"strings"

	"github.com/emersion/go-imap"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// results are the headers in which the mailbox's server tells what it thinks of a mail,
// at most 16 kB of them.
var results = &imap.BodySectionName{Peek: true, Partial: []int{0, 16 << 10},
	BodyPartName: imap.BodyPartName{Specifier: imap.HeaderSpecifier, Fields: []string{"Authentication-Results"}}}

// proofsOf are a mail's; nil where the server tells none.
func proofsOf(m *imap.Message) mailrelay.Proofs {
	body := m.GetBody(results)
	if body == nil {
		return nil
	}
	header, _ := textproto.NewReader(bufio.NewReader(body)).ReadMIMEHeader() // what came of it
	return proofs(header.Values("Authentication-Results"))
}

// oneResult is a method with its result, such as "dkim=pass" (RFC 8601, section 2.2).
var oneResult = regexp.MustCompile(`^([a-z]+)(?:/\d+)?=([a-z]+)\b`)

// words are results that are kept. Those that may be others next time (temperror) are not.
var words = []string{"pass", "bestguesspass", "none", "neutral", "fail", "softfail", "hardfail", "permerror", "policy"}

// proofs reads Authentication-Results. The last server wrote the first of them; those of
// other names are anybody's, and are not believed. Of several signatures one is enough.
func proofs(headers []string) mailrelay.Proofs {
	var out mailrelay.Proofs
	trusted := ""
	for i, h := range headers {
		parts := strings.Split(withoutComments(h), ";")
		server, _, _ := strings.Cut(strings.TrimSpace(strings.ToLower(parts[0])), " ")
		if i == 0 {
			trusted = server
		}
		if server != trusted {
			break
		}
		for _, part := range parts[1:] {
			part = strings.ReplaceAll(strings.Join(strings.Fields(strings.ToLower(part)), " "), " = ", "=")
			m := oneResult.FindStringSubmatch(part)
			if m == nil || !slices.Contains(mailrelay.AllProofs, mailrelay.Proof(m[1])) || !slices.Contains(words, m[2]) {
				continue
			}
			if m[2] == "hardfail" { // an older word
				m[2] = "fail"
			}
			if out == nil {
				out = mailrelay.Proofs{}
			}
			if out[mailrelay.Proof(m[1])] != "pass" {
				out[mailrelay.Proof(m[1])] = m[2]
			}
		}
	}
	return out
}

// withoutComments takes out what stands in brackets, and quoted texts: no result is in them.
func withoutComments(s string) string {
	var out strings.Builder
	depth, quoted := 0, false
	for i := 0; i < len(s); i++ {
		switch c := s[i]; {
		case c == '\\':
			i++
		case c == '"' && depth == 0:
			quoted = !quoted
		case quoted:
		case c == '(':
			depth++
		case c == ')' && depth > 0:
			depth--
		case depth == 0:
			out.WriteByte(c)
		}
	}
	return out.String()
}
