package decisionlog

import (
	"bytes"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

// several appends three entries: a promote, a rollback with a control character, and a
// decision with an override.
func several(t *testing.T) *Log {
	l := open(t, t.TempDir())
	plain := OfDecision(promotion.Decision{At: start, To: "beta", Release: "0123456789abcdef", Verdict: promotion.Promote}, "")
	moved, err := OfMove(Rollback, "mai", []byte(`{"version": 1, "at": "2026-11-01T01:00:00Z", "promotions": [{"to": "prod", "release": "abc", "replaces": null, "result": "rolled_back", "reason": "prod is\u001b back.", "commit": "def"}]}`))
	if err != nil {
		t.Fatal(err)
	}
	late := decision("abc")
	late.At = start.Add(2 * time.Hour)
	for _, e := range []Entry{plain, moved, late} {
		if _, err := l.Append(t.Context(), e, []byte("{}")); err != nil {
			t.Fatal(err)
		}
	}
	return l
}

func TestEntriesArePicked(t *testing.T) {
	l := several(t)
	for name, c := range map[string]struct {
		f    Filter
		want string
	}{
		"all":                  {Filter{}, "1 2 3"},
		"those of a Tier":      {Filter{To: "prod"}, "2 3"},
		"those since a time":   {Filter{Since: start.Add(time.Hour)}, "2 3"},
		"those with overrides": {Filter{Overrides: true}, "3"},
		"none":                 {Filter{To: "dev"}, ""},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := Pick(t.Context(), l, c.f)
			if err != nil || got.Head != l.Head() {
				t.Fatal(got.Head, err)
			}
			var picked []string
			for _, e := range got.Lines {
				picked = append(picked, string(rune('0'+e.Index)))
			}
			if strings.Join(picked, " ") != c.want {
				t.Errorf("picked %v, want %s", picked, c.want)
			}
		})
	}
}

func TestTheTableShowsWhoDidWhat(t *testing.T) {
	l := several(t)
	list, err := Pick(t.Context(), l, Filter{})
	if err != nil {
		t.Fatal(err)
	}
	var b strings.Builder
	if err := list.WriteTable(&b, text.English); err != nil {
		t.Fatal(err)
	}
	want := `ENTRY  AT                    KIND      TO    RELEASE       DECISION     BY             WHY
1      2026-11-01T00:00:00Z  gate      beta  0123456789ab  promote      -              -
2      2026-11-01T01:00:00Z  rollback  prod  abc           rolled_back  mai (claimed)  prod is  back.
3      2026-11-01T02:00:00Z  gate      prod  abc           hold         mai (claimed)  budget: 予算がない。 [override o by mai] [fix https://x.example]
3 of 3 entries; the head is ` + list.Head.Hash + "\n"
	if b.String() != want {
		t.Errorf("got\n%swant\n%s", b.String(), want)
	}
}

func TestTheJSONOfAnEmptyLogHasNoHead(t *testing.T) {
	data, err := json.Marshal(List{})
	if err != nil || string(data) != `{"version":1,"head":null,"decisions":[]}` {
		t.Errorf("%s, %v", data, err)
	}
}

func TestWhatWasMovedIsReadFromItsAnswer(t *testing.T) {
	one := `{"to": "prod", "result": "promoted", "release": "3f2c1abd9e8f", "reason": "x"}`
	for name, c := range map[string]struct {
		kind   Kind
		record string
		want   string
	}{
		"no JSON":        {Promote, `x`, "read promotion"},
		"another answer": {Promote, `{"version": 1}`, "for one Tier"},
		"two Tiers":      {Promote, `{"version": 1, "at": "2026-11-01T01:00:00Z", "promotions": [` + one + "," + one + `]}`, "for one Tier"},
		"of no time":     {Promote, `{"version": 1, "promotions": [` + one + `]}`, "for one Tier"},
		"a decision":     {Gate, `{"version": 1, "at": "2026-11-01T01:00:00Z", "promotions": [` + one + `]}`, "must be one of: promote, rollback"},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := OfMove(c.kind, "", []byte(c.record)); err == nil || !strings.Contains(err.Error(), c.want) {
				t.Errorf("%v", err)
			}
		})
	}
}

// One client must not make a log that costs gigabytes to read.
func TestAnEntryIsSmallWhateverIsWritten(t *testing.T) {
	long := strings.Repeat("あ\u0000", 1<<20)
	d := promotion.Decision{At: start, To: "prod", Release: long, Verdict: promotion.Hold, Fix: &promotion.Fix{URL: long}}
	for range 3 * maxChecks {
		d.Checks = append(d.Checks, promotion.Check{Check: "budget", SLO: long, Result: promotion.Fail, Reason: long})
		d.Overrides = append(d.Overrides, promotion.InForce{Override: promotion.Override{ID: long, Who: long, Why: long}})
	}
	e := OfDecision(d, long)
	e.User = long
	l := open(t, t.TempDir())
	if _, err := l.Append(t.Context(), e, []byte("{}")); err != nil {
		t.Fatal(err)
	}
	if size := len(contents(t, l.Dir, File)); size > 4<<20 {
		t.Errorf("an entry of %d bytes", size)
	}
	record := []byte(`{"version": 1, "at": "2026-11-01T01:00:00Z", "promotions": [{"to": "prod", "result": "promoted", "release": "3f2c1abd9e8f", "reason": "` + strings.Repeat("x", 31<<20) + `"}]}`)
	m, err := OfMove(Promote, "mai", record)
	if err != nil || len(m.Reason) > maxText || !strings.HasSuffix(m.Reason, "x…") {
		t.Errorf("%d bytes, %v", len(m.Reason), err)
	}
	if _, err := OfMove(Promote, "mai", bytes.Replace(record, []byte(`"prod"`), []byte(`"`+strings.Repeat("p", 1000)+`"`), 1)); err == nil || len(err.Error()) > 200 {
		t.Errorf("a Tier of 1000 letters: %v", err)
	}
}

func TestWhoAskedIsTheUserAndWhatIsClaimedSaysSo(t *testing.T) {
	for want, e := range map[string]Entry{"": {}, "mai (claimed)": {By: "mai"}, "ci": {User: "ci"}, "ci (claimed: mai)": {User: "ci", By: "mai"}} {
		if got := e.Who().String(); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
}

func FuzzOfMove(f *testing.F) {
	f.Add([]byte(`{"version": 1, "at": "2026-11-01T01:00:00Z", "promotions": [{"to": "prod", "result": "promoted", "release": "3f2c1abd9e8f", "reason": "x"}]}`))
	f.Fuzz(func(t *testing.T, record []byte) {
		if e, err := OfMove(Promote, "", record); err == nil && (e.To == "" || e.Result == "" || e.At.IsZero()) {
			t.Errorf("%+v", e)
		}
	})
}
