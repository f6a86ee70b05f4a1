package rules

import (
	"fmt"
	"strings"
	"time"

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
		en: note{
			shopset + " has sent nothing for " + lasting,
			"Nothing was heard of " + where + " for " + lasting + ", although others are counted." + silentSLOs(" SLOs without data: %s.") +
				" It is down, its targets are not scraped, or its labels have changed. Its burn rates say nothing meanwhile.",
		},
		ja: note{
			shopset + " から " + lasting + " 何も届いていません",
			where + " から " + lasting + " 何も届いていません。集計そのものは動いています。" + silentSLOs("データのない SLO：%s。") +
				"停止しているか、スクレイプされていないか、ラベルが変わっています。その間バーンレートは何も示しません。",
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
		en: note{
			"Nothing was ever heard of {{ $labels.slo }} on " + shopset,
			"The fleet's documents expect " + where + ", and no series of {{ $labels.slo }} has ever matched it. Compare its match labels with the series, or take it out of the documents.",
		},
		ja: note{
			shopset + "：{{ $labels.slo }} のデータが一度も届いていません",
			"文書では " + where + " があるはずですが、{{ $labels.slo }} の系列が一度も一致していません。match のラベルを系列と比べるか、文書から外してください。",
		},
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
		en: note{
			"shopslo serve does not know " + shopset,
			"The rules were made for " + where + ", and shopslo serve has no budget for it. Give it the same documents and reload it (SIGHUP), or make the rules anew.",
		},
		ja: note{
			"shopslo serve が " + shopset + " を知りません",
			"ルールには " + where + " がありますが、shopslo serve にはそのバジェットがありません。同じ文書を渡して再読み込み（SIGHUP）するか、ルールを作り直してください。",
		},
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
		en: note{
			"Only {{ $value | humanizePercentage }} of the time of {{ $labels.slo }} on " + shopset + " has data",
			"For an hour, less than 90% of the time of {{ $labels.slo }} on " + where + " had data ({{ $value | humanizePercentage }} in the last 30m). Bad events may be missed: look at its scrapes.",
		},
		ja: note{
			shopset + "：{{ $labels.slo }} のデータが時間の {{ $value | humanizePercentage }} しかありません",
			where + " の {{ $labels.slo }} で、カバレッジが 1 時間以上 90% を下回っています（直近 30m は {{ $value | humanizePercentage }}）。失敗を見落とす恐れがあります。スクレイプを確認してください。",
		},
	}
}

// serve are the rules about what all others rest on.
func (s *Settings) serve() []rule {
	return []rule{
		{
			name: "ShopsloAbsent", severity: slo.Page, after: 5 * time.Minute, expr: "absent(shopslo_build_info)",
			en: note{"No shopslo serve is scraped", "Prometheus has no metrics of shopslo serve: no burn rate and no silent ShopSet can be noticed. Start it, or correct its scrape job."},
			ja: note{"shopslo serve がスクレイプされていません", "shopslo serve のメトリクスがありません。バーンレートも無応答の ShopSet も検知できません。起動するか、スクレイプの設定を直してください。"},
		},
		{
			name: "ShopsloBudgetsOld", severity: slo.Page, after: 5 * time.Minute,
			expr: "time() - min(max by (slo, shopset) (shopslo_slo_counted_until_timestamp_seconds)) > " + seconds(s.Stale),
			en:   note{"The budgets are " + lasting + " old", "Nothing newer than " + lasting + " is counted for some budget: shopslo serve reads history, or cannot read its source. Alerts of burn rates speak of that time. Its log says why."},
			ja:   note{"バジェットが " + lasting + " 前のままです", "直近 " + lasting + " が集計されていないバジェットがあります。shopslo serve が履歴を読んでいるか、ソースを読めません。バーンレートの通知はその時点のものです。理由はログにあります。"},
		},
		{
			name: "ShopsloCountingFails", severity: slo.Ticket, after: 5 * time.Minute,
			expr: `sum by (job, instance) (increase(shopslo_ledger_ticks_total{result="error"}[15m])) > 0
unless
  sum by (job, instance) (increase(shopslo_ledger_ticks_total{result="ok"}[15m])) > 0`,
			en: note{"shopslo serve on {{ $labels.instance }} counts nothing", "All attempts of the last 15m to bring the ledger up to date failed ({{ $value | humanize }}). Counting goes on from the same edge once its source answers; its log says why it does not."},
			ja: note{"{{ $labels.instance }} の shopslo serve が集計できません", "直近 15m の集計がすべて失敗しました（{{ $value | humanize }} 回）。ソースが応答すれば同じ位置から再開します。理由はログにあります。"},
		},
		{
			name: "ShopsloSLONotCounted", severity: slo.Ticket, after: 15 * time.Minute,
			expr: "max by (slo) (shopslo_slo_uncounted_shopsets) > 0",
			en:   note{"{{ $labels.slo }} is not counted for {{ $value }} ShopSets", "The source answers, and what the SLO {{ $labels.slo }} asks for cannot be counted: its query is refused or too slow, or a series is no counter. All others are counted. shopslo status says why."},
			ja:   note{"{{ $labels.slo }} が {{ $value }} 個の ShopSet で集計されていません", "ソースは応答していますが、SLO {{ $labels.slo }} は集計できません。クエリが拒否されたか遅すぎるか、カウンタではない系列があります。ほかの SLO は集計されています。理由は shopslo status が示します。"},
		},
		{
			name: "ShopsloReloadFailed", severity: slo.Ticket, after: 5 * time.Minute,
			expr: "min by (job, instance) (shopslo_config_last_reload_successful) == 0",
			en:   note{"shopslo serve on {{ $labels.instance }} keeps its old documents", "The last reading of configuration and documents failed; those from before are in use. shopslo validate names every fault."},
			ja:   note{"{{ $labels.instance }} の shopslo serve が古い文書のままです", "設定と文書の再読み込みに失敗し、以前のものを使っています。shopslo validate がすべての誤りを示します。"},
		},
	}
}
