package main

import (
	"bytes"
	"errors"
	"strings"
	"testing"
	"time"
)

func TestTableSaysForEachGoalWhetherItIsMet(t *testing.T) {
	var tb table
	tb.heading("Ticks")
	tb.goal("tick", "< 1 s", true, "3 ms", "of %d", 5)
	tb.goal("other", "< 1 s", false, "2 s", "a|b")
	tb.figure("beside", "7", "no goal")
	tb.failed("part", errors.New("first\nsecond"))
	var text, md bytes.Buffer
	if err := tb.write(&text); err != nil {
		t.Fatal(err)
	}
	if err := tb.markdown(&md); err != nil {
		t.Fatal(err)
	}
	wantText := `        goal            measured  met

TICKS
tick    < 1 s           3 ms      yes  of 5
other   < 1 s           2 s       no   a|b
beside                  7              no goal
part    to be measured  failed    no   first second
`
	if got := text.String(); got != wantText {
		t.Errorf("text:\n%s\nwant:\n%s", got, wantText)
	}
	for _, line := range []string{"| **Ticks** | | | | |", "| tick | < 1 s | 3 ms | yes | of 5 |", `| other | < 1 s | 2 s | no | a\|b |`, "| part | to be measured | failed | no | first second |"} {
		if !strings.Contains(md.String(), line+"\n") {
			t.Errorf("Markdown lacks %q:\n%s", line, md.String())
		}
	}
}

func TestDurationsHaveThreeDigits(t *testing.T) {
	for d, want := range map[time.Duration]string{
		352 * time.Second:        "352 s",
		7718 * time.Millisecond:  "7.72 s",
		41800 * time.Microsecond: "41.8 ms",
		50 * time.Microsecond:    "50 µs",
		0:                        "0 µs",
	} {
		if got := seconds(d); got != want {
			t.Errorf("%v is written %q, want %q", d, got, want)
		}
	}
}

func TestUsageErrorsEndWith3(t *testing.T) {
	for _, args := range [][]string{{"-parts", "peers,nonsense"}, {"-nonsense"}, {"nonsense"}} {
		var out, errs bytes.Buffer
		if code := run(t.Context(), args, &out, &errs); code != 3 || errs.Len() == 0 || out.Len() != 0 {
			t.Errorf("%v: code %d, stdout %q, stderr %q", args, code, &out, &errs)
		}
	}
}

func TestPartNamesAreThoseOfTheParts(t *testing.T) {
	var names []string
	for _, p := range parts {
		names = append(names, p.name)
	}
	if got := strings.Join(names, ", "); got != partNames() {
		t.Errorf("parts are %s, the flag's help says %s", got, partNames())
	}
}
