package promotion

import (
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
			return []Check{t.check(CheckRules).says(Unknown, d.say("The evidence has no rules to compare."))}
		}
		return nil
	}
	if f := r.From; f != nil && f.Error != "" {
		return []Check{t.check(CheckRules).says(Unknown, d.say("Cannot check rules: %s could not be read.", d.inSentence(f.Where)))}
	}
	c := t.check(CheckRules)
	if r.Last.Where != "" && r.Last.Error == "" || r.From != nil {
		c.figure("hash", r.Now.Hash())
	}
	if f := r.From; f != nil && !f.Asked {
		c.figure("from", Figures{{"repository", f.Repository}, {"branch", f.Branch}, {"commit", f.Commit}, {"file", f.File}, {"missing", f.Missing}})
	}
	if checks, done := d.unasked(CheckRules, t, r.Last.Where, r.Last.Error, "set gate.log, or use a server that logs"); done {
		c.Result, c.Reason = checks[0].Result, checks[0].Reason
	} else if r.Last.Rules == nil {
		c.Result, c.Reason = NotChecked, d.say("First decision: %s has no earlier rules to compare with.", d.inSentence(r.Last.Where))
		if d.p.Needs[CheckRules] == Required {
			c.Result = Unknown
		}
	} else {
		d.compareRules(&c)
	}
	d.whereFrom(&c)
	if c.Result == Unknown && r.Last.Error == "" && (r.Last.Where != "" || r.missing() || len(d.asksLess()) > 0) {
		d.accept(&c, r.Now.Hash())
	}
	return []Check{c}
}

// compareRules compares the rules with those of the last decision that has some.
func (d *deciding) compareRules(c *Check) {
	r := d.e.Rules
	changed := d.rulesChanged(*r.Last.Rules, r.Now)
	since := d.say("entry %d of %s", r.Last.Entry, r.Last.At.UTC().Format(time.RFC3339))
	c.figure("entry", r.Last.Entry).figure("laxer", changed.lax).figure("stricter", changed.strict)
	switch {
	case len(changed.lax) > 0:
		c.Result, c.Reason = Unknown, d.say("SLOs or policy are laxer than, or different from, those in %s: %s.", since, strings.Join(changed.lax, d.say("; ")))
	case len(changed.strict) > 0:
		c.Result, c.Reason = Pass, d.say("SLOs and policy are stricter than in %s: %s.", since, strings.Join(changed.strict, d.say("; ")))
	default:
		c.Result, c.Reason = Pass, d.say("SLOs and policy are the same as in %s.", since)
	}
}

// whereFrom says where the rules were read, and what the Release may bring instead.
func (d *deciding) whereFrom(c *Check) {
	r := d.e.Rules
	switch f := r.From; {
	case f == nil:
	case f.Asked:
		c.Reason += d.say(" They are those beside the configuration (--own-rules).")
	case f.Missing && f.Commit == "":
		c.Reason += d.say(" They are those beside the configuration, since %s has no branch %s: push it, or correct the Tier's document.", f.Repository, orElse(f.Branch, d.say("(none)")))
	case f.Missing:
		c.Reason += d.say(" They are those beside the configuration, since branch %s has no %s yet.", f.Branch, f.File)
	default:
		c.Reason += d.say(" They were read from %s of branch %s at %.12s.", f.File, f.Branch, f.Commit)
		if f.Chosen {
			c.Reason += d.say(" That location is set in the checkout; the target's branch does not have the file yet.")
		}
		switch {
		case f.Otherwise != "":
			c.Reason += d.say(" The Release may have chosen that branch: for %s %s.", d.e.To, f.Otherwise)
		case f.Unconfirmed:
			c.Reason += d.say(" The Release may have chosen that branch: nothing else says that it is %s's.", d.e.To)
		}
	}
	less := d.asksLess()
	if len(less) > 0 {
		c.figure("asks_less", less)
		c.Reason += d.say(" The Release may have changed the sources of evidence: %s.", strings.Join(less, d.say("; ")))
	}
	if (r.missing() || len(less) > 0) && c.Result == NotChecked { // nobody has compared them with anything
		c.Result = Unknown
	}
	if r.Beside == nil {
		return
	}
	if lax := d.rulesChanged(r.Now, *r.Beside).lax; len(lax) > 0 {
		c.figure("beside", lax)
		c.Reason += d.say(" Those beside the configuration are laxer, and do not count until they are promoted: %s.", strings.Join(lax, d.say("; ")))
	}
}

// missing reports whether the branch that is to have the rules, or to say where they are, has
// none.
func (r *RulesFound) missing() bool {
	return r.From != nil && (r.From.Missing || r.From.Chosen || r.From.Unconfirmed)
}

// accept waives what somebody has accepted, and says to others how it is done.
func (d *deciding) accept(c *Check, hash string) {
	a := d.e.Rules.Accepted
	if a != nil && len(a.Hash) >= shortestHash && strings.HasPrefix(hash, strings.ToLower(a.Hash)) && a.By != "" {
		c.figure("waived", string(c.Result)).figure("accepted_by", a.By)
		c.Result = Waived
		c.Reason = d.say("Accepted by %s. %s", a.By, c.Reason)
		return
	}
	if a != nil {
		c.Reason += d.say(" These are not the rules %s that %s accepts.", d.orNone(a.Hash), orElse(a.By, d.say("nobody")))
	}
	c.Reason += d.say(" To accept them: shopslo gate --to %s --accept-rules %s --by NAME.", d.e.To, hash[:shortestHash])
}
