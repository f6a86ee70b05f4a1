package mailrelay

import (
	"context"
	"time"

	"github.com/shopslo/shopslo/internal/text"
)

// StatusPage is what a relay's operator says in public. It is a weak signal: people
// write it, late and kindly.
type StatusPage interface {
	// Look reads the page once. Data is a Notice with a Level; a page that says
	// nothing of the relay is the zero Notice and nil; an error is an *Error.
	Look(ctx context.Context) (Notice, error)
}

// Level is how bad the operator says it is. Empty is not told.
type Level string

// The levels, in the words of status pages.
const (
	LevelNone        Level = "none"
	LevelMaintenance Level = "maintenance"
	LevelMinor       Level = "minor"
	LevelMajor       Level = "major"
	LevelCritical    Level = "critical"
)

// Notice is what a status page shows.
type Notice struct {
	Level Level     `json:"level,omitempty"`
	Text  string    `json:"text,omitempty"` // the operator's own words, one line
	Since time.Time `json:"since,omitzero"` // zero is not told
}

// SetNotice remembers what the status page shows; a failed look forgets it, since what
// was said before is not news.
func (h *History) SetNotice(n Notice, err error) {
	if err != nil {
		n = Notice{}
	}
	n.Text = text.Cut(oneLine(n.Text), 120)
	h.Notice = n
}

// announced judges the status page: never more than a warning by itself.
func (h *History) announced(now time.Time) []Finding {
	f := Finding{Kind: Announced, Since: h.Notice.Since, Until: now, Text: h.Notice.Text}
	switch h.Notice.Level {
	case LevelMajor, LevelCritical:
		f.Severity = Warning
	case LevelMinor, LevelMaintenance:
		f.Severity = OK
	default:
		return nil
	}
	return []Finding{f}
}
