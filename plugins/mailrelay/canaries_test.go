package mailrelay

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/text"
)

// probes adds to a history what canaries saw, a minute after their mails were sent.
func probes(h *History, at time.Time, came map[Destination]*Arrival) {
	for d, a := range came {
		mark := "m-" + string(d) + at.Format("1504")
		h.AddProbe(Probe{At: at, Destination: d, Mark: mark})
		p := Probe{At: at.Add(time.Minute), Destination: d, Looked: true, Found: map[string]Arrival{}}
		if a != nil {
			here := *a
			here.At = at.Add(20 * time.Second)
			p.Found[mark] = here
		}
		h.AddProbe(p)
	}
}

func TestEachDestinationsCanaryIsJudgedByItself(t *testing.T) {
	in := &Arrival{Folder: "INBOX", Proofs: Proofs{SPF: "pass", DKIM: "pass", DMARC: "pass"}}
	junk := &Arrival{Folder: "迷惑メール", Junk: true}
	forged := &Arrival{Folder: "INBOX", Proofs: Proofs{SPF: "fail", DMARC: "fail"}}
	for _, c := range []struct {
		name     string
		came     map[Destination]*Arrival
		worst    Severity
		says, ja string
	}{
		{"all arrive", map[Destination]*Arrival{Docomo: in, Gmail: in}, OK, "", ""},
		{"one destination's are lost", map[Destination]*Arrival{Docomo: nil, Gmail: in, Au: in}, Critical,
			"3 test mail(s) to docomo sent since 09:00 have not arrived; the others as usual.", "ドコモ宛てのテストメール3通が届いていません（ほかの宛先は通常どおり）"},
		{"another has other troubles", map[Destination]*Arrival{Docomo: nil, Gmail: junk}, Critical, "3 test mail(s) to docomo sent since 09:00 have not arrived. test mails to Gmail have landed", ""},
		{"all are lost", map[Destination]*Arrival{Docomo: nil, Gmail: nil}, Critical, "6 test mail(s) sent since 09:00 have not arrived.", "テストメール6通が届いていません。"},
		{"two of three are lost", map[Destination]*Arrival{Docomo: nil, Gmail: nil, Au: in}, Critical, "test mail(s) to Gmail sent since 09:00 have not arrived.", ""},
		{"one puts them into the spam folder", map[Destination]*Arrival{Docomo: junk, Gmail: in}, Warning,
			`test mails to docomo have landed in the spam folder "迷惑メール" since 09:00; the others as usual.`, "ドコモ宛てのテストメールが迷惑メールフォルダー"},
		{"one finds them forged", map[Destination]*Arrival{YahooJapan: forged, Gmail: in}, Warning,
			"test mails to Yahoo! JAPAN are not proved to be ours since 09:00 (spf=fail, dmarc=fail); the others as usual", "Yahoo! JAPAN宛てのテストメールの送信ドメイン認証が失敗"},
		{"a canary of no destination is one of them", map[Destination]*Arrival{"": in, Gmail: nil}, Critical, "to Gmail sent since 09:00 have not arrived; the others", ""},
		{"alone there are no others", map[Destination]*Arrival{Gmail: nil}, Critical, "3 test mail(s) to Gmail sent since 09:00 have not arrived.", ""},
	} {
		begin := monday.Add(9 * time.Hour)
		now := begin.Add(22 * time.Minute)
		h := watched(now)
		for _, m := range []int{0, 5, 10} {
			probes(h, begin.Add(time.Duration(m)*time.Minute), c.came)
		}
		for d := range c.came {
			h.AddProbe(Probe{At: now, Destination: d, Looked: true})
		}
		stored, err := json.Marshal(h) // the check reads what the plugin stored
		if err != nil {
			t.Fatal(err)
		}
		h = new(History)
		if err := json.Unmarshal(stored, h); err != nil {
			t.Fatal(err)
		}
		v := h.Judge(now, minutely(time.Minute), inTokyo)
		en, ja := v.Sentence(text.English, inTokyo), v.Sentence(text.Japanese, inTokyo)
		if v.Severity != c.worst || !strings.Contains(en, c.says) || !strings.Contains(ja, c.ja) || strings.Contains(en+ja, "%!") {
			t.Errorf("%s: severity %d\n%s\n%s", c.name, v.Severity, en, ja)
		}
	}
}

func TestAMailThatComesRightEndsJunkAndForgery(t *testing.T) {
	h := watched(monday)
	bad := &Arrival{Folder: "Junk", Junk: true, Proofs: Proofs{DMARC: "fail"}}
	probes(h, monday, map[Destination]*Arrival{Au: bad})
	probes(h, monday.Add(5*time.Minute), map[Destination]*Arrival{Au: bad})
	if c := h.CanaryAt(Au); !c.Junk.Equal(monday) || !c.Unproven.Equal(monday) {
		t.Errorf("since %s and %s", c.Junk, c.Unproven)
	}
	probes(h, monday.Add(10*time.Minute), map[Destination]*Arrival{Au: nil})
	if c := h.CanaryAt(Au); c.Junk.IsZero() {
		t.Error("a mail that did not come ended what the last one showed")
	}
	probes(h, monday.Add(15*time.Minute), map[Destination]*Arrival{Au: {Folder: "INBOX"}})
	if c := h.CanaryAt(Au); !c.Junk.IsZero() || !c.Unproven.IsZero() || c.Folder != "INBOX" {
		t.Errorf("%+v", c)
	}
}

func TestWhatProvesAMail(t *testing.T) {
	for _, c := range []struct {
		proofs Proofs
		failed bool
	}{
		{nil, false},
		{Proofs{SPF: "pass", DKIM: "pass", DMARC: "pass"}, false},
		{Proofs{SPF: "fail", DKIM: "pass", DMARC: "pass"}, false}, // a relay's own envelope address
		{Proofs{SPF: "pass", DKIM: "pass", DMARC: "fail"}, true},  // of another domain
		{Proofs{SPF: "pass", DKIM: "fail"}, false},
		{Proofs{SPF: "softfail", DKIM: "none"}, true},
		{Proofs{SPF: "none", DKIM: "none", DMARC: "none"}, false},
		{Proofs{SPF: "neutral", DKIM: "fail", DMARC: "none"}, true},
		{Proofs{SPF: "fail", DKIM: "pass", DMARC: "bestguesspass"}, false},
		{Proofs{DMARC: "permerror"}, true},
	} {
		if got := c.proofs.Failed(); got != c.failed {
			t.Errorf("%v: failed %v", c.proofs, got)
		}
	}
}
