package shopslo

import (
	"slices"
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/promquery"
)

// askAfter is how long a server waits before it asks its sources again what the SLOs
// mean that it cannot count.
const askAfter = 10 * time.Second

// askAgain lets a server take up SLOs that it could not understand, as soon as the source
// tells what their metrics are: an embedded one knows nothing before it has scraped.
func (k *keeper) askAgain(e *engine.Engine, now time.Time) {
	if now.Before(k.asked.Add(askAfter)) {
		return
	}
	k.asked = now
	unread := unread(e.Docs, e.Ledger.Failing())
	if len(unread) == 0 {
		return
	}
	again := map[string]bool{}
	for _, ind := range unread {
		for _, name := range ind.from {
			if !again[name] {
				e.Sources[name].Types.AskAgain()
			}
			again[name] = true
		}
	}
	for _, ind := range unread {
		if !slices.ContainsFunc(ind.from, func(name string) bool {
			_, err := promquery.Read(ind.Indicator, e.Sources[name].Types.TypeOf)
			return err == nil
		}) {
			continue
		}
		k.configuring.Lock()
		defer k.configuring.Unlock()
		if k.current() != e { // reloaded meanwhile
			return
		}
		if err := e.TakeOver(now); err != nil {
			k.Log.Error("SLOs that are understood now are not taken up", "err", err)
		}
		return
	}
}

// unreadOne is an indicator, and the sources that it is read from.
type unreadOne struct {
	*slo.Indicator
	from []string
}

// unread are the indicators of SLOs that are refused for what their queries mean.
func unread(d *documents.Documents, failing []ledger.Failing) (out []unreadOne) {
	for _, f := range failing {
		for i := range d.SLOs.SLOs {
			if s := &d.SLOs.SLOs[i]; s.Name == f.SLO && f.Refused {
				for k := range s.Parts {
					out = append(out, unreadOne{&s.Parts[k].Indicator, documents.AskedFor(d, s, &s.Parts[k])})
				}
			}
		}
	}
	return out
}
