package validate

import (
	"context"
	"fmt"
	"log/slog"
	"slices"
	"strings"

	"github.com/prometheus/client_golang/prometheus"

	"github.com/shopslo/shopslo/engine"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/source"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence"
)

// asked says whom --source has asked, and when. With several sources Name has all.
type asked struct {
	Name string `json:"name"`
	At   string `json:"at"`
}

// rules of findings about what a source does not have.
var absenceRules = map[slo.AbsenceKind]string{
	slo.NoMetric: "absent-metric", slo.NoLabel: "absent-label", slo.NoBound: "absent-bound",
	slo.NoSubject: "absent-shopset", slo.Unlabelled: "unlabelled", slo.LoneLabel: "lone-matcher",
	slo.NoSuch: "", // a note: it has not happened
}

// AskSource adds what the source says of the SLOs' metrics, and does not have. The error
// is a faults, or says once why it could say nothing at all: it wraps slo.ErrUnavailable
// where that may pass.
func (v *Validation) AskSource(ctx context.Context, h host.Host, d *documents.Documents) error {
	src, err := source.Open(h, d, prometheus.NewRegistry(), slog.New(slog.DiscardHandler))
	if err != nil {
		return source.AskedAlone("validate --source", err)
	}
	defer src.Close()
	if err := src.Ask(ctx, d); err != nil {
		return err
	}
	v.Findings, v.Notes = d.Findings(), allNotes(d) // it has told what its metrics are
	now := h.Now()
	v.Source = &asked{Name: namesOf(src), At: now.UTC().Format("2006-01-02T15:04:05Z")}
	for _, name := range src.Names() {
		if src[name].Looked() == nil {
			v.Notes = append(v.Notes, documents.Note{Place: d.Config.Path, Text: src.Title(name) + " is not asked: its queries name what they read, and give no data where it does not exist"})
		}
	}
	f := engine.NewFinder(d, src, engine.Plan(d, src, nil), nil)
	if f == nil {
		return nil
	}
	failed := f.Look(ctx, now, src.Names()...)
	if err := context.Cause(ctx); err != nil {
		return err
	}
	g := &groups{}
	answers := false
	for i := range d.SLOs.SLOs {
		s := &d.SLOs.SLOs[i]
		for _, set := range d.ShopSetsOf(s) {
			found, notes, failure := f.Find(s.Name, string(set.Name), now)
			answers = answers || failure == ""
			if failure != "" {
				g.add(s.Name, string(set.Name), "not-asked", failure, nil)
			}
			for _, a := range found {
				g.add(s.Name, string(set.Name), absenceRules[a.Kind], presence.Sentence(a), &a)
			}
			for _, n := range notes {
				g.add(s.Name, string(set.Name), "", n, nil)
			}
		}
	}
	if !answers && failed != nil {
		return failed
	}
	g.tell(d, v)
	v.judge()
	return nil
}

// namesOf names sources for people.
func namesOf(src source.Sources) string {
	var names []string
	for _, name := range src.Names() {
		names = append(names, src.Title(name))
	}
	return strings.Join(names, " and ")
}

// groups are findings that several ShopSets share.
type groups struct{ all []documents.Finding }

func (g *groups) add(name, set, rule, text string, a *slo.Absence) {
	i := slices.IndexFunc(g.all, func(f documents.Finding) bool { return f.SLO == name && f.Rule == rule && f.Text == text })
	if i < 0 {
		i = len(g.all)
		f := documents.Finding{Rule: rule, Text: text, Lacking: &documents.Lacking{SLO: name}}
		if a != nil {
			f.Absent = documents.AbsentOf(*a)
		}
		g.all = append(g.all, f)
	}
	g.all[i].ShopSets = append(g.all[i].ShopSets, set)
}

// tell adds the groups to an answer: one without a rule is a note.
func (g *groups) tell(d *documents.Documents, v *Validation) {
	for _, f := range g.all {
		sets := 0
		for i := range d.SLOs.SLOs {
			if d.SLOs.SLOs[i].Name == f.SLO {
				sets = len(d.ShopSetsOf(&d.SLOs.SLOs[i]))
			}
		}
		f.Text = fmt.Sprintf("slo %q: %s (%s)", f.SLO, f.Text, namedOf(f.ShopSets, sets))
		if f.Rule == "" {
			at, _ := d.SLOs.Origin(f.SLO)
			v.Notes = append(v.Notes, documents.Note{Place: at.String(), Text: f.Text})
			continue
		}
		v.Findings = append(v.Findings, f)
	}
}

// namedOf names some ShopSets of so many.
func namedOf(sets []string, of int) string {
	const most = 8
	switch {
	case len(sets) == of && of > 1:
		return fmt.Sprintf("all %d ShopSets", of)
	case len(sets) > most:
		return fmt.Sprintf("%s and %d more of %d ShopSets", strings.Join(sets[:most], ", "), len(sets)-most, of)
	}
	return strings.Join(sets, ", ")
}
