package main

import (
	"bytes"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/internal/text"
)

// runHere runs incidentbot in this process.
func runHere(t *testing.T, env []string, args ...string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), args, env, &out, &err)
	return code, out.String(), err.String()
}

func TestHelpTextsAreAsReviewed(t *testing.T) {
	for folder, lang := range map[string]string{"testdata/help": "en", "testdata/help/ja": "ja"} {
		for _, command := range []string{"", "serve", "check", "list", "summary", "show", "postmortem", "completion"} {
			code, got, stderr := runHere(t, nil, append(strings.Fields(command), "--help", "--lang", lang)...)
			if code != exitOK || stderr != "" {
				t.Fatalf("%s: exit code %d, stderr %q", command, code, stderr)
			}
			goldentest.Compare(t, filepath.Join(folder, strings.TrimSuffix("incidentbot-"+command, "-")+".txt"), got)
		}
	}
}

func TestEveryCommandAndFlagIsInJapanese(t *testing.T) {
	commandstest.InJapanese(t, (&program{}).command(), oneLiners)
}

func TestPhrasebooksSayWhatTheCodeSays(t *testing.T) {
	commandstest.Said(t, "../..", append(commandstest.Own(complaints), answers.Texts()...), regexp.MustCompile(`^connect: |^no connection can be opened`))
}

func TestHelpFitsATerminal(t *testing.T) {
	for _, l := range text.Languages {
		commandstest.Fits(t, (&program{lang: speech.Speech{Language: l}}).command(), 85)
	}
}

func TestAWrongCommandLineSaysWhatToDoInBothLanguages(t *testing.T) {
	for args, want := range map[string][2]string{
		"lst":                   {`unknown command "lst" (did you mean "list"?)`, `不明なコマンド "lst"（もしかして "list" ですか？）`},
		"help lst":              {`unknown command "lst" (did you mean "list"?)`, `不明なコマンド "lst"（もしかして "list" ですか？）`},
		"list --cofnig x":       {`unknown flag: --cofnig (did you mean "--config"?)`, `不明なフラグ: --cofnig（もしかして "--config" ですか？）`},
		"list -o":               {"flag needs an argument: 'o' in -o", "フラグに値が必要です: 'o' in -o"},
		"list --all=maybe":      {`--all: "maybe" is neither true nor false`, `--all: "maybe" は true か false で指定してください`},
		"list -o xml":           {`-o: "xml" is not text or json`, `-o: "xml" ではなく text または json を指定してください`},
		"list x":                {`incidentbot list takes no arguments, but got "x"`, `incidentbot list は引数を取りませんが、"x" が指定されました`},
		"show":                  {"name one incident, such as inc-12", "インシデントを 1 つ指定してください"},
		"show inc-1 --lang fr":  {"must be en or ja", "en または ja を指定してください"},
		"serve --config=":       {"--config is empty", "--config が空です"},
		"serve --config no.yml": {"there is no file no.yml", "ファイル no.yml がありません"},
		"serve --log.level x":   {`--log.level: "x" is not debug, info, warn or error`, `--log.level: "x" ではなく debug、info、warn、error のいずれか`},
		"completion":            {"for which shell?", "シェルを指定してください"},
	} {
		for i, env := range []string{"LANG=C.UTF-8", "LANG=ja_JP.UTF-8"} {
			code, stdout, stderr := runHere(t, []string{env}, strings.Fields(args)...)
			if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "incidentbot: ") || !strings.Contains(stderr, want[i]) {
				t.Errorf("%s: %s: exit code %d: %s%s\nwant %s", env, args, code, stdout, stderr, want[i])
			}
		}
	}
	if code, _, stderr := runHere(t, []string{"SHOPSLO_LANG=jp"}, "list"); code != exitUsage || !strings.Contains(stderr, `SHOPSLO_LANG: "jp" must be en or ja`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestIncidentsAreToldInTheLanguageOfTheSettingsUnlessOneIsAskedFor(t *testing.T) {
	x := newTeam(t, "socket", "") // language: ja
	for _, c := range []struct {
		env  string
		args string
		ja   bool
	}{
		{"LANG=C.UTF-8", "summary", true},
		{"LANG=C.UTF-8", "summary --lang en", false},
		{"SHOPSLO_LANG=en", "summary", false},
		{"LANG=C.UTF-8", "list", false}, // scripts have read it ever since
		{"LANG=ja_JP.UTF-8", "list", true},
		{"SHOPSLO_LANG=ja", "list --all", true},
	} {
		code, stdout, stderr := runHere(t, append(x.env(), c.env), append(strings.Fields(c.args), "--config", filepath.Join(x.dir, "incidentbot.yaml"))...)
		if code != exitOK || commandstest.SpeaksJapanese(stdout) != c.ja {
			t.Errorf("%s %s: exit code %d: %s%s", c.env, c.args, code, stdout, stderr)
		}
	}
	x.write("incidentbot.yaml", "langauge: ja\n")
	if code, _, stderr := runHere(t, []string{"LANG=ja_JP.UTF-8"}, "list", "--config", filepath.Join(x.dir, "incidentbot.yaml")); code != exitUsage || !strings.Contains(stderr, `langauge: 不明なキー（もしかして "language" ですか？）`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}

func TestCheckSaysInJapaneseWhatHasToBeMended(t *testing.T) {
	x := newTeam(t, "socket", "    always: [UNOBODY1]\n")
	config := []string{"--config", filepath.Join(x.dir, "incidentbot.yaml")}
	code, out, errs := runHere(t, append(x.env(), "LANG=ja_JP.UTF-8"), append([]string{"check"}, config...)...)
	for _, want := range []string{"Tier 2 件、ShopSet 2 件\n", "ok    ストア\n", "ok    Bot トークン: ワークスペース fake の incidentbot\n", "ok    チャンネル " + x.announce + "\n",
		"FAIL  UNOBODY1: 招待できません: user_not_found\n", "ok    @sre\n"} {
		if !strings.Contains(out, want) {
			t.Errorf("check lacks %q:\n%s", want, out)
		}
	}
	if code != exitNo || errs != "incidentbot: 修正が必要: 1 件\n" {
		t.Errorf("exit code %d: %s", code, errs)
	}
	if code, out, errs := runHere(t, append(x.env(), "LANG=ja_JP.UTF-8"), append([]string{"show", "inc-9"}, config...)...); code != exitNo || errs != "incidentbot: インシデント \"inc-9\" はありません\n" {
		t.Errorf("exit code %d: %s%s", code, out, errs)
	}
}
