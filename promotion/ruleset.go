package promotion

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// RuleSet is what a Release is judged by: documents that may change with it.
type RuleSet struct {
	SLOs   []SLORule       `json:"slos"`
	Alerts []slo.BurnAlert `json:"alerts"`
	Policy Policy          `json:"policy"`
	// Soak is what the policy, or else the document of the Tier below asks for; seconds.
	Soak float64 `json:"soak_seconds"`
	// Counting is how samples become counts, in words that are compared only; "": a record
	// from before it was kept.
	Counting string `json:"counting,omitempty"`
	// ShopSets are those of both Tiers, Groups those of the target; nil: likewise.
	ShopSets []ShopSetRule `json:"shopsets,omitempty"`
	Groups   []GroupRule   `json:"groups,omitempty"`
	// Asking is who is asked, and which way the Release comes; nil: likewise.
	Asking *Asking `json:"asking,omitempty"`
}

// ShopSetRule is whose series are looked at.
type ShopSetRule struct {
	ShopSet fleet.ShopSetName `json:"shopset"`
	Tier    fleet.TierName    `json:"tier"`
	Match   map[string]string `json:"match"`
}

// GroupRule is in how many FailureDomains a ShopGroup has to be served.
type GroupRule struct {
	Group    fleet.ShopGroupName `json:"group"`
	Required int                 `json:"required"`
}

// SLORule is an SLO as it is counted.
type SLORule struct {
	Name      string           `json:"slo"`
	Tiers     []fleet.TierName `json:"tiers"` // of the two that are judged
	Objective slo.Objective    `json:"objective_billionths"`
	Window    string           `json:"window"`
	MinEvents float64          `json:"min_events"` // 0: the default
	// Counting is how events become a budget, in words that are compared only.
	Counting string     `json:"counting"`
	Parts    []PartRule `json:"parts"`
}

// PartRule is an indicator of an SLO.
type PartRule struct {
	Name      string        `json:"part"`
	Objective slo.Objective `json:"objective_billionths"`
	Weight    float64       `json:"weight"`
	Queries   []string      `json:"queries"`
	Counting  string        `json:"counting"`
}

// LastRules are those of the last decision that promoted or was accepted.
type LastRules struct {
	Where string    `json:"where"` // as in Found
	Error string    `json:"error"`
	Entry int       `json:"entry"` // of the log; 0: there is none yet
	At    time.Time `json:"at,omitzero"`
	Rules *RuleSet  `json:"rules"` // nil: there is no such decision, or one from before rules were recorded
}

// Acceptance is somebody's word that Rules are meant as they are.
type Acceptance struct {
	Hash string `json:"hash"` // of the RuleSet, its first digits at the least
	By   string `json:"by"`
}

// Validate reports what cannot be the hash of rules, or why nobody has given his word.
func (a Acceptance) Validate() error {
	short := len(a.Hash) < shortestHash || len(a.Hash) > 2*sha256.Size
	if short || strings.Trim(strings.ToLower(a.Hash), "0123456789abcdef") != "" {
		return fmt.Errorf("%.80q is not the hash of rules; copy the %d digits that the check rules shows", a.Hash, shortestHash)
	}
	if a.By == "" {
		return errors.New("by is missing; name who accepts the rules")
	}
	return nil
}

// RulesFound are the rules now, and those from before.
type RulesFound struct {
	Now      RuleSet     `json:"now"`
	Last     LastRules   `json:"last"`
	Accepted *Acceptance `json:"accepted"` // nil: by nobody
	// From is where SLOs and policy were read; nil: beside the configuration.
	From *RulesFrom `json:"from,omitempty"`
	// Beside are those beside the configuration, where Now is from elsewhere: the Release may
	// bring them.
	Beside *RuleSet `json:"beside,omitempty"`
}

// RulesFrom is a branch of a git repository that SLOs and policy are read from.
type RulesFrom struct {
	Where string `json:"where"` // for people
	Error string `json:"error"` // why they could not be read; they are then those beside the configuration
	// Repository is its URL without secrets, Commit what Branch pointed to, File the
	// configuration in it.
	Repository string `json:"repository"`
	Branch     string `json:"branch"`
	Commit     string `json:"commit"`
	File       string `json:"file"`
	// Missing: the branch does not have it, or there is no such branch, and Commit is "". The
	// rules are then those beside the configuration.
	Missing bool `json:"missing,omitempty"`
	// Chosen: the branch of the Tier does not have it, and the configuration of the checkout
	// names this other place.
	Chosen bool `json:"chosen,omitempty"`
	// Unconfirmed: nothing but what the Release may bring says that Branch is the Tier's. Otherwise is
	// who says another one, a clause; "": nobody.
	Unconfirmed bool   `json:"unconfirmed,omitempty"`
	Otherwise   string `json:"otherwise,omitempty"`
	// Asking is who the configuration there asks; nil: nobody looked.
	Asking *Asking `json:"asking,omitempty"`
	// Asked: whoever asked wants those beside the configuration, whatever branch there is.
	Asked bool `json:"asked,omitempty"`
}

// RulesOf are the rules that a Release is judged by; counting is how samples become counts.
func (e *Evidence) RulesOf(f *fleet.Fleet, slos []slo.SLO, alerts []slo.BurnAlert, p Policy, counting string) RuleSet {
	r := RuleSet{SLOs: []SLORule{}, Alerts: alerts, Policy: p.withDefaults(), Soak: e.Source.Soak.Seconds(), Counting: counting}
	for _, set := range f.ShopSets() {
		if set.Tier == e.Source.Name || set.Tier == e.Target.Name {
			r.ShopSets = append(r.ShopSets, ShopSetRule{set.Name, set.Tier, set.Match})
		}
	}
	slices.SortFunc(r.ShopSets, func(a, b ShopSetRule) int { return strings.Compare(string(a.ShopSet), string(b.ShopSet)) })
	for _, g := range e.Groups {
		r.Groups = append(r.Groups, GroupRule{g.Name, g.Required})
	}
	slices.SortFunc(r.Groups, func(a, b GroupRule) int { return strings.Compare(string(a.Group), string(b.Group)) })
	if p.Soak != nil {
		r.Soak, r.Policy.Soak = p.Soak.Seconds(), nil // which of the two says so makes no difference
	}
	for i := range slos {
		s := sloRule(&slos[i])
		for _, t := range []fleet.TierName{e.Source.Name, e.Target.Name} {
			if t != "" && status.Applies(&slos[i], t) && !slices.Contains(s.Tiers, t) {
				s.Tiers = append(s.Tiers, t)
			}
		}
		if len(s.Tiers) > 0 {
			r.SLOs = append(r.SLOs, s)
		}
	}
	slices.SortFunc(r.SLOs, func(a, b SLORule) int { return strings.Compare(a.Name, b.Name) })
	return r
}

func sloRule(s *slo.SLO) SLORule {
	r := SLORule{Name: s.Name, Objective: s.Objective, Window: fmt.Sprint(s.Window), MinEvents: s.MinEvents,
		Counting: fmt.Sprintf("%v, slices %v at %v, history %v, window in %v", s.Method, s.Slice, s.SliceTarget, s.LeastHistory, s.Window)}
	for _, p := range s.Parts {
		i := p.Indicator
		part := PartRule{Name: p.Name, Objective: p.Objective, Weight: p.Weight,
			Counting: fmt.Sprintf("kind %d, counter %d, first %d, absent is zero %v, failure %v, %s %v", i.Kind, i.Counter, i.FirstSample, i.AbsentIsZero, i.Failure, i.Op, i.Limit)}
		for side, q := range map[string]*slo.Query{"good": i.Good, "bad": i.Bad, "total": i.Total, "value": i.Value} {
			if q != nil {
				part.Queries = append(part.Queries, side+" "+q.Source+" "+q.Text)
			}
		}
		slices.Sort(part.Queries)
		r.Parts = append(r.Parts, part)
	}
	return r
}

// Hash is the SHA-256 of the rules, in hexadecimal.
func (r RuleSet) Hash() string {
	data, err := json.Marshal(r)
	if err != nil { // no figure of it can be none
		return ""
	}
	sum := sha256.Sum256(data)
	return hex.EncodeToString(sum[:])
}
