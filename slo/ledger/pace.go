package ledger

// pace is what is known of how fast a series grows.
type pace struct {
	most float64  // the greatest growth of a pair
	base position // the first sample, or the latest that was below the one before it
}

func newPace() pace { return pace{base: position{t: none}} }

// take takes in the sample now, which follows the sample before (t is none where there
// is none). patience is 2·i.
func (p *pace) take(before, now position, patience int64) {
	switch {
	case before.t == none || now.v < before.v:
		p.base = now
		return
	case p.base.t == none: // files of version 1 do not know it
		p.base = before
	}
	p.most = max(p.most, growth(before, now, patience))
}

// growth is what two samples, one after the other, say of the greatest growth.
func growth(before, now position, patience int64) float64 {
	g, apart := now.v-before.v, now.t-before.t
	if apart > patience {
		g *= float64(patience) / float64(apart)
	}
	return max(0, g)
}

// longLife is how many scrape intervals a series must not have dropped for its average
// growth to bound its step.
const longLife = 10

// lived is for how long a series had not dropped at its latest sample.
func (p *pace) lived(last position) int64 {
	if p.base.t == none || last.t == none {
		return 0
	}
	return last.t - p.base.t
}

// step is the greatest growth that is to be expected between two scrapes, as known after a
// series' latest sample: a jump that its average speaks against is none.
func (p *pace) step(last position, interval int64) float64 {
	if lived := p.lived(last); lived >= longLife*interval {
		return min(p.most, max(1, 10*(last.v-p.base.v)*float64(interval)/float64(lived)))
	}
	return p.most
}
