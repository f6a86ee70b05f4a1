package kube

import "testing"

func TestAScheduleWithAHugeStepHasItsFirstValue(t *testing.T) {
	for _, step := range []string{"64", "9223372036854775807"} {
		c, err := parseCron("* * */" + step + " * *")
		if err != nil || c.day != 1<<1 {
			t.Errorf("step %s: days %b, %v; want the first", step, c.day, err)
		}
	}
	if _, err := parseCron("* * */9223372036854775808 * *"); err == nil {
		t.Error("it took a step that is no number")
	}
}

func FuzzCron(f *testing.F) {
	for _, text := range []string{"* * * * *", "5-59/15 22 */2 JAN-MAR MON,fri", "* * */9223372036854775807 * *", "? 1/9 -1 * 0-6/0", ",,, * * * *"} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := parseCron(text)
		if err != nil {
			return
		}
		for _, one := range []struct {
			bits     uint64
			low, top int
		}{{c.minute, 0, 59}, {c.hour, 0, 23}, {c.day, 1, 31}, {c.month, 1, 12}, {c.weekday, 0, 6}} {
			if one.bits>>(one.top+1) != 0 || one.bits&(1<<one.low-1) != 0 {
				t.Errorf("%q has values out of range: %b", text, one.bits)
			}
		}
	})
}
