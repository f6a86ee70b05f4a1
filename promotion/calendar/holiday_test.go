package calendar

import (
	"fmt"
	"strings"
	"testing"
	"time"
)

// The Cabinet Office's lists (内閣府「国民の祝日について」, syukujitsu.csv), month/day.
var announced = map[int]string{
	2022: "1/1 1/10 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/18 8/11 9/19 9/23 10/10 11/3 11/23",
	2023: "1/1 1/2 1/9 2/11 2/23 3/21 4/29 5/3 5/4 5/5 7/17 8/11 9/18 9/23 10/9 11/3 11/23",
	2024: "1/1 1/8 2/11 2/12 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/15 8/11 8/12 9/16 9/22 9/23 10/14 11/3 11/4 11/23",
	2025: "1/1 1/13 2/11 2/23 2/24 3/20 4/29 5/3 5/4 5/5 5/6 7/21 8/11 9/15 9/23 10/13 11/3 11/23 11/24",
	2026: "1/1 1/12 2/11 2/23 3/20 4/29 5/3 5/4 5/5 5/6 7/20 8/11 9/21 9/22 9/23 10/12 11/3 11/23",
	2027: "1/1 1/11 2/11 2/23 3/21 3/22 4/29 5/3 5/4 5/5 7/19 8/11 9/20 9/23 10/11 11/3 11/23",
}

func TestHolidaysAreTheAnnouncedOnes(t *testing.T) {
	for year, want := range announced {
		var got []string
		for d := (date{year, time.January, 1}); d.year == year; d = d.add(1) {
			if holiday(d) {
				got = append(got, fmt.Sprintf("%d/%d", d.month, d.day))
			}
		}
		if strings.Join(got, " ") != want {
			t.Errorf("%d:\n got %s\nwant %s", year, strings.Join(got, " "), want)
		}
	}
}
