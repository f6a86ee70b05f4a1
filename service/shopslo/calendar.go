package shopslo

import (
	"cmp"
	"path/filepath"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/calendar"
)

// firstReadName is the file that remembers when each exclusion was first read.
const firstReadName = "exclusions.json"

// firstRead remembers when each exclusion was first read: beside the ledger, or the log
// of decisions.
func (s *service) firstRead(c *config.Config) func([]promotion.Exclusion) []promotion.Exclusion {
	dir, path := c.Ledger.Dir, ""
	if l := c.Gate.Log; l != nil {
		dir = cmp.Or(dir, l.Dir)
	}
	if dir != "" {
		path = filepath.Join(dir, firstReadName)
	}
	memory, err := calendar.OpenFirstRead(path)
	if err != nil {
		s.Log.Error("it is not known any more when exclusions were first read", "err", err)
	}
	return func(all []promotion.Exclusion) []promotion.Exclusion {
		all, err := memory.Read(all, s.Host.Now())
		if err != nil {
			s.Log.Error("new exclusions do not count for the time since a release came", "err", err)
		}
		return all
	}
}

// readCalendar reads the calendar, so that what is planned is known in time. What is wrong
// with it is for those to hear who ask for a decision.
func (k *keeper) readCalendar(e *engine.Engine) {
	if len(e.Docs.Config.Gate.Calendar) > 0 {
		e.Witnesses.Calendar()
	}
}
