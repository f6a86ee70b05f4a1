package promotion_test

import (
	"maps"
	"math"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
)

// A fact is a field somewhere in the evidence, by its path; lists are written [].
// spoiled is a way to spoil one: by its name, and how.
type spoiled struct {
	how   string
	value reflect.Value
}

// spoils gives the ways in which a value of this type can be no evidence.
func spoils(v reflect.Value) (out []spoiled) {
	add := func(how string, value any) {
		out = append(out, spoiled{how, reflect.ValueOf(value).Convert(v.Type())})
	}
	zero := func() { out = append(out, spoiled{"missing", reflect.Zero(v.Type())}) }
	if t, ok := v.Interface().(time.Time); ok {
		zero()
		add("too old", now.AddDate(0, 0, -30))
		add("in the future", now.AddDate(0, 0, 30))
		if !t.IsZero() {
			return out
		}
		return out[1:]
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return nil
		}
		zero()
		for _, s := range spoils(v.Elem()) {
			if v.Elem().Kind() == reflect.Struct || s.how == "missing" {
				continue
			}
			p := reflect.New(v.Elem().Type())
			p.Elem().Set(s.value)
			out = append(out, spoiled{s.how, p})
		}
	case reflect.Slice, reflect.Map:
		if v.Len() == 0 {
			return nil
		}
		zero()
		if v.Kind() == reflect.Slice {
			out = append(out, spoiled{"doubled", reflect.AppendSlice(reflect.AppendSlice(reflect.MakeSlice(v.Type(), 0, 0), v), v)})
		}
	case reflect.String:
		if v.Len() > 0 {
			zero()
		}
		add("contradictory", "other")
	case reflect.Bool:
		add("contradictory", !v.Bool())
	case reflect.Int, reflect.Int64:
		if v.Int() != 0 {
			zero()
		}
		add("contradictory", v.Int()+7)
		add("negative", -1)
	case reflect.Float64:
		if v.Float() != 0 {
			zero()
		}
		add("negative", -1.0)
		add("no number", math.NaN())
	}
	return out
}

// eachFact calls do with the place of each fact and its path, all elements of lists.
func eachFact(v reflect.Value, path string, do func(path string, v reflect.Value)) {
	if _, leaf := v.Interface().(time.Time); !leaf {
		switch v.Kind() {
		case reflect.Struct:
			for i := range v.NumField() {
				f := v.Type().Field(i)
				if !f.IsExported() {
					continue
				}
				name := path + "." + f.Name
				if f.Anonymous {
					name = path
				}
				eachFact(v.Field(i), name, do)
			}
			return
		case reflect.Slice:
			for i := range v.Len() {
				eachFact(v.Index(i), path+"[]", do)
			}
		case reflect.Pointer:
			if !v.IsNil() && v.Elem().Kind() == reflect.Struct {
				eachFact(v.Elem(), path, do)
			}
		}
	}
	do(strings.TrimPrefix(path, "."), v)
}

// sampled is whole evidence that has one of everything that may be there when a Release
// goes on, so that each fact can be spoiled.
func sampled(t *testing.T, e promotion.Evidence) promotion.Evidence {
	e.AlertRules.Items = append(e.AlertRules.Items, promotion.AlertRule{Name: "CartOfBeta", Health: "err", ShopSets: []fleet.ShopSetName{"c-1"}})
	sick := &e.AlertRules.Items[1] // of another Tier
	sick.Health, sick.Error, sick.Labels = "err", "no", map[string]string{"tier": "beta"}
	e.Alerts.Items = []promotion.Alert{
		{Name: "Watchdog", Labels: map[string]string{"severity": "none"}, UpdatedAt: now.Add(-time.Minute), Fingerprint: "w"},
		{Name: "SlowCart", Labels: map[string]string{"severity": "page"}, ShopSets: []fleet.ShopSetName{"c-1"}, Tiers: []fleet.TierName{}, InhibitedBy: []string{"x"}, Since: now},
		{Name: "SlowBeta", Labels: map[string]string{"severity": "page"}, Tiers: []fleet.TierName{"beta"}, Since: now},
		{Name: "CartErrors", Labels: map[string]string{"severity": "page"}, ShopSets: []fleet.ShopSetName{"a-2"}, Silenced: true, Since: now},
	}
	for i := range e.Fleet.Snapshot.ShopSets {
		o := &e.Fleet.Snapshot.ShopSets[i]
		o.DriftEvents, o.Parts, o.Source, o.Revision = ptrTo(int64(3)), []fleet.Part{{Name: "cart", OutOfSync: ptrTo(0)}}, "ctx", "r"
		o.Missing, o.OnBranch, o.ChangedSince, o.Tree = ptrTo(0), ptrTo(true), o.ReleaseSince.Add(-time.Hour), "t"
		o.Workings = &fleet.Workings{Applications: 2, Expected: ptrTo(2), Window: ptrTo(false), Targets: []string{"tier-3"}, Conditions: []fleet.ConditionCount{{Type: "SharedResourceWarning", Count: 1}}}
		o.Parts[0].Workings = *o.Workings
	}
	for i := range e.Comparisons {
		e.Comparisons[i].Alike, e.Comparisons[i].Beside = &promotion.Alike{Spans: 500, AsBad: 1}, &promotion.Beside{ShopSets: 2}
		e.Comparisons[i].Flags = []slo.Flag{{Kind: slo.UnknownFirst, Count: 1, First: now.Add(-time.Hour), Last: now.Add(-time.Hour)}}
	}
	e.Together = []promotion.Together{{SLO: "cart-availability", Part: "p", Alike: &promotion.Alike{Spans: 168}, Beside: &promotion.Beside{ShopSets: 2}}}
	for i := range e.Earlier {
		e.Earlier[i].Alike, e.Earlier[i].Beside = &promotion.Alike{Spans: 168}, &promotion.Beside{ShopSets: 2}
	}
	for i := range e.Report.Budgets {
		e.Report.Budgets[i].Flags, e.Report.Budgets[i].Notes = e.Comparisons[0].Flags, []string{"so"}
	}
	scope := promotion.Scope{Tiers: []fleet.TierName{"beta"}, ShopSets: []fleet.ShopSetName{"c-1"}, Groups: []fleet.ShopGroupName{"canary"}}
	e.Incidents.Items, e.Freezes.Items = nil, nil
	for _, only := range []promotion.Scope{{Tiers: scope.Tiers}, {ShopSets: scope.ShopSets}, {Groups: scope.Groups}} {
		e.Incidents.Items = append(e.Incidents.Items, promotion.Incident{ID: "inc-7", Title: "so", Severity: "minor", Link: "https://x.example", Since: now.Add(-time.Hour), Scope: only})
		e.Freezes.Items = append(e.Freezes.Items, promotion.Freeze{ID: "f", Reason: "so", By: "mai", From: now.Add(-time.Hour), Until: now.Add(time.Hour), Scope: only})
	}
	e.Overrides.Items = []promotion.Override{{ID: "o", Who: "mai", Why: "so", Link: "https://x.example", Checks: []string{"drift"}, Release: newRelease, From: now.Add(-time.Hour), Until: now.Add(time.Hour), Scope: scope}}
	e.Exclusions.Items = []promotion.Exclusion{{ID: "x", Who: "mai", Cause: "maintenance", From: now.Add(-2 * time.Hour), Until: now.Add(-time.Hour), SLOs: []string{"s"}, Scope: scope}}
	e.Uncorrected = []promotion.Uncorrected{{ShopSet: "a-2", SLO: "s", State: slo.OK, Good: ptr(9), Total: ptr(10), Bad: ptr(1), RemainingRatio: ptr(0.5), Exclusions: []string{"x"}}}
	e.Fix = &promotion.Fix{URL: "https://x.example", By: "mai"}
	e.Moves.Rollbacks = []promotion.Rollback{{Entry: 2, At: now.Add(-60 * time.Hour), Release: "other", To: oldRelease, By: "mai"}}
	return e
}

// appearing are lists of bad news, which have nothing where a Release goes on.
var appearing = map[string]any{
	"Excluded":                         []promotion.Excluded{{ShopSet: "a-2", SLO: "cart-availability", Exclusion: "x"}},
	"Rules":                            &promotion.RulesFound{Last: promotion.LastRules{Where: "the log", Error: "unreadable"}}, // what they hold: laxer_test.go
	"Moves.Rollbacks":                  []promotion.Rollback{{Entry: 3, At: now.Add(-time.Hour), Release: newRelease, To: oldRelease}},
	"Moves.Again":                      &promotion.Again{By: "mai"},
	"AlertSources":                     []string{"tokyo"}, // whose rules there are none
	"Outages":                          []promotion.Outage{{Source: "x", Error: "refused"}},
	"Fleet.Snapshot.Documents":         &fleet.DocumentsState{Findings: []fleet.Finding{{Rule: fleet.RuleInvalid}}},
	"Fleet.Snapshot.Violations":        []fleet.Violation{{Kind: fleet.Skipped, Tier: "beta-prod", Release: newRelease}},
	"Fleet.Snapshot.ShopSets[].Absent": []fleet.ComponentName{"cart"}, "Fleet.Snapshot.ShopSets[].Causes": []fleet.HoldCause{fleet.AutoSyncOff},
	"Traffic[].Latest": &promotion.Volume{Now: promotion.Counted{Start: now.Add(-10 * time.Minute), End: now, Seconds: 600, Coverage: 1},
		Before: &promotion.Counted{Start: now.AddDate(0, 0, -7).Add(-10 * time.Minute), End: now.AddDate(0, 0, -7), Seconds: 600, Total: 1e4, Coverage: 1}},
	"Incidents.Items[].Lost":  []fleet.ShopSetName{"a-9"},
	"Report.Budgets[].Absent": []slo.Absence{{Kind: slo.NoMetric}},
	"Report.Budgets[].Firing": []slo.BurnAlert{{Long: time.Hour, Short: 5 * time.Minute, Factor: 13.44, Severity: slo.Page}},
}

// unspoilt says of facts, or of ways to spoil them, why a Release may go on all the same.
// "*" : in any way. Whoever adds a fact to the evidence has it looked at by a check, or
// says here why none has to.
var unspoilt = map[string]string{
	// said in reasons, and no rule rests on it
	"AlertRules.Items[].From contradictory": "asked where each source tells of its own", "AlertRules.Items[].Error *": "said", "AlertRules.Items[].Name *": "said",
	"Alerts.Items[].Name *": "said", "Alerts.Items[].Since *": "said", "Alerts.Where contradictory": "said",
	"Comparisons[].Part contradictory": "said", "Comparisons[].Unit *": "said",
	"Fleet.Snapshot.ShopSets[].OutOfSync missing": "said", "Fleet.Snapshot.ShopSets[].Reason contradictory": "said",
	"Freezes.Items[].By *": "said", "Freezes.Items[].ID *": "said", "Freezes.Items[].Reason *": "said", "Freezes.Where contradictory": "said",
	"Groups[].Remedy *": "said", "Incidents.Items[].ID *": "said", "Incidents.Items[].Link *": "said", "Incidents.Items[].Severity *": "said",
	"Incidents.Items[].Since *": "said", "Incidents.Items[].Title *": "said", "Incidents.Where contradictory": "said",
	"Report.Budgets[].ConsumedRatio *": "said", "Report.Budgets[].Counted *": "said", "Report.Budgets[].DisplayName *": "said",
	"Report.Budgets[].ExhaustedAt *": "said", "Report.Budgets[].Least *": "said", "Report.Budgets[].Notes*": "said",
	"Report.Budgets[].Objective *": "said", "Report.Budgets[].Owner *": "said", "Report.Budgets[].Runbook *": "said", "Report.Budgets[].SLI *": "said", "Report.Budgets[].Service *": "said", "Report.Budgets[].Unit *": "said",
	"Report.Budgets[].Window *": "said", "Uncorrected*": "said beside what counts", "Fix*": "lets through what policy lets fixes do",
	// claimed
	"Arrivals.Where contradictory": "said", "Arrivals.Items[].By *": "said", "Arrivals.Items[].Recorded missing": "said now", "Comparisons[].History too old": "a long history",
	"Moves.Where contradictory": "said", "Moves.Rollbacks[].*": "of another Release",
	"Moves.Last*": "of another Release", "Moves.Again appeared": "it only waives",
	// told by the exporter, and asked by no rule
	"Fleet.Snapshot.Documents appeared": "the gate has documents of its own, and asks that what is seen agrees with them", "Fleet.Snapshot.Git.Up contradictory": "the age judges", "Fleet.Snapshot.ShopSets[].Behind *": "the branches judge", "Fleet.Snapshot.Tiers[].Behind *": "ahead judges",
	"Fleet.Snapshot.ShopSets[].DriftEvents *": "drift of now judges", "Fleet.Snapshot.ShopSets[].Parts*": "their sum judges", "Fleet.Snapshot.ShopSets[].ReleaseNotBefore *": "the exporter's own memory",
	"Fleet.Snapshot.ShopSets[].ChangedNotBefore *": "the exporter's own memory", "Fleet.Snapshot.ShopSets[].Tree *": "the exporter's own memory", "Fleet.Snapshot.ShopSets[].HealthSince *": "said", "Fleet.Snapshot.ShopSets[].CreatedAt *": "the exporter's own memory",
	"Fleet.Snapshot.ShopSets[].Workings*": "for operators", "Fleet.Snapshot.ShopSets[].OnBranch missing": "not known", "Fleet.Snapshot.ShopSets[].Missing *": "health says what matters of it",
	"Fleet.Snapshot.ShopSets[].ChangedSince missing": "an exporter without git does not know", "Fleet.Snapshot.ShopSets[].ChangedSince too old": "the Release came later",
	"Fleet.Snapshot.ShopSets[].Revision *": "the Release judges", "Fleet.Snapshot.ShopSets[].Source *": "the cluster judges",
	"Fleet.Snapshot.Tiers[].Ran *": "the order judges", "Fleet.Snapshot.Tiers[].Ran[] *": "the order judges", "Fleet.Snapshot.Tiers[].ReleaseAt *": "a commit's date is its author's to set",
	"Fleet.Snapshot.Tiers[].SoakingSince too old": "a long soak", "Fleet.Snapshot.Tiers[].SettledSince too old": "a long soak", "Fleet.Snapshot.ShopSets[].Images doubled": "the same image",
	// no more than what is spoilt elsewhere, or nothing that makes passing easier
	"AlertRules.Items doubled": "each is asked", "Alerts.Items doubled": "each is asked", "Alerts.Items[].ShopSets doubled": "the same", "Alerts.Items[].Tiers doubled": "the same", "AlertRules.Items[].Tiers doubled": "the same", "AlertRules.Items[].ShopSets doubled": "the same", "AlertRules.Items[].ShopSets[] *": "elsewhere is elsewhere",
	"Alerts.Items[].ShopSets[] *": "elsewhere is elsewhere", "Alerts.Items[].Tiers[] *": "elsewhere is elsewhere", "AlertRules.Items[].Tiers[] *": "elsewhere is elsewhere",
	"AlertRules.Items[].Labels missing": "which Tiers they name has been found", "Alerts.Items[].Labels missing": "which Tiers they name has been found", "Alerts.Items[].Fingerprint *": "an inhibited alert fires, whoever inhibits it",
	"Alerts.Items[].InhibitedBy *": "an inhibited alert fires", "Alerts.Items[].InhibitedBy[] *": "an inhibited alert fires",
	"Comparisons[].Alike*": "asked only of what is amiss", "Comparisons[].Beside*": "asked only of what is amiss", "Together*": "asked only of what is amiss",
	"Earlier missing": "then the week before counts alone", "Earlier doubled": "the same", "Earlier[].SLO *": "of another", "Earlier[].Part *": "of another", "Earlier[].ShopSets missing": "as if it were not there", "Earlier[].ShopSets[].ShopSet *": "of another", "Earlier[].ShopSets[].Bad missing": "then it has to be better", "Earlier[].Alike*": "asked only of what is amiss", "Earlier[].Beside*": "asked only of what is amiss", "Comparisons[].UsualBad missing": "then it has to be better", "Comparisons[].Before missing": "then it has to be better", "Comparisons[].Before.Coverage *": "then it has to be better",
	"Comparisons[].Before.Good *": "no more than the budget", "Comparisons[].Before.Total *": "then it has to be better", "Comparisons[].Before.Start too old": "a longer time",
	"Comparisons[].Before.Start missing": "a longer time",
	"Comparisons[].Flags*":               "bad news", "Report.Budgets[].Flags*": "bad news",
	"Report.Alerts doubled": "the same", "Report.Budgets[].Alerts doubled": "the same", "Report.Budgets[].Alerts missing": "none fits the window",
	"Report.Alerts[].Long contradictory": "the budgets have their own", "Report.Alerts[].Short contradictory": "the budgets have their own", "Report.Budgets[].BurnRates[].Rate missing": "there was no traffic",
	"Report.Budgets[].ExactFrom missing": "coverage judges", "Report.Budgets[].ExactFrom too old": "coverage judges", "Report.Budgets[].Expected too old": "coverage judges", "Report.Budgets[].WindowStart too old": "about as long as a window is",
	// of traffic
	"Traffic[].Part contradictory":   "said",
	"Traffic[].Since.Before missing": "the other span tells", "Traffic[].Since.Before.Coverage missing": "the other span tells", "Traffic[].Since.Before.Seconds missing": "the other span tells", "Traffic[].Since.Before.Total missing": "the other span tells",
	"Traffic[].Since.Before.Start missing": "a longer time, in which less was usual", "Traffic[].Since.Before.Start too old": "a longer time, in which less was usual",
	"Traffic[].Since.Control missing": "then nothing is made up for", "Traffic[].Since.Control.Before missing": "then nothing is made up for", "Traffic[].Since.Control.Now missing": "the other span tells", "Traffic[].Since.Control.ShopSets missing": "said", "Traffic[].Since.Control.ShopSets contradictory": "said",
	"Traffic[].Since.Group missing": "then nothing is made up for", "Traffic[].Since.Group.Before missing": "then nothing is made up for", "Traffic[].Since.Group.Now missing": "the other span tells", "Traffic[].Since.Group.ShopSets missing": "said", "Traffic[].Since.Group.ShopSets contradictory": "said",
	"Traffic[].Recent.Before missing": "the other span tells", "Traffic[].Recent.Before.Coverage missing": "the other span tells", "Traffic[].Recent.Before.Seconds missing": "the other span tells", "Traffic[].Recent.Before.Total missing": "the other span tells",
	"Traffic[].Recent.Before.Start missing": "a longer time, in which less was usual", "Traffic[].Recent.Before.Start too old": "a longer time, in which less was usual",
	"Traffic[].Recent.Control missing": "then nothing is made up for", "Traffic[].Recent.Control.Before missing": "then nothing is made up for", "Traffic[].Recent.Control.Now missing": "the other span tells", "Traffic[].Recent.Control.ShopSets missing": "said", "Traffic[].Recent.Control.ShopSets contradictory": "said",
	"Traffic[].Recent.Group missing": "then nothing is made up for", "Traffic[].Recent.Group.Before missing": "then nothing is made up for", "Traffic[].Recent.Group.Now missing": "the other span tells", "Traffic[].Recent.Group.ShopSets missing": "said", "Traffic[].Recent.Group.ShopSets contradictory": "said",
	"Traffic[].Targets.ControlBefore missing": "then all are to be live", "Traffic[].Targets.ControlBefore contradictory": "no more than were live may be missing", "Traffic[].Targets.ControlNow *": "then all are to be live", "Traffic[].Targets.Now contradictory": "more are live",
	// from the documents
	"Source.Soak *": "what is asked for", "Target.Soak *": "what would be asked for", "Target.SLOs doubled": "each is asked", "Source.SLOs doubled": "each is asked",
	"Declared.Tiers doubled": "the same", "Groups doubled": "each is asked",
	"Freezes.Items *": "documents are read whole, or not at all", "Freezes.Items[].Emergency *": "holds where it is in force", "Freezes.Items[].From *": "of one elsewhere", "Freezes.Items[].Until *": "of one elsewhere", "Freezes.Items[].Scope.*": "read from documents whose names were checked", "Incidents.Items *": "read whole, or not at all",
	"Incidents.Items[].Scope.ShopSets doubled": "the same", "Incidents.Items[].Scope.ShopSets[] *": "not known which there are", "Incidents.Items[].Scope.Groups doubled": "the same", "Incidents.Items[].Scope.Groups[] *": "not known which there are", "Incidents.Items[].Scope.Tiers doubled": "the same",
	"Excluded appeared": "said", "Overrides.*": "they only waive", "Exclusions.*": "they are left out already",
}

// fate is what came of spoiling a fact in one way, wherever it is.
type fate struct{ tried, goesOn int }

// spoil spoils each fact in each way, and notes what comes of it.
func spoil(t *testing.T, p promotion.Policy, e promotion.Evidence, facts map[string]bool, fates map[string]fate) {
	t.Helper()
	if d := promotion.Decide(p, e, now); d.Verdict != promotion.Promote {
		t.Fatalf("unspoilt evidence gives %s: the test shows nothing:\n%s", d.Verdict, d.AppendJSON(nil))
	}
	eachFact(reflect.ValueOf(&e).Elem(), "", func(path string, v reflect.Value) {
		ways := spoils(v)
		if news, ok := appearing[path]; ok {
			ways = []spoiled{{"appeared", reflect.ValueOf(news)}}
		}
		facts[path] = facts[path] || len(ways) > 0
		was := reflect.New(v.Type()).Elem()
		was.Set(v)
		for _, way := range ways {
			f := fates[path+" "+way.how]
			if f.tried++; f.tried-1 == f.goesOn { // else it has been seen to matter somewhere
				v.Set(way.value)
				if d := promotion.Decide(p, e, now); d.Verdict == promotion.Promote {
					f.goesOn++
				}
				v.Set(was)
			}
			fates[path+" "+way.how] = f
		}
	})
}

// Each fact of the evidence, found from its types, is looked at: spoilt, it stops the
// Release at least at one of its places.
func TestNoFactIsTakenForGranted(t *testing.T) {
	facts, fates := map[string]bool{}, map[string]fate{}
	prometheus, alertmanager := sampled(t, whole(t, "prod")), sampled(t, whole(t, "prod"))
	alertmanager.AlertRules = promotion.Found[promotion.AlertRule]{}
	for i := range prometheus.Alerts.Items {
		prometheus.Alerts.Items[i].UpdatedAt = time.Time{}
	}
	spoil(t, required(), prometheus, facts, fates)
	spoil(t, required(), alertmanager, facts, fates)
	spoil(t, requiredUnseen(), sampled(t, claimed(t, example(t), "prod")), facts, fates)
	for path, there := range facts {
		if !there {
			t.Errorf("%s has nothing in it: put something there in sampled, or into appearing", path)
		}
	}
	used := map[string]bool{}
	for key, f := range fates {
		if f.goesOn == f.tried && !excused(unspoilt, key, used) {
			t.Errorf("with %s a Release goes on: have a check look at it, or say in unspoilt why none has to", key)
		}
	}
	for way := range unspoilt {
		if !used[way] {
			t.Errorf("unspoilt has %q, which is looked at, or is no fact", way)
		}
	}
}

// excused reports whether it is said why a Release goes on all the same, and notes where.
func excused(reasons map[string]string, key string, used map[string]bool) (found bool) {
	for way := range reasons {
		if prefix, all := strings.CutSuffix(way, "*"); way == key || all && strings.HasPrefix(key, prefix) {
			found, used[way] = true, true
		}
	}
	return found
}

// unseen are facts that only an exporter's are compared with, or an Alertmanager's.
var unseen = map[string]string{
	"AlertRules.Where *": "no Alertmanager", "Alerts.Items missing": "no Alertmanager", "Alerts.Items[].UpdatedAt *": "no Alertmanager",
	"Declared.ShopSets[].Configuration *": "nothing was seen of it", "Declared.ShopSets[].Groups*": "nothing was seen of them", "Declared.Tiers[].Branch *": "no branch was seen",
	"Declared.Tiers[].Order *": "the order of others is not asked", "Fleet.Snapshot.*": "nobody saw it", "Groups[].*": "no exporter says who serves them now",
}

// unasked are facts that do not matter where the fleet has one Tier.
var unasked = map[string]string{
	"Alerts.Items[].*": "of other Tiers, or silenced", "AlertRules.Items[].Tiers *": "then it could fire here", "Declared.ShopSets[].Cluster *": "nothing was seen of it",
	"Arrivals.Items[].Release *": "whatever runs is looked at", "Release *": "the next one runs nowhere yet",
}

// Where nobody but a deploy job, or whoever asks, says when the Release came, each fact
// matters as well.
func TestNoClaimIsTakenForGranted(t *testing.T) {
	alone := claimed(t, fleetOfOne(t), "prod")
	alone.Incidents.Items = nil // those of the example are of Tiers that it does not have
	for name, e := range map[string]promotion.Evidence{"two Tiers": sampled(t, claimed(t, example(t), "prod")), "one Tier": alone} {
		t.Run(name, func(t *testing.T) {
			unseen := maps.Clone(unseen)
			if name == "one Tier" {
				maps.Copy(unseen, unasked)
			}
			facts, fates, used := map[string]bool{}, map[string]fate{}, map[string]bool{}
			spoil(t, requiredUnseen(), e, facts, fates)
			for key, f := range fates {
				if f.goesOn == f.tried && !excused(unspoilt, key, used) && !excused(unseen, key, used) {
					t.Errorf("with %s a Release goes on", key)
				}
			}
		})
	}
}

// fleetOfOne is one service in one environment.
func fleetOfOne(t testing.TB) *fleet.Fleet {
	t.Helper()
	f, err := fleet.New(fleet.Declarations{Tiers: []fleet.Tier{{Name: "prod", Branch: "main"}},
		Configurations: []fleet.Configuration{{Name: "production"}}, FailureDomains: []fleet.FailureDomain{{Name: "here"}},
		ShopSets: []fleet.ShopSet{{Name: "a-2", Tier: "prod", Configuration: "production", FailureDomain: "here"}}})
	if err != nil {
		t.Fatal(err)
	}
	return f
}
