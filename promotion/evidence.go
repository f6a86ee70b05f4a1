package promotion

import (
	"errors"
	"slices"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Evidence is all that a Decision rests on. It is data only, and complete: what is
// not in it was not looked at.
type Evidence struct {
	From, To fleet.TierName
	Release  string // empty: not known
	// Source is the Tier that shows how the Release behaves, Target the Tier that
	// would take it. Source has no name where no Tier below has a ShopSet. In a fleet of
	// one Tier both are that, and From is empty.
	Source, Target Tier
	// Declared is what the documents say of them, for what is seen to agree with.
	Declared Declared
	// Report holds the budgets of both Tiers; others are ignored.
	Report status.Report
	// Groups are the ShopGroups that a ShopSet of the target serves; nil: it was
	// not looked for them.
	Groups []Group
	// Outages are the sources of budgets that could not be reached.
	Outages []Outage
	// Fleet is what runs, of both Tiers and the one below the target; See fills it in.
	Fleet FleetView
	// Arrivals are when Releases came, as somebody claims where no exporter knows: one for each
	// ShopSet of both Tiers, the last. Told fills them in.
	Arrivals Found[Arrival]
	// Comparisons are of the time since the Release came with the time before, for
	// each ShopSet of Source and each part of each SLO; Compare makes them.
	Comparisons []Comparison
	// Together is what was looked at for them all, where something looks amiss.
	Together []Together
	// Earlier are times before those compared with, for whole Tiers; Compare looks for them.
	Earlier []Earlier
	// Traffic is how much came since, and before, for the same; Weigh makes it.
	Traffic []Traffic
	// Alerts fire now, of the whole fleet.
	Alerts Found[Alert]
	// AlertRules are those of a Prometheus; nowhere: an Alertmanager was asked, which
	// knows none.
	AlertRules Found[AlertRule]
	// AlertSources are the sources with ShopSets of both Tiers, where each tells of its own.
	AlertSources []string
	// Incidents are those whose cause is still there, of the whole fleet.
	Incidents Found[Incident]
	Freezes   Found[Freeze]
	Overrides Found[Override]
	// Exclusions have been left out of the Report and the Comparisons. Uncorrected are
	// the budgets as they were before, of those that this has changed.
	Exclusions  Found[Exclusion]
	Uncorrected []Uncorrected
	// Excluded says which of them touch which budgets, and which do not count since the
	// Release came.
	Excluded []Excluded
	// Rules are what the Release is judged by, and the last one was; nil: a record from
	// before, nobody looked.
	Rules *RulesFound
	// Moves are what was rolled back from the target; nil: likewise.
	Moves *Moves
	// Fix is set where the Release mends something.
	Fix *Fix

	closed *Closed // of which some of this is; nil: nothing
}

// Tier says what is to be expected of a Tier: a budget for each of its ShopSets
// and each of its SLOs.
type Tier struct {
	Name     fleet.TierName      `json:"tier"`
	ShopSets []fleet.ShopSetName `json:"shopsets"`
	SLOs     []string            `json:"slos"`
	// Soak is what its document asks for; 0: none.
	Soak time.Duration `json:"soak_ns"`
}

// Group is a ShopGroup and the redundancy that it has.
type Group struct {
	Name     fleet.ShopGroupName       `json:"group"`
	ShopSets []fleet.ShopSetName       `json:"shopsets"`
	Required int                       `json:"required"`
	Domains  []fleet.FailureDomainName `json:"failure_domains"` // that it is in
	// Remedy says what to do where there are too few, a clause without a full stop.
	Remedy string `json:"remedy"`
}

// Outage is a source that could not be reached.
type Outage struct {
	Source string `json:"source"` // what, and where
	Error  string `json:"error"`
}

// Gather makes the evidence for a promotion to a Tier from the fleet, its SLOs
// and their budgets. The release may be empty: not known. The only Tier of a fleet is its own
// Source. The error wraps fleet.ErrUnknownTier or fleet.ErrLowestTier, both errors of usage.
func Gather(f *fleet.Fleet, slos []slo.SLO, report status.Report, to fleet.TierName, release string) (Evidence, error) {
	e := Evidence{To: to, Release: release, Target: expect(f, slos, to), Groups: []Group{}}
	switch route, err := f.Route(to); {
	case errors.Is(err, fleet.ErrLowestTier) && f.OneTier():
		e.Source = e.Target
	case err != nil:
		return Evidence{}, err
	default:
		e.From = route.From.Name
		if route.Evidence != nil {
			e.Source = expect(f, slos, route.Evidence.Name)
		}
	}
	e.Take(report)
	e.Groups = append(e.Groups, groups(f, e.Target)...)
	e.Declared = declared(f, &e)
	return e, nil
}

// Take takes the budgets of both Tiers from a report, instead of those from before.
func (e *Evidence) Take(report status.Report) {
	touched := map[fleet.ShopSetName]bool{}
	for _, set := range slices.Concat(e.Source.ShopSets, e.Target.ShopSets) {
		touched[set] = true
	}
	e.Report = status.Report{At: report.At, Alerts: report.Alerts}
	for i := range report.Budgets {
		if b := &report.Budgets[i]; touched[b.ShopSet] {
			e.Report.Budgets = append(e.Report.Budgets, *b)
		}
	}
}

func expect(f *fleet.Fleet, slos []slo.SLO, name fleet.TierName) Tier {
	t := Tier{Name: name}
	if tier, ok := f.Tier(name); ok {
		t.Soak = tier.Soak
	}
	for _, set := range f.ShopSetsOf(name) {
		t.ShopSets = append(t.ShopSets, set.Name)
	}
	for i := range slos {
		if status.Applies(&slos[i], name) {
			t.SLOs = append(t.SLOs, slos[i].Name)
		}
	}
	return t
}

// groups are those that a ShopSet of the Tier serves.
func groups(f *fleet.Fleet, t Tier) []Group {
	remedy := map[string]string{}
	for _, finding := range f.Findings() {
		if finding.Rule == fleet.RuleRedundancy {
			remedy[finding.Name] = finding.Do
		}
	}
	var out []Group
	for _, g := range f.ShopGroups() {
		serves := func(set fleet.ShopSetName) bool { return slices.Contains(t.ShopSets, set) }
		if slices.ContainsFunc(g.ShopSets, serves) {
			out = append(out, Group{Name: g.Name, ShopSets: g.ShopSets, Required: g.FailureDomains,
				Domains: f.FailureDomainsOf(g.Name), Remedy: remedy[string(g.Name)]})
		}
	}
	return out
}

// pair is an SLO for a ShopSet.
type pair struct {
	shopSet fleet.ShopSetName
	slo     string
}

// byPair holds the budgets of each pair; more than one is odd, and all are checked.
type byPair map[pair][]*status.Budget

func (e Evidence) byPair() byPair {
	m := byPair{}
	for i := range e.Report.Budgets {
		b := &e.Report.Budgets[i]
		m[pair{b.ShopSet, b.SLO}] = append(m[pair{b.ShopSet, b.SLO}], b)
	}
	return m
}

// tier is a Tier in its role.
type tier struct {
	Tier
	role Role
}

// check starts a Check about the Tier.
func (t tier) check(name string) Check {
	return Check{Check: name, Tier: t.Name, Role: t.role, Evidence: make(Figures, 0, 8)}
}

// about starts a Check of a budget.
func (t tier) about(check string, b *status.Budget, result Result, reason string) Check {
	c := t.check(check).of(b.ShopSet, b.SLO).says(result, reason)
	c.figure("window", b.Window)
	return c
}

// of narrows a Check down to a ShopSet and an SLO; "": to none.
func (c Check) of(set fleet.ShopSetName, slo string) Check {
	c.ShopSet, c.SLO = set, slo
	return c
}

// says gives a Check its Result and Reason.
func (c Check) says(r Result, reason string) Check {
	c.Result, c.Reason = r, reason
	return c
}

// figure adds one to a Check's evidence.
func (c *Check) figure(name string, value any) *Check {
	c.Evidence = c.Evidence.with(name, value)
	return c
}
