package detectiontest

import (
	"fmt"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// firstWeeks measures accounts with few days of history, and what is no failure:
// suppression lists and holidays.
func firstWeeks(s Size, say func(string)) (out Section) {
	v, nine := Volumes[2], Monday.Add(9*time.Hour)
	var cases []Case
	for _, f := range chosen() {
		for _, days := range []int{0, 1, 3} {
			c := Case{fmt.Sprint(days), f, make([]Delay, s.Cases)}
			each(s.Cases, func(n int) {
				c.Delays[n] = YoungAccount(v, ByMinute, 300+uint64(n), nine, days, nil, true).Detect(f, thresholds{})
			})
			if cases = append(cases, c); f.Name == "hard stop" && latest(c.Delays) > giveUp {
				out.broken("a hard stop after %d days is not seen", days)
			}
		}
	}
	say("first days")
	young, criticals, told := make([]int, s.Cases), make([]int, s.Cases), make([][]string, s.Cases)
	each(s.Cases, func(n int) {
		alarms, what := YoungAccount(v, ByMinute, 400+uint64(n), Monday, 0, nil, true).FalseAlarms(2, 5*time.Minute, thresholds{})
		young[n], told[n] = alarms[TheVerdict], what
		criticals[n] = NewAccount(v, ByMinute, 500+uint64(n), nine, nil, true).criticals(Failure{Suppressed: always(1)}, 24*time.Hour)
	})
	var alarms, suppressed int
	for n := range young {
		alarms, suppressed = alarms+young[n], suppressed+criticals[n]
		out.Words = append(out.Words, told[n]...)
	}
	if weeks := 2 * s.Cases; !quietEnough(alarms, weeks) {
		out.broken("%d false alarms in %d first weeks", alarms, weeks)
	}
	if suppressed > 0 {
		out.broken("a suppression list was critical %d times", suppressed)
	}
	say("first weeks and suppression lists")
	untold, named := holidays()
	say("holidays")
	out.Tables = caseTable("In the first days, at 8 mails a minute on a Monday at 9:00", "days of history", cases) +
		fmt.Sprintf("\nIn %d first weeks (from the first poll on) the verdict raised %d false alarms. In %d days in which as many mails again were on a suppression list it became critical %d times.\n", 2*s.Cases, alarms, s.Cases, suppressed) +
		fmt.Sprintf("\nIn a week with a holiday at 8 mails a minute the verdict raised %d false alarms where nobody had told it, %d where it stood under `holidays`.\n", untold, named)
	return out
}

// holidays are the verdict's false alarms in a week with a holiday that it was not told
// of, and with one that it was.
func holidays() (untold, told int) {
	holiday := map[string]bool{Monday.AddDate(0, 0, 2).Format(time.DateOnly): true}
	alarms := make([]int, 2)
	each(2, func(i int) {
		n, _ := NewAccount(Volumes[2], ByMinute, 7, Monday, holiday, i == 1).FalseAlarms(1, 5*time.Minute, thresholds{})
		alarms[i] = n[TheVerdict]
	})
	return alarms[0], alarms[1]
}

// criticals counts how often the verdict becomes critical.
func (a *Account) criticals(f Failure, within time.Duration) (n int) {
	f.Begin = a.Now
	was := false
	for a.Now.Sub(f.Begin) < within {
		a.Step(&f, true)
		if a.Now.Minute()%5 != 0 {
			continue
		}
		is := a.Judge().Severity == mailrelay.Critical
		if is && !was {
			n++
		}
		was = is
	}
	return n
}
