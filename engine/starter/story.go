package starter

import (
	"fmt"
	"strings"

	"github.com/shopslo/shopslo/internal/text"
)

// Story says what was found, and why it was chosen, a line for each choice.
func (f Found) Story(l text.Language) string {
	var rows [][]string
	say := func(what text.Entry, said ...string) {
		rows = append(rows, []string{l.Say(what), strings.Join(said, " ")})
	}
	say(sayMetric, l.Say(sayChosenOf, f.Metric, f.Metrics), also(l, f.Others, ""))
	switch {
	case f.Service != "":
		say(sayService, l.Say(sayBusiest, f.Service), also(l, without(f.Services, f.Service), "--service"))
	case len(f.Services) > 1:
		say(sayService, l.Say(sayJobPerCell))
	}
	switch {
	case f.Single:
		say(sayCells, l.Say(sayOneAsked, f.Cells[0].Name))
	case f.Label != "":
		say(sayCells, l.Say(sayByLabel, f.Label, some(f.cellNames())), also(l, f.Labels, "--label"))
	case len(f.Cells) == 1:
		say(sayCells, l.Say(sayOneCell, f.Cells[0].Name))
	default:
		say(sayCells, l.Say(sayCellPerTier, some(f.cellNames())))
	}
	switch {
	case f.TierLabel != "":
		say(sayTiers, l.Say(sayTiersBy, f.TierLabel, strings.Join(f.Tiers, ", ")))
	case !f.Single:
		say(sayTiers, l.Say(sayOneTier, f.Tiers[0]))
	}
	for _, c := range f.SLOs {
		rows = append(rows, []string{"SLO " + c.Name, c.story(l, f)})
	}
	for i := range rows {
		rows[i][1] = strings.TrimSpace(rows[i][1])
	}
	return text.Columns(rows)
}

func (c Chosen) story(l text.Language, f Found) string {
	what := l.Say(sayBadCodes, f.CodeLabel, f.Bad)
	if c.Bound != "" {
		bound := c.Bound
		switch c.Unit {
		case "seconds":
			bound = l.Say(saySeconds, bound)
		case "milliseconds":
			bound = l.Say(sayMillis, bound)
		}
		what = l.Say(sayWithin, bound)
	}
	objective := text.Objective(c.Objective)
	if c.Lately == nil {
		return what + l.Say(sayNoTraffic, objective)
	}
	return what + l.Say(sayLately, percent(*c.Lately), objective)
}

func (f Found) cellNames() (out []string) {
	for _, c := range f.Cells {
		out = append(out, c.Name)
	}
	return out
}

// mostNamed is how many names a line has.
const mostNamed = 8

func some(names []string) string {
	if len(names) <= mostNamed {
		return strings.Join(names, ", ")
	}
	return fmt.Sprintf("%s, … (%d)", strings.Join(names[:mostNamed], ", "), len(names))
}

// also names what else would do, and the flag that chooses it; "" where nothing would.
func also(l text.Language, names []string, flag string) string {
	switch {
	case len(names) == 0:
		return ""
	case flag == "":
		return l.Say(sayAlso, some(names))
	}
	return l.Say(sayAlsoBy, some(names), flag)
}

func without(names []string, name string) (out []string) {
	for _, n := range names {
		if n != name {
			out = append(out, n)
		}
	}
	return out
}
