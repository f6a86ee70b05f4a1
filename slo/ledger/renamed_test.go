package ledger_test

import (
	"bytes"
	"log/slog"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// relabelled gives series whose samples after an instant are under other labels.
func relabelled(all []ledgertest.Series, at int64, change func(slo.Labels) slo.Labels) []ledgertest.Series {
	var out []ledgertest.Series
	for _, s := range all {
		k := 0
		for k < len(s.Samples) && s.Samples[k].T <= at {
			k++
		}
		was, is := s, s
		was.Samples, is.Samples, is.Labels = s.Samples[:k], s.Samples[k:], change(s.Labels)
		for _, x := range []ledgertest.Series{was, is} {
			if len(x.Samples) > 0 {
				out = append(out, x)
			}
		}
	}
	return out
}

// with sets labels; "" takes one away.
func with(ls slo.Labels, pairs ...string) slo.Labels {
	out := slices.Clone(ls)
	for i := 0; i < len(pairs); i += 2 {
		out = slices.DeleteFunc(out, func(l slo.Label) bool { return l.Name == pairs[i] })
		if pairs[i+1] != "" {
			out = append(out, slo.Label{Name: pairs[i], Value: pairs[i+1]})
		}
	}
	slices.SortFunc(out, func(x, y slo.Label) int { return strings.Compare(x.Name, y.Name) })
	return out
}

func TestARenamedSubjectIsCountedAsIfItHadNotBeen(t *testing.T) {
	h, end := calm(3, 5*time.Hour)
	s, before := sloOf("s", "bad", "total"), h.Subjects()
	all := seriesOf(h, ledgertest.All)
	oracles, err := ledgertest.NewOracles(before, h.Rules(false, true, true), all)
	if err != nil {
		t.Fatal(err)
	}
	old := before[0]
	change := h.Start + 2*3_600_000 + 13_000
	for _, c := range []struct {
		name   string
		id     string
		match  slo.Labels
		change []string // of the series' labels
	}{
		{"another name, and its label", "new", slo.Labels{{Name: "shopset", Value: "new"}}, []string{"shopset", "new"}},
		{"another name under the same labels", "new", old.Labels, nil},
		{"other labels that take the place of the old ones", old.ID, slo.Labels{{Name: "namespace", Value: "n"}}, []string{"shopset", "", "namespace", "n"}},
		{"a label more to tell it by", old.ID, slo.Labels{{Name: "cluster", Value: "c"}, {Name: "shopset", Value: old.ID}}, []string{"cluster", "c"}},
	} {
		series := relabelled(all, change, func(ls slo.Labels) slo.Labels {
			if ls.Get("shopset") != old.ID {
				return ls
			}
			return with(ls, c.change...)
		})
		src := ledgertest.NewSource(ledgertest.Plain(series))
		now := append([]ledgertest.Subject{{ID: c.id, Labels: c.match}}, before[1:]...)
		formerly := planOf(src, now, s)
		for _, sub := range formerly.Items[0].Subjects {
			if sub.ID == c.id {
				sub.Formerly = []ledger.Former{{ID: old.ID, Match: old.Labels}}
			}
		}
		check := func(t *testing.T, l *ledger.Ledger) {
			t.Helper()
			for _, sub := range now {
				o := oracles[sub.ID]
				if sub.ID == c.id {
					o = oracles[old.ID]
				}
				checkEdges(t, l, s, sub.ID, o, h.Start, end, 60_000)
			}
		}
		t.Run(c.name+", without a ledger", func(t *testing.T) {
			l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), formerly, end)
			advance(t, l, end)
			check(t, l)
		})
		t.Run(c.name+", and restarts", func(t *testing.T) {
			cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
			var log bytes.Buffer
			cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
			l := open(t, cfg, planOf(src, before, s), end)
			advance(t, l, change-300_000)
			closeLedger(t, l)
			cfg.Backfill = time.Minute // nothing may begin anew
			for _, until := range []int64{change - 120_000, change + 30_000, change + 300_000} {
				l = open(t, cfg, formerly, end)
				advance(t, l, until)
				closeLedger(t, l)
			}
			if n := strings.Count(log.String(), "keeps its history"); n != 1 {
				t.Errorf("it is said %d times that the history goes on:\n%s", n, &log)
			}
			l = open(t, cfg, planOf(src, now, s), end) // formerly was taken out of the document
			advance(t, l, end)
			check(t, l)
			closeLedger(t, l)
			found, err := ledger.Inspect(cfg.Dir)
			if err != nil {
				t.Fatal(err)
			}
			if len(found.Accounts) != len(now) || !found.Sound() {
				t.Errorf("the ledger has %d accounts, want %d", len(found.Accounts), len(now))
			}
		})
	}
}

// The name changes, and only hours later somebody says who it was: meanwhile counting has begun
// anew, under the new labels alone.
func TestWhoASubjectWasMayBeSaidLate(t *testing.T) {
	h, end := calm(2, 6*time.Hour)
	s, before := sloOf("s", "bad", "total"), h.Subjects()
	old, all := before[0], seriesOf(h, ledgertest.All)
	oracles, err := ledgertest.NewOracles(before, h.Rules(false, true, true), all)
	if err != nil {
		t.Fatal(err)
	}
	change := h.Start + 3*3_600_000
	src := ledgertest.NewSource(ledgertest.Plain(relabelled(all, change, func(ls slo.Labels) slo.Labels {
		if ls.Get("shopset") != old.ID {
			return ls
		}
		return with(ls, "shopset", "new")
	})))
	now := append([]ledgertest.Subject{{ID: "new", Labels: slo.Labels{{Name: "shopset", Value: "new"}}}}, before[1:]...)
	for late, kept := range map[time.Duration]bool{time.Hour: true, 8 * 24 * time.Hour: false} {
		cfg := testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute)
		var log bytes.Buffer
		cfg.Log = slog.New(slog.NewTextHandler(&log, nil))
		l := open(t, cfg, planOf(src, before, s), end)
		advance(t, l, change)
		closeLedger(t, l)
		l = open(t, cfg, planOf(src, now, s), end)
		at := change + late.Milliseconds()
		advance(t, l, min(at, end))
		p := planOf(src, now, s)
		p.Items[0].Subjects[0].Formerly = []ledger.Former{{ID: old.ID, Match: old.Labels}}
		configure(t, l, p, at)
		advance(t, l, end)
		if warned := strings.Contains(log.String(), "does not get the history"); warned == kept {
			t.Errorf("said %v late: the log says\n%s", late, &log)
		}
		if kept {
			checkEdges(t, l, s, "new", oracles[old.ID], h.Start, end, 60_000)
		}
		closeLedger(t, l)
	}
}

func TestANameThatIsChangedToAndFroKeepsItsHistory(t *testing.T) {
	h, end := calm(2, 6*time.Hour)
	s, before := sloOf("s", "bad", "total"), h.Subjects()
	old, all := before[0], seriesOf(h, ledgertest.All)
	oracles, err := ledgertest.NewOracles(before, h.Rules(false, true, true), all)
	if err != nil {
		t.Fatal(err)
	}
	src := sourceOf(all)
	renamed := planOf(src, before, s)
	renamed.Items[0].Subjects[0] = &ledger.Subject{ID: "new", Match: slo.Labels{{Name: "shopset", Value: "new"}}, Formerly: []ledger.Former{{ID: old.ID, Match: old.Labels}}}
	l := open(t, testConfig(t.TempDir(), h.Start, timeOf(end), h.Config.Interval, time.Minute), planOf(src, before, s), end)
	for i, p := range []ledger.Plan{renamed, planOf(src, before, s), renamed} {
		at := h.Start + int64(i+1)*3_600_000
		advance(t, l, at)
		configure(t, l, p, end+int64(i)*3_600_000) // the one that begins anew goes less far back
	}
	advance(t, l, end)
	checkEdges(t, l, s, "new", oracles[old.ID], h.Start, end, 60_000)
	closeLedger(t, l)
}

// A source that writes a 0 where a counter was created writes one for the new labels, too, in the
// middle of what it has under the old ones.
func TestAZeroThatIsWrittenForNewLabelsCountsNothing(t *testing.T) {
	h, end := calm(1, 3*time.Hour)
	s, before := sloOf("s", "bad", "total"), h.Subjects()
	old, all := before[0], seriesOf(h, ledgertest.All)
	oracles, err := ledgertest.NewOracles(before, h.Rules(false, true, true), all)
	if err != nil {
		t.Fatal(err)
	}
	change := h.Start + 100*60_000
	series := relabelled(all, change, func(ls slo.Labels) slo.Labels { return with(ls, "shopset", "new") })
	written := 0
	for i, x := range series {
		if name := x.Labels.Get(slo.MetricName); x.Labels.Get("shopset") == "new" && strings.HasSuffix(name, "_total") {
			series[i].Samples = slices.Insert(slices.Clone(x.Samples), 0, ledgertest.Sample{T: change - 40*60_000 + 1})
			written++
		}
	}
	p := planOf(sourceOf(series), []ledgertest.Subject{{ID: "new", Labels: slo.Labels{{Name: "shopset", Value: "new"}}}}, s)
	p.Items[0].Subjects[0].Formerly = []ledger.Former{{ID: old.ID, Match: old.Labels}}
	l := open(t, testConfig("", h.Start, timeOf(end), h.Config.Interval, time.Minute), p, end)
	for at := h.Start; at <= end; at += 600_000 { // slices begin before the 0, too
		advance(t, l, at)
	}
	advance(t, l, end)
	if written == 0 {
		t.Fatal("nothing was written")
	}
	checkEdges(t, l, s, "new", oracles[old.ID], h.Start, end, 60_000)
}
