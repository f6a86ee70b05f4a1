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
func (p *pace) askAgain(e *engine.Engine, now time.Time) {
	if now.Before(p.asked.Add(askAfter)) {
		return
	}
	p.asked = now
	unread := unread(e.Docs, e.Ledger.Failing(), p.source)
	if len(unread) == 0 {
		return
	}
	types := e.Sources[p.source].Types
	types.AskAgain()
	if !slices.ContainsFunc(unread, func(ind *slo.Indicator) bool {
		_, err := promquery.Read(ind, types.TypeOf)
		return err == nil
	}) {
		return
	}
	p.configuring.Lock()
	defer p.configuring.Unlock()
	if p.current() != e { // reloaded meanwhile
		return
	}
	if err := e.TakeOver(now); err != nil {
		p.Log.Error("SLOs that are understood now are not taken up", "err", err)
	}
}

// unread are the indicators of SLOs that are refused for what their queries mean, and are read
// from a source.
func unread(d *documents.Documents, failing []ledger.Failing, source string) (out []*slo.Indicator) {
	for _, f := range failing {
		for i := range d.SLOs.SLOs {
			if s := &d.SLOs.SLOs[i]; s.Name == f.SLO && f.Refused {
				for k := range s.Parts {
					if slices.Contains(documents.AskedFor(d, s, &s.Parts[k]), source) {
						out = append(out, &s.Parts[k].Indicator)
					}
				}
			}
		}
	}
	return out
}
