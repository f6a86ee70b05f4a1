package shopslo

import (
	"time"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/ledger"
	"github.com/shopslo/shopslo/slo/promquery"
)

// askAfter is how long a server waits before it asks its source again what the SLOs
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
	e.Source.Types.AskAgain()
	for _, ind := range unread {
		if _, err := promquery.Read(ind, e.Source.Types.TypeOf); err != nil {
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

// unread are the indicators of SLOs that are refused for what their queries mean.
func unread(d *documents.Documents, failing []ledger.Failing) (out []*slo.Indicator) {
	for _, f := range failing {
		for i := range d.SLOs.SLOs {
			if s := &d.SLOs.SLOs[i]; s.Name == f.SLO && f.Refused {
				for k := range s.Parts {
					out = append(out, &s.Parts[k].Indicator)
				}
			}
		}
	}
	return out
}
