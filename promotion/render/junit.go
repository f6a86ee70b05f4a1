package render

import (
	"encoding/xml"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/plain"
	"github.com/shopslo/shopslo/promotion"
)

// The shape that CI systems read as JUnit's: a suite for each check, a case for each
// thing that was looked at.
type (
	junitSuites struct {
		XMLName  xml.Name     `xml:"testsuites"`
		Name     string       `xml:"name,attr"`
		Tests    int          `xml:"tests,attr"`
		Failures int          `xml:"failures,attr"`
		Errors   int          `xml:"errors,attr"`
		Skipped  int          `xml:"skipped,attr"`
		Suites   []junitSuite `xml:"testsuite"`
	}
	junitSuite struct {
		Name     string      `xml:"name,attr"`
		Tests    int         `xml:"tests,attr"`
		Failures int         `xml:"failures,attr"`
		Errors   int         `xml:"errors,attr"`
		Skipped  int         `xml:"skipped,attr"`
		At       string      `xml:"timestamp,attr"`
		Cases    []junitCase `xml:"testcase"`
	}
	junitCase struct {
		Class   string      `xml:"classname,attr"`
		Name    string      `xml:"name,attr"`
		Failure *junitWords `xml:"failure"`
		Error   *junitWords `xml:"error"`
		Skipped *junitWords `xml:"skipped"`
		Output  string      `xml:"system-out,omitempty"`
	}
	junitWords struct {
		Message string `xml:"message,attr"`
		Type    string `xml:"type,attr,omitempty"`
	}
)

// JUnit writes the decision as a report of tests: what failed is a failure, what is
// not known an error, what is waived or was not looked at is skipped. A decision that
// does not promote has at least one failure or error.
func JUnit(w io.Writer, d promotion.Decision) error {
	all := junitSuites{Name: fmt.Sprintf("shopslo gate to %s", xmlSafe(string(d.To)))}
	for _, name := range promotion.Checks() {
		s := junitSuite{Name: name, At: d.At.UTC().Format(time.RFC3339)}
		for _, c := range d.Checks {
			if c.Check == name {
				s.add(c)
			}
		}
		all.add(s)
	}
	if d.Verdict != promotion.Promote && all.Failures+all.Errors == 0 {
		s := junitSuite{Name: "decision", At: d.At.UTC().Format(time.RFC3339)}
		s.add(promotion.Check{Check: "decision", Result: promotion.Unknown, Reason: "No check was made."})
		all.add(s)
	}
	data, err := xml.MarshalIndent(all, "", "  ")
	if err != nil {
		return fmt.Errorf("write the decision as JUnit: %w", err)
	}
	_, err = fmt.Fprintf(w, "%s%s\n", xml.Header, plain.XML(data))
	return err
}

func (all *junitSuites) add(s junitSuite) {
	if s.Tests == 0 {
		return
	}
	all.Suites = append(all.Suites, s)
	all.Tests, all.Failures, all.Errors, all.Skipped = all.Tests+s.Tests, all.Failures+s.Failures, all.Errors+s.Errors, all.Skipped+s.Skipped
}

func (s *junitSuite) add(c promotion.Check) {
	name := []string{}
	for _, part := range []string{string(c.ShopSet), c.SLO} {
		if part != "" {
			name = append(name, part)
		}
	}
	one := junitCase{Class: "gate." + c.Check, Name: xmlSafe(strings.Join(append(name, english.subjectTier(c)), " "))}
	words := &junitWords{Message: xmlSafe(c.Reason), Type: string(c.Result)}
	s.Tests++
	switch c.Result {
	case promotion.Fail:
		one.Failure = words
		s.Failures++
	case promotion.Unknown:
		one.Error = words
		s.Errors++
	case promotion.Waived, promotion.NotChecked:
		one.Skipped = words
		s.Skipped++
	default:
		one.Output = words.Message
	}
	s.Cases = append(s.Cases, one)
}

// xmlSafe leaves out what XML cannot hold.
func xmlSafe(s string) string {
	return strings.Map(func(r rune) rune {
		if r == '\t' || r == '\n' || r == '\r' || r >= 0x20 && r != 0xFFFE && r != 0xFFFF && r != 0xFFFD {
			return r
		}
		return '?'
	}, s)
}
