package mailrelay

import (
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strings"
	"time"
)

// Destination is who takes mails for a recipient: a carrier or mailbox operator. A
// carrier that refuses all of a shop's mails hides in the sum of all.
type Destination string

// The destinations that Japanese shops send to; all else is Other.
const (
	Docomo     Destination = "docomo"
	Au         Destination = "au"
	SoftBank   Destination = "softbank"
	YahooJapan Destination = "yahoo_japan"
	Gmail      Destination = "gmail"
	Outlook    Destination = "outlook"
	Other      Destination = "other"
)

// Destinations are all, in the order in which they are shown.
var Destinations = []Destination{Docomo, Au, SoftBank, YahooJapan, Gmail, Outlook, Other}

// domains are those of each destination's addresses; subdomains belong to them.
// https://www.docomo.ne.jp/service/docomo_mail/ https://www.au.com/mobile/service/email/
// https://www.softbank.jp/mobile/service/mail/
var domains = map[string]Destination{
	"docomo.ne.jp": Docomo, "mopera.net": Docomo,
	"ezweb.ne.jp": Au, "au.com": Au, "uqmobile.jp": Au,
	"softbank.ne.jp": SoftBank, "i.softbank.jp": SoftBank, "vodafone.ne.jp": SoftBank, "disney.ne.jp": SoftBank, "ymobile.ne.jp": SoftBank, "ymobile1.ne.jp": SoftBank,
	"yahoo.co.jp": YahooJapan, "ybb.ne.jp": YahooJapan, "yahoo.ne.jp": YahooJapan,
	"gmail.com": Gmail, "googlemail.com": Gmail,
	"outlook.com": Outlook, "outlook.jp": Outlook, "hotmail.com": Outlook, "hotmail.co.jp": Outlook, "live.jp": Outlook, "live.com": Outlook, "msn.com": Outlook,
}

// DestinationDomains are the domains of all destinations but Other, sorted.
func DestinationDomains() []string { return slices.Sorted(maps.Keys(domains)) }

// DestinationOf is the destination of an address's domain, or of an address.
func DestinationOf(domain string) Destination {
	domain = strings.ToLower(strings.TrimSuffix(domain[strings.LastIndexByte(domain, '@')+1:], "."))
	for domain != "" {
		if d, ok := domains[domain]; ok {
			return d
		}
		_, domain, _ = strings.Cut(domain, ".")
	}
	return Other
}

var (
	answered = regexp.MustCompile(`(?:^|[\s:])([245]\d\d)(?:[\s-]|$)`)
	enhanced = regexp.MustCompile(`\b[245]\.\d{1,3}\.\d{1,3}\b`)
)

// AnswerCodes are the numbers of a server's answer, such as "550 5.7.1", and nothing of its
// words, which may name people; "" where there are none.
func AnswerCodes(answer string) string {
	m := answered.FindStringSubmatch(answer)
	if m == nil {
		return ""
	}
	return strings.TrimSpace(m[1] + " " + enhanced.FindString(answer))
}

// Part is what a relay tells of one destination: Buckets or Days, as in a Report.
type Part struct {
	Buckets []Bucket
	Days    []Day
	// Reason is what the destination's servers said most often when they refused, such as
	// "550 5.7.1"; "" where that is not told.
	Reason string
}

// Place is what is remembered of one destination.
type Place struct {
	Totals Totals  `json:"totals,omitzero"`
	Recent Buckets `json:"recent,omitempty"`
	// Handled and Refused are counts of the time before the recent hours, older ones less.
	Handled float64 `json:"handled,omitempty"`
	Refused float64 `json:"refused,omitempty"`
	Reason  string  `json:"reason,omitempty"`
}

// keptAfter is the part of the counts that is left after half a day: a week halves them.
const keptAfter = 0.95

// put keeps what is new of a destination, and gives it.
func (p *Place) put(part Part, asked Span, t Traits) (fresh []Bucket) {
	if part.Reason != "" {
		p.Reason = part.Reason
	}
	if t.Daily {
		b, ok, next, err := difference(p.Totals, part.Days, asked, t)
		if err != nil {
			return nil
		}
		if p.Totals = next; ok && len(b.Counts) > 0 {
			fresh = []Bucket{b}
		}
	} else if sound(Poll{Span: asked, Report: Report{Buckets: part.Buckets}}) == nil {
		for _, b := range part.Buckets {
			switch n := len(p.Recent); {
			case n == 0 || !b.Start.Before(p.Recent[n-1].End):
				fresh = append(fresh, b)
				p.Recent = append(p.Recent, b)
			default:
				for i := range p.Recent {
					if p.Recent[i].Start.Equal(b.Start) && p.Recent[i].End.Equal(b.End) {
						p.Recent[i] = b // corrected
					}
				}
			}
		}
		return fresh
	}
	p.Recent = append(p.Recent, fresh...)
	return fresh
}

// fold moves what is older than the recent hours into the counts.
func (p *Place) fold(now time.Time) {
	if last := len(p.Recent) - 1; last >= 0 && now.Sub(p.Recent[last].End) > longestPause {
		return
	}
	n := 0
	for ; n < len(p.Recent) && now.Sub(p.Recent[n].End) > recentFor; n++ {
		handled, refused, _ := p.Recent[n].handled()
		length := min(p.Recent[n].End.Sub(p.Recent[n].Start).Hours()/12, 14)
		kept := math.Pow(keptAfter, max(0, length))
		p.Handled, p.Refused = p.Handled*kept+handled, p.Refused*kept+refused
	}
	if n > 0 {
		p.Recent = slices.Clone(p.Recent[n:])
	}
}

// handled is how many mails of a bucket a destination took or refused. Where a relay tells
// blocks apart, a bounce is a recipient that does not exist: the destination answered.
// Where it does not, unsure is how many of those refused may be such.
func (b *Bucket) handled() (all, refused, unsure float64) {
	_, apart := b.Counts[Blocked]
	for _, f := range refusals {
		n := float64(b.Counts[f])
		all += n
		switch nobody := f == Bounced || f == BouncedHard; {
		case nobody && apart:
		case nobody:
			refused, unsure = refused+n, unsure+n
		default:
			refused += n
		}
	}
	return all + float64(b.Counts[Delivered]), refused, unsure
}

// byDestination takes over what a poll tells by destination.
func (h *History) byDestination(p Poll, t Traits) {
	h.freshAt = map[Destination][]Bucket{}
	now := p.Span.To
	for _, d := range Destinations {
		part, told := p.Report.Destinations[d]
		place := h.Places[d]
		if place == nil && !told {
			continue
		}
		if place == nil {
			if h.Places == nil {
				h.Places = map[Destination]*Place{}
			}
			place = new(Place)
			h.Places[d] = place
		}
		if p.Err != nil {
			continue
		}
		if told {
			if fresh := place.put(part, p.Span, t.OfDestinations()); len(fresh) > 0 {
				h.freshAt[d] = fresh
			}
		}
		place.fold(now)
	}
	for d := range h.Places {
		if !slices.Contains(Destinations, d) || h.Places[d] == nil { // a file that was spoiled
			delete(h.Places, d)
		}
	}
}

// placed is up to when the figures by destination are known.
func (h *History) placed(t Traits) (end time.Time) {
	if t.DestinationGrain == 0 {
		return end
	}
	for _, p := range h.Places {
		if p != nil && len(p.Recent) > 0 {
			end = later(end, p.Recent[len(p.Recent)-1].End)
		}
	}
	return end
}

// FreshAt are the buckets that were new with the last poll, by destination.
func (h *History) FreshAt() map[Destination][]Bucket { return h.freshAt }

const (
	// leastRefused is how many refusals say something of a destination, leastUnknown
	// where nothing is known of it from before, or the recipients may not exist.
	leastRefused = 6
	leastUnknown = 20
	// sureRefused is by how much more likely the counts must be with nine of ten refused
	// than as usual: a million times.
	sureRefused = 13.8
	// newest is the span of the mails that show whether it is over: a third of it where
	// there are many.
	newest = 30 * time.Minute
	// leastDue is how many deliveries must have been due where there is none: by chance
	// that is one time in a thousand.
	leastDue = 7
	// mostRefused is the share that makes a warning critical.
	mostRefused = 0.9
)

// places judges each destination by itself, beside its own past.
func (h *History) places(now time.Time, s Settings) []Finding {
	var out []Finding
	for _, d := range Destinations {
		p := h.Places[d]
		if p == nil || len(p.Recent) == 0 || now.Sub(p.Recent[len(p.Recent)-1].End) > 2*time.Hour {
			continue
		}
		f, ok := p.refusing()
		if !ok {
			f, ok = h.postponing(p, s)
		}
		if ok {
			f.Kind, f.Destination, f.Until = Closed, d, p.Recent[len(p.Recent)-1].End
			out = append(out, f)
		}
	}
	busy := 0
	for _, p := range h.Places {
		if p != nil && len(p.Recent) > 0 {
			busy++
		}
	}
	if busy > len(out) && len(out) == 1 {
		out[0].Alone = true
	}
	return out
}

// refusing looks for the time since which most mails are refused: the start from which the
// counts speak loudest for nine of ten refused, and not as many as before it.
func (p *Place) refusing() (Finding, bool) {
	before, beforeRefused := p.Handled, p.Refused
	for i := range p.Recent {
		n, r, _ := p.Recent[i].handled()
		before, beforeRefused = before+n, beforeRefused+r
	}
	var all, refused, unsure, sure, best float64
	found, known := Finding{}, false
	for i := len(p.Recent) - 1; i >= 0; i-- {
		n, r, u := p.Recent[i].handled()
		unsure += u
		all, refused, before, beforeRefused = all+n, refused+r, before-n, beforeRefused-r
		usual := 0.02 // nothing is known
		if before >= leastUnknown {
			usual = min(max(beforeRefused/before, 0.02), 0.6)
		}
		score := refused*math.Log(0.9/usual) + (all-refused)*math.Log(0.1/(1-usual))
		if r > 0 && score > best {
			best, sure, known = score, refused-unsure, before >= leastUnknown
			found = Finding{Since: p.Recent[i].Start, Observed: refused, Expected: all}
		}
	}
	least := float64(leastUnknown)
	if known && sure >= leastRefused { // it was otherwise, and they are no recipients that do not exist
		least = leastRefused
	}
	if best < sureRefused || found.Observed < least || found.Observed < found.Expected/2 {
		return Finding{}, false
	}
	if !p.still(found.Since) {
		return Finding{}, false
	}
	found.Severity, found.Text = Warning, p.Reason
	if found.Observed >= mostRefused*found.Expected {
		found.Severity = Critical
	}
	return found, true
}

// still is whether half of the newest mails are refused: of those of the last minutes,
// more of them where they are few, none from before a time.
func (p *Place) still(since time.Time) bool {
	var all, refused float64
	for i := len(p.Recent) - 1; i >= 0 && !p.Recent[i].Start.Before(since); i-- {
		n, r, _ := p.Recent[i].handled()
		all, refused = all+n, refused+r
		span := p.Recent[len(p.Recent)-1].End.Sub(p.Recent[i].Start)
		if all >= leastUnknown && span >= newest/3 || all >= leastRefused && span >= newest {
			break
		}
	}
	return refused > 0 && refused >= all/2
}

// postponing looks for a destination that takes nothing any more, and refuses it for now
// only: it shows in attempts, where deliveries were to be expected in that time. Attempts
// alone say nothing: one mail is tried many times.
func (h *History) postponing(p *Place, s Settings) (Finding, bool) {
	var attempts float64
	since := time.Time{}
	i := len(p.Recent) - 1
	for ; i >= 0; i-- {
		if n, told := p.Recent[i].Counts[Delivered]; !told || n > 0 {
			break
		}
		if n := p.Recent[i].Counts[Deferred]; n > 0 {
			attempts, since = attempts+float64(n), p.Recent[i].Start
		}
	}
	end := p.Recent[len(p.Recent)-1].End
	if attempts < leastUnknown || end.Sub(since) < 15*time.Minute || h.dueAt(p, since, end, s) < leastDue {
		return Finding{}, false
	}
	return Finding{Severity: Critical, Since: since, Observed: attempts, TakenOver: "deferred", Text: p.Reason}, true
}

// dueAt is how many deliveries a destination was to have in a span: as many as in the
// hours before it, and no more than its share of what this time of the week has.
func (h *History) dueAt(p *Place, since, end time.Time, s Settings) float64 {
	first := p.Recent[0].Start
	var before, all float64
	for i := range p.Recent {
		if p.Recent[i].Start.Before(since) {
			before += float64(p.Recent[i].Counts[Delivered])
		}
	}
	if before == 0 { // all of the recent hours are like that
		halfDays := func(d time.Duration) float64 { return d.Hours() / 12 }
		weight := (1 - math.Pow(keptAfter, halfDays(first.Sub(h.begun())))) / (1 - keptAfter)
		return max(0, p.Handled-p.Refused) / max(0.1, weight) * halfDays(end.Sub(since))
	}
	due := before * float64(end.Sub(since)) / float64(max(time.Minute, since.Sub(first)))
	for i := range h.Recent {
		if x, seconds := h.Recent[i].inside(Delivered, first, since); seconds > 0 {
			all += x
		}
	}
	if e, known := h.expect(Delivered, since, end, s); known && !e.unlike && all > 0 {
		due = min(due, e.mean*min(1, before/all))
	}
	return due
}

// destination tells a finding of one destination.
func (w words) destination(f Finding) string {
	reason, others := "", ""
	if f.Text != "" {
		reason = " (" + oneLine(f.Text) + ")"
	}
	if f.Alone {
		others = w.Say(sayOthersUsual)
	}
	name := w.Say(destinations[f.Destination])
	if f.TakenOver == "deferred" {
		return w.Say(sayPostponed, name, number(f.Observed), w.when(f.Since), reason, others)
	}
	percent := fmt.Sprintf("%.0f", math.Floor(100*f.Observed/max(1, f.Expected)))
	return w.Say(sayClosed, name, percent, w.when(f.Since), reason, others)
}
