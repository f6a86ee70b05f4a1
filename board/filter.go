package board

import (
	"net/url"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// filter narrows the board down. The zero value shows everything.
type filter struct {
	Tier    fleet.TierName          // only this Tier; "": all
	Domain  fleet.FailureDomainName // only ShopSets in it; "": all
	Levels  []level                 // only ShopSets of these; empty: all
	Release string                  // the Release that somebody looks for: 4 or more of its digits
}

// leastRelease is how many digits of a Release tell enough to look for it.
const leastRelease = 4

// maxQuery bounds what is taken over from an address.
const maxQuery = 80

// parseFilter reads the query of an address: tier, domain, release, and state, which may
// be there several times. What means nothing is left out: an old link still shows the
// board.
func parseFilter(q url.Values) filter {
	f := filter{Tier: fleet.TierName(short(q.Get("tier"))), Domain: fleet.FailureDomainName(short(q.Get("domain")))}
	for _, s := range q["state"] {
		if l := level(s); slices.Contains(levels, l) && !slices.Contains(f.Levels, l) {
			f.Levels = append(f.Levels, l)
		}
	}
	slices.SortFunc(f.Levels, func(a, b level) int { return a.rank() - b.rank() })
	if r := short(q.Get("release")); len(r) >= leastRelease {
		f.Release = r
	}
	return f
}

// Query writes the filter as parseFilter reads it.
func (f filter) Query() url.Values {
	q := url.Values{}
	for name, value := range map[string]string{"tier": string(f.Tier), "domain": string(f.Domain), "release": f.Release} {
		if value != "" {
			q.Set(name, value)
		}
	}
	for _, l := range f.Levels {
		q.Add("state", string(l))
	}
	return q
}

// Has reports whether ShopSets of a level are asked for by name.
func (f filter) Has(l level) bool { return slices.Contains(f.Levels, l) }

// shows reports whether a ShopSet is picked.
func (f filter) shows(c *shopSetCell) bool {
	return (f.Domain == "" || f.Domain == c.Domain) && (len(f.Levels) == 0 || slices.Contains(f.Levels, c.Level))
}

// short takes a name out of an address: what is longer than any name is cut off.
func short(s string) string {
	s = strings.TrimSpace(clean(s))
	if r := []rune(s); len(r) > maxQuery {
		s = strings.TrimSpace(string(r[:maxQuery]))
	}
	return s
}
