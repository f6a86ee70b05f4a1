package commandstest

import (
	"bytes"
	"context"
	"io"
	"path/filepath"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/internal/text"
)

// Plugin holds a plugin of mackerel-agent to help that fits a terminal, in golden files of both
// languages, each flag in Japanese; and to what it says of a wrong flag, with exit code 3.
func Plugin(t *testing.T, name string, flagged []text.Entry, run func(ctx context.Context, args, env []string, stdout, stderr io.Writer) int) {
	t.Helper()
	try := func(env string, args ...string) (code int, stdout, stderr string) {
		var out, err bytes.Buffer
		code = run(t.Context(), args, []string{env}, &out, &err)
		return code, out.String(), err.String()
	}
	for env, folder := range map[string]string{"LANG=C.UTF-8": "testdata/help", "LANG=ja_JP.UTF-8": "testdata/help/ja"} {
		code, stdout, help := try(env, "--help")
		if code != 0 || stdout != "" {
			t.Errorf("%s: exit code %d: %s", env, code, stdout)
		}
		goldentest.Compare(t, filepath.Join(folder, name+".txt"), help)
		parts := strings.Split(help, "\n  -")
		for _, part := range parts {
			if SpeaksJapanese(part) != (folder != "testdata/help") {
				t.Errorf("%s: it is in another language: %s", env, part)
			}
			for line := range strings.SplitSeq(part, "\n") {
				if text.Width(line) > 85 {
					t.Errorf("%s: %d columns: %s", env, text.Width(line), line)
				}
			}
		}
		for _, e := range flagged {
			if said := strings.Join(strings.Fields(text.Japanese.Say(e)), ""); folder != "testdata/help" && !strings.Contains(strings.Join(strings.Fields(help), ""), said) {
				t.Errorf("no flag says %q", said)
			}
		}
		if len(parts) != len(flagged)+1 {
			t.Errorf("%s: %d flags, %d texts: %s", env, len(parts)-1, len(flagged), help)
		}
	}
	for args, want := range map[string][2]string{
		"-nonesuch":    {"unknown flag: -nonesuch; see -h", "不明なフラグ: -nonesuch。説明は -h で表示します"},
		"--nonesuch=x": {"unknown flag: -nonesuch; see -h", "不明なフラグ: -nonesuch。説明は -h で表示します"},
		"x":            {name + ` takes flags only, not "x"; see -h`, name + ` はフラグだけを取りますが、"x" が指定されました。説明は -h で表示します`},
		"-=x":          {"bad flag syntax: -=x; see -h", "フラグの書き方が正しくありません: -=x。説明は -h で表示します"},
	} {
		for i, env := range []string{"LANG=C.UTF-8", "SHOPSLO_LANG=ja"} {
			code, stdout, stderr := try(env, args)
			if said := stdout + stderr; code != 3 || !strings.HasSuffix(said, ": "+want[i]+"\n") {
				t.Errorf("%s: %s: exit code %d: %s\nwant %s", env, args, code, said, want[i])
			}
		}
	}
}

// Refused fails where a plugin does not refuse its arguments, split at blanks, with a text in English
// and another in Japanese, in one line.
func Refused(t *testing.T, run func(ctx context.Context, args, env []string, stdout, stderr io.Writer) int, args, english, japanese string) {
	t.Helper()
	for env, want := range map[string]string{"LANG=C.UTF-8": english, "LANG=ja_JP.UTF-8": japanese} {
		var out bytes.Buffer
		if code := run(t.Context(), strings.Fields(args), []string{env}, &out, &out); code != 3 || !strings.Contains(out.String(), want) || strings.Count(out.String(), "\n") != 1 {
			t.Errorf("%s: %s: exit code %d: %s\nwant %s", env, args, code, out.String(), want)
		}
	}
}
