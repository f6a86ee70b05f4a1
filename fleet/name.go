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
