package review

import (
	"slices"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
)

func TestAReviewRanksWhatToTalkAbout(t *testing.T) {
	r := Compile(sampleWeek(weekOf(t)))
	var kinds []Kind
	for _, f := range r.Findings {
		kinds = append(kinds, f.Kind)
		if f.Text.English == "" || f.Text.Japanese == "" || f.Link == "" {
			t.Errorf("%s lacks a text or a link: %+v", f.Kind, f)
		}
	}
	want := []Kind{FoundExhausted, FoundHarm, FoundIncident, FoundNoData, FoundBurning, FoundOverdue, FoundReleases}
	if !slices.Equal(kinds, want) {
		t.Errorf("findings %v, want %v", kinds, want)
	}
	in := sampleWeek(weekOf(t))
	in.Releases.Items = nil // then nothing explains the change
	r = Compile(in)
	if i := slices.IndexFunc(r.Findings, func(f Finding) bool { return f.Kind == FoundWorse }); i < 0 || r.Findings[i].SLO != "cart" || r.Findings[i].Tier != "prod" {
		t.Errorf("the worst change is not among %+v", r.Findings)
	}
}

func TestAWeekLikeEveryOtherHasNothingToTalkAbout(t *testing.T) {
	in := sampleWeek(weekOf(t))
	r := Compile(Input{At: in.At, Period: in.Period, Measured: []Measured{in.Measured[2]}})
	if len(r.Findings)+len(r.Changes)+len(r.Gaps)+len(r.Pages) > 0 || r.Compared != 1 {
		t.Errorf("%+v %+v %+v", r.Findings, r.Changes, r.Gaps)
	}
}

// Counts are summed: 1 of 10 and 10 of 1,000 are 11 of 1,010, not the mean of 10 % and 1 %.
func TestATierIsTheSumOfItsShopSets(t *testing.T) {
	p := weekOf(t)
	of := func(set string, total, bad float64, state slo.State) Measured {
		m := Measured{SLO: "cart", Objective: 999_000_000, Window: "28d", ShopSet: fleet.ShopSetName(set), Tier: "prod", State: state, StateBefore: slo.OK}
		for _, d := range p.edges()[:7] {
			m.Days = append(m.Days, counted(d, total, bad))
		}
		for _, d := range p.before()[:28] {
			m.Before = append(m.Before, counted(d, total, bad))
		}
		m.Budget, m.Was, m.Last = sum(m.Before), sum(m.Before), sum(m.Days)
		return m
	}
	silent := of("c-3", 0, 0, slo.NoData)
	for i := range silent.Days {
		silent.Days[i] = Tally{Span: 24 * time.Hour}
	}
	silent.Budget = Tally{Span: 28 * 24 * time.Hour}
	r := Compile(Input{At: p.Until, Period: p, Measured: []Measured{of("a-1", 10, 1, slo.Exhausted), of("b-2", 1000, 10, slo.OK), silent}})
	sum := r.Tiers[0]
	if len(r.Tiers) != 1 || *sum.Week.Total != 7070 || *sum.Week.Bad != 77 || *sum.Week.SLI != 6993.0/7070 || sum.ShopSets != 3 {
		t.Errorf("%+v", sum)
	}
	if sum.States[slo.Exhausted] != 1 || sum.States[slo.NoData] != 1 || sum.State != slo.Exhausted {
		t.Errorf("states %v, the worst %s", sum.States, sum.State)
	}
	if got, want := sum.Week.Coverage, 2.0/3; got < want-1e-12 || got > want+1e-12 {
		t.Errorf("coverage %v: what sent nothing is a third of it", got)
	}
}

func TestActionsAreSortedByUrgency(t *testing.T) {
	r := Compile(sampleWeek(weekOf(t)))
	var ids []string
	for _, a := range r.Actions.Items {
		ids = append(ids, a.ID+" "+string(a.State))
	}
	if want := []string{"late overdue", "later open", "free open", "done done"}; !slices.Equal(ids, want) {
		t.Errorf("%v, want %v", ids, want)
	}
	if len(r.NextDue) != 1 || r.NextDue[0].ID != "later" {
		t.Errorf("due next: %+v", r.NextDue)
	}
}

func TestWhatIsDueOnADayIsOverdueOnceTheDayIsOver(t *testing.T) {
	due := time.Date(2026, 11, 16, 0, 0, 0, 0, time.UTC)
	a := Action{Due: &due}
	if a.at(due) != Open || a.at(due.Add(time.Second)) != Overdue {
		t.Errorf("at its end %s, after it %s", a.at(due), a.at(due.Add(time.Second)))
	}
}

func TestReleasesAreComparedWithTheTimeBefore(t *testing.T) {
	r := Compile(sampleWeek(weekOf(t)))
	m := r.Releases.Items[0]
	if len(m.Effects) != 2 || !m.Effects[0].harmed() || m.Effects[1].Significant {
		t.Errorf("%+v", m.Effects)
	}
	if *m.Effects[0].After.Bad != 2900 || *m.Effects[0].Before.Total != 200_000 {
		t.Errorf("figures %+v", m.Effects[0])
	}
}

func TestGapsOfAShopSetAreJoined(t *testing.T) {
	r := Compile(sampleWeek(weekOf(t)))
	if len(r.Gaps) != 2 || !r.Gaps[0].All || r.Gaps[0].ShopSet != "c-1" || r.Gaps[1].Missing != 5400 || len(r.Gaps[1].Days) != 1 {
		t.Errorf("%+v", r.Gaps)
	}
}

func TestAReleaseThatTheLogDoesNotHaveIsFoundOnlyWhereThereIsALog(t *testing.T) {
	in := sampleWeek(weekOf(t))
	in.Measured, in.Actions, in.Incidents = in.Measured[2:3], Section[Action]{}, Section[Incident]{}
	found := func() bool {
		return slices.ContainsFunc(Compile(in).Findings, func(f Finding) bool { return f.Kind == FoundReleases })
	}
	if !found() {
		t.Error("it is not found")
	}
	in.Decisions.Unknown = &Unknown{Reason: NotConfigured, Key: "gate.log"}
	if found() {
		t.Error("it is found without a log")
	}
}
