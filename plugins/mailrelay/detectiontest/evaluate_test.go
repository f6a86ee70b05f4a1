package detectiontest

import (
	"testing"
	"time"
)

func TestTry(t *testing.T) {
	for _, v := range Volumes {
		for seed := range uint64(2) {
			began := time.Now()
			a := NewAccount(v, ByMinute, seed, Monday, nil, true)
			l := learn(v, ByMinute, seed, Monday, nil)
			n, what := a.FalseAlarms(3, 5*time.Minute, l)
			t.Log(v.Name, n, time.Since(began))
			for _, w := range what {
				t.Log(w)
			}
		}
	}
}
