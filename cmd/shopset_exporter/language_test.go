package main

import (
	"bytes"
	"regexp"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/goldentest"
	"github.com/shopslo/shopslo/internal/text"
)

// runHere runs shopset_exporter in this process.
func runHere(t *testing.T, env, args string) (code int, stdout, stderr string) {
	t.Helper()
	var out, err bytes.Buffer
	code = run(t.Context(), strings.Fields(args), []string{env}, &out, &err)
	return code, out.String(), err.String()
}

func TestHelpTextsAreAsReviewed(t *testing.T) {
	for folder, env := range map[string]string{"testdata/help": "LANG=C.UTF-8", "testdata/help/ja": "LANG=ja_JP.UTF-8"} {
		code, got, stderr := runHere(t, env, "--help")
		if code != exitOK || stderr != "" {
			t.Fatalf("%s: exit code %d, stderr %q", env, code, stderr)
		}
		goldentest.Compare(t, folder+"/shopset_exporter.txt", got)
	}
}

func TestEveryFlagIsInJapanese(t *testing.T) {
	commandstest.InJapanese(t, (&program{}).command(), oneLiners)
}

func TestPhrasebooksSayWhatTheCodeSays(t *testing.T) {
	commandstest.Said(t, "../..", commandstest.Own(complaints), regexp.MustCompile(`^$`))
}

func TestHelpFitsATerminal(t *testing.T) {
	for _, l := range text.Languages {
		commandstest.Fits(t, (&program{lang: speech.Speech{Language: l}}).command(), 85)
	}
}

func TestAWrongCommandLineSaysWhatToDoInBothLanguages(t *testing.T) {
	for args, want := range map[string][2]string{
		"--flet x":                {`unknown flag: --flet (did you mean "--fleet"?)`, `不明なフラグ: --flet（もしかして "--fleet" ですか？）`},
		"-x":                      {"unknown shorthand flag: 'x' in -x", "-x に不明な短縮フラグ 'x' があります"},
		"--refresh":               {"flag needs an argument: --refresh", "フラグに値が必要です: --refresh"},
		"--fleet.resources=maybe": {`--fleet.resources: "maybe" is neither true nor false`, `--fleet.resources: "maybe" は true か false で指定してください`},
		"--grace ten":             {`--grace: "ten" is not a duration such as 90s, 15m or 1h30m`, `--grace: "ten" は 90s, 15m, 1h30m のような単位付きの長さではありません`},
		"--fleet f --kubeconfig k --web.listen-address 9877": {`"9877" is not host:port, such as 127.0.0.1:9877`, `"9877" は 127.0.0.1:9877 や :9877 のような host:port ではありません`},
		"--lang fr":                            {"must be en or ja", "en または ja を指定してください"},
		"x":                                    {`it takes no arguments, but got "x"`, `引数は取りませんが、"x" が指定されました`},
		"":                                     {"no fleet: name its documents", "フリートがありません"},
		"--fleet x":                            {"no cluster: name a --kubeconfig", "クラスターがありません"},
		"--fleet x --log.level x":              {`--log.level: "x" is not debug`, `--log.level: "x" ではなく debug`},
		"--fleet x --kubeconfig x --grace -1s": {"--max-age and --grace are not negative", "--max-age と --grace は 0s 以上"},
	} {
		for i, env := range []string{"SHOPSLO_LANG=en", "SHOPSLO_LANG=ja"} {
			code, stdout, stderr := runHere(t, env, args)
			if code != exitUsage || stdout != "" || !strings.HasPrefix(stderr, "shopset_exporter: ") || !strings.Contains(stderr, want[i]) {
				t.Errorf("%s: %s: exit code %d: %s%s\nwant %s", env, args, code, stdout, stderr, want[i])
			}
		}
	}
	if code, _, stderr := runHere(t, "SHOPSLO_LANG=jp", ""); code != exitUsage || !strings.Contains(stderr, `SHOPSLO_LANG: "jp" must be en or ja`) {
		t.Errorf("exit code %d: %s", code, stderr)
	}
}
