package main

import (
	"encoding/json"
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// keeps names a releases file in the stage's configuration, instead of an exporter.
func (s *stage) keeps(t *testing.T) *stage {
	t.Helper()
	s.unseen(t)
	writeInto(t, s, "gate:\n", "gate:\n  releases: {file: releases.jsonl}\n")
	return s
}

// adds says that a release came, so long before the gate is asked.
func (s *stage) adds(t *testing.T, tier, release string, before time.Duration, more ...string) (int, string) {
	t.Helper()
	args := append([]string{"releases", "add", "--config", s.config, "--tier", tier, "--release", release, "--at", s.ago(before), "--by", "ci"}, more...)
	code, stdout, stderr := runWith(t, nil, args...)
	return code, stdout + stderr
}

type came struct {
	tier, release string
	before        time.Duration
}

func TestTheGateReadsWhenReleasesCame(t *testing.T) {
	usual := []came{{"prod", "v1", 100 * time.Hour}, {"beta", "v1", 100 * time.Hour}, {"beta", "v2", time.Hour}}
	for _, c := range []struct {
		name    string
		failing float64
		came    []came
		args    []string
		code    int
		want    string
	}{
		{"an hour ago", 0, usual, nil, exitOK, "Release v2 can be promoted from beta to prod"},
		{"it is deployed again", 0, append(usual[:3:3], came{"beta", "v2", 10 * time.Minute}), []string{"--explain"}, exitOK, "all ShopSets have had Release v2 for 1h, and sent data (30m required)"},
		{"it fails", 0.02, usual, nil, exitNo, "since the Release arrived"},
		{"ten minutes ago", 0, append(usual[:2:2], came{"beta", "v2", 10 * time.Minute}), nil, exitInconclusive, "for 10m, and sent data (30m required"},
		{"another one came in between", 0, append(usual[:3:3], came{"beta", "v3", 40 * time.Minute}, came{"beta", "v2", 10 * time.Minute}), nil, exitInconclusive, "for 10m, and sent data (30m required"},
		{"another one is asked for than the one that runs", 0, usual, []string{"--release", "v3"}, exitInconclusive, "0 of 1 ShopSet have Release v3"},
		{"nobody has said anything", 0, nil, nil, exitInconclusive, "The Release to promote is unknown"},
		{"nobody has said anything of beta", 0, usual[:1], nil, exitInconclusive, "The Release to promote is unknown"},
		{"before the history begins", 0, []came{{"beta", "v2", 9 * time.Hour}}, nil, exitInconclusive, "before the history of cart begins"},
		{"the time is given as well", 0, usual, []string{"--since", "2h", "--release", "v2"}, exitUsage, "--since does not go with gate.releases"},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := newStage(t, c.failing).keeps(t)
			for _, r := range c.came {
				if code, said := s.adds(t, r.tier, r.release, r.before); code != exitOK {
					t.Fatal(code, said)
				}
			}
			if code, said := s.said(t, c.args...); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, c.code, c.want, said)
			}
		})
	}
}

// A file that a Release brings is its own word, and named as that.
func TestAReleasesFileOfTheCheckoutIsNamedAsThat(t *testing.T) {
	s := newStage(t, 0).keeps(t)
	for _, r := range []came{{"prod", "v1", 100 * time.Hour}, {"beta", "v2", time.Hour}} {
		if code, said := s.adds(t, r.tier, r.release, r.before); code != exitOK {
			t.Fatal(code, said)
		}
	}
	const brought = "According to the releases file releases.jsonl (of the checkout, so the Release may have written it), all ShopSets"
	o := s.checkedOut(t)
	if _, said := s.said(t, "--explain"); !strings.Contains(said, brought) {
		t.Errorf("it is not named:\n%s", said)
	}
	o.git("rm", "--quiet", "--cached", "releases.jsonl") // a deploy job has written it beside
	if _, said := s.said(t, "--explain"); strings.Contains(said, brought) || !strings.Contains(said, "According to the releases file releases.jsonl, all ShopSets") {
		t.Errorf("it is named as brought:\n%s", said)
	}
}

// What an editor, a clock or a crash has done to the file is no evidence.
func TestTheGateDoesNotTrustABrokenReleasesFile(t *testing.T) {
	line := func(s *stage, release string, before time.Duration) string {
		return `{"at":"` + s.ago(before) + `","release":"` + release + `","shopsets":["b-1"],"by":"ci","recorded":"` + s.ago(before) + `"}` + "\n"
	}
	for name, c := range map[string]struct {
		text func(*stage) string
		code int
		want string
	}{
		"fine":                {func(s *stage) string { return line(s, "v2", time.Hour) }, exitOK, ""},
		"in the future":       {func(s *stage) string { return line(s, "v2", -time.Hour) }, exitInconclusive, "claims, for b-1, a time in the future"},
		"a line twice":        {func(s *stage) string { return line(s, "v2", time.Hour) + line(s, "v2", time.Hour) }, exitUsage, "releases.jsonl:2: it says that release v2 came to b-1"},
		"two at once":         {func(s *stage) string { return line(s, "v2", time.Hour) + line(s, "v3", time.Hour) }, exitUsage, "releases.jsonl:2: it says that release v3 came to b-1"},
		"an unfinished line":  {func(s *stage) string { return line(s, "v2", time.Hour) + `{"at":"2026` }, exitUsage, "releases.jsonl:2: its last line is unfinished"},
		"a line that is none": {func(s *stage) string { return "v2\n" + line(s, "v2", time.Hour) }, exitUsage, "releases.jsonl:1: is no entry"},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStage(t, 0).keeps(t)
			writeFiles(t, s.dir, map[string]string{"releases.jsonl": c.text(s)})
			if code, said := s.said(t); code != c.code || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %d with %q:\n%s", code, c.code, c.want, said)
			}
		})
	}
}

func TestReleasesAddRefuses(t *testing.T) {
	s := newStage(t, 0).keeps(t)
	if code, said := s.adds(t, "beta", "v1", time.Hour); code != exitOK || !strings.Contains(said, "release v1 arrived in b-1 at ") || !strings.Contains(said, "recorded in releases.jsonl") {
		t.Fatal(code, said)
	}
	if code, said := s.adds(t, "beta", "v1", time.Hour); code != exitOK || !strings.Contains(said, "already in releases.jsonl") {
		t.Error(code, said)
	}
	for _, c := range []struct {
		name string
		args []string
		want string
	}{
		{"an unknown Tier", []string{"--tier", "betta", "--release", "v2"}, `the fleet has no Tier "betta" (did you mean "beta"?)`},
		{"an unknown ShopSet", []string{"--shopset", "b-2", "--release", "v2"}, `the fleet has no ShopSet "b-2"`},
		{"no place", []string{"--release", "v2"}, "give --tier or --shopset"},
		{"no release", []string{"--tier", "beta"}, "--release is missing"},
		{"no name of a release", []string{"--tier", "beta", "--release", "v 2"}, `"v 2" is not a release`},
		{"the future", []string{"--tier", "beta", "--release", "v2", "--at", time.Now().Add(time.Hour).Format(time.RFC3339)}, "is in the future"},
		{"another release at the same time", []string{"--tier", "beta", "--release", "v2", "--at", s.ago(time.Hour)}, "and line 1 that v1 did at"},
		{"an earlier time", []string{"--tier", "beta", "--release", "v2", "--at", s.ago(2 * time.Hour)}, "is --at right?"},
	} {
		t.Run(c.name, func(t *testing.T) {
			code, stdout, stderr := runWith(t, nil, append([]string{"releases", "add", "--config", s.config}, c.args...)...)
			if said := strings.Join(strings.Fields(stderr), " "); code != exitUsage || stdout != "" || !strings.Contains(said, c.want) {
				t.Errorf("exit code %d, want %q:\n%s%s", code, c.want, stdout, stderr)
			}
		})
	}
}

func TestReleasesAreListed(t *testing.T) {
	s := newStage(t, 0).keeps(t)
	for _, r := range []came{{"prod", "v1", 3 * time.Hour}, {"beta", "v1", 2 * time.Hour}, {"beta", "v2", time.Hour}} {
		if code, said := s.adds(t, r.tier, r.release, r.before); code != exitOK {
			t.Fatal(code, said)
		}
	}
	code, stdout, stderr := runWith(t, nil, "releases", "list", "--config", s.config, "--tier", "beta", "-o", "json")
	if code != exitOK || stderr != "" {
		t.Fatal(code, stderr)
	}
	valid(t, "releases", stdout)
	var l releaseList
	if err := json.Unmarshal([]byte(stdout), &l); err != nil || len(l.Entries) != 2 || l.Entries[1].Line != 3 || len(l.Running) != 1 || l.Running[0].Release != "v2" {
		t.Errorf("%v: %s", err, stdout)
	}
	if code, stdout, stderr = runWith(t, nil, "releases", "list", "--config", s.config); code != exitOK || strings.Count(stdout, "\n") != 4 || stderr != "" {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	f, err := os.OpenFile(filepath.Join(s.dir, "releases.jsonl"), os.O_APPEND|os.O_WRONLY, 0)
	if err == nil {
		_, err = f.WriteString(`{"at"`)
		err = errors.Join(err, f.Close())
	}
	if err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		args []string
		code int
		want string
	}{
		{[]string{"list"}, exitUsage, "releases.jsonl:4: its last line is unfinished"},
		{[]string{"repair"}, exitOK, `removed: "{\"at\""`},
		{[]string{"repair"}, exitOK, "nothing to repair"},
		{[]string{"list"}, exitOK, "v2"},
	} {
		code, stdout, stderr := runWith(t, nil, append(append([]string{"releases"}, c.args...), "--config", s.config)...)
		if code != c.code || !strings.Contains(stdout+stderr, c.want) {
			t.Errorf("%v: exit code %d, want %q:\n%s%s", c.args, code, c.want, stdout, stderr)
		}
	}
}
