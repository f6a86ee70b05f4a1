package detectiontest

import "time"

// Failure is something that goes wrong from Begin on. A nil Failure is none; parts of
// it that are nil are as always. Times are ages since Begin.
type Failure struct {
	Name  string
	Begin time.Time
	// Kept is the part of mails (0–1) that the relay takes and does not deliver, Lost
	// the part that it does not even take, Domain the part that the largest mailbox
	// operator (35 % of all mails) blocks.
	Kept, Lost, Domain func(age time.Duration) float64
	// Place is which operator Domain is about: the largest, or the one of that number.
	Place int
	// Suppressed is how many mails come in beside each, which the relay does not try since
	// their addresses are on a list: no failure.
	Suppressed func(age time.Duration) float64
	// Delayed is by how many times the deferrals rise.
	Delayed func(age time.Duration) float64
	// Down: the API answers 500. Stale: it answers, with figures up to Begin only.
	Down, Stale bool
	what        string // for people
}

func always(v float64) func(time.Duration) float64 {
	return func(time.Duration) float64 { return v }
}

// ramp rises from a to b within a time.
func ramp(a, b float64, within time.Duration) func(time.Duration) float64 {
	return func(age time.Duration) float64 { return a + (b-a)*min(1, float64(age)/float64(within)) }
}

// Failures are those that are measured.
func Failures() []Failure {
	return []Failure{
		{Name: "hard stop", Kept: always(1), what: "nothing is delivered; mails stay in the relay"},
		{Name: "half", Kept: always(0.5), what: "half of the deliveries are missing"},
		{Name: "slow decay", Kept: ramp(0, 1, 24*time.Hour), what: "deliveries fall to nothing within a day"},
		{Name: "refused at the door", Lost: always(1), what: "the relay takes no mails, so nothing comes in or goes out"},
		{Name: "half at the door", Lost: always(0.5), what: "the relay takes half of the mails only"},
		{Name: "one domain", Domain: always(1), what: "an operator with 35 % of the recipients blocks all"},
		{Name: "one carrier", Domain: always(1), Place: 3, what: "a carrier with 10 % of the recipients refuses all"},
		{Name: "deferrals", Delayed: ramp(1, 20, 2*time.Hour), what: "deferrals rise twentyfold within two hours; all is delivered in the end"},
		{Name: "API down", Down: true, what: "the API answers 500; the relay itself may work"},
		{Name: "stale data", Stale: true, what: "the API answers, and its figures do not go on"},
	}
}

func (f *Failure) at(at time.Time, part func(time.Duration) float64, none float64) float64 {
	if f == nil || part == nil || at.Before(f.Begin) {
		return none
	}
	return part(at.Sub(f.Begin))
}

func (f *Failure) taken(at time.Time) float64 {
	if f == nil {
		return 1
	}
	return 1 - f.at(at, f.Lost, 0)
}

func (f *Failure) stuck(at time.Time) float64 {
	if f == nil {
		return 0
	}
	return f.at(at, f.Kept, 0)
}

func (f *Failure) refused(at time.Time, domain int) float64 {
	if f == nil || domain != f.Place {
		return 0
	}
	return f.at(at, f.Domain, 0)
}

func (f *Failure) suppressed(at time.Time) float64 {
	if f == nil {
		return 0
	}
	return f.at(at, f.Suppressed, 0)
}

func (f *Failure) deferrals(at time.Time) float64 {
	if f == nil {
		return 1
	}
	return f.at(at, f.Delayed, 1)
}

func (f *Failure) begun(at time.Time) bool { return f != nil && !at.Before(f.Begin) }
