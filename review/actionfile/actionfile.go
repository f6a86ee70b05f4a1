// Package actionfile reads the action items of reviews from YAML files, which are kept in
// git and reviewed like code:
//
//	apiVersion: shopslo.dev/v1alpha1
//	kind: ActionItem
//	metadata: {name: cart-timeouts}
//	spec:
//	  what: カートのタイムアウトを 3 秒に下げる
//	  owner: mai
//	  due: 2026-11-20            # a day, which is then included, or a time
//	  doneAt: 2026-11-18         # absent: not done
//	  link: https://git.example/shop/cart/issues/12
//	  from: 2026-W45             # the review or incident that it comes from
package actionfile

import (
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/review"
)

// apiVersion is the one that is read.
const apiVersion = "shopslo.dev/v1alpha1"

type actionDocument struct {
	document.Header `json:",inline"`
	Spec            spec `json:"spec"`
}

type spec struct {
	What   string `json:"what"`
	Owner  string `json:"owner"`
	Due    when   `json:"due,omitempty"`
	DoneAt when   `json:"doneAt,omitempty"`
	Link   string `json:"link,omitempty"`
	From   string `json:"from,omitempty"`
}

// when is a day or a time, as written.
type when struct {
	time.Time
	day bool
}

// UnmarshalText reads 2026-11-20 or 2026-11-20T18:00:00+09:00.
func (w *when) UnmarshalText(text []byte) error {
	var err error
	if w.Time, err = time.Parse(time.DateOnly, string(text)); err == nil {
		w.day = true
		return nil
	}
	if w.Time, err = time.Parse(time.RFC3339, string(text)); err != nil {
		return fmt.Errorf("%q is no day and no time; write it like 2026-11-20 or 2026-11-20T18:00:00+09:00", text)
	}
	return nil
}

// in is the time in a zone: of a day its end, or where end is false its begin; nil where
// nothing was written.
func (w when) in(zone *time.Location, end bool) *time.Time {
	if w.IsZero() {
		return nil
	}
	t := w.Time
	if w.day {
		y, m, d := t.Date()
		if end {
			d++
		}
		t = time.Date(y, m, d, 0, 0, 0, 0, zone)
	}
	return &t
}

var kinds = document.Kinds{"ActionItem": func() any { return new(actionDocument) }}

// Load reads the action items of the files that glob patterns match, in the order of the
// files; relative patterns start at the folder base, days are those of the zone. No file
// is no item. The error is document.Faults, every fault at once; no item is returned with
// it.
func Load(base string, zone *time.Location, patterns ...string) ([]review.Action, error) {
	objects, faults := document.Load(base, apiVersion, kinds, patterns...)
	return read(objects, faults, zone)
}

// parse reads the action items of one file's content; name stands in the faults.
func parse(name string, data []byte, zone *time.Location) ([]review.Action, error) {
	objects, faults := document.Parse(name, data, apiVersion, kinds)
	return read(objects, faults, zone)
}

func read(objects []*document.Object, faults document.Faults, zone *time.Location) ([]review.Action, error) {
	var out []review.Action
	seen := map[string]string{}
	for _, o := range objects {
		fault := func(path, format string, args ...any) {
			if f, ok := o.Fault(path, format, args...); ok {
				faults = append(faults, f)
			}
		}
		d := o.Value.(*actionDocument)
		if file, twice := seen[o.Name]; twice && o.Name != "" {
			fault("metadata.name", "is the name of another ActionItem too (%s)", file)
		}
		seen[o.Name] = o.File
		for path, text := range map[string]string{"spec.what": d.Spec.What, "spec.owner": d.Spec.Owner} {
			if strings.TrimSpace(text) == "" {
				fault(path, "is empty: nobody can do what is not said, or is nobody's")
			}
		}
		if u, err := url.Parse(d.Spec.Link); d.Spec.Link != "" && (err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "") {
			fault("spec.link", "%q is not the address of a page, like https://git.example/shop/cart/issues/12", d.Spec.Link)
		}
		out = append(out, review.Action{ID: o.Name, What: d.Spec.What, Owner: d.Spec.Owner, Due: d.Spec.Due.in(zone, true),
			Done: d.Spec.DoneAt.in(zone, false), Link: d.Spec.Link, From: d.Spec.From})
	}
	if err := faults.Err(); err != nil {
		return nil, err
	}
	return out, nil
}
