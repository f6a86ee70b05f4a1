package shopslo

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/slo/ledger"
)

// keeper keeps an engine up to date with its sources, and with its documents.
type keeper struct {
	Options
	metrics *ownMetrics
	branch  *calendarBranch // of which the calendar is read, where the configuration names one

	mu     sync.RWMutex
	engine *engine.Engine
	outage error            // why no source could be read last time
	caught time.Time        // when counting had come up to the clock for the first time
	far    string           // how far it was told that it is
	paces  map[string]*pace // by source

	telling sync.Mutex
	failing map[string]ledger.Failing // by SLO, as last told; under telling

	configuring sync.Mutex // held while the ledger is told what to count

	background sync.WaitGroup // of looks
}

func newKeeper(o Options, e *engine.Engine, b *calendarBranch, m *ownMetrics) *keeper {
	k := &keeper{Options: o, engine: e, branch: b, metrics: m, paces: map[string]*pace{}}
	for _, name := range e.Sources.Names() {
		k.paces[name] = &pace{keeper: k, source: name}
	}
	return k
}

// uncounted tells of the SLOs that are not being counted, and when they are again. paused: there is
// more history to be read, in which they may fail anew.
func (k *keeper) uncounted(e *engine.Engine, paused bool) {
	k.telling.Lock()
	defer k.telling.Unlock()
	failing := map[string]ledger.Failing{}
	for _, f := range e.Ledger.Failing() {
		failing[f.SLO] = f
		if _, before := k.failing[f.SLO]; !before {
			k.Log.Warn("an SLO is not being counted; it is tried again, and all others are", "slo", f.SLO, "shopsets", strings.Join(f.Subjects, ","), "reason", f.Reason)
		}
	}
	k.metrics.counted(e.Docs.SLOs.SLOs, failing)
	for name, was := range k.failing {
		switch _, still := failing[name]; {
		case still:
		case paused:
			failing[name] = was
		default:
			k.Log.Info("an SLO is being counted again", "slo", name)
		}
	}
	k.failing = failing
}

func (k *keeper) current() *engine.Engine {
	k.mu.RLock()
	defer k.mu.RUnlock()
	return k.engine
}

// reloads reads configuration and documents again at each SIGHUP.
func (k *keeper) reloads(ctx context.Context) {
	k.metrics.reloaded(k.Host.Now(), nil)
	for {
		select {
		case <-ctx.Done():
			return
		case <-k.Options.Reload:
		}
		err := k.reload(ctx)
		k.metrics.reloaded(k.Host.Now(), err)
		if err != nil {
			k.Log.Error("reload failed; the configuration from before stays", "err", strings.TrimSpace(err.Error()))
		} else {
			k.Log.Info("configuration and documents are reloaded")
		}
	}
}

// reload takes over new documents. Source and ledger stay as they are.
func (k *keeper) reload(ctx context.Context) error {
	old := k.current()
	d, err := documents.Load(k.Config)
	if err == nil {
		err = k.branch.read(ctx, d)
	}
	if err != nil {
		return err
	}
	if changed := otherGround(old.Docs.Config, d.Config); len(changed) > 0 {
		return fmt.Errorf("%s: changed: %s: restart to take that over", d.Config.Path, strings.Join(changed, ", "))
	}
	next := old.With(d)
	if next.NeedsMore(old) {
		return fmt.Errorf("%s: a longer window than before needs more history: restart to take that over", d.Config.Path)
	}
	if err := next.Sources.Ask(ctx, d); err != nil {
		return err
	}
	next.FindAnew()
	next.LookFirst(k.Host.Now()) // before anything is taken over: it may take a while
	k.configuring.Lock()
	defer k.configuring.Unlock()
	if err := next.TakeOver(k.Host.Now()); err != nil {
		return errors.Join(err, old.TakeOver(k.Host.Now()))
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	k.engine = next
	return nil
}

// otherGround names what is not the same of what cannot change while running: everything
// about sources and ledger but what is scraped.
func otherGround(x, y *config.Config) (changed []string) {
	for _, part := range []struct {
		name string
		x, y any
	}{
		{"source", ground(x.Sources), ground(y.Sources)}, {"ledger", x.Ledger, y.Ledger}, {"counting", x.Counting, y.Counting},
		{"mackerel", x.Mackerel, y.Mackerel}, {"gate.log", x.Gate.Log, y.Gate.Log}, {"gate.tell", x.Gate.Tell, y.Gate.Tell},
		{"target_labels", x.TargetLabels, y.TargetLabels}, {"start_time_metric", x.StartTimeMetric, y.StartTimeMetric},
	} {
		if !reflect.DeepEqual(part.x, part.y) {
			changed = append(changed, part.name)
		}
	}
	return changed
}

// ground is what of sources cannot change.
func ground(all map[string]config.Source) map[string]config.Source {
	out := map[string]config.Source{}
	for name, s := range all {
		s.Alerts = nil
		if s.Embedded != nil {
			e := *s.Embedded
			e.ScrapeConfigs, e.Line = nil, 0
			s.Embedded = &e
		}
		out[name] = s
	}
	return out
}
