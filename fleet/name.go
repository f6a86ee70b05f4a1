package fleet

import (
	"errors"
	"fmt"
	"regexp"
	"strings"
)

var dnsLabel = regexp.MustCompile(`^[a-z0-9]([-a-z0-9]*[a-z0-9])?$`)

// CheckName says what keeps a name from being a DNS label (RFC 1123): 1 to 63
// lower-case letters, digits and "-", which neither begins nor ends it.
func CheckName(name string) error {
	switch {
	case name == "":
		return errors.New("is missing; give it a name")
	case len(name) > 63:
		return fmt.Errorf("%q has %d characters; a name has at most 63", name, len(name))
	case !dnsLabel.MatchString(name):
		return fmt.Errorf(`%q is no DNS label; use lower-case letters, digits and "-", beginning and ending with a letter or digit`, name)
	}
	return nil
}

// branchFaults are what git refuses in the name of a branch (git-check-ref-format).
var branchFaults = []struct {
	pattern *regexp.Regexp
	what    string
}{
	{regexp.MustCompile(`[\x00-\x20\x7f~^:?*\[\\]`), `a blank, a control character or one of ~^:?*[\`},
	{regexp.MustCompile(`\.\.`), `".."`},
	{regexp.MustCompile(`@\{`), `"@{"`},
	{regexp.MustCompile(`//|^/|/$`), `a "/" at an end or two in a row`},
	{regexp.MustCompile(`(^|/)\.|\.$|\.lock($|/)`), `a part that begins with "." or ends with ".lock", or a "." at the end`},
	{regexp.MustCompile(`^-|^@$|^HEAD$`), `the form of an option or of a name that git keeps for itself`},
}

// CheckBranch says what keeps a text from being the name of a git branch.
func CheckBranch(branch string) error {
	if branch == "" {
		return errors.New("is missing; name the git branch that the Tier is deployed from")
	}
	if strings.HasPrefix(branch, "refs/") {
		return fmt.Errorf("%q is a full reference; write the branch alone", branch)
	}
	for _, f := range branchFaults {
		if f.pattern.MatchString(branch) {
			return fmt.Errorf("%q is no name of a git branch: it has %s", branch, f.what)
		}
	}
	return nil
}

// Nearest gives the known word that somebody who wrote word probably meant: the
// first that is at most a third of its letters away; false where none is.
func Nearest(word string, known []string) (string, bool) {
	const longest = 100 // beyond it nobody misspells, and comparing costs the square
	best, limit := "", max(1, len(word)/3)
	if len(word) > longest {
		return "", false
	}
	for _, k := range known {
		if k == "" || len(k) > longest {
			continue
		}
		if strings.EqualFold(k, word) {
			return k, true
		}
		if d := distance(strings.ToLower(word), strings.ToLower(k)); d <= limit && d < len(k) {
			best, limit = k, d-1
		}
	}
	return best, best != ""
}

// didYouMean is the hint for an error, or "" where no known word is near.
func didYouMean(word string, known []string) string {
	if k, ok := Nearest(word, known); ok {
		return fmt.Sprintf(" (did you mean %q?)", k)
	}
	return ""
}

// distance counts the letters to insert, drop, replace or swap with a neighbour.
func distance(a, b string) int {
	rows := make([][]int, len(a)+1)
	for i := range rows {
		rows[i] = make([]int, len(b)+1)
		rows[i][0] = i
	}
	for j := range rows[0] {
		rows[0][j] = j
	}
	for i := 1; i <= len(a); i++ {
		for j := 1; j <= len(b); j++ {
			step := 1
			if a[i-1] == b[j-1] {
				step = 0
			}
			rows[i][j] = min(rows[i-1][j]+1, rows[i][j-1]+1, rows[i-1][j-1]+step)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				rows[i][j] = min(rows[i][j], rows[i-2][j-2]+1)
			}
		}
	}
	return rows[len(a)][len(b)]
}
