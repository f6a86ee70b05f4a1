package status

import (
	"encoding/json"
	"math"
	"slices"
	"strconv"
	"time"

	"github.com/shopslo/shopslo/slo"
)

// MarshalJSON writes the shape of docs/status.schema.json.
func (r Report) MarshalJSON() ([]byte, error) { return r.AppendJSON(nil), nil }

// AppendJSON appends the report as JSON, a line per budget and no line feed at the
// end; without reflection, since thousands of budgets are written at a time.
func (r Report) AppendJSON(to []byte) []byte {
	return r.around(to, func(to []byte) []byte { return AppendBudgets(to, r.Budgets) })
}

// AppendAround is AppendJSON with budgets that AppendBudgets has written before.
func (r Report) AppendAround(to, budgets []byte) []byte {
	return r.around(to, func(to []byte) []byte { return append(to, budgets...) })
}

func (r Report) around(to []byte, budgets func([]byte) []byte) []byte {
	w := writer{buf: to, names: map[time.Duration]string{}}
	w.raw(`{"version": `).int(version).raw(`, "at": `).time(r.At)
	w.raw(`, "outage": `).textOrNull(r.Outage)
	w.raw(`, "alerts": `).alerts(r.Alerts, "factor_30d").raw(`, "budgets": [`)
	w.buf = budgets(w.buf)
	return w.raw("\n]}").buf
}

// AppendBudgets appends budgets as JSON, a line each, separated by commas.
func AppendBudgets(to []byte, budgets []Budget) []byte {
	w := writer{buf: to, names: map[time.Duration]string{}}
	for i := range budgets {
		if i > 0 {
			w.raw(",")
		}
		before := len(w.buf)
		w.raw("\n").budget(&budgets[i])
		if i == 0 { // the others are about as long
			w.buf = slices.Grow(w.buf, (len(w.buf)-before)*len(budgets)*9/8)
		}
	}
	return w.buf
}

func (w *writer) budget(b *Budget) {
	w.raw(`{"slo": `).text(b.SLO).raw(`, "objective": `).float(b.Objective.Ratio()).raw(`, "window": `).text(b.Window)
	w.raw(`, "shopset": `).text(string(b.ShopSet)).raw(`, "tier": `).text(string(b.Tier))
	w.raw(`, "service": `).text(b.Service).raw(`, "display_name": `).text(b.DisplayName)
	if b.Owner != "" {
		w.raw(`, "owner": `).text(b.Owner)
	}
	if b.Runbook != "" {
		w.raw(`, "runbook": `).text(b.Runbook)
	}
	w.raw(`, "unit": `).text(string(b.Unit)).raw(`, "counted": `).text(string(b.Counted)).raw(`, "state": `).text(string(b.State))
	w.raw(`, "window_start": `).time(b.WindowStart).raw(`, "window_end": `).time(b.WindowEnd)
	w.raw(`, "exact_from": `).time(b.ExactFrom).raw(`, "last_sample": `).time(b.LastSample)
	w.raw(`, "expected_since": `).time(b.Expected).raw(`, "verdict_from": `).time(b.VerdictFrom).raw(`, "least_events": `).float(b.Least)
	w.raw(`, "good": `).figure(b.Good).raw(`, "total": `).figure(b.Total).raw(`, "bad": `).figure(b.Bad)
	w.raw(`, "sli": `).figure(b.SLI).raw(`, "coverage": `).float(b.Coverage)
	w.raw(`, "budget": {"allowed": `).figure(b.Allowed).raw(`, "consumed_ratio": `).figure(b.ConsumedRatio)
	w.raw(`, "remaining_ratio": `).figure(b.RemainingRatio).raw(`}, "exhausted_at": `).time(b.ExhaustedAt)
	w.raw(`, "burn_rates": `).burns(b.BurnRates, (*writer).rate)
	w.raw(`, "burn_coverage": `).burns(b.BurnRates, (*writer).covered)
	w.raw(`, "alerts": `).alerts(b.Alerts, "factor").raw(`, "firing": `).alerts(b.Firing, "factor")
	w.raw(`, "flags": `).flags(b.Flags).raw(`, "absent": `).absent(b.Absent).raw(`, "failure": `).textOrNull(b.Failure)
	w.raw(`, "notes": `).texts(b.Notes).raw("}")
}

func (w *writer) flags(flags []slo.Flag) *writer {
	w.raw("[")
	for i, f := range flags {
		if i > 0 {
			w.raw(", ")
		}
		w.raw(`{"flag": `).text(string(f.Kind)).raw(`, "count": `).int(f.Count).raw(`, "first": `).time(f.First).raw(`, "last": `).time(f.Last).raw("}")
	}
	return w.raw("]")
}

func (w *writer) absent(all []slo.Absence) *writer {
	w.raw("[")
	for i, a := range all {
		if i > 0 {
			w.raw(", ")
		}
		w.raw(`{"kind": `).text(string(a.Kind)).raw(`, "side": `).text(a.Side).raw(`, "selector": `).text(a.Selector).raw(`, "label": `).text(a.Label)
		w.raw(`, "nearest": `).texts(a.Nearest).raw("}")
	}
	return w.raw("]")
}

func (w *writer) texts(all []string) *writer {
	w.raw("[")
	for i, s := range all {
		if i > 0 {
			w.raw(", ")
		}
		w.text(s)
	}
	return w.raw("]")
}

// writer appends JSON values.
type writer struct {
	buf   []byte
	names map[time.Duration]string // of windows: the same few, many times
}

func (w *writer) raw(s string) *writer {
	w.buf = append(w.buf, s...)
	return w
}

func (w *writer) int(i int) *writer {
	w.buf = strconv.AppendInt(w.buf, int64(i), 10)
	return w
}

func (w *writer) text(s string) *writer {
	w.buf = AppendText(w.buf, s)
	return w
}

// textOrNull writes null for the empty text.
func (w *writer) textOrNull(s string) *writer {
	if s == "" {
		return w.raw("null")
	}
	return w.text(s)
}

// time writes RFC 3339 in UTC, null for the zero time.
func (w *writer) time(t time.Time) *writer {
	if t.IsZero() {
		return w.raw("null")
	}
	w.buf = append(w.buf, '"')
	w.buf = t.UTC().AppendFormat(w.buf, time.RFC3339Nano)
	w.buf = append(w.buf, '"')
	return w
}

func (w *writer) figure(f *float64) *writer {
	if f == nil {
		return w.raw("null")
	}
	return w.float(*f)
}

func (w *writer) float(f float64) *writer {
	w.buf = AppendNumber(w.buf, f)
	return w
}

func (w *writer) window(d time.Duration) *writer {
	name, ok := w.names[d]
	if !ok {
		name = slo.Rolling(d).Text
		w.names[d] = name
	}
	return w.text(name)
}

func (w *writer) rate(r *slo.BurnRate)    { w.figure(r.Rate) }
func (w *writer) covered(r *slo.BurnRate) { w.float(r.Coverage) }

func (w *writer) burns(rates []slo.BurnRate, value func(*writer, *slo.BurnRate)) *writer {
	w.raw("{")
	for i := range rates {
		if i > 0 {
			w.raw(", ")
		}
		value(w.window(rates[i].Window).raw(": "), &rates[i])
	}
	return w.raw("}")
}

func (w *writer) alerts(alerts []slo.BurnAlert, factor string) *writer {
	w.raw("[")
	for i, a := range alerts {
		if i > 0 {
			w.raw(", ")
		}
		w.raw(`{"severity": `).text(string(a.Severity)).raw(`, "long": `).window(a.Long).raw(`, "short": `).window(a.Short)
		w.raw(`, "`).raw(factor).raw(`": `).float(a.Factor).raw("}")
	}
	return w.raw("]")
}

// AppendText appends a string in JSON's quotes; encoding/json does it where there
// is something to escape.
func AppendText(to []byte, s string) []byte {
	for i := range len(s) {
		if escaped[s[i]] {
			quoted, err := json.Marshal(s)
			if err != nil { // a string always marshals
				panic(err)
			}
			return append(to, quoted...)
		}
	}
	to = append(append(to, '"'), s...)
	return append(to, '"')
}

// escaped are the bytes that a string is not written with as they are.
var escaped = func() (all [256]bool) {
	for c := range all {
		all[c] = c < ' ' || c > '~' || c == '"' || c == '\\'
	}
	return all
}()

// AppendNumber appends a number in JSON, whole ones without exponent, so that a
// million is 1000000. What is no number is null.
func AppendNumber(to []byte, f float64) []byte {
	switch a := math.Abs(f); {
	case math.IsNaN(f) || math.IsInf(f, 0):
		return append(to, "null"...)
	case f == math.Trunc(f) && a < 1<<53:
		return strconv.AppendInt(to, int64(f), 10)
	case a < 1e-6 || a >= 1e21:
		return strconv.AppendFloat(to, f, 'e', -1, 64)
	}
	return strconv.AppendFloat(to, f, 'f', -1, 64)
}
