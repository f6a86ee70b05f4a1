package dashboards

import "github.com/shopslo/shopslo/internal/text"

// ofServe selects the `shopslo serve` that are chosen.
const ofServe = `{instance=~"$instance"}`

// serve is about `shopslo serve` itself: whether its figures are of now, what it was asked,
// and what that costs.
func serve(l text.Language) *board {
	b := newBoard("serve", l, titleShopsloServe, aboutShopsloServe, "6h")
	b.choice("instance", titleInstance, "shopslo_build_info", true)
	b.link(titleFleet, "fleet")
	b.serveNow()
	b.counting()
	b.deciding()
	b.answering()
	return b
}

func (b *board) serveNow() {
	small := func(title, about text.Entry) panel { return panel{title, about, 4, 4, number, nil} }
	yes := func(p panel) panel { p.steps = from(red, step(1, green)); return p }
	no := func(p panel, colour string) panel { p.steps = wanted(colour); return p }
	b.stat(yes(small(titleSourceAnswers, aboutSourceAnswers)), "min(shopslo_source_up"+ofServe+")")
	b.stat(yes(small(titleCaughtUp, aboutCaughtUp)), "min(shopslo_ledger_caught_up"+ofServe+")")
	b.stat(yes(small(titleReloaded, aboutReloaded)), "min(shopslo_config_last_reload_successful"+ofServe+")")
	b.stat(no(small(titleNotCounted, aboutNotCounted), orange), "count(max by (slo) (shopslo_slo_uncounted_shopsets"+ofServe+") > 0) or vector(0)")
	b.stat(no(small(titleNotLogged, aboutNotLogged), red), "sum(increase(shopslo_decision_log_failures_total"+ofServe+"[$__range]))")
	b.stat(no(small(titleNotTold, aboutNotTold), red), `sum(increase(shopslo_notices_total{instance=~"$instance", result="failed"}[$__range]))`)
}

func (b *board) counting() {
	b.row(titleCounting)
	b.graph(panel{titleCountsAge, aboutCountsAge, 8, 8, seconds, from(green, step(600, red))},
		"", line{"time() - min by (instance) (shopslo_slo_counted_until_timestamp_seconds" + ofServe + ")", "{{instance}}"})
	b.graph(panel{titleTicks, aboutTicks, 8, 8, seconds, nil},
		"", line{"sum by (instance) (rate(shopslo_ledger_tick_duration_seconds_sum" + ofServe + "[$__rate_interval])) / sum by (instance) (rate(shopslo_ledger_tick_duration_seconds_count" + ofServe + "[$__rate_interval]))", "{{instance}}"})
	b.graph(panel{titleSamplesRead, aboutSamplesRead, 8, 8, number, nil},
		"", line{"sum by (instance) (rate(shopslo_ledger_samples_read_total" + ofServe + "[$__rate_interval]))", "{{instance}}"})
}

func (b *board) deciding() {
	b.row(titleDecisions)
	b.graph(panel{titleDecisions, aboutDecisions, 12, 8, number, nil},
		"", line{"sum by (tier, decision) (increase(shopslo_gate_decisions_total" + ofServe + "[1h]))", "{{tier}} {{decision}}"})
	b.graph(panel{titleNotices, aboutNotices, 12, 8, number, nil},
		"", line{"sum by (about, result) (increase(shopslo_notices_total" + ofServe + "[1h]))", "{{about}} {{result}}"})
}

func (b *board) answering() {
	const buckets = "shopslo_http_request_duration_seconds_bucket" + ofServe
	b.row(titleRequests)
	b.graph(panel{titleRequests, aboutRequests, 12, 8, "reqps", nil},
		"", line{"sum by (handler, code) (rate(shopslo_http_request_duration_seconds_count" + ofServe + "[$__rate_interval]))", "{{handler}} {{code}}"})
	b.graph(panel{titleLatency, aboutLatency, 12, 8, seconds, from(green, step(10, red))},
		"", line{"histogram_quantile(0.9, sum by (handler, le) (rate(" + buckets + "[$__rate_interval])))", "{{handler}}"})
	b.graph(panel{titleMemory, aboutMemory, 12, 8, "bytes", nil}, "",
		line{"max by (instance) (process_resident_memory_bytes" + ofServe + " and on (job, instance) shopslo_build_info)", "{{instance}}"},
		line{"min by (instance) (go_gc_gomemlimit_bytes" + ofServe + " < 1e15 and on (job, instance) shopslo_build_info)", "{{instance}} GOMEMLIMIT"})
	b.graph(panel{titleCPU, aboutCPU, 12, 8, number, nil},
		"", line{"max by (instance) (rate(process_cpu_seconds_total" + ofServe + "[$__rate_interval]) and on (job, instance) shopslo_build_info)", "{{instance}}"})
}
