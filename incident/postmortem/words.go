package postmortem

import (
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// part is a section of the text.
type part int

const (
	partOverview part = iota
	partMissing
	partFigures
	partBurned
	partTimeline
	// From here on people write.
	partSummary
	partImpact
	partCause
	partTrigger
	partDetection
	partResolution
	partWell
	partWrong
	partLucky
	partActions
)

// words are those of a language.
type words struct {
	parts                                                                  map[part]string
	blameless, notWritten, notShown, notKnown, notYet, notSaid, wholeFleet string
	id, title, severity, state, affected, release, link, times             string
	noStart, noScope, noOwner, noDue                                       string
	started, detected, toDetect, toMitigate, toResolve, hurting, soFar     string
	fromDetection, noBudget, badEvents, share, itStarted, itWasNoticed     string
	owner, due, done, nobody, notSet, nobodyAnyMore, noneAnyMore           string
	redacted, private                                                      string
	colon, comma, dot                                                      string
	severities                                                             map[incident.Severity]string
	states, moved                                                          map[incident.State]string
	roles                                                                  map[incident.Role]string
}

var english, japanese = wordsIn(text.English), wordsIn(text.Japanese)

// languages are all of them: a text is read in any.
var languages = []*words{&english, &japanese}
