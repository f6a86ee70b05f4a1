package main

import (
	"cmp"
	"net/url"

	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/engine/judge"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/promotion"
)

// fixFlags are what somebody vouches for: that a release mends something, and that the
// rules are meant as they are.
type fixFlags struct {
	fix, acceptRules, by string
	ownRules, again      bool
}

func (f *fixFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.fix, "fix", "", "`URL` of what the release fixes: a policy may let only fixes through; recorded like an override")
	fs.StringVar(&f.acceptRules, "accept-rules", "", "accept laxer SLOs and policy with this `hash`, as shown by the check rules; logged; needs --by")
	fs.BoolVar(&f.ownRules, "own-rules", false, "use the SLOs, policy and calendar beside the configuration, even if its repository has a branch of the Tier to read them from")
	fs.StringVar(&f.by, "by", "", "`name` of who declares the fix, accepts the rules, or allows the release again (default: from CI or the system)")
}

func (f *fixFlags) check(server string) error {
	switch {
	case f.ownRules && server != "":
		return usage.Errorf("--own-rules does not go with --server, which judges by its own")
	case f.by != "" && f.fix == "" && f.acceptRules == "" && !f.again:
		return usage.Errorf("--by goes with --fix, --accept-rules or --again; give both")
	case f.acceptRules != "" && f.by == "":
		return usage.Errorf("--by is missing; name who accepts the rules")
	case f.acceptRules != "":
		if err := f.acceptance().Validate(); err != nil {
			return usage.Errorf("--accept-rules: %v", err)
		}
	}
	if f.fix != "" {
		if u, err := url.Parse(f.fix); err != nil || u.Host == "" || u.User != nil {
			return usage.Errorf("--fix must be the URL of what is fixed, such as a pull request or an incident, without a password in it")
		}
	}
	return nil
}

// acceptance is what the flags say of the rules; nil: nothing.
func (f *fixFlags) acceptance() *promotion.Acceptance {
	if f.acceptRules == "" {
		return nil
	}
	return &promotion.Acceptance{Hash: f.acceptRules, By: f.by}
}

// question is what the gate is asked about a release, with what the flags say of it.
func (p *program) question(to, release string, f fixFlags) judge.Question {
	q := judge.Question{To: to, Release: release, Accept: f.acceptance(), Own: f.ownRules}
	if f.fix != "" {
		q.Fix = &promotion.Fix{URL: f.fix, By: cmp.Or(f.by, p.WhoAsks())}
	}
	if f.again {
		q.Again = &promotion.Again{By: cmp.Or(f.by, p.WhoAsks())}
	}
	return q
}
