package main

import (
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
)

func TestHelpAndFaultsAreInTheLanguageOfTheLocale(t *testing.T) {
	commandstest.Plugin(t, "check-dns-records", flagged, run)
	commandstest.Refused(t, run, "-confg x", `unknown flag: -confg (did you mean "-config"?)`, `不明なフラグ: -confg（もしかして "-config" ですか？）`)
	commandstest.Refused(t, run, "-config", "flag needs an argument: -config", "フラグに値が必要です: -config")
	commandstest.Refused(t, run, "-config /none", "read the list of records: open /none: no such file or directory", "レコードの一覧を読めません: open /none: ファイルやフォルダーがありません。")
}
