package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/promotion"
)

// origin is the repository that a stage's files are a checkout of: beta has its branch
// tier-0, prod tier-1.
type origin struct {
	shopRepository
	bare string
}

// checkedOut makes the files of a stage a checkout, and what they are now what was last
// promoted to both Tiers.
func (s *stage) checkedOut(t *testing.T) origin {
	t.Helper()
	o := origin{shopRepository{t: t, dir: s.dir}, bareRepository(t)}
	o.git("--git-dir="+o.bare, "symbolic-ref", "HEAD", "refs/heads/main")
	writeFiles(t, s.dir, map[string]string{".gitignore": "tsdb\npassword\nledger\ndecisions\nexclusions.json\n"})
	o.git("init", "--quiet")
	o.git("remote", "add", "origin", o.bare)
	o.push("main", "tier-0", "tier-1")
	return o
}

// calendarRepository is a repository of its own.
func calendarRepository(t *testing.T) origin {
	t.Helper()
	o := origin{shopRepository{t: t, dir: t.TempDir()}, bareRepository(t)}
	o.git("init", "--quiet")
	o.git("remote", "add", "origin", o.bare)
	return o
}

// push commits what there is, and lets branches of the origin be that commit.
func (o origin) push(branches ...string) (commit string) {
	o.t.Helper()
	o.git("add", "--all")
	o.git("commit", "--quiet", "--allow-empty", "-m", "change")
	for _, b := range branches {
		o.git("push", "--quiet", "--force", "origin", "HEAD:refs/heads/"+b)
	}
	return o.git("rev-parse", "HEAD")
}

// laxer are ways by which a commit asks for less than before, with what is to be said.
var laxer = []struct {
	name string
	do   func(*testing.T, *stage)
	want string
}{
	{"a lower objective", func(t *testing.T, s *stage) { s.edit(t, "slo.yaml", "target: 0.99", "target: 0.5") }, "objective of SLO cart 99% → 50%"},
	{"checks that are off", func(t *testing.T, s *stage) {
		s.edit(t, "shopslo.yaml", "since_release: required", "since_release: \"off\"")
	}, "check since_release required → off"},
	{"an SLO that is deleted", func(t *testing.T, s *stage) {
		if err := os.Remove(filepath.Join(s.dir, "slo2.yaml")); err != nil {
			t.Fatal(err)
		}
	}, "SLO orders is removed"},
	{"another selector", func(t *testing.T, s *stage) { s.edit(t, "slo.yaml", `code=~"5.."`, `code=~"500"`) }, "selector of SLO cart changed"},
	{"another's series", func(t *testing.T, s *stage) {
		s.edit(t, "fleet.yaml", "metadata: {name: p-1}\nspec: {", "metadata: {name: p-1}\nspec: {match: {shopset: p-1, job: shops}, ")
	}, "match of ShopSet p-1 changed"},
	{"another way to count", func(t *testing.T, s *stage) {
		s.edit(t, "shopslo.yaml", "gate:\n", "counting: {plausible_steps: 1000}\ngate:\n")
	}, "counting, target_labels or start_time_metric changed"},
	{"another witness", func(t *testing.T, s *stage) {
		s.edit(t, "shopslo.yaml", "alerts: {url: ", "alerts: {headers: {X-Shop: other}, url: ")
	}, "gate.alerts Prometheus at "},
	{"a shorter soak", func(t *testing.T, s *stage) { s.edit(t, "fleet.yaml", "soak: 30m", "soak: 1m") }, "soak 30m0s → 1m0s"},
}

func TestTheReleaseIsJudgedByTheRulesOfItsTargetsBranch(t *testing.T) {
	for _, c := range laxer {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, 0)
			s.withSecondSLO(t)
			s.withGate(t, "  log: {git: {repository: "+bareRepository(t)+"}}\n")
			o := s.checkedOut(t)
			before := o.git("rev-parse", "HEAD")
			if r := s.decides(t, ""); r.Verdict != promotion.Promote || r.Evidence.Rules.From.Commit != before {
				t.Fatalf("the first is %s: %+v", r.Verdict, r.Evidence.Rules.From)
			}
			c.do(t, s)
			o.push("main", "tier-0")

			// It is judged by what was before, and what comes with it is said.
			r := s.decides(t, "")
			of := checkBelow(t, r, "rules")
			from := r.Evidence.Rules.From
			if strings.HasPrefix(c.want, "match of ") || strings.HasPrefix(c.want, "gate.alerts ") { // those are of the checkout: they count at once
				if of.Result != promotion.Unknown || !strings.Contains(of.Reason, c.want) {
					t.Errorf("it is %s: %v", r.Verdict, of)
				}
				return
			}
			if r.Evidence.Rules.Now.Hash() == r.Evidence.Rules.Beside.Hash() || from.Branch != "tier-1" || from.Commit != before || from.File != "shopslo.yaml" || from.Repository != o.bare {
				t.Errorf("judged by %+v", from)
			}
			if of.Result != promotion.Pass || !strings.Contains(of.Reason, "shopslo.yaml of branch tier-1 at "+before[:12]) || !strings.Contains(of.Reason, c.want) {
				t.Errorf("nothing is said of what comes: %v", of)
			}

			// Once it is promoted, the next one is judged by it when somebody has accepted it.
			o.push("tier-1")
			r = s.decides(t, "")
			of = checkBelow(t, r, "rules")
			hash := acceptance.FindStringSubmatch(of.Reason)
			if r.Verdict != promotion.Inconclusive || of.Result != promotion.Unknown || !strings.Contains(of.Reason, c.want) || hash == nil {
				t.Fatalf("the next one is %s: %v", r.Verdict, of)
			}
			if r := s.decides(t, "", "--accept-rules", hash[1], "--by", "mai"); r.Verdict != promotion.Promote {
				t.Errorf("accepted it is %s: %v", r.Verdict, checkBelow(t, r, "rules"))
			}
		})
	}
}

func TestAFailingReleaseCannotBringTheRulesThatLetItThrough(t *testing.T) {
	s := newStage(t, 0.3)
	o := s.checkedOut(t)
	if r := s.decides(t, ""); r.Verdict != promotion.Hold {
		t.Fatalf("it is %s", r.Verdict)
	}
	s.edit(t, "slo.yaml", "target: 0.99", "target: 0.1")
	s.edit(t, "shopslo.yaml", "gate:\n", "gate:\n  rules_from: {branch: main}\n  exhausted: all\n")
	o.push("main", "tier-0")
	if r := s.decides(t, ""); r.Verdict != promotion.Hold || r.Evidence.Rules.From.Branch != "tier-1" {
		t.Errorf("it is %s by %+v", r.Verdict, r.Evidence.Rules.From)
	}
	r := s.decides(t, "", "--own-rules")
	if of := checkBelow(t, r, "rules"); !strings.Contains(of.Reason, "(--own-rules)") || r.Evidence.Rules.From.Branch != "" {
		t.Errorf("asked for the rules beside the configuration, it has %v", of)
	}
	// A promoted setting counts.
	o.push("tier-1")
	s.edit(t, "slo.yaml", "target: 0.1", "target: 0.999")
	o.push("main")
	if r := s.decides(t, ""); r.Verdict != promotion.Hold || r.Evidence.Rules.From.Branch != "main" || !strings.Contains(checkBelow(t, r, "budget").Reason, "288 allowed") {
		t.Errorf("it is %s by %+v: %v", r.Verdict, r.Evidence.Rules.From, checkBelow(t, r, "budget"))
	}
}

func TestRulesThatCannotBeReadAreUnknown(t *testing.T) {
	t.Run("a repository that is away", func(t *testing.T) {
		s := newStage(t, 0)
		o := s.checkedOut(t)
		o.git("remote", "set-url", "origin", filepath.Join(s.dir, "nowhere"))
		r := s.decides(t, "")
		if r.ExitCode() != exitUnavailable || checkBelow(t, r, "rules").Result != promotion.Unknown || !strings.Contains(checkBelow(t, r, "source").Reason, "SLOs and policy of branch tier-1 could not be reached") {
			t.Errorf("%d: %v, %v", r.ExitCode(), checkBelow(t, r, "rules"), checkBelow(t, r, "source"))
		}
	})
	t.Run("a checkout that git does not understand", func(t *testing.T) {
		s := newStage(t, 0)
		writeFiles(t, s.dir, map[string]string{".git": "gitdir: /nonexistent\n"})
		if r := s.decides(t, ""); r.ExitCode() != exitUnavailable {
			t.Errorf("%d: %v", r.ExitCode(), r.Checks[0])
		}
		if r := s.decides(t, "", "--own-rules"); r.Verdict != promotion.Promote {
			t.Errorf("%s: %v", r.Verdict, r.Checks[0])
		}
	})
	t.Run("a branch without the file", func(t *testing.T) {
		s := newStage(t, 0)
		o := s.checkedOut(t)
		o.git("mv", "shopslo.yaml", "gate.yaml")
		o.push("main", "tier-0")
		s.config = filepath.Join(s.dir, "gate.yaml")
		r := s.decides(t, "")
		of := checkBelow(t, r, "rules")
		hash := acceptance.FindStringSubmatch(of.Reason)
		if r.Verdict != promotion.Inconclusive || !strings.Contains(of.Reason, "branch tier-1 has no gate.yaml yet") || hash == nil {
			t.Fatalf("%s: %v", r.Verdict, of)
		}
		if r := s.decides(t, "", "--accept-rules", hash[1], "--by", "mai"); r.Verdict != promotion.Promote || checkBelow(t, r, "rules").Result != promotion.Waived {
			t.Errorf("accepted it is %s: %v", r.Verdict, checkBelow(t, r, "rules"))
		}
	})
	for name, c := range map[string]struct {
		do   func(*stage)
		want string
	}{
		"a document that is broken there": {func(s *stage) { s.edit(t, "slo.yaml", "target: 0.99", "target: 99") }, "tier-1:slo.yaml:"},
		"a setting that is wrong there":   {func(s *stage) { s.edit(t, "shopslo.yaml", "max_age", "max_agee") }, "tier-1:shopslo.yaml:"},
		"files that are not there": {func(s *stage) { s.edit(t, "shopslo.yaml", "slos: [slo.yaml]", "slos: [slos/*.yaml]") },
			`tier-1:shopslo.yaml: slos: no file of branch tier-1 matches "slos/*.yaml"`},
		"files outside": {func(s *stage) { s.edit(t, "shopslo.yaml", "slos: [slo.yaml]", "slos: [../slo.yaml]") }, "leaves the repository"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 0)
			slos, config := readFile(t, filepath.Join(s.dir, "slo.yaml")), readFile(t, s.config)
			c.do(s)
			o := s.checkedOut(t)
			writeFiles(t, s.dir, map[string]string{"slo.yaml": slos, "shopslo.yaml": config})
			o.push("main")
			if code, said := s.said(t); code != exitUsage || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d: %s", code, said)
			}
		})
	}
}

func TestRulesOfANamedRepository(t *testing.T) {
	policies := newStage(t, 0)
	policies.edit(t, "slo.yaml", "target: 0.99", "target: 0.9999")
	writeFiles(t, policies.dir, map[string]string{"README": "x"})
	for _, file := range []string{"slo.yaml", "shopslo.yaml", "fleet.yaml"} {
		writeFiles(t, policies.dir, map[string]string{"gate/" + file: readFile(t, filepath.Join(policies.dir, file))})
	}
	o := policies.checkedOut(t)
	head := o.git("rev-parse", "HEAD")
	s := newStage(t, 0)
	s.withGate(t, fmt.Sprintf("  rules_from: {repository: %q, branch: main, dir: gate}\n", o.bare))
	r := s.decides(t, "")
	if f := r.Evidence.Rules.From; f == nil || f.Commit != head || f.File != "gate/shopslo.yaml" || !strings.Contains(checkBelow(t, r, "budget").Reason, "28.8 allowed") {
		t.Errorf("judged by %+v: %v", f, checkBelow(t, r, "budget"))
	}
	for old, c := range map[string]struct {
		by, want string
		code     int
	}{
		"branch: main": {"branch: nowhere", "gate.rules_from: " + o.bare + ": no such branch as nowhere", exitUsage},
		"dir: gate":    {"dir: gates", "gate.rules_from: branch main has no gates/shopslo.yaml", exitUsage},
		o.bare:         {"/nonexistent", "/nonexistent cannot be fetched", exitUnavailable},
	} {
		text := readFile(t, s.config)
		s.edit(t, "shopslo.yaml", old, c.by)
		if code, said := s.said(t); code != c.code || !strings.Contains(said, c.want) {
			t.Errorf("%s: exit code %d, want %d with %q: %s", c.by, code, c.code, c.want, said)
		}
		writeFiles(t, s.dir, map[string]string{"shopslo.yaml": text})
	}
	s.edit(t, "shopslo.yaml", fmt.Sprintf("repository: %q, ", o.bare), "")
	if code, said := s.said(t); code != exitUsage || !strings.Contains(said, "gate.rules_from.repository is missing") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestTheCalendarIsThatOfTheDefaultBranch(t *testing.T) {
	s := newStage(t, 0)
	o := s.checkedOut(t)
	freeze := func(name string) {
		writeFiles(t, s.dir, map[string]string{"calendar/" + name + ".yaml": fmt.Sprintf("apiVersion: shopslo.dev/v1alpha1\nkind: Freeze\nmetadata: {name: %s}\n"+
			"spec: {reason: r, by: mai, affects: {tiers: [prod]}, from: %s, until: %s}\n", name, s.at.Add(-time.Hour).Format(time.RFC3339), s.at.Add(time.Hour).Format(time.RFC3339))})
	}
	freeze("sale")
	o.push("main") // and no Tier has it yet
	o.git("rm", "--quiet", "calendar/sale.yaml")
	writeFiles(t, s.dir, map[string]string{"calendar/mine.yaml": "apiVersion: shopslo.dev/v1alpha1\nkind: Override\nmetadata: {name: mine}\n" +
		"spec: {reason: r, by: me, checks: [freeze], tiers: [prod], until: " + s.at.Add(time.Hour).Format(time.RFC3339) + "}\n"})
	o.push("tier-0")
	r := s.decides(t, "")
	if of := checkBelow(t, r, "freeze"); r.Verdict != promotion.Hold || !strings.Contains(of.Reason, "Freeze sale is active") || len(r.Overrides) > 0 {
		t.Errorf("%s: %v, %v", r.Verdict, of, r.Overrides)
	}
	if !strings.HasPrefix(r.Evidence.Freezes.Where, "The calendar in branch main of "+o.bare) {
		t.Errorf("read from %q", r.Evidence.Freezes.Where)
	}
	writeFiles(t, s.dir, map[string]string{"calendar/more.yml": ""})
	o.push("main")
	o.git("rm", "--quiet", "calendar/more.yml") // the checkout has none
	if code, said := s.said(t); code != exitUsage || !strings.Contains(said, "nobody reads calendar/more.yml of branch main") {
		t.Errorf("exit code %d: %s", code, said)
	}
	writeFiles(t, s.dir, map[string]string{"calendar/2026/more.yaml": "kind: Freeze\n"})
	o.push("main")
	o.git("rm", "--quiet", "calendar/2026/more.yaml")
	if code, said := s.said(t); code != exitUsage || !strings.Contains(said, "nobody reads calendar/2026/more.yaml of branch main") {
		t.Errorf("exit code %d: %s", code, said)
	}
	o.git("--git-dir="+o.bare, "symbolic-ref", "HEAD", "refs/heads/none")
	if code, said := s.said(t); code != exitUsage || !strings.Contains(said, "no default branch") {
		t.Errorf("exit code %d: %s", code, said)
	}
}

func TestTheCalendarOfANamedRepository(t *testing.T) {
	s := newStage(t, 0)
	calendar := calendarRepository(t)
	writeFiles(t, calendar.dir, map[string]string{"calendar/sale.yaml": fmt.Sprintf("apiVersion: shopslo.dev/v1alpha1\nkind: Freeze\nmetadata: {name: sale}\n"+
		"spec: {reason: r, by: mai, affects: {tiers: [prod]}, from: %s, until: %s}\n", s.at.Add(-time.Hour).Format(time.RFC3339), s.at.Add(time.Hour).Format(time.RFC3339))})
	calendar.push("main")
	s.withGate(t, fmt.Sprintf("  calendar_from: {repository: %q, branch: main}\n", calendar.bare))
	if code, said := s.said(t); code != exitNo || !strings.Contains(said, "Freeze sale is active") {
		t.Errorf("exit code %d: %s", code, said)
	}
	if list, _ := must(t, exitOK, "freeze", "--list", "--config", s.config); !strings.Contains(list, "sale") {
		t.Errorf("the list:\n%s", list)
	}
	must(t, exitOK, "validate", "--config", s.config)
	must(t, exitOK, "status", "--config", s.config)
	s.edit(t, "shopslo.yaml", calendar.bare, "/nonexistent")
	r := s.decides(t, "")
	if of := checkBelow(t, r, "freeze"); r.ExitCode() != exitUnavailable || of.Result != promotion.Unknown {
		t.Errorf("%d: %v", r.ExitCode(), of)
	}
	must(t, exitUnavailable, "freeze", "--list", "--config", s.config)
	must(t, exitUnavailable, "status", "--config", s.config)
}

func TestAServerReadsTheCalendarOfABranch(t *testing.T) {
	s := newStage(t, 0)
	calendar := calendarRepository(t)
	writeFiles(t, calendar.dir, map[string]string{"calendar/README": "x"})
	calendar.push("main")
	s.withGate(t, fmt.Sprintf("  max_git_age: 5s\n  calendar_from: {repository: %q, branch: main}\n", calendar.bare))
	s.keep(t, "")
	s.edit(t, "shopslo.yaml", "dir: ledger", "dir: ledger, resolution: 1s")
	server := startServe(t, s.config)
	server.waitReady(t)
	if r := s.decides(t, server.url); r.Verdict != promotion.Promote {
		t.Fatalf("it is %s: %v", r.Verdict, r.Checks[0])
	}
	asks := func(want func(promotion.Record) bool) {
		t.Helper()
		eventually(t, func() string {
			if r := s.decides(t, server.url); !want(r) {
				return fmt.Sprintf("%s: %v\n%s", r.Verdict, r.Checks[0], server.log)
			}
			return ""
		})
	}
	from, until := s.at.Add(-time.Hour).Format(time.RFC3339), s.at.Add(time.Hour).Format(time.RFC3339)
	writeFiles(t, calendar.dir, map[string]string{
		"calendar/sale.yaml": "apiVersion: shopslo.dev/v1alpha1\nkind: Freeze\nmetadata: {name: sale}\nspec: {reason: r, by: mai, affects: {tiers: [prod]}, from: " + from + ", until: " + until + "}\n",
		"calendar/move.yaml": "apiVersion: shopslo.dev/v1alpha1\nkind: Exclusion\nmetadata: {name: move}\nspec: {reason: r, cause: maintenance, by: mai, affects: {shopSets: [b-1]}, from: " + from + ", until: " + until + "}\n",
	})
	pushed := time.Now()
	commit := calendar.push("main")
	asks(func(r promotion.Record) bool {
		return r.Verdict == promotion.Hold && strings.Contains(checkBelow(t, r, "freeze").Reason, "Freeze sale is active") && strings.Contains(r.Evidence.Freezes.Where, commit[:12])
	})
	r := s.decides(t, server.url)
	if x := r.Evidence.Exclusions.Items; len(x) != 1 || x[0].Known.Before(pushed) || !strings.Contains(checkBelow(t, r, "since_release").Reason, "does not apply since the Release arrived: it was first read at") {
		t.Errorf("%+v: %v", x, checkBelow(t, r, "since_release"))
	}
	if b := budgetOf(t, server.status(t, time.Time{}), "cart", "b-1"); b.Coverage <= 0 {
		t.Errorf("%+v", b)
	}
	if err := os.Rename(calendar.bare, calendar.bare+".away"); err != nil {
		t.Fatal(err)
	}
	asks(func(r promotion.Record) bool {
		return r.ExitCode() == exitUnavailable && checkBelow(t, r, "freeze").Result == promotion.Unknown
	})
	if err := os.Rename(calendar.bare+".away", calendar.bare); err != nil {
		t.Fatal(err)
	}
	asks(func(r promotion.Record) bool { return r.Verdict == promotion.Hold })
	// What was fetched of one branch does not count for another, which cannot be fetched yet.
	s.edit(t, "shopslo.yaml", calendar.bare, calendar.bare+".other")
	server.hangUp(t, "documents are reloaded")
	asks(func(r promotion.Record) bool {
		return r.ExitCode() == exitUnavailable && checkBelow(t, r, "freeze").Result == promotion.Unknown
	})
}

func TestAServerOfWhichTheCalendarIsAwayStarts(t *testing.T) {
	s := newStage(t, 0)
	s.withGate(t, "  calendar_from: {repository: /nonexistent, branch: main}\n")
	server := startServe(t, s.config)
	server.waitReady(t)
	if r := s.decides(t, server.url); r.ExitCode() != exitUnavailable || !strings.Contains(checkBelow(t, r, "source").Reason, "/nonexistent cannot be fetched") {
		t.Errorf("%d: %v", r.ExitCode(), r.Checks[0])
	}
}

// Which branch is the target's is not for the Release to say.
func TestAReleaseCannotChooseTheBranchThatJudgesIt(t *testing.T) {
	renamed := func(t *testing.T, to string) (*stage, origin) {
		s := newStage(t, 0.3)
		o := s.checkedOut(t)
		s.edit(t, "slo.yaml", "target: 0.99", "target: 0.1")
		s.edit(t, "fleet.yaml", "branch: tier-1", "branch: "+to)
		o.push("tier-0")
		return s, o
	}
	t.Run("one that there is not", func(t *testing.T) {
		s, o := renamed(t, "tier-9")
		if r := s.decides(t, ""); r.Verdict != promotion.Hold || r.Evidence.Rules.From == nil || r.Evidence.Rules.From.Branch != "tier-1" {
			t.Errorf("it is %s by %+v", r.Verdict, r.Evidence.Rules.From)
		}
		// Also the default branch says so now: nobody has promoted it.
		o.push("main")
		r := s.decides(t, "")
		if of := checkBelow(t, r, "rules"); r.Verdict != promotion.Inconclusive || of.Result != promotion.Unknown || !strings.Contains(of.Reason, o.bare+" has no branch tier-9") {
			t.Errorf("it is %s: %v", r.Verdict, of)
		}
		if r := s.decides(t, "", "--own-rules"); checkBelow(t, r, "rules").Result == promotion.Unknown {
			t.Errorf("asked for the rules beside the configuration, it is %s: %v", r.Verdict, checkBelow(t, r, "rules"))
		}
	})
	t.Run("one of its own", func(t *testing.T) {
		s, o := renamed(t, "feature")
		o.push("feature")
		if r := s.decides(t, ""); r.Verdict != promotion.Hold || r.Evidence.Rules.From.Branch != "tier-1" {
			t.Errorf("it is %s by %+v", r.Verdict, r.Evidence.Rules.From)
		}
	})
	t.Run("by moving the configuration", func(t *testing.T) {
		s := newStage(t, 0.3)
		o := s.checkedOut(t)
		files := []string{"shopslo.yaml", "fleet.yaml", "slo.yaml"}
		if err := os.Mkdir(filepath.Join(s.dir, "old"), 0o755); err != nil {
			t.Fatal(err)
		}
		move := func(from, to string) {
			for _, f := range files {
				o.git("mv", filepath.Join(from, f), filepath.Join(to, f))
			}
		}
		move(".", "old")
		o.push("main", "tier-0", "tier-1")
		move("old", ".")
		s.edit(t, "slo.yaml", "target: 0.99", "target: 0.1")
		s.edit(t, "fleet.yaml", "branch: tier-0", "branch: tier-8")
		s.edit(t, "fleet.yaml", "branch: tier-1", "branch: tier-9")
		r := s.decides(t, "")
		if of := checkBelow(t, r, "rules"); r.Verdict == promotion.Promote || of.Result != promotion.Unknown || !strings.Contains(of.Reason, "has no branch tier-9") {
			t.Errorf("it is %s: %v", r.Verdict, of)
		}
	})
	// The default branch has no configuration: nobody but the Tiers' branches knows the names.
	bare := func(t *testing.T) (*stage, origin) {
		s := newStage(t, 0.3)
		o := s.checkedOut(t)
		o.git("rm", "--quiet", "shopslo.yaml", "fleet.yaml", "slo.yaml")
		o.push("main")
		o.git("reset", "--quiet", "--hard", "HEAD~1")
		s.edit(t, "slo.yaml", "target: 0.99", "target: 0.1")
		return s, o
	}
	for name, c := range map[string]struct {
		change func(*testing.T, *stage, origin)
		says   string
	}{
		"all of them, known to their own branches alone": {func(t *testing.T, s *stage, o origin) {
			s.edit(t, "fleet.yaml", "branch: tier-0", "branch: tier-8")
			s.edit(t, "fleet.yaml", "branch: tier-1", "branch: tier-9")
		}, "has no branch tier-9"},
		"the target's, which its old one contradicts": {func(t *testing.T, s *stage, o origin) {
			s.edit(t, "fleet.yaml", "branch: tier-1", "branch: mine")
			o.push("mine", "tier-0")
		}, "The Release may have chosen that branch: nothing else says that it is prod's."},
		"the target's, which the one below contradicts": {func(t *testing.T, s *stage, o origin) {
			s.edit(t, "fleet.yaml", "branch: tier-1", "branch: mine")
			o.push("mine")
		}, "The Release may have chosen that branch: for prod branch tier-0 says tier-1."},
	} {
		t.Run(name, func(t *testing.T) {
			s, o := bare(t)
			c.change(t, s, o)
			r := s.decides(t, "")
			if of := checkBelow(t, r, "rules"); r.Verdict == promotion.Promote || of.Result != promotion.Unknown || !strings.Contains(of.Reason, c.says) {
				t.Errorf("it is %s: %v", r.Verdict, of)
			}
		})
	}
	t.Run("in a repository that is not promoted", func(t *testing.T) {
		s, o := renamed(t, "tier-9")
		o.push("main")
		o.git("push", "--quiet", "origin", ":tier-0", ":tier-1")
		if r := s.decides(t, ""); r.Evidence.Rules.From != nil || checkBelow(t, r, "rules").Result == promotion.Unknown {
			t.Errorf("judged by %+v: %v", r.Evidence.Rules.From, checkBelow(t, r, "rules"))
		}
	})
}

// A fetch that hangs is none: what was fetched before it gets old all the same.
func TestACalendarGetsOldWhileAFetchHangs(t *testing.T) {
	git, err := exec.LookPath("git")
	if err != nil {
		t.Fatal(err)
	}
	s := newStage(t, 0)
	calendar := calendarRepository(t)
	writeFiles(t, calendar.dir, map[string]string{"calendar/README": "x"})
	calendar.push("main")
	s.withGate(t, fmt.Sprintf("  max_git_age: 3s\n  calendar_from: {repository: %q, branch: main}\n", calendar.bare))
	s.keep(t, "")
	s.edit(t, "shopslo.yaml", "dir: ledger", "dir: ledger, resolution: 1s")
	bin, hang := t.TempDir(), filepath.Join(t.TempDir(), "hang")
	script := fmt.Sprintf("#!/bin/sh\nif [ -e %s ]; then exec sleep 100; fi\nexec %s \"$@\"\n", hang, git)
	if err := os.WriteFile(filepath.Join(bin, "git"), []byte(script), 0o700); err != nil {
		t.Fatal(err)
	}
	t.Setenv("PATH", bin+":"+os.Getenv("PATH"))
	server := startServe(t, s.config)
	server.waitReady(t)
	eventually(t, func() string {
		if r := s.decides(t, server.url); r.Verdict != promotion.Promote {
			return fmt.Sprintf("%s: %v", r.Verdict, r.Checks[0])
		}
		return ""
	})
	if err := os.WriteFile(hang, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, func() string {
		r := s.decides(t, server.url)
		if of := checkBelow(t, r, "freeze"); r.ExitCode() != exitUnavailable || of.Result != promotion.Unknown || !strings.Contains(checkBelow(t, r, "source").Reason, "it has not ended; it was last fetched") {
			return fmt.Sprintf("%d: %v", r.ExitCode(), r.Checks[0])
		}
		return ""
	})
}
