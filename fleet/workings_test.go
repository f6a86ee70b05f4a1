package fleet

import "testing"

func TestWhatIsDeployedFromItsBranch(t *testing.T) {
	yes, no := true, false
	for _, c := range []struct {
		targets []string
		want    *bool
	}{
		{nil, nil},
		{[]string{"tier-1"}, &yes},
		{[]string{"refs/heads/tier-1", "tier-1"}, &yes},
		{[]string{"feature-x", "tier-1"}, &no},
		{[]string{"HEAD"}, nil}, // whatever the repository's is
		{[]string{"HEAD", "tier-1"}, nil},
		{[]string{"HEAD", "feature-x"}, &no},
	} {
		got := (&Workings{Targets: c.targets}).onBranch("tier-1")
		if (got == nil) != (c.want == nil) || got != nil && *got != *c.want {
			t.Errorf("%v: %v", c.targets, got)
		}
	}
}
