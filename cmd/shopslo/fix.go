package main

import (
	"cmp"
	"net/url"

	"github.com/spf13/pflag"

	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/promotion"
)

// fixFlags say that a release mends something.
type fixFlags struct {
	fix, by string
	also    string // what else --by is for: a flag that was given; "": nothing
}

func (f *fixFlags) register(fs *pflag.FlagSet) {
	fs.StringVar(&f.fix, "fix", "", "`URL` of what the release mends: a policy may let only fixes through; recorded like an override")
	fs.StringVar(&f.by, "by", "", "`name` of who says that it is a fix; else what CI or the system says")
}

func (f *fixFlags) check() error {
	if f.by != "" && f.fix == "" && f.also == "" {
		return usage.Errorf("--by says whose word --fix is; give both")
	}
	if f.fix != "" {
		if u, err := url.Parse(f.fix); err != nil || u.Host == "" || u.User != nil {
			return usage.Errorf("--fix must be the URL of what is mended, such as a pull request or an incident, without a password in it")
		}
	}
	return nil
}

// fix is what the flags say; nil: nothing.
func (p *program) fix(f fixFlags) *promotion.Fix {
	if f.fix == "" {
		return nil
	}
	return &promotion.Fix{URL: f.fix, By: cmp.Or(f.by, p.WhoAsks())}
}
