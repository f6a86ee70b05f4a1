package mailrelay

import (
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/text"
)

// watched is a history that polls well, so that only the canary speaks.
func watched(now time.Time) *History {
	return &History{Account: "shop", State: State{At: now, Up: true, Answered: now}}
}

func TestTheCanarysWayIsJudged(t *testing.T) {
	at := func(m int) time.Time { return monday.Add(time.Duration(m) * time.Minute) }
	refused := &Error{Trouble: Refused, Doing: "smtp: send"}
	tests := []struct {
		name   string
		probes []Probe
		now    int
		want   Kind
		worst  Severity
	}{
		{"a mail that arrives is no finding", []Probe{{At: at(0), Mark: "a", Looked: true}, {At: at(1), Looked: true, Found: map[string]Arrival{"a": {At: at(1)}}}}, 1, "", OK},
		{"a mail on its way is no finding", []Probe{{At: at(0), Mark: "a", Looked: true}, {At: at(9), Looked: true}}, 9, "", OK},
		{"a mail that is late is a warning", []Probe{{At: at(0), Mark: "a", Looked: true}, {At: at(11), Looked: true}}, 11, CanaryLost, Warning},
		{"two that are late are critical", []Probe{{At: at(0), Mark: "a"}, {At: at(5), Mark: "b"}, {At: at(16), Looked: true}}, 16, CanaryLost, Critical},
		{"one that arrives late ends it", []Probe{{At: at(0), Mark: "a"}, {At: at(11), Looked: true}, {At: at(12), Looked: true, Found: map[string]Arrival{"a": {At: at(12)}}}}, 12, "", OK},
		{"a mail that is refused once is nothing", []Probe{{At: at(0), Mark: "a", SendErr: refused}}, 1, "", OK},
		{"refusals that go on are critical", []Probe{{At: at(0), Mark: "a", SendErr: refused}, {At: at(5), Mark: "b", SendErr: refused}}, 5, CanaryRefused, Critical},
		{"a mailbox that cannot be read says nothing of the mails", []Probe{{At: at(0), Mark: "a", Looked: true, FindErr: refused}, {At: at(16), Looked: true, FindErr: refused}}, 16, CanaryBlind, Warning},
		{"an older look changes nothing", []Probe{{At: at(5), Mark: "b"}, {At: at(1), Mark: "a", SendErr: refused}}, 6, "", OK},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			h := watched(at(tt.now))
			for _, p := range tt.probes {
				h.AddProbe(p)
			}
			v := h.Judge(at(tt.now), minutely(time.Minute), inTokyo)
			kind := Kind("")
			if len(v.Findings) > 0 && v.Findings[0].Kind != Learning { // the relay itself has told nothing here
				kind = v.Findings[0].Kind
			}
			if kind != tt.want || v.Severity != tt.worst {
				t.Errorf("got %q, severity %d: %+v", kind, v.Severity, v.Findings)
			}
		})
	}
}

func TestACanaryIsDueEveryFiveMinutesAndAwaitedUntilItComes(t *testing.T) {
	h := watched(monday)
	if !h.CanaryDue("", monday) {
		t.Error("the first mail is not due")
	}
	h.AddProbe(Probe{At: monday, Mark: "a"})
	if h.CanaryDue("", monday.Add(4*time.Minute)) || !h.CanaryDue("", monday.Add(5*time.Minute)) {
		t.Error("not every five minutes")
	}
	if got := strings.Join(h.Awaited(""), " "); got != "a" {
		t.Errorf("awaited: %q", got)
	}
	h.AddProbe(Probe{At: monday.Add(time.Minute), Looked: true, Found: map[string]Arrival{"a": {At: monday.Add(20 * time.Second)}}})
	if len(h.Awaited("")) != 0 || len(h.Canary.Arrived) != 1 || h.Canary.Arrived[0] != 20*time.Second {
		t.Errorf("after it came: %+v", h.Canary)
	}
	if h.Canary.Sent != nil {
		t.Error("an old sending is shown as new")
	}
}

func TestAStatusPageIsAWeakSignal(t *testing.T) {
	for level, want := range map[Level]Severity{LevelNone: OK, LevelMinor: OK, LevelMaintenance: OK, LevelMajor: Warning, LevelCritical: Warning, "": OK} {
		h := watched(monday)
		h.SetNotice(Notice{Level: level, Text: "Delayed\nmail"}, nil)
		v := h.Judge(monday, minutely(time.Minute), inTokyo)
		if v.Severity != want {
			t.Errorf("%q: severity %d, want %d", level, v.Severity, want)
		}
		if s := v.Sentence(text.English, inTokyo); level == LevelMajor && !strings.Contains(s, `says: "Delayed mail"`) {
			t.Errorf("not told: %s", s)
		}
	}
	h := watched(monday)
	h.SetNotice(Notice{Level: LevelMajor}, nil)
	h.SetNotice(Notice{Level: LevelMajor}, &Error{Trouble: Failing})
	if v := h.Judge(monday, minutely(time.Minute), inTokyo); len(v.Findings) != 1 || v.Findings[0].Kind != Learning {
		t.Errorf("an old notice outlives a failed look: %+v", v.Findings)
	}
}

func TestARelayThatAskedToBeLeftAloneIsNotCalledUnpolled(t *testing.T) {
	h := watched(monday)
	h.State.WaitUntil = monday.Add(30 * time.Minute)
	if v := h.Judge(monday.Add(29*time.Minute), minutely(time.Minute), inTokyo); v.Severity == Unknown {
		t.Errorf("%+v", v.Findings)
	}
	if v := h.Judge(monday.Add(41*time.Minute), minutely(time.Minute), inTokyo); v.Severity != Unknown {
		t.Errorf("silence after the rest is not told: %+v", v.Findings)
	}
}
