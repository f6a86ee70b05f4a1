package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"strconv"
	"sync"
	"time"
)

// process is one version of a shop that runs, or ran.
type process struct {
	*childProcess
	profile profile
	version string

	mu      sync.Mutex
	line    []byte // what it has printed of its next line
	news    chan shopNews
	address string
}

// Write takes the shop's standard output and passes on its news.
func (p *process) Write(b []byte) (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, c := range b {
		if c != '\n' {
			p.line = append(p.line, c)
			continue
		}
		var n shopNews
		if json.Unmarshal(p.line, &n) == nil && len(p.news) < cap(p.news) {
			p.news <- n
		}
		p.line = p.line[:0]
	}
	return len(b), nil
}

// await waits for the shop to reach a state.
func (p *process) await(ctx context.Context, state string) (shopNews, error) {
	limit := time.NewTimer(20 * time.Second)
	defer limit.Stop()
	for {
		select {
		case n := <-p.news:
			if n.State == state {
				return n, nil
			}
		case <-p.Done():
			return shopNews{}, p.ending()
		case <-limit.C:
			return shopNews{}, fmt.Errorf("%s did not say %q within 20 s", p.name, state)
		case <-ctx.Done():
			return shopNews{}, context.Cause(ctx)
		}
	}
}

// shopFleet are the shop processes of all ShopSets.
type shopFleet struct {
	children *children
	exe      string
	seed     uint64
	ended    func(*childProcess) // see childSpec

	mu      sync.Mutex
	running map[string]*process // by ShopSet
	started uint64
}

// startAll starts the good version of every ShopSet, on free ports.
func (f *shopFleet) startAll(ctx context.Context) error {
	for _, p := range shops {
		if _, err := f.launch(p, goodVersion, p.FailOneIn, "127.0.0.1:0"); err != nil {
			return err
		}
	}
	for _, p := range shops {
		if err := f.listening(ctx, f.process(p.Name)); err != nil {
			return err
		}
	}
	return nil
}

// launch starts a process; it does not wait for it.
func (f *shopFleet) launch(p profile, version string, failOneIn int, listen string) (*process, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.started++
	run := &process{profile: p, version: version, news: make(chan shopNews, 8)}
	ch, err := f.children.start(childSpec{
		name: "ShopSet " + p.Name, exe: f.exe, out: run, ended: f.ended,
		args: []string{"shop", "-lifeline", "-shopset", p.Name, "-version", version, "-listen", listen,
			"-fail-one-in", strconv.Itoa(failOneIn), "-slow", strconv.FormatFloat(p.Slow, 'g', -1, 64),
			"-seed", strconv.FormatUint(f.seed+f.started, 10)},
	})
	if err != nil {
		return nil, err
	}
	run.childProcess = ch
	f.running[p.Name] = run
	return run, nil
}

// listening waits until a process has its port, and notes it.
func (f *shopFleet) listening(ctx context.Context, p *process) error {
	n, err := p.await(ctx, "listening")
	if err != nil {
		return err
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	p.address = n.Address
	return nil
}

// process gives the latest process of a ShopSet.
func (f *shopFleet) process(name string) *process {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.running[name]
}

// addresses lists where the ShopSets listen, in the fleet's order.
func (f *shopFleet) addresses() []address {
	f.mu.Lock()
	defer f.mu.Unlock()
	var list []address
	for _, p := range shops {
		list = append(list, address{Name: p.Name, Address: f.running[p.Name].address})
	}
	return list
}

// deploy replaces a ShopSet's process by another version on the same port, as a
// rolling update does: the new one is brought up first, and takes the port when
// the old one leaves it to finish its last requests.
func (f *shopFleet) deploy(ctx context.Context, name, version string, failOneIn int) error {
	old := f.process(name)
	run, err := f.launch(old.profile, version, failOneIn, old.address)
	if err != nil {
		return err
	}
	if _, err := run.await(ctx, "starting"); err != nil {
		return err
	}
	go old.stop(5 * time.Second)
	return f.listening(ctx, run)
}
