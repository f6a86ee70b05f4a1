package demo

import (
	"math"
	"testing"
)

func TestTrafficFollowsTheDayTenToOne(t *testing.T) {
	lowest, highest := math.Inf(1), 0.0
	for i := range 1000 {
		v := dayShape(float64(i) / 1000)
		lowest, highest = min(lowest, v), max(highest, v)
	}
	if r := highest / lowest; math.Abs(r-10) > 0.01 || highest > 1 {
		t.Errorf("day %v, night %v, ratio %v; want at most 1 and 10:1", highest, lowest, r)
	}
}
