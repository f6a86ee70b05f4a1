package detectiontest

import (
	"fmt"
	"strings"
	"time"
)

// Row is what came of one volume and failure, or of its weeks without failure.
type Row struct {
	Volume  Volume
	Failure Failure
	Delays  []Delay
	// Alarms are false ones, Night those of the verdict between 23 and 6 o'clock.
	Alarms [watchers]int
	Night  int
	Weeks  int
	Words  []string
}

// volumes measures how soon each failure is seen at each size of account, and how often
// wolf is cried, beside thresholds.
func volumes(s Size, say func(string)) (out Section) {
	var seen, still []Row
	for _, v := range s.Volumes {
		seen = append(seen, failures(v, s)...)
		say("failures at " + v.Name)
		still = append(still, quiet(v, s))
		say("weeks at " + v.Name)
	}
	for _, row := range still {
		for _, w := range row.Words {
			out.Words = append(out.Words, row.Volume.Name+": "+w)
		}
		if n := row.Alarms[TheVerdict]; !quietEnough(n, row.Weeks) {
			out.broken("%s: %d false alarms in %d weeks", row.Volume.Name, n, row.Weeks)
		}
	}
	for _, row := range seen {
		_, n := median(row.Delays, TheVerdict)
		if sure := row.Failure.Name == "API down" || row.Failure.Name == "hard stop" && row.Volume.Peak >= 1; sure && n < len(row.Delays) {
			out.broken("%s, %s: seen in %d of %d runs", row.Volume.Name, row.Failure.Name, n, len(row.Delays))
		}
	}
	out.Tables, out.Chart = volumeTables(seen, still), Chart(seen, Volumes[2])
	return out
}

func failures(v Volume, s Size) []Row {
	rows := make([]Row, len(Failures()))
	for i, f := range Failures() {
		rows[i] = Row{Volume: v, Failure: f}
	}
	for _, start := range s.Starts {
		for seed := range uint64(s.Seeds) {
			a := NewAccount(v, ByMinute, seed+10, Monday.Add(start), nil, true)
			l := learn(v, ByMinute, seed+10, Monday.Add(start), nil)
			each(len(rows), func(i int) {
				rows[i].Delays = append(rows[i].Delays, a.Clone(seed).Detect(rows[i].Failure, l))
			})
		}
	}
	return rows
}

func quiet(v Volume, s Size) Row {
	row := Row{Volume: v, Weeks: s.Weeks * s.QuietSeeds}
	alarms, told := make([][watchers]int, s.QuietSeeds), make([][]string, s.QuietSeeds)
	each(s.QuietSeeds, func(i int) {
		a := NewAccount(v, ByMinute, uint64(i), Monday, nil, true)
		alarms[i], told[i] = a.FalseAlarms(s.Weeks, 5*time.Minute, learn(v, ByMinute, uint64(i), Monday, nil))
	})
	for i, n := range alarms {
		words := told[i]
		for w := range watchers {
			row.Alarms[w] += n[w]
		}
		for _, w := range words {
			if hour := w[len("Mon 2006-01-02 "):][:2]; hour >= "23" || hour < "06" {
				row.Night++
			}
		}
		row.Words = append(row.Words, words...)
	}
	return row
}

func volumeTables(seen, still []Row) string {
	var b strings.Builder
	b.WriteString("### Delay of detection by the minute\n\n| mails at the peak | failure | verdict | low threshold | high threshold |\n|---|---|---|---|---|\n")
	for _, row := range seen {
		fmt.Fprintf(&b, "| %s | %s | %s | %s | %s |\n", row.Volume.Name, row.Failure.Name, cell(row.Delays, TheVerdict), cell(row.Delays, LowThreshold), cell(row.Delays, HighThreshold))
	}
	b.WriteString("\n### False alarms a week\n\n| mails at the peak | weeks | verdict | of these at night | low threshold | high threshold |\n|---|---|---|---|---|---|\n")
	for _, row := range still {
		week := func(n int) string { return fmt.Sprintf("%.2f", float64(n)/float64(row.Weeks)) }
		fmt.Fprintf(&b, "| %s | %d | %s | %d | %s | %s |\n", row.Volume.Name, row.Weeks, week(row.Alarms[TheVerdict]), row.Night, week(row.Alarms[LowThreshold]), week(row.Alarms[HighThreshold]))
	}
	return b.String()
}
