package promotion

import "fmt"

// branches says how old what is known of branches is: a pass where it is young enough.
func (d *deciding) branches() (Result, string) {
	git, where := d.e.Fleet.Snapshot.Git, inSentence(d.e.Fleet.Where)
	if git == nil {
		untold := fmt.Sprintf("%s does not say when it last fetched git, so its branches may be old; upgrade shopset_exporter", where)
		if d.p.Needs[CheckRelease] == Required {
			return Unknown, fmt.Sprintf("Cannot check release: %s.", untold)
		}
		return NotChecked, fmt.Sprintf("Not checked: release (%s).", untold)
	}
	switch old := d.now.Sub(git.FetchedAt); {
	case git.FetchedAt.IsZero():
		return Unknown, fmt.Sprintf("Cannot check release: %s has not fetched git yet.", where)
	case old > d.p.MaxGitAge:
		return Unknown, fmt.Sprintf("Cannot check release: git was last fetched %s ago (limit %s); check the exporter's access to the repositories.", age(old), age(d.p.MaxGitAge))
	case old < -d.p.MaxAge:
		return Unknown, fmt.Sprintf("Cannot check release: git was last fetched %s after the evaluation time; check clock synchronization.", age(-old))
	}
	return Pass, ""
}
