package history

import (
	"math"
	"math/rand/v2"

	"github.com/prometheus/prometheus/model/labels"
)

// Sample is one scraped value.
type Sample struct {
	Labels labels.Labels
	T      int64
	V      float64
}

// Live goes on where a history ends, scrape by scrape.
type Live struct {
	targets []*liveTarget
}

type liveTarget struct {
	rng    *rand.Rand
	rate   float64
	labels [kinds]labels.Labels
	value  [kinds]float64
	exists [kinds]bool
	at     int64
}

// Live starts a continuation; each starts at the same point and draws the same.
func (h *History) Live() *Live {
	l := &Live{}
	pods := h.Params.pods()
	var rate float64
	for n, last := range h.Ends {
		i, k := n/pods, n%pods
		if k == 0 {
			rate = newPlan(h.Params, i).rate
		}
		t := &liveTarget{rng: h.Params.random(i, k, lived), rate: rate, at: last.At}
		for kind := range t.labels {
			t.labels[kind] = h.Params.seriesLabels(h.Truth[i].ID, last.Pod, kind)
		}
		t.value = [kinds]float64{last.Good, last.Bad, 1, last.Started}
		t.exists = [kinds]bool{true, last.HasBad, h.Params.Signs, h.Params.Signs}
		l.targets = append(l.targets, t)
	}
	return l
}

// Scrape is the next scrape of every target.
func (l *Live) Scrape() []Sample {
	var all []Sample
	for _, t := range l.targets {
		t.at += stepMillis
		mean := t.rate * Interval.Seconds()
		n := math.Floor(mean * (0.5 + t.rng.Float64()))
		if t.rng.Float64() < mean-math.Floor(mean) {
			n++
		}
		bad := math.Floor(n*(1-Objective) + t.rng.Float64()*0.9)
		t.value[code200] += n - min(bad, n)
		if bad > 0 && n > 0 {
			t.value[code500] += min(bad, n)
			t.exists[code500] = true
		}
		for kind, ok := range t.exists {
			if ok {
				all = append(all, Sample{t.labels[kind], t.at, t.value[kind]})
			}
		}
	}
	return all
}
