package smtpimap

import (
	"bufio"
	"context"
	"fmt"
	"maps"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/utf7"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

func TestAuthenticationResultsAreReadAsTheLastServerWroteThem(t *testing.T) {
	for _, c := range []struct {
		name    string
		headers []string
		want    string
	}{
		{"Gmail", []string{"mx.google.com; dkim=pass header.i=@shop.example header.s=s1 header.b=\"x;spf=fail\"; spf=pass (google.com: domain of a@shop.example designates 192.0.2.1 as permitted sender) smtp.mailfrom=a@shop.example; dmarc=pass (p=REJECT sp=REJECT dis=NONE) header.from=shop.example"}, "spf=pass, dkim=pass, dmarc=pass"},
		{"docomo, in several headers", []string{"mfsmax.docomo.ne.jp; spf=fail smtp.mailfrom=shop.example", "mfsmax.docomo.ne.jp; dkim=none", "mfsmax.docomo.ne.jp; dmarc=fail"}, "spf=fail, dkim=none, dmarc=fail"},
		{"Outlook", []string{"spf=pass (sender IP is 192.0.2.1) smtp.mailfrom=shop.example; dkim=pass (signature was verified); dmarc=bestguesspass action=none"}, "dkim=pass, dmarc=bestguesspass"},
		{"two signatures, one good", []string{"a.example; dkim=fail; dkim=pass; spf=pass"}, "spf=pass, dkim=pass"},
		{"the sender's own words", []string{"a.example; spf=fail", "evil.example; spf=pass; dkim=pass; dmarc=pass"}, "spf=fail"},
		{"in a comment", []string{"a.example; spf=none (says dmarc=pass; dkim=pass (really)) x; dmarc=fail"}, "spf=none, dmarc=fail"},
		{"with a version and capitals", []string{"A.example 1; SPF/1 = Pass; dkim=hardfail"}, "spf=pass, dkim=fail"},
		{"what may be otherwise next time", []string{"a.example; spf=temperror; dkim=pass"}, "dkim=pass"},
		{"nothing", []string{"a.example; none"}, ""},
		{"no words", []string{"", ";;;=", "(((", `"`}, ""},
		{"none at all", nil, ""},
	} {
		if got := proofs(c.headers).String(); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

// folders is an IMAP server with folders, each with mails as they are in a file; a folder
// may have attributes after a blank. It answers one connection after the other.
func folders(t *testing.T, all map[string][]string) *Way {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			fmt.Fprint(c, "* OK ready\r\n")
			chosen := ""
			for in := bufio.NewScanner(c); in.Scan(); {
				words := strings.SplitN(in.Text(), " ", 3)
				fmt.Fprint(c, answer(all, &chosen, words[1], strings.Trim(strings.Join(words[2:], ""), `"`)), words[0], " ")
				if _, there := all[chosen]; !there && words[1] == "SELECT" {
					fmt.Fprint(c, "NO there is no such folder\r\n")
				} else {
					fmt.Fprint(c, "OK done\r\n")
				}
			}
			c.Close()
		}
	}()
	return &Way{From: "canary@relay.test", To: "canary@mailbox.test", Now: time.Now, IMAP: Server{Address: l.Addr().String(), Security: Plain, User: "canary", Password: secret}}
}

// answer is what comes before the last line of an answer.
func answer(all map[string][]string, chosen *string, word, rest string) string {
	var b strings.Builder
	switch {
	case word == "CAPABILITY":
		return "* CAPABILITY IMAP4rev1\r\n"
	case word == "LIST":
		for name := range all {
			name, attributes, _ := strings.Cut(name, " ")
			fmt.Fprintf(&b, "* LIST (%s) \"/\" %q\r\n", attributes, name)
		}
	case word == "SELECT":
		*chosen = rest
		for name := range all {
			if strings.HasPrefix(name, rest+" ") {
				*chosen = name
			}
		}
		fmt.Fprintf(&b, "* %d EXISTS\r\n", len(all[*chosen]))
	case strings.HasPrefix(rest, "SEARCH"):
		b.WriteString("* SEARCH")
		for i := range all[*chosen] {
			fmt.Fprintf(&b, " %d", i+1)
		}
		b.WriteString("\r\n")
	case strings.HasPrefix(rest, "FETCH"):
		for i, m := range all[*chosen] {
			header, _, _ := strings.Cut(m, "From:")
			_, subject, _ := strings.Cut(m, "Subject: ")
			subject, _, _ = strings.Cut(subject, "\n")
			header = strings.ReplaceAll(header, "\n", "\r\n") + "\r\n"
			fmt.Fprintf(&b, "* %d FETCH (UID %d INTERNALDATE %q ENVELOPE (NIL %q NIL NIL NIL NIL NIL NIL NIL NIL) BODY[HEADER.FIELDS (\"Authentication-Results\")]<0> {%d}\r\n%s)\r\n",
				i+1, i+1, time.Now().Format("02-Jan-2006 15:04:05 -0700"), subject, len(header), header)
		}
	}
	return b.String()
}

func TestAMailIsFoundWhereItLiesWithWhatItsServerSays(t *testing.T) {
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	mail := func(mark, more string) string {
		return fmt.Sprintf("%sFrom: a@shop.test\nTo: b@mailbox.test\nSubject: shopslo canary %s\n\nhello\n", more, mark)
	}
	japanese, err := utf7.Encoding.NewEncoder().String("その他/迷惑メール")
	if err != nil {
		t.Fatal(err)
	}
	all := map[string][]string{
		"INBOX":   {mail("a-1", "Authentication-Results: mailbox.test; spf=pass;\n dkim=pass; dmarc=pass\n"), "From: x\nSubject: an order\n"},
		"Junk":    {mail("a-2", "Authentication-Results: mailbox.test; spf=fail; dmarc=fail\n")},
		japanese:  {mail("a-3", "")},
		"Archive": {mail("a-4", "")}, // somebody else's doing
	}
	w := folders(t, all)
	found, err := w.Find(ctx, []string{"a-1", "a-2", "a-3", "a-4", "a-5"})
	if err != nil {
		t.Fatal(err)
	}
	shown := map[string]string{}
	for mark, a := range found {
		if a.At.IsZero() {
			t.Errorf("%s has no time", mark)
		}
		shown[mark] = fmt.Sprintf("%s %v %s", a.Folder, a.Junk, a.Proofs)
	}
	want := map[string]string{"a-1": "INBOX false spf=pass, dkim=pass, dmarc=pass", "a-2": "Junk true spf=fail, dmarc=fail", "a-3": "その他/迷惑メール true "}
	if !maps.Equal(shown, want) {
		t.Errorf("found %v, want %v", shown, want)
	}
	marked := maps.Clone(all)
	marked[`Verdacht \Junk`] = []string{mail("a-6", "")}
	if found, err := folders(t, marked).Find(ctx, []string{"a-2", "a-6"}); err != nil || len(found) != 1 || found["a-6"].Folder != "Verdacht" {
		t.Errorf("with a folder that the server marks: %v, %v", found, err)
	}
	w.Junk = "Archive"
	if found, err := w.Find(ctx, []string{"a-2", "a-4"}); err != nil || len(found) != 1 || !found["a-4"].Junk {
		t.Errorf("with a folder of the settings: %v, %v", found, err)
	}
	w.Junk = "None"
	if _, err := w.Find(ctx, []string{"a-2"}); mailrelay.TroubleOf(err) != mailrelay.Refused || !strings.Contains(err.Error(), "open the mailbox None") {
		t.Errorf("a folder that is not there: %v", err)
	}
	if found, err := w.Find(ctx, []string{"a-1"}); err != nil || len(found) != 1 {
		t.Errorf("a folder that is not needed: %v, %v", found, err)
	}
}

func FuzzProofs(f *testing.F) {
	f.Add(`a.example; spf=pass (x) smtp.mailfrom="a;b"; dkim=fail; dmarc=none`)
	f.Fuzz(func(t *testing.T, header string) {
		for proof, word := range proofs([]string{header, header}) {
			if !strings.Contains(strings.ToLower(header), string(proof)) || word == "" {
				t.Errorf("%q has %s=%s", header, proof, word)
			}
		}
	})
}
