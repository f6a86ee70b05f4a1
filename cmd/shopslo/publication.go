package main

import (
	"cmp"
	"encoding/json"
	"fmt"

	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// publication says where a decision is logged; it is published with it.
type publication struct {
	head decisionlog.Head // zero: it is not
	why  string           // why it is not, a clause; "" beside a zero head: nobody was to log it
	// failed is what kept it from being logged where there is a log.
	failed error
}

// appendTo adds "log" to the JSON of a decision, which is not what it was from here on.
func (l publication) appendTo(data []byte) []byte {
	data = append(data[:len(data)-1], ",\n\"log\": "...)
	if l.head.Index > 0 {
		return fmt.Appendf(data, `{"index": %d, "hash": %q, "why": null}}`, l.head.Index, l.head.Hash)
	}
	why, err := json.Marshal(l.why)
	if err != nil {
		why = []byte(`"it is not known why"`)
	}
	return fmt.Appendf(data, `{"index": null, "hash": null, "why": %s}}`, why)
}

// publishedIn reads what a server has published with its decision.
func publishedIn(body []byte) publication {
	var in struct {
		Log struct {
			Index int    `json:"index"`
			Hash  string `json:"hash"`
			Why   string `json:"why"`
		} `json:"log"`
	}
	if err := json.Unmarshal(body, &in); err != nil || in.Log.Index < 1 {
		return publication{why: cmp.Or(in.Log.Why, "the server does not say that it has")}
	}
	return publication{head: decisionlog.Head{Index: in.Log.Index, Hash: in.Log.Hash}}
}

// sentence says it to people; "" where there is nothing to be said.
func (l publication) sentence() string {
	switch {
	case l.head.Index > 0:
		return fmt.Sprintf("Logged as entry %d of the decision log, %s.", l.head.Index, l.head.Hash)
	case l.why != "":
		return "Not logged: " + l.why + "."
	}
	return ""
}
