package gitpush

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/promotion/promoter"
)

// Settings of whoever starts it give git its credentials, and change nothing of what is read
// and where it is pushed.
func TestNobodysSettingsChangeWhatIsDone(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct{ file, env string }{
		"another remote of git's own name": {file: "[remote \"origin\"]\n url = ELSEWHERE\n pushurl = ELSEWHERE\n mirror = true\n fetch = +refs/heads/*:refs/heads/*"},
		"pushes elsewhere":                 {file: "[url \"ELSEWHERE\"]\n pushInsteadOf = SYSTEM"},
		"how logs are shown":               {file: "[diff]\n ignoreSubmodules = all\n orderFile = /nonexistent\n[log]\n follow = true\n showRoot = false\n[i18n]\n logOutputEncoding = UTF-16\n[color]\n ui = always"},
		"of git's caller":                  {env: "GIT_CONFIG_PARAMETERS='core.hooksPath=HOOKS'"},
		"of another repository":            {env: "GIT_SHALLOW_FILE=/nonexistent/shallow"},
		"a trace":                          {env: "GIT_TRACE2=1"},
		"paths":                            {env: "GIT_ICASE_PATHSPECS=1"},
		"another hash":                     {env: "GIT_DEFAULT_HASH=sha256"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			w := newWorld(t, false)
			first, bad := w.rolledBack()
			elsewhere, hooks, file := filepath.Join(w.dir, "elsewhere.git"), filepath.Join(w.dir, "hooks"), filepath.Join(w.dir, "settings")
			if err := os.CopyFS(elsewhere, os.DirFS(w.system)); err != nil {
				t.Fatal(err)
			}
			for path, text := range map[string]string{filepath.Join(hooks, "pre-push"): "#!/bin/sh\nexit 1\n", file: c.file} {
				text = strings.NewReplacer("ELSEWHERE", elsewhere, "SYSTEM", w.system).Replace(text)
				if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(path, []byte(text), 0o700); err != nil {
					t.Fatal(err)
				}
			}
			config := w.config()
			config.Env = []string{"PATH=" + os.Getenv("PATH"), "HOME=/nonexistent", "GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=" + file, noSync, strings.ReplaceAll(c.env, "HOOKS", hooks)}
			p := promoterOf(w.fleet, w.open(config))
			if got := w.promote(p, "beta", promoter.Options{}, promoter.Refused); !strings.Contains(got.Reason, "was rolled back from "+promoter.Short(bad)) || w.pointer("tier-1") != first {
				t.Error(got.Reason)
			}
			next := w.release("tier-0", "cart/y.yaml", "next")
			got := w.promote(p, "beta", promoter.Options{Fix: fix}, promoter.Promoted)
			if w.pointer("tier-1") != next || len(got.Changes) != 2 || got.Changes[0].Folders[0] != "cart" {
				t.Errorf("%s: %v", w.pointer("tier-1"), got.Changes)
			}
		})
	}
}
