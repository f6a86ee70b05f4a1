package fleet

// Fault is a way in which the reading of a cluster goes wrong, or is delayed.
type Fault string

// The faults of a cluster that is read.
const (
	Unreachable Fault = "unreachable" // no answer, such as while an API server restarts
	Refused     Fault = "refused"     // the credentials are not accepted, or may not read it
	Throttled   Fault = "throttled"   // too many requests, says the API server
	Failing     Fault = "failing"     // it answers that it cannot
	Absent      Fault = "absent"      // it does not know the resource: a CRD is missing
	Slow        Fault = "slow"        // a list took long, or longer than is waited for
	Expired     Fault = "expired"     // what was watched from is gone (410): all is listed anew
	Closed      Fault = "closed"      // a watch ended before its time
	Malformed   Fault = "malformed"   // an answer, or an Application, has an unknown shape
	Burst       Fault = "burst"       // very many Applications changed at once
)

// Faults lists all faults.
var Faults = []Fault{Unreachable, Refused, Throttled, Failing, Absent, Slow, Expired, Closed, Malformed, Burst}
