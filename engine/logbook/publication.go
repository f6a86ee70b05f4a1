package logbook

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// Publication says where a decision is logged; it is published with it.
type Publication struct {
	Head decisionlog.Head // zero: it is not
	Why  string           // why it is not, a clause; "" beside a zero head: nobody was to log it
	// Failed is what kept it from being logged where there is a log.
	Failed error
}

// AppendTo adds "log" to the JSON of a decision, which is not what it was from here on.
func (l Publication) AppendTo(data []byte) []byte {
	data = append(data[:len(data)-1], ",\n\"log\": "...)
	if l.Head.Index > 0 {
		return fmt.Appendf(data, `{"index": %d, "hash": %q, "why": null}}`, l.Head.Index, l.Head.Hash)
	}
	why, err := json.Marshal(l.Why)
	if err != nil {
		why = []byte(`"it is not known why"`)
	}
	return fmt.Appendf(data, `{"index": null, "hash": null, "why": %s}}`, why)
}

// PublishedIn reads what a server has published with its decision.
func PublishedIn(body []byte) Publication {
	var in struct {
		Log struct {
			Index int    `json:"index"`
			Hash  string `json:"hash"`
			Why   string `json:"why"`
		} `json:"log"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Log.Index < 1 {
		return Publication{Why: cmp.Or(in.Log.Why, "the server does not say that it has")}
	}
	return Publication{Head: decisionlog.Head{Index: in.Log.Index, Hash: in.Log.Hash}}
}

// Sentence says it to people; "" where there is nothing to be said.
func (l Publication) Sentence(in text.Language) string {
	switch {
	case l.Head.Index > 0:
		return in.Say(sayLogged, l.Head.Index, l.Head.Hash)
	case l.Why != "":
		return in.Say(sayNotLogged, whys.Say(in, l.Why))
	}
	return ""
}
