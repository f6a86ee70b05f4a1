package promotion

// unmade are the checks that this version cannot make. They are listed in every
// Decision, so that nobody takes them for made.
var unmade = []struct{ name, what string }{
	{"sync", "whether every ShopSet below runs the Release, synced and healthy"},
	{"soak", "how long the Release has been verified below"},
	{"drift", "whether live objects differ from what is in git"},
	{"since_release", "what the Release has burned since it arrived, compared with before"},
	{"incident", "whether an incident is open that touches the target"},
	{"freeze", "whether the target is frozen"},
	{"release", "whether the target holds anything that the Release lacks"},
	{"images", "whether the Release's images are immutable"},
}

// notYetChecked lists what was not looked at.
func notYetChecked() []Check {
	var checks []Check
	for _, u := range unmade {
		checks = append(checks, Check{Check: u.name, Result: NotChecked,
			Reason: "This version does not look at " + u.what + ".", Evidence: Figures{}})
	}
	return checks
}

// later are the names of the checks to come.
func later() []string {
	var names []string
	for _, u := range unmade {
		names = append(names, u.name)
	}
	return names
}
