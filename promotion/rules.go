package promotion

import (
	"fmt"
	"strings"
	"time"
)

// shortestHash is how many digits of a RuleSet's hash have to be given to accept it.
const shortestHash = 12

// checkRules asks that the Release is not judged by less than the last one was.
func (d *deciding) checkRules(t tier) []Check {
	r := d.e.Rules
	if r == nil { // not compared: only where policy does not ask for it
		if d.p.Needs[CheckRules] == Required {
			return []Check{t.check(CheckRules).says(Unknown, "The evidence has no rules to compare.")}
		}
		return nil
	}
	if checks, done := d.unasked(CheckRules, t, r.Last.Where, r.Last.Error, "set gate.log, or ask a server that logs"); done {
		return checks
	}
	hash := r.Now.Hash()
	c := t.check(CheckRules)
	c.figure("hash", hash)
	if r.Last.Rules == nil {
		c.Result, c.Reason = NotChecked, fmt.Sprintf("First decision: %s has no earlier rules to compare with.", inSentence(r.Last.Where))
		if d.p.Needs[CheckRules] == Required {
			c.Result = Unknown
			d.accept(&c, hash)
		}
		return []Check{c}
	}
	changed := rulesChanged(*r.Last.Rules, r.Now)
	since := fmt.Sprintf("entry %d of %s", r.Last.Entry, r.Last.At.UTC().Format(time.RFC3339))
	c.figure("entry", r.Last.Entry).figure("laxer", changed.lax).figure("stricter", changed.strict)
	switch {
	case len(changed.lax) > 0:
		c.Result, c.Reason = Unknown, fmt.Sprintf("SLOs or policy ask for less than, or something else than, in %s: %s.", since, strings.Join(changed.lax, "; "))
		d.accept(&c, hash)
	case len(changed.strict) > 0:
		c.Result, c.Reason = Pass, fmt.Sprintf("SLOs and policy are stricter than in %s: %s.", since, strings.Join(changed.strict, "; "))
	default:
		c.Result, c.Reason = Pass, fmt.Sprintf("SLOs and policy are the same as in %s.", since)
	}
	return []Check{c}
}

// accept waives what somebody has accepted, and says to others how it is done.
func (d *deciding) accept(c *Check, hash string) {
	a := d.e.Rules.Accepted
	if a != nil && len(a.Hash) >= shortestHash && strings.HasPrefix(hash, strings.ToLower(a.Hash)) && a.By != "" {
		c.figure("waived", string(c.Result)).figure("accepted_by", a.By)
		c.Result = Waived
		c.Reason += fmt.Sprintf(" Accepted by %s.", a.By)
		return
	}
	if a != nil {
		c.Reason += fmt.Sprintf(" These are not the rules %s that %s accepts.", orNone(a.Hash), orElse(a.By, "nobody"))
	}
	c.Reason += fmt.Sprintf(" To accept them: shopslo gate --to %s --accept-rules %s --by NAME.", d.e.To, hash[:shortestHash])
}

// Accepts reports whether somebody has accepted the rules of a Decision.
func (d Decision) Accepts() bool {
	for _, c := range d.Checks {
		if c.Check == CheckRules && c.Result == Waived {
			return true
		}
	}
	return false
}
