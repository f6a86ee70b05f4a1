package demo

import (
	"context"
	"fmt"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"text/tabwriter"
	"time"

	"github.com/shopslo/shopslo/internal/customers"
)

// The gate's exit codes that the story waits for (docs: exit codes).
const (
	exitPromote      = 0
	exitHold         = 1
	exitInconclusive = 2
)

// story is one run of the demo.
type story struct {
	narrator
	o    Options
	pace pace
	dir  string

	outer  context.Context // the caller's
	ctx    context.Context // also done when a process dies that must not
	cancel context.CancelCauseFunc

	children *children
	shops    *shopFleet
	load     *customers.Load
	serving  *childProcess
	server   string // http://127.0.0.1:PORT of shopslo serve
	log      *os.File

	keeping atomic.Bool // the story is told; what dies now is news, not a failure
}

func newStory(ctx context.Context, o Options, p pace, dir string) *story {
	s := &story{narrator: narrator{out: o.Out, begun: time.Now()}, o: o, pace: p, dir: dir, outer: ctx, children: &children{}}
	s.ctx, s.cancel = context.WithCancelCause(ctx)
	s.shops = &shopFleet{children: s.children, exe: o.Exe, seed: o.Seed, running: map[string]*process{}, ended: s.lost}
	return s
}

// close ends all that the story started.
func (s *story) close() {
	s.cancel(nil)
	if s.load != nil {
		s.load.Halt()
	}
	s.children.stopAll(5 * time.Second)
	if s.load != nil {
		s.load.Stop()
	}
	if s.log != nil {
		s.log.Close()
	}
}

// lost is called when a process ended by itself. That ends the story, except
// for shops when it has been told: then somebody may have killed one by hand.
func (s *story) lost(ch *childProcess) {
	if s.keeping.Load() && ch != s.serving {
		s.say("%s (pid %d) is gone. Ask status and the gate what they make of it", ch.name, ch.PID())
		return
	}
	s.cancel(ch.ending())
}

// tell tells the story from its beginning to its end.
func (s *story) tell() error {
	for _, chapter := range []func() error{
		s.raise, s.tooEarly, s.firstMinute, s.badRelease, s.rollBack, s.killOne, s.compare, s.keep,
	} {
		if err := chapter(); err != nil {
			return err
		}
	}
	return nil
}

// raise starts the shops, the server and the load.
func (s *story) raise() error {
	s.say("nine ShopSets, a process each: %s", fleetLine())
	if err := s.shops.startAll(s.ctx); err != nil {
		return err
	}
	if err := writeFiles(s.dir, s.shops.addresses()); err != nil {
		return err
	}
	if err := s.serve(); err != nil {
		return err
	}
	if err := s.scraped(); err != nil {
		return err
	}
	if err := s.newLoad(); err != nil {
		return err
	}
	s.load.Start(s.ctx)
	s.say("all of it can be watched in a browser: %s%s", s.server, boardPath)
	s.say("customers arrive: a day takes %g s, and its nights have a tenth of the traffic", s.pace.day.Seconds())
	return nil
}

// serve starts shopslo serve and waits until it is ready.
func (s *story) serve() error {
	port, err := freePort()
	if err != nil {
		return err
	}
	if s.log, err = os.Create(filepath.Join(s.dir, serveLog)); err != nil {
		return fmt.Errorf("keep the server's log: %w", err)
	}
	args := []string{"serve", "--config", configFile, "--web.listen-address", port}
	s.say("shopslo scrapes them every second and keeps the counts; the windows are a minute long")
	s.show(args...)
	s.server = "http://" + port
	s.serving, err = s.children.start(childSpec{
		name: "shopslo serve", exe: s.o.Exe, args: args, dir: s.dir, log: s.log, ended: s.lost,
	})
	if err != nil {
		return err
	}
	return s.until(30*time.Second, "shopslo serve is not ready", func() (bool, error) {
		return s.ready(), nil
	})
}

// ready asks the server whether it can answer.
func (s *story) ready() bool {
	ctx, cancel := context.WithTimeout(s.ctx, 5*time.Second)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, s.server+"/-/ready", nil)
	if err != nil {
		return false
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return false
	}
	resp.Body.Close()
	return resp.StatusCode == http.StatusOK
}

// freePort gives an address of this machine that is free now.
func freePort() (string, error) {
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return "", fmt.Errorf("find a free port: %w", err)
	}
	defer ln.Close()
	return ln.Addr().String(), nil
}

// scraped waits until every ShopSet has been seen: from then on a series that
// appears counts from zero, and no request is missed.
func (s *story) scraped() error {
	return s.until(30*time.Second, "not all ShopSets have been scraped", func() (bool, error) {
		budgets, err := s.budgets()
		if err != nil {
			return false, err
		}
		covered := map[string]bool{}
		for _, b := range budgets {
			if b.Coverage > 0 {
				covered[b.ShopSet] = true
			}
		}
		return len(covered) == len(shops), nil
	})
}

func (s *story) newLoad() error {
	var to []customers.Shop
	for i, a := range s.shops.addresses() {
		to = append(to, customers.Shop{ShopSet: a.Name, URL: "http://" + a.Address, Peak: shops[i].Peak})
	}
	busy := func(since time.Duration) float64 { return dayShape(since.Seconds() / s.pace.day.Seconds()) }
	var err error
	s.load, err = customers.New(to, busy, s.o.Seed)
	return err
}

// tooEarly asks the gate when it cannot know.
func (s *story) tooEarly() error {
	if err := s.sleep(s.pace.early); err != nil {
		return err
	}
	s.say("the gate is asked about %s after %g s of traffic: what it does not know is never a pass", gateTo, s.pace.early.Seconds())
	a, err := s.gate()
	if err != nil {
		return err
	}
	s.print(a)
	if a.code == exitPromote {
		return fmt.Errorf("the gate promotes when %s of a window of a minute has data", s.pace.early)
	}
	return nil
}

// firstMinute shows the budgets of a full window.
func (s *story) firstMinute() error {
	if err := s.sleep(s.pace.full - s.pace.early); err != nil {
		return err
	}
	a, err := s.gateSays("promote", exitPromote)
	if err != nil {
		return err
	}
	s.say("a day has passed: every ShopSet has a budget per SLO")
	if err := s.status(""); err != nil {
		return err
	}
	s.print(a)
	return nil
}

// badRelease brings a version to beta that fails some of its cart requests.
func (s *story) badRelease() error {
	s.say("%s is released to beta: it fails %g %% of the cart requests", badVersion, 100.0/badOneIn)
	if err := s.shops.deploy(s.ctx, releasedTo, badVersion, badOneIn); err != nil {
		return err
	}
	since := time.Now()
	a, err := s.gateSays("hold", exitHold)
	if err != nil {
		return err
	}
	s.say("%.0f s after the release:", time.Since(since).Seconds())
	s.print(a)
	return s.status(releasedTo)
}

// rollBack brings the good version back and waits for the gate to open.
func (s *story) rollBack() error {
	s.say("rolled back to %s", goodVersion)
	if err := s.shops.deploy(s.ctx, releasedTo, goodVersion, profileOf(releasedTo).FailOneIn); err != nil {
		return err
	}
	since := time.Now()
	a, err := s.gateSays("promote", exitPromote)
	if err != nil {
		return err
	}
	s.say("%.0f s after the rollback:", time.Since(since).Seconds())
	s.print(a)
	return nil
}

// killOne kills a ShopSet, and shows that its silence is no pass.
func (s *story) killOne() error {
	p := s.shops.process(killed)
	s.say("nothing is canned: kill -9 %d, the process of %s", p.PID(), killed)
	p.kill()
	since := time.Now()
	if err := s.sleep(s.pace.silence); err != nil {
		return err
	}
	a, err := s.gateSays("inconclusive or hold", exitInconclusive, exitHold)
	if err != nil {
		return err
	}
	s.say("%.0f s after its death:", time.Since(since).Seconds())
	s.print(a)
	return s.status(killed)
}

// keep leaves all of it running until ctx is done.
func (s *story) keep() error {
	if !s.o.Keep {
		s.say("that was all of it, in %.0f s; the processes are being ended", time.Since(s.begun).Seconds())
		return nil
	}
	p := profileOf(killed)
	if err := s.revive(p); err != nil {
		return err
	}
	s.keeping.Store(true)
	s.load.Start(s.ctx)
	s.say("%s runs again, and so do its customers. All of it keeps running until Ctrl-C, for %g hours at most:", killed, s.pace.keep.Hours())
	s.tips()
	if err := s.sleep(s.pace.keep); err != nil && s.outer.Err() == nil {
		return err
	}
	s.say("the processes are being ended")
	return nil
}

// revive starts a killed ShopSet on its old port.
func (s *story) revive(p profile) error {
	run, err := s.shops.launch(p, goodVersion, p.FailOneIn, s.shops.process(p.Name).address)
	if err != nil {
		return err
	}
	return s.shops.listening(s.ctx, run)
}

// boardPath is where shopslo serve has its web page.
const boardPath = "/board/"

// tips says what there is to see and to try.
func (s *story) tips() {
	var b strings.Builder
	w := tabwriter.NewWriter(&b, 0, 8, 2, ' ', 0)
	fmt.Fprintf(w, "   %s%s\tthe fleet board: open it in a browser\n", s.server, boardPath)
	fmt.Fprintf(w, "   %s/metrics\tthe ledger's counters and the budgets\n", s.server)
	fmt.Fprintf(w, "   %s/api/v1/status\tthe budgets as JSON\n", s.server)
	for _, a := range s.shops.addresses() {
		fmt.Fprintf(w, "   http://%s/metrics\t%s, pid %d\n", a.Address, a.Name, s.shops.process(a.Name).PID())
	}
	w.Flush()
	fmt.Fprintf(&b, "── Try, in another terminal:\n   cd %s   # its log is %s\n   kill -9 %d\n", s.dir, serveLog, s.shops.process(killed).PID())
	for _, command := range []string{"status", "gate --to " + gateTo} {
		fmt.Fprintf(&b, "   %s %s --config %s --server %s\n", s.o.Exe, command, configFile, s.server)
	}
	s.write(b.String())
}
