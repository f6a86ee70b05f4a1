package cuenote

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "cuenote", New: func(url string) mailrelay.Relay {
		return New(Account{User: relayfake.User, Password: relayfake.Key, BaseURL: url})
	}})
}

// total and group are the figures of the tests that the package comment cites.
var (
	total = tabs("delivering 803 undelivered 4680 resend 2869 success 0 failure 0 dnsfail 0 exclusion 0 bounce_unique 0 canceled 0 expired 0 deferral 0 dnsdeferral 0 connfail 0 bounce 0 exception 0", 2)
	group = "\n" + tabs("group1 success 100 group1 failure 10 group1 dnsfail 0 group1 exclusion 0 group1 bounce_unique 0 group1 canceled 0 group1 expired 2 group1 deferral 58 group1 dnsdeferral 0 group1 connfail 0 group1 bounce 3 group1 exception 0", 3) +
		tabs("#all success 100 #all failure 0 #all dnsfail 0 #all exclusion 0 #all bounce_unique 0 #all canceled 0 #all expired 0 #all deferral 0 #all dnsdeferral 950 #all connfail 1459 #all bounce 0 #all exception 210", 3)
)

// tabs puts words into lines of so many columns.
func tabs(words string, columns int) string {
	var b strings.Builder
	for row := range slices.Chunk(strings.Fields(words), columns) {
		b.WriteString(strings.Join(row, "\t") + "\n")
	}
	return b.String()
}

func TestWhatWaitsIsTheSumOfTheQueues(t *testing.T) {
	n, err := parseTotal([]byte(total))
	if err != nil || n == nil || *n != 803+4680+2869 {
		t.Fatal(n, err)
	}
	if n, err := parseTotal(nil); n != nil || err != nil {
		t.Errorf("an empty answer: %v, %v", n, err)
	}
	for name, body := range map[string]string{
		"a page": "<!DOCTYPE html>", "a name missing": "delivering\t1\nresend\t2\n", "a count that is none": strings.Replace(total, "803", "many", 1),
		"a count below 0": strings.Replace(total, "803", "-1", 1), "half": total[:len(total)/2], "a line cut": total[:len(total)-1],
		"told twice": total + "delivering\t1\n",
	} {
		if n, err := parseTotal([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", name, n)
		}
	}
}

// What happened between two polls is asked for minute by minute.
func TestGapsAreFilled(t *testing.T) {
	begin := time.Date(2026, 10, 5, 1, 0, 30, 0, time.UTC)
	f, stop, err := relayfake.Start("cuenote", begin)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for i := range int64(60) {
		f.Count(begin.Add(time.Duration(i-30)*time.Minute), mailrelay.Counts{mailrelay.Delivered: i})
	}
	r, h := New(Account{User: relayfake.User, Password: relayfake.Key, BaseURL: f.URL}), &mailrelay.History{}
	for _, m := range []int{0, 1, 9} {
		now := begin.Add(time.Duration(m) * time.Minute)
		f.Set(now)
		span := h.Ask(now, r.Traits())
		report, err := r.Read(context.Background(), span)
		fresh, err2 := h.Add(mailrelay.Poll{Span: span, Report: report, Err: err}, r.Traits())
		if err2 != nil {
			t.Fatal(err2)
		}
		if want := map[int]int{0: 15, 1: 1, 9: 8}[m]; len(fresh) != want {
			t.Errorf("after %d minutes %d were told, want %d", m, len(fresh), want)
		}
		for _, b := range fresh {
			if want := f.Sum(mailrelay.Delivered, b.Start, b.End); b.Counts[mailrelay.Delivered] != want {
				t.Errorf("%s: %d, want %d", b.Start, b.Counts[mailrelay.Delivered], want)
			}
		}
	}
}

// No minute is told where the two clocks disagree; and that is said.
func TestAClockThatIsAheadIsTold(t *testing.T) {
	begin := time.Date(2026, 10, 5, 1, 0, 30, 0, time.UTC)
	f, stop, err := relayfake.Start("cuenote", begin)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	r := New(Account{User: relayfake.User, Password: relayfake.Key, BaseURL: f.URL})
	for ahead, want := range map[time.Duration]string{-5 * time.Minute: "", 30 * time.Second: "", 2 * time.Minute: "the server's clock is 2m0s ahead of this machine's"} {
		f.Set(begin.Add(ahead))
		report, err := r.Read(context.Background(), mailrelay.Span{From: begin.Add(-10 * time.Minute), To: begin})
		if said := strings.Join(report.Notes, ""); err != nil || (want == "") != (said == "") || !strings.Contains(said, want) || (want == "") != (len(report.Buckets) > 0) {
			t.Errorf("%s ahead: %d buckets, %q, %v", ahead, len(report.Buckets), said, err)
		}
	}
}

func TestOneGroupIsCounted(t *testing.T) {
	c, told, err := parseGroup([]byte(group), "group1")
	if err != nil || !told || c[mailrelay.Delivered] != 100 || c[mailrelay.Bounced] != 12 || c[mailrelay.Deferred] != 58 || c[mailrelay.Dropped] != 0 {
		t.Fatal(c, told, err)
	}
	if c, _, err := parseGroup([]byte(group), "#all"); err != nil || c[mailrelay.Deferred] != 2409 {
		t.Error(c, err)
	}
	if _, told, err := parseGroup(nil, "#all"); told || err != nil {
		t.Error("an empty answer told something", err)
	}
	for name, body := range map[string]string{
		"another group only": tabs("x success 1", 3), "half": group[:len(group)/2+20], "two columns": total, "a page": "<!DOCTYPE html>\n",
	} {
		if c, _, err := parseGroup([]byte(body), "#all"); err == nil {
			t.Errorf("%s was read as %v", name, c)
		}
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(total))
	f.Add([]byte(group))
	f.Fuzz(func(t *testing.T, b []byte) {
		if n, err := parseTotal(b); err == nil && n != nil && *n < 0 {
			t.Errorf("%d mails wait", *n)
		}
		c, told, err := parseGroup(b, "#all")
		if err == nil && told != (len(c) == len(figures)) {
			t.Errorf("told %v, %v", told, c)
		}
		for f, n := range c {
			if n < 0 {
				t.Errorf("%s is %d", f, n)
			}
		}
	})
}
