package promotion

import (
	"slices"
	"time"
)

// doubtedTraffic says in a sentence why what was counted of traffic is no evidence: it is
// old, of another time, or no count; "" where it is good.
func (d *deciding) doubtedTraffic(c *Traffic) string {
	if doubt := d.doubtedOf[c.ShopSet]; doubt != "" {
		return doubt
	}
	if !c.Came.Equal(d.came(c.ShopSet)) {
		return d.say("Counted since %s, which is not when the Release is reported to have arrived.", c.Came.UTC().Format(time.RFC3339))
	}
	for _, v := range []*Volume{c.Since, c.Recent, c.Latest} {
		if doubt := d.doubtedVolume(v, c.Came); doubt != "" {
			return doubt
		}
	}
	if t := c.Targets; t != nil && slices.Min([]int{t.Now, t.ControlNow, t.ControlBefore, or(t.Before)}) < 0 {
		return d.say("The counts of targets are not valid.")
	}
	return ""
}

func (d *deciding) doubtedVolume(v *Volume, came time.Time) string {
	if v == nil {
		return ""
	}
	if old := d.now.Sub(v.Now.End); old > d.p.MaxAge || d.future(v.Now.End) {
		return d.say("Newest counts of traffic are from %s (limit %s from now).", v.Now.End.UTC().Format(time.RFC3339), d.age(d.p.MaxAge))
	}
	if !v.Now.Start.Before(v.Now.End) || v.Now.Start.Before(came.Add(-edge)) {
		return d.say("The counts of traffic since the Release arrived are from another time.")
	}
	if b := v.Before; b != nil && (v.Excluded || !b.Start.Before(b.End) || b.End.After(came.Add(edge))) {
		return d.say("The counts of traffic before the Release arrived are from another time.")
	}
	figures := []float64{v.Now.Seconds, v.Now.Total, v.Now.Coverage}
	if b := v.Before; b != nil {
		figures = append(figures, b.Seconds, b.Total, b.Coverage)
	}
	for _, o := range []*Others{v.Group, v.Control} {
		if o != nil {
			figures = append(figures, float64(o.ShopSets), o.Now, o.Before)
		}
	}
	if !finite(figures...) || v.Now.Seconds == 0 {
		return d.say("The counts of traffic are not valid.")
	}
	return ""
}
