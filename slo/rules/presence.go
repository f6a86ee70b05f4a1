package rules

import (
	"fmt"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
)

// shopSets are the rules about ShopSets that should send something. All of them look
// only at accounts that are counted up to now: while serve is down, catches up or
// cannot read its source, no ShopSet is called silent; the rules of serve tell of that.
func (s *Settings) shopSets() []rule {
	out := []rule{s.silent(), s.neverHeard()}
	tiers, sets := s.fleet()
	for _, tier := range tiers {
		out = append(out, s.unknown(tier, sets[tier]))
	}
	return append(out, s.gaps())
}

// fresh selects the accounts that are counted up to now; a replica of serve that is
// stuck says nothing.
func (s *Settings) fresh() string {
	return "time() - shopslo_slo_counted_until_timestamp_seconds < " + seconds(s.Stale)
}

// silent compares two times of the ledger, not the ledger with the clock.
func (s *Settings) silent() rule {
	const age = "shopslo_slo_counted_until_timestamp_seconds - shopslo_slo_last_sample_timestamp_seconds"
	silentSLOs := func(sentence string) string {
		return "{{ with printf `min by (slo) (" + strings.ReplaceAll(age, "_seconds", "_seconds{shopset=%[1]q}") + ") > " + seconds(s.Stale) + "` $labels.shopset | query }}" +
			fmt.Sprintf(sentence, "{{ range $i, $r := . }}{{ if $i }}, {{ end }}{{ $r.Labels.slo }}{{ end }}") + "{{ end }}"
	}
	return rule{
		name: "ShopsloShopSetSilent", severity: slo.Page, after: 2 * time.Minute, stay: 2 * time.Minute,
		expr: fmt.Sprintf(`max by (shopset, tier) (
  min by (slo, shopset, tier) (
      %s
    and
      %s
  )
) > %s`, age, s.fresh(), seconds(s.Stale)),
		says: sayShopsloShopSetSilent,
		args: func(l text.Language) (summary, description []any) {
			return nil, []any{silentSLOs(l.Say(sayWithoutData))}
		},
	}
}

// neverHeard gives a new ShopSet an hour to come up.
func (s *Settings) neverHeard() rule {
	return rule{
		name: "ShopsloShopSetNeverHeard", severity: slo.Ticket, after: time.Hour, stay: 5 * time.Minute,
		expr: fmt.Sprintf(`min by (slo, shopset, tier) (
    shopslo_slo_state{state="no_data"}
  and ignoring (state)
    %s
) == 1
unless on (slo, shopset)
  shopslo_slo_last_sample_timestamp_seconds`, s.fresh()),
		says: sayShopsloShopSetNeverHeard,
	}
}

// unknown finds ShopSets that are in the documents which the rules were made from, and
// not in those that serve has read.
func (s *Settings) unknown(tier string, sets []string) rule {
	var b strings.Builder
	b.WriteString("(\n")
	for i, set := range sets {
		if i > 0 {
			b.WriteString("  or\n")
		}
		fmt.Fprintf(&b, "    absent(shopslo_slo_objective_ratio{shopset=%q, tier=%q})\n", set, tier)
	}
	b.WriteString(")\nand on () group(shopslo_build_info)")
	return rule{
		name: "ShopsloShopSetUnknown", severity: slo.Ticket, after: 15 * time.Minute, labels: map[string]string{"tier": tier}, expr: b.String(),
		says: sayShopsloShopSetUnknown,
	}
}

// gaps compares covered seconds with counted ones over the same samples, so that how
// increase and delta extrapolate cancels out. The silent have a rule of their own.
func (s *Settings) gaps() rule {
	return rule{
		name: "ShopsloScrapeGaps", severity: slo.Ticket, after: time.Hour,
		expr: `(
  max by (slo, shopset, tier) (
      increase(shopslo_slo_covered_seconds_total[30m])
    /
      delta(shopslo_slo_counted_until_timestamp_seconds[30m])
  ) < 0.9
) > 0`,
		says: sayShopsloScrapeGaps,
	}
}
