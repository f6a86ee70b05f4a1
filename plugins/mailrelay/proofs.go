package mailrelay

import "strings"

// Proof is a way in which a recipient's server tells whose a mail is.
type Proof string

// The proofs.
const (
	SPF   Proof = "spf"
	DKIM  Proof = "dkim"
	DMARC Proof = "dmarc"
)

// AllProofs are all, in the order in which they are shown.
var AllProofs = []Proof{SPF, DKIM, DMARC}

// Proofs are a server's words for what it found, such as "pass", "fail" or "none". A
// proof that is not in it was not told, or could not be looked up this time.
type Proofs map[Proof]string

// Failed is whether the mail was not proved to be the sender's: by DMARC where there is
// a policy; without one, by SPF and DKIM, of which one is enough. What is not told has
// not failed.
func (p Proofs) Failed() bool {
	failed := func(word string) bool {
		return word == "fail" || word == "softfail" || word == "permerror" || word == "policy"
	}
	if word := p[DMARC]; word == "pass" || failed(word) {
		return word != "pass"
	}
	return p[SPF] != "pass" && p[DKIM] != "pass" && (failed(p[SPF]) || failed(p[DKIM]))
}

// String writes those that were told, such as "spf=fail, dmarc=fail".
func (p Proofs) String() string {
	var parts []string
	for _, one := range AllProofs {
		if word := p[one]; word != "" {
			parts = append(parts, string(one)+"="+word)
		}
	}
	return strings.Join(parts, ", ")
}
