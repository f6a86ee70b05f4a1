package rules

import (
	"time"

	"github.com/shopslo/shopslo/slo"
)

// serve are the rules about what all others rest on.
func (s *Settings) serve() []rule { return append(s.counting(), answering()...) }

// counting are those about what serve reads.
func (s *Settings) counting() []rule {
	return []rule{
		{
			name: "ShopsloAbsent", severity: slo.Page, after: 5 * time.Minute, expr: "absent(shopslo_build_info)",
			says: sayShopsloAbsent,
		},
		{
			name: "ShopsloBudgetsOld", severity: slo.Page, after: 5 * time.Minute,
			expr: "time() - min(max by (slo, shopset) (shopslo_slo_counted_until_timestamp_seconds)) > " + seconds(s.Stale),
			says: sayShopsloBudgetsOld,
		},
		{
			name: "ShopsloCountingFails", severity: slo.Ticket, after: 5 * time.Minute,
			expr: `sum by (job, instance) (increase(shopslo_ledger_ticks_total{result="error"}[15m])) > 0
unless
  sum by (job, instance) (increase(shopslo_ledger_ticks_total{result="ok"}[15m])) > 0`,
			says: sayShopsloCountingFails,
		},
		{
			name: "ShopsloSourceDown", severity: slo.Ticket, after: 10 * time.Minute,
			expr: `max by (job, source) (shopslo_source_up{source!=""}) == 0`,
			says: sayShopsloSourceDown,
		},
		{
			name: "ShopsloSLONotCounted", severity: slo.Ticket, after: 15 * time.Minute,
			expr: "max by (slo) (shopslo_slo_uncounted_shopsets) > 0",
			says: sayShopsloSLONotCounted,
		},
		{
			name: "ShopsloReloadFailed", severity: slo.Ticket, after: 5 * time.Minute,
			expr: "min by (job, instance) (shopslo_config_last_reload_successful) == 0",
			says: sayShopsloReloadFailed,
		},
	}
}

// answering are those about what serve says.
func answering() []rule {
	return []rule{
		{
			name: "ShopsloDecisionsNotLogged", severity: slo.Ticket,
			expr: "sum by (job, instance) (increase(shopslo_decision_log_failures_total[30m])) > 0",
			says: sayShopsloDecisionsNotLogged,
		},
		{
			name: "ShopsloNoticesFail", severity: slo.Ticket,
			expr: `sum by (job, instance, about) (increase(shopslo_notices_total{result="failed"}[30m])) > 0`,
			says: sayShopsloNoticesFail,
		},
		{
			name: "ShopsloGateInconclusive", severity: slo.Ticket, after: 5 * time.Minute,
			expr: `sum by (tier) (increase(shopslo_gate_decisions_total{decision="inconclusive"}[1h])) > 2
unless
  sum by (tier) (increase(shopslo_gate_decisions_total{decision!="inconclusive"}[1h])) > 0`,
			says: sayShopsloGateInconclusive,
		},
		{
			name: "ShopsloAnswersFail", severity: slo.Ticket, after: 10 * time.Minute,
			expr: `sum by (job, instance) (rate(shopslo_http_request_duration_seconds_count{code=~"5.."}[10m]))
/
  sum by (job, instance) (rate(shopslo_http_request_duration_seconds_count[10m]))
> 0.05`,
			says: sayShopsloAnswersFail,
		},
		{
			name: "ShopsloAnswersSlow", severity: slo.Ticket, after: 10 * time.Minute,
			expr: `histogram_quantile(0.9, sum by (job, instance, handler, le) (rate(shopslo_http_request_duration_seconds_bucket[10m]))) > 10`,
			says: sayShopsloAnswersSlow,
		},
		{
			name: "ShopsloMackerelFails", severity: slo.Ticket, after: 15 * time.Minute,
			expr: "sum by (job, instance) (increase(shopslo_mackerel_failures_total[15m])) > 0 and sum by (job, instance) (shopslo_mackerel_waiting_batches) > 0",
			says: sayShopsloMackerelFails,
		},
	}
}
