package promotion

// branches says how old what is known of branches is: a pass where it is young enough.
func (d *deciding) branches() (Result, string) {
	git, where := d.e.Fleet.Snapshot.Git, d.inSentence(d.e.Fleet.Where)
	if git == nil {
		untold := d.say("%s does not say when it last fetched git, so its branches may be old; upgrade shopset_exporter", where)
		if d.p.Needs[CheckRelease] == Required {
			return Unknown, d.say("Cannot check release: %s.", untold)
		}
		return NotChecked, d.say("Not checked: release (%s).", untold)
	}
	switch old := d.now.Sub(git.FetchedAt); {
	case git.FetchedAt.IsZero():
		return Unknown, d.say("Cannot check release: %s has not fetched git yet.", where)
	case old > d.p.MaxGitAge:
		return Unknown, d.say("Cannot check release: git was last fetched %s ago (limit %s); check the exporter's access to the repositories.", d.age(old), d.age(d.p.MaxGitAge))
	case old < -d.p.MaxAge:
		return Unknown, d.say("Cannot check release: git was last fetched %s after the evaluation time; check clock synchronization.", d.age(-old))
	}
	return Pass, ""
}
