package mailrelay

import (
	"slices"
	"time"
)

// Severity is how bad a verdict is; it is also Mackerel's exit code of a check.
type Severity int

// The severities. Unknown is no evidence, which is neither good nor bad.
const (
	OK       Severity = 0
	Warning  Severity = 1
	Critical Severity = 2
	Unknown  Severity = 3
)

// Kind is what a finding is about.
type Kind string

// The kinds of finding.
const (
	Drop     Kind = "drop"     // fewer mails than at this hour of the week
	Rise     Kind = "rise"     // more refusals than usual
	APIDown  Kind = "api_down" // the relay's API does not answer
	Denied   Kind = "denied"   // it answers, but refuses us
	Stale    Kind = "stale"    // it answers, with old figures
	Standing Kind = "standing" // the account may not send, or is under review
	Spent    Kind = "spent"    // the quota is or will soon be used up
	Backlog  Kind = "backlog"  // mails wait in the relay
	Unpolled Kind = "unpolled" // the plugin itself does not run
	Unread   Kind = "unread"   // it runs, and has read no figure yet
	Learning Kind = "learning" // no history to compare with yet

	Undelivered Kind = "undelivered" // mails came in, and none went out
	Refusals    Kind = "refusals"    // more refused for good than delivered
	Closed      Kind = "closed"      // one destination refuses the mails
	Complained  Kind = "complained"  // more spam complaints than mailbox operators put up with

	CanaryRefused Kind = "canary_refused" // the relay does not take the marked mails
	CanaryLost    Kind = "canary_lost"    // it took them, and they did not come
	CanaryBlind   Kind = "canary_blind"   // their mailbox cannot be read
	Announced     Kind = "announced"      // the relay's status page says so

	CanaryJunk     Kind = "canary_junk"     // they came, into the folder for spam
	CanaryUnproven Kind = "canary_unproven" // they came, and SPF, DKIM or DMARC failed
)

// Finding is one thing that is not as it was.
type Finding struct {
	Kind     Kind
	Severity Severity
	Figure   Figure // Drop and Rise
	// Since is when it began, as far as can be told; Until the end of the figures.
	Since, Until time.Time
	// Observed and Expected are counts between Since and Until (Drop, Rise), the
	// quota left and its limit (Spent), mails waiting and the limit (Backlog).
	Observed, Expected float64
	// Chance is how likely the figures are if nothing has changed (Drop, Rise).
	Chance float64
	// TakenOver says of a Drop what came in at the relay: "" unknown, "held" as
	// expected, "fell" as well; "refused" and "dropped" as expected, and Lost of it was
	// refused by the recipients' servers, or not tried by the relay.
	TakenOver   string
	Lost        float64
	Destination Destination   // Closed and Canary…
	Alone       bool          // Closed and Canary…: and no other destination is
	Trouble     Trouble       // APIDown and Denied
	Status      AccountStatus // Standing
	Text        string        // the relay's own word for its Status, or its status page's; a folder (CanaryJunk) or proofs
}

// Verdict is all findings, the worst first.
type Verdict struct {
	Account  string
	At       time.Time
	Severity Severity
	Findings []Finding
}

// Settings are an account's, all with a useful zero value.
type Settings struct {
	// Zone is the time zone of the account's week, nil is UTC: traffic follows the
	// senders' and the readers' clocks, not the relay's.
	Zone *time.Location
	// Holidays (YYYY-MM-DD) are compared with Sundays.
	Holidays map[string]bool
	// MaxSilence is how long the plugin may be quiet; 0 is 10 minutes.
	MaxSilence time.Duration
	// MaxQueue is how many mails may wait; 0 is no limit.
	MaxQueue int64
}

func (s Settings) zone() *time.Location {
	if s.Zone == nil {
		return time.UTC
	}
	return s.Zone
}

// Judge says how an account's relay is doing. It reads the history only, so it may
// be asked as often as one likes.
func (h *History) Judge(now time.Time, t Traits, s Settings) Verdict {
	v := Verdict{Account: h.Account, At: now}
	silence := s.MaxSilence
	if silence == 0 {
		silence = 10 * time.Minute
	}
	// A relay that asked to be left alone is not asked until then.
	if h.State.At.IsZero() || h.ahead(now) || now.Sub(later(h.State.At, h.State.WaitUntil)) > silence {
		v.Severity = Unknown
		v.Findings = []Finding{{Kind: Unpolled, Severity: Unknown, Since: h.State.At, Until: now}}
		return v
	}
	v.Findings = append(v.Findings, h.reach(now)...)
	if len(v.Findings) == 0 && h.State.Trouble != "" && h.begun().IsZero() {
		v.Findings = []Finding{{Kind: Unread, Severity: Unknown, Until: now, Trouble: h.State.Trouble}}
	}
	v.Findings = append(v.Findings, h.standing(now, s)...)
	v.Findings = append(v.Findings, h.stale(now, t, s)...)
	v.Findings = append(v.Findings, h.trend(now, t, s)...)
	v.Findings = append(v.Findings, h.places(now, s)...)
	v.Findings = append(v.Findings, h.canary(now)...)
	v.Findings = append(v.Findings, h.announced(now)...)
	slices.SortStableFunc(v.Findings, func(a, b Finding) int { return rank(b) - rank(a) })
	for _, f := range v.Findings {
		v.Severity = max(v.Severity, f.Severity)
	}
	return v
}

// rank orders findings: by severity, then what users feel before what explains it.
func rank(f Finding) int {
	order := []Kind{Learning, Unread, Announced, CanaryBlind, CanaryUnproven, CanaryJunk, Backlog, Spent, Stale, Denied, Rise, Complained, APIDown, Standing, CanaryRefused, CanaryLost, Closed, Refusals, Undelivered, Drop}
	return int(f.Severity)*len(order) + slices.Index(order, f.Kind)
}

// reach judges whether the relay's API answers, and answers us.
func (h *History) reach(now time.Time) []Finding {
	s := h.State
	since := s.Answered
	if !s.Up || since.IsZero() {
		since = s.Since
	}
	// The rest that a relay asked for shows nothing: one failure and half an hour's rest
	// are one failure.
	out := s.At.Sub(since) + max(0, now.Sub(later(s.At, s.WaitUntil)))
	f := Finding{Kind: APIDown, Since: since, Until: now, Trouble: s.Trouble}
	switch {
	case s.Trouble == "":
		return nil
	case !s.Up && out >= 15*time.Minute:
		f.Severity = Critical
	case !s.Up && out >= 4*time.Minute:
		f.Severity = Warning
	case s.Trouble == Refused && out >= 4*time.Minute, s.Trouble == Limited && out >= 30*time.Minute:
		f.Kind, f.Severity = Denied, Warning
	default:
		return nil // once is nothing
	}
	return []Finding{f}
}

// standing judges what the relay says of the account itself.
func (h *History) standing(now time.Time, s Settings) []Finding {
	var out []Finding
	switch h.State.Status {
	case Paused:
		out = append(out, Finding{Kind: Standing, Severity: Critical, Until: now, Status: Paused, Text: h.State.StatusText})
	case Probation:
		out = append(out, Finding{Kind: Standing, Severity: Warning, Until: now, Status: Probation, Text: h.State.StatusText})
	}
	if q := h.State.Quota; q.Left != nil {
		limit, known := quotaLimit(q)
		f := Finding{Kind: Spent, Severity: Warning, Until: now, Observed: float64(*q.Left), Expected: limit}
		switch {
		case *q.Left <= 0:
			f.Severity = Critical
			out = append(out, f)
		case known && float64(*q.Left) < limit/10:
			out = append(out, f)
		}
	}
	if q := h.State.Queue; q != nil && s.MaxQueue > 0 && *q > s.MaxQueue {
		out = append(out, Finding{Kind: Backlog, Severity: Warning, Until: now, Observed: float64(*q), Expected: float64(s.MaxQueue)})
	}
	return out
}

func quotaLimit(q Quota) (float64, bool) {
	switch {
	case q.Limit != nil:
		return float64(*q.Limit), true
	case q.Used != nil:
		return float64(*q.Used + *q.Left), true
	}
	return 0, false
}

// stale judges the age of the figures. Silence is worth a word only where mails were
// to be expected in it.
func (h *History) stale(now time.Time, t Traits, s Settings) []Finding {
	age, ok := h.Age(now)
	if !ok || h.State.Trouble != "" {
		return nil
	}
	grain := t.Grain
	if n := len(h.Recent); n > 0 { // a relay may fall back on longer spans
		grain = max(grain, h.Recent[n-1].End.Sub(h.Recent[n-1].Start))
	}
	limit := 2*grain + t.Settle + 10*time.Minute
	if t.Daily {
		limit = 2 * time.Hour
	}
	if age <= limit {
		return nil
	}
	f := Finding{Kind: Stale, Severity: Warning, Since: h.State.DataTo, Until: now}
	e, known := h.expect(h.main(), h.State.DataTo, now.Add(-t.Settle), s)
	e.spread = h.spread(h.main(), s)
	switch {
	case known && atMost(0, e.mean, e.variance()) >= quietChance:
		return nil // nothing was due
	case !known && t.Sparse && age < 24*time.Hour:
		return nil
	case known && age > 2*limit:
		f.Severity = Critical
	}
	f.Expected = e.mean
	return []Finding{f}
}

// main is the figure that shows whether the relay does its work.
func (h *History) main() Figure {
	if h.knows(Delivered) {
		return Delivered
	}
	return Accepted
}

func (h *History) knows(f Figure) bool {
	if c := h.Past.Columns[f]; slices.ContainsFunc(c, func(x float64) bool { return x >= 0 }) {
		return true
	}
	return slices.ContainsFunc(h.Recent, func(b Bucket) bool { _, ok := b.Counts[f]; return ok })
}
