package git

import "strings"

// Rejection reads what `git push --porcelain` says of the one branch that was pushed: a
// line "!\tFROM:TO\t[rejected] (why)", or "[remote rejected]". "" where it was not
// rejected, or the push did not get as far.
func Rejection(output string) string { return RejectionOf(output, "") }

// RejectionOf is Rejection for one of several branches, refs/heads/NAME; "": the first.
func RejectionOf(output, ref string) string {
	for line := range strings.Lines(output) {
		flag, rest, ok := strings.Cut(strings.TrimRight(line, "\r\n"), "\t")
		if !ok || flag != "!" {
			continue
		}
		names, why, _ := strings.Cut(rest, "\t")
		if ref != "" && !strings.HasSuffix(names, ":"+ref) {
			continue
		}
		return Printable(Redact(why))
	}
	return ""
}

// MovedAway reports whether a rejection says that the branch is not where it was: git
// compares before it sends, and the remote again, under its lock, when it takes it.
func MovedAway(why string) bool {
	for _, part := range []string{"(fetch first)", "(non-fast-forward)", "(stale info)", "(already exists)",
		"cannot lock ref", "failed to lock", "failed to update ref", "incorrect old value", "reference already exists", "non-fast-forward"} {
		if strings.Contains(why, part) {
			return true
		}
	}
	return false
}
