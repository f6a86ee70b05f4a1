package relaystore

import (
	"context"
	"errors"
	"os"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

var (
	traits = mailrelay.Traits{Vendor: "test", Grain: time.Minute, Settle: time.Minute, Tells: []mailrelay.Figure{mailrelay.Delivered}}
	monday = time.Date(2026, 10, 5, 0, 0, 0, 0, time.UTC)
)

// poll adds one minute's bucket, as a run of the plugin does.
func poll(at time.Time, n int64) func(*mailrelay.History) {
	return func(h *mailrelay.History) {
		_, _ = h.Add(mailrelay.Poll{Span: mailrelay.Span{From: at.Add(-time.Hour), To: at.Add(2 * time.Minute)}, Report: mailrelay.Report{
			Buckets: []mailrelay.Bucket{{Start: at, End: at.Add(time.Minute), Counts: mailrelay.Counts{mailrelay.Delivered: n}}}}}, traits)
	}
}

func TestWhatIsKeptIsReadAgain(t *testing.T) {
	s := Store{Dir: t.TempDir() + "/new/folder"}
	if h, tr, err := s.Read("shop", "test"); err != nil || h.Account != "shop" || tr.Grain != 0 {
		t.Fatalf("before the first poll: %+v %+v %v", h, tr, err)
	}
	for i := range 3 {
		if err := s.Update(context.Background(), "shop", traits, poll(monday.Add(time.Duration(i)*time.Minute), int64(i))); err != nil {
			t.Fatal(err)
		}
	}
	h, tr, err := s.Read("shop", "test")
	if err != nil || tr.Grain != time.Minute || tr.Settle != time.Minute || tr.Vendor != "test" {
		t.Fatal(tr, err)
	}
	if len(h.Recent) != 3 || h.Recent[2].Counts[mailrelay.Delivered] != 2 || !h.Recent[2].Start.Equal(monday.Add(2*time.Minute)) {
		t.Errorf("%+v", h.Recent)
	}
	if h, _, err := s.Read("shop", "other"); err != nil || len(h.Recent) != 0 {
		t.Errorf("another relay has the same history: %+v, %v", h, err)
	}
}

func TestAFolderThatIsNotOursIsRefused(t *testing.T) {
	update := func(s Store) error { return s.Update(context.Background(), "shop", traits, poll(monday, 1)) }
	dir := t.TempDir()
	s := Store{Dir: dir + "/state"}
	if err := os.Mkdir(s.Dir, 0o755); err != nil {
		t.Fatal(err)
	}
	if err := update(s); err != nil {
		t.Fatal(err)
	}
	if info, err := os.Stat(s.Dir); err != nil || info.Mode().Perm() != 0o700 {
		t.Errorf("others may look into it: %v, %v", info.Mode(), err)
	}
	if info, err := os.Stat(s.Path("shop", "test")); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the file: %v, %v", info.Mode(), err)
	}
	link := Store{Dir: dir + "/link"}
	if err := os.Symlink(s.Dir, link.Dir); err != nil {
		t.Fatal(err)
	}
	_, _, err := link.Read("shop", "test")
	for what, err := range map[string]error{"write": update(link), "read": err} {
		if err == nil || !strings.Contains(err.Error(), "is a link") {
			t.Errorf("%s through a link: %v", what, err)
		}
	}
	for _, ending := range []string{"", ".new", ".lock", ".copy"} {
		s := Store{Dir: t.TempDir()}
		victim := dir + "/victim"
		if err := errors.Join(os.WriteFile(victim, []byte("theirs"), 0o600), os.Symlink(victim, s.Path("shop", "test")+ending)); err != nil {
			t.Fatal(err)
		}
		err := update(s)
		if b, _ := os.ReadFile(victim); string(b) != "theirs" || ending != ".copy" && (err == nil || !strings.Contains(err.Error(), "link")) {
			t.Errorf("a link at %q: %v, %q", ending, err, b)
		}
	}
}

func TestAFolderOfAnotherUserIsRefused(t *testing.T) {
	if os.Geteuid() != 0 {
		t.Skip("only root can give a folder away")
	}
	s := Store{Dir: t.TempDir() + "/state"}
	if err := errors.Join(os.Mkdir(s.Dir, 0o777), os.Chown(s.Dir, 65534, 65534)); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(context.Background(), "shop", traits, poll(monday, 1)); err == nil || !strings.Contains(err.Error(), "belongs to another user (uid 65534") {
		t.Errorf("kept there: %v", err)
	}
	if _, _, err := s.Read("shop", "test"); err == nil || !strings.Contains(err.Error(), "belongs to another user") {
		t.Errorf("read from there: %v", err)
	}
}

func TestRunsThatOverlapLoseNothing(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	var wg sync.WaitGroup
	const runs = 40
	seen := 0
	for i := range runs {
		wg.Go(func() {
			if err := s.Update(context.Background(), "shop", traits, func(h *mailrelay.History) {
				seen++ // the lock makes this safe
				h.Totals.Days = map[string]mailrelay.Counts{"n": {mailrelay.Delivered: h.Totals.Days["n"][mailrelay.Delivered] + 1}}
			}); err != nil {
				t.Errorf("run %d: %v", i, err)
			}
			if _, _, err := s.Read("shop", "test"); err != nil {
				t.Errorf("read beside run %d: %v", i, err)
			}
		})
	}
	wg.Wait()
	h, _, err := s.Read("shop", "test")
	if err != nil || h.Totals.Days["n"][mailrelay.Delivered] != runs || seen != runs {
		t.Errorf("%d of %d runs are kept, %v", h.Totals.Days["n"][mailrelay.Delivered], runs, err)
	}
}

func TestALockThatIsHeldIsWaitedForUntilTheTimeIsUp(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	err := s.Update(context.Background(), "shop", traits, func(*mailrelay.History) {
		if err := s.Update(ctx, "shop", traits, func(*mailrelay.History) { t.Error("changed under another's lock") }); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("got %v", err)
		}
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestADamagedFileIsKeptAsideAndANewHistoryBegins(t *testing.T) {
	for name, text := range map[string]string{"an empty file": "", "half a file": `{"version":1,"gra`, "another version": `{"version":2,"grain":60000000000}`,
		"no grain": `{"version":1}`, "a list": `[]`} {
		t.Run(name, func(t *testing.T) {
			s := Store{Dir: t.TempDir()}
			path := s.Path("shop", "test")
			if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
				t.Fatal(err)
			}
			if _, _, err := s.Read("shop", "test"); !errors.Is(err, ErrDamaged) {
				t.Errorf("read: %v", err)
			}
			if err := s.Update(context.Background(), "shop", traits, poll(monday, 7)); !errors.Is(err, ErrDamaged) {
				t.Errorf("the damage is not told: %v", err)
			}
			if h, _, err := s.Read("shop", "test"); err != nil || len(h.Recent) != 1 {
				t.Errorf("after: %+v, %v", h, err)
			}
			if b, err := os.ReadFile(path + ".damaged"); err != nil || string(b) != text {
				t.Errorf("kept aside: %q, %v", b, err)
			}
			if err := s.Update(context.Background(), "shop", traits, poll(monday.Add(time.Minute), 7)); err != nil {
				t.Errorf("the next run: %v", err)
			}
		})
	}
}

// Who moves an account by mistake, and back, has lost nothing but what came between.
func TestAnAccountThatMovesBackGoesOn(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	of := func(account string) mailrelay.Traits { tr := traits; tr.Account = account; return tr }
	for i, step := range []struct {
		account, says string
		recent        int
	}{
		{"", "", 1}, {"tokyo", "", 2}, {"tokyo", "", 3}, {"osaka", "(tokyo), and the settings name osaka", 1}, {"osaka", "", 2},
		{"tokyo", "that of before goes on", 4}, {"osaka", "that of before goes on", 3}, {"nara", "a new history begins", 1},
	} {
		err := s.Update(context.Background(), "shop", of(step.account), poll(monday.Add(time.Duration(i)*time.Minute), 7))
		if (step.says == "") != (err == nil) || err != nil && (!errors.Is(err, ErrMoved) || !strings.Contains(err.Error(), step.says)) {
			t.Errorf("step %d: %v, want %q", i, err, step.says)
		}
		if h, tr, err := s.Read("shop", "test"); err != nil || tr.Account != step.account || len(h.Recent) != step.recent {
			t.Errorf("step %d: %d buckets of %q, %v", i, len(h.Recent), tr.Account, err)
		}
	}
}

func TestACrashWhileWritingLeavesTheOldHistory(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	if err := s.Update(context.Background(), "shop", traits, poll(monday, 7)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(s.Path("shop", "test")+".new", []byte(`{"version":1,"hist`), 0o644); err != nil {
		t.Fatal(err)
	}
	if h, _, err := s.Read("shop", "test"); err != nil || len(h.Recent) != 1 {
		t.Errorf("%+v, %v", h, err)
	}
	if err := s.Update(context.Background(), "shop", traits, poll(monday.Add(time.Minute), 8)); err != nil {
		t.Fatal(err)
	}
	if h, _, err := s.Read("shop", "test"); err != nil || len(h.Recent) != 2 {
		t.Errorf("%+v, %v", h, err)
	}
}

func TestADamagedFileIsReadFromItsFlushedCopy(t *testing.T) {
	s := Store{Dir: t.TempDir()}
	for i := range 2 {
		if err := s.Update(context.Background(), "shop", traits, poll(monday.Add(time.Duration(i)*time.Minute), 7)); err != nil {
			t.Fatal(err)
		}
	}
	path := s.Path("shop", "test")
	if err := os.Truncate(path, 0); err != nil { // as a power cut may leave it
		t.Fatal(err)
	}
	if h, _, err := s.Read("shop", "test"); err != nil || len(h.Recent) != 1 {
		t.Errorf("from the copy of the first run: %+v, %v", h, err)
	}
	// An hour later the copy is made anew.
	old := time.Now().Add(-copyEvery - time.Minute)
	if err := os.Chtimes(path+copied, old, old); err != nil {
		t.Fatal(err)
	}
	if err := s.Update(context.Background(), "shop", traits, poll(monday.Add(2*time.Minute), 7)); err != nil {
		t.Fatal(err)
	}
	if f, err := load(path + copied); err != nil || len(f.History.Recent) != 2 {
		t.Errorf("the copy: %+v, %v", f.History.Recent, err)
	}
}

func FuzzDecode(f *testing.F) {
	s := Store{Dir: f.TempDir()}
	for i := range 3 {
		if err := s.Update(context.Background(), "shop", traits, poll(monday.Add(time.Duration(i)*10*time.Hour), 7)); err != nil {
			f.Fatal(err)
		}
	}
	b, err := os.ReadFile(s.Path("shop", "test"))
	if err != nil {
		f.Fatal(err)
	}
	f.Add(b)
	f.Fuzz(func(t *testing.T, b []byte) {
		got, err := decode(b)
		if err != nil {
			return
		}
		// Whatever was read must neither stop a poll nor a verdict.
		now := monday.Add(time.Hour)
		poll(now, 3)(&got.History)
		got.History.Judge(now.Add(2*time.Minute), got.traits(), mailrelay.Settings{})
	})
}
