package config

import (
	"cmp"
	"strconv"
)

// traffic reads how much of it may be missing.
func (g *GateRules) traffic(m *mapping) {
	n := m.take("traffic")
	if n == nil {
		return
	}
	s := m.r.mapping(n, m.at("traffic"))
	s.share("unknown_below", &g.TrafficUnknownBelow)
	s.share("fail_below", &g.TrafficFailBelow)
	s.share("targets_below", &g.TargetsBelow)
	if unknown, fail := cmp.Or(g.TrafficUnknownBelow, 0.5), cmp.Or(g.TrafficFailBelow, 0.2); fail > unknown {
		s.r.fault(s.line, "%s: fail_below (%v) must not be above unknown_below (%v)", s.path, fail, unknown)
	}
	if n := s.take("targets"); n != nil {
		g.targets(s.r.mapping(n, s.at("targets")))
	}
	s.done()
}

// targets reads how many ShopSets have by declaration.
func (g *GateRules) targets(m *mapping) {
	g.Targets = map[string]int{}
	for _, set := range m.order {
		text, ok := m.scalar(set, "a number of targets")
		if !ok {
			continue
		}
		many, err := strconv.Atoi(text)
		if err != nil || many < 1 {
			m.fault(set, ": %q must be a whole number of targets, 1 or more", text)
		}
		g.Targets[set] = many
	}
	m.done()
}
