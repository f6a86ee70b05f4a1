package commands_test

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/internal/cli/commands"
	"github.com/shopslo/shopslo/internal/cli/commandstest"
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/text"
)

// oneLiners are not text.Of: that stands in catalogues.
var oneLiners = func() (all []text.Entry) {
	of := text.Of
	for english, japanese := range map[string]string{"List all": "一覧にする", "the `file`": "ファイル", "all of them": "すべて", "how many": "件数", "the `seed`": "種", "how long": "長さ"} {
		all = append(all, of(english, japanese))
	}
	return all
}()

// run is a program of two commands.
func run(args ...string) (said string, err error) {
	s, err := speech.Of(args, nil)
	if err != nil {
		return "", err
	}
	root := &cobra.Command{Use: "x", Args: commands.NoArgs, SilenceErrors: true, SilenceUsage: true, RunE: func(*cobra.Command, []string) error { return nil },
		PersistentPreRunE: func(cmd *cobra.Command, _ []string) error { return commands.NoneEmpty(cmd) }}
	list := &cobra.Command{Use: "list", Short: "List all", Args: commands.NoArgs, RunE: func(*cobra.Command, []string) error { return nil }}
	list.Flags().StringP("config", "c", "", "the `file`")
	list.Flags().Bool("all", false, "all of them")
	list.Flags().Int("most", 7, "how many")
	list.Flags().Uint64("seed", 1, "the `seed`")
	list.Flags().Duration("wait", time.Minute, "how long")
	root.AddCommand(list, commands.Completion("x", &s))
	root.SetHelpCommand(commands.Help())
	commands.FlagErrors(root, args)
	commands.LanguageFlag(root, &s)
	commands.Translate(root, &s, oneLiners)
	var out bytes.Buffer
	root.SetArgs(args)
	root.SetOut(&out)
	root.SetErr(&out)
	err = root.Execute()
	return out.String(), err
}

func TestAWrongCommandLineSaysWhatToDoInBothLanguages(t *testing.T) {
	phrases := speech.Complaints()
	for args, want := range map[string]string{
		"lst":                                `unknown command "lst" (did you mean "list"?)`,
		"frobnicate":                         `unknown command "frobnicate"; x has completion, list`,
		"lst --all":                          `unknown command "lst" (did you mean "list"?)`,
		"help lst":                           `unknown command "lst" (did you mean "list"?)`,
		"list --cofnig x":                    `unknown flag: --cofnig (did you mean "--config"?)`,
		"list --frobnicate":                  "unknown flag: --frobnicate",
		"list -x":                            "unknown shorthand flag: 'x' in -x",
		"list --=x":                          "bad flag syntax: --=x",
		"list --config":                      "flag needs an argument: --config",
		"list --all=x":                       `--all: "x" is neither true nor false`,
		"list --most x":                      `--most: "x" is not a whole number, or too large`,
		"list --most 9999999999999999999999": `--most: "9999999999999999999999" is not a whole number, or too large`,
		"list --seed -1":                     `--seed: "-1" is not a whole number from 0 on, or too large`,
		"list --wait 5":                      `--wait: "5" is not a duration such as 90s, 15m or 1h30m`,
		"list --config=":                     "--config is empty, as a variable or secret is that is not set; give it a value, or leave it out",
		"list x":                             `x list takes no arguments, but got "x"`,
		"completion":                         "for which shell? it takes one of bash, fish, powershell, zsh",
		"--lang fr":                          `invalid argument "fr" for "--lang" flag: must be en or ja`,
	} {
		_, err := run(strings.Fields(args)...)
		if err == nil || err.Error() != want {
			t.Errorf("%s: %v, want %s", args, err, want)
			continue
		}
		if said := phrases.Say(text.Japanese, err.Error()); !commandstest.SpeaksJapanese(said) || strings.Contains(said, "%!") {
			t.Errorf("%s: in Japanese: %s", args, said)
		}
	}
	if _, err := speech.Of(nil, map[string]string{"SHOPSLO_LANG": "jp"}); err == nil || phrases.Say(text.Japanese, err.Error()) != `SHOPSLO_LANG: "jp" ではなく en または ja を指定してください` {
		t.Errorf("%v", err)
	}
}

func TestHelpIsInTheLanguage(t *testing.T) {
	for args, want := range map[string]string{
		"list --help --lang ja":       "  -c, --config file    ファイル\n",
		"list --help":                 "      --wait duration   how long (default 1m0s)\n",
		"completion --help --lang ja": "completion は、x のコマンドとフラグを",
		"--lang=ja":                   "",
		"help list --lang ja":         "使い方:\n  x list [flags]\n",
	} {
		if said, err := run(strings.Fields(args)...); err != nil || !strings.Contains(said, want) {
			t.Errorf("%s: %v\n%s", args, err, said)
		}
	}
	for _, shell := range []string{"bash", "fish", "powershell", "zsh"} {
		if said, err := run("completion", shell); err != nil || !strings.Contains(said, "x __complete") && !strings.Contains(said, "__complete") {
			t.Errorf("%s: %v\n%.200s", shell, err, said)
		}
	}
}
