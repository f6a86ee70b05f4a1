package calendar

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"sigs.k8s.io/yaml"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/document"
	"github.com/shopslo/shopslo/promotion"
)

// Recurrence says when a Freeze recurs; each field is as in its document.
type Recurrence struct {
	RRule, At, For, TimeZone string
}

// FreezeText writes a Freeze as a document; recurs is nil where its From and Until say
// when it is.
func FreezeText(f promotion.Freeze, recurs *Recurrence) ([]byte, error) {
	d := freezeDocument{Header: header(kindFreeze, f.ID), Spec: freezeSpec{
		Reason: f.Reason, By: f.By, Affects: affects(f.Scope), Emergency: f.Emergency, From: f.From, Until: f.Until,
	}}
	if recurs != nil {
		d.Spec.Recurring = &recurSpec{RRule: recurs.RRule}
		errs := []error{
			readText(&d.Spec.Recurring.At, "time", recurs.At),
			readText(&d.Spec.Recurring.For, "length", recurs.For),
			readText(&d.Spec.Recurring.TimeZone, "time zone", recurs.TimeZone),
		}
		if err := errors.Join(errs...); err != nil {
			return nil, err
		}
	}
	return yaml.Marshal(d)
}

func readText(into interface{ UnmarshalText([]byte) error }, what, text string) error {
	if err := into.UnmarshalText([]byte(text)); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

// OverrideText writes an Override as a document.
func OverrideText(o promotion.Override) ([]byte, error) {
	return yaml.Marshal(overrideDocument{Header: header(kindOverride, o.ID), Spec: overrideSpec{
		Reason: o.Why, By: o.Who, Link: o.Link, Checks: o.Checks, Tiers: texts(o.Scope.Tiers), Release: o.Release, From: o.From, Until: o.Until,
	}})
}

// ExclusionText writes an Exclusion as a document. Its Cause is one of Causes and a
// reason, as in "maintenance: the database was moved".
func ExclusionText(e promotion.Exclusion) ([]byte, error) {
	cause, reason, _ := strings.Cut(e.Cause, ": ")
	return yaml.Marshal(exclusionDocument{Header: header(kindExclusion, e.ID), Spec: exclusionSpec{
		Reason: reason, Cause: cause, By: e.Who, Link: e.Link, SLOs: e.SLOs, Affects: affects(e.Scope), From: e.From, Until: e.Until,
	}})
}

func header(kind, name string) document.Header {
	return document.Header{APIVersion: apiVersion, Kind: kind, Metadata: document.Metadata{Name: name}}
}

func affects(s promotion.Scope) scope {
	return scope{Tiers: texts(s.Tiers), ShopGroups: texts(s.Groups), ShopSets: texts(s.ShopSets), Fleet: s.Everything()}
}

func texts[Name ~string](list []Name) []string {
	var out []string
	for _, name := range list {
		out = append(out, string(name))
	}
	return out
}

// Save checks a document, as Parse does, and writes it to the folder as NAME.yaml,
// whole or not at all. It never replaces a file.
func Save(dir, name string, text []byte, words Words) (path string, err error) {
	return save(disk.System, dir, name, text, words)
}

func save(d disk.FS, dir, name string, text []byte, words Words) (path string, err error) {
	path = filepath.Join(dir, name+".yaml")
	if err := fleet.CheckName(name); err != nil {
		return "", fmt.Errorf("name: %w", err)
	}
	if _, err := Parse(path, text, words); err != nil {
		return "", err
	}
	if err := os.MkdirAll(dir, 0o755); err != nil {
		return "", err
	}
	err = disk.New(d, path, text, 0o644)
	if errors.Is(err, fs.ErrExist) {
		return "", fmt.Errorf("%s already exists; choose another name or edit it", path)
	}
	if err != nil {
		return "", fmt.Errorf("cannot write %s: %w", path, err)
	}
	return path, nil
}

// MarshalText writes HH:MM.
func (c clock) MarshalText() ([]byte, error) {
	return fmt.Appendf(nil, "%02d:%02d", c.hour, c.minute), nil
}

// MarshalText writes the zone's name.
func (z zone) MarshalText() ([]byte, error) { return []byte(z.or(time.UTC).String()), nil }

// ParseDuration reads a length of time as documents have it: 90m, 12h, 3d.
func ParseDuration(text string) (time.Duration, error) {
	var d document.Duration
	err := d.UnmarshalText([]byte(text))
	return d.Duration, err
}
