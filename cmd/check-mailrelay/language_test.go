package main

import (
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
)

func TestHelpAndFaultsAreInTheLanguageOfTheLocale(t *testing.T) {
	commandstest.Plugin(t, "check-mailrelay", flagged, run)
	commandstest.Refused(t, run, "-acount x", `unknown flag: -acount (did you mean "-account"?)`, `不明なフラグ: -acount（もしかして "-account" ですか？）`)
	commandstest.Refused(t, run, "-config /none", "read the list of accounts: open /none: no such file or directory", "アカウントの一覧を読めません: open /none: ファイルやフォルダーがありません。")
	commandstest.Refused(t, run, "-lang ja -x", "不明なフラグ: -x", "不明なフラグ: -x") // the language of the line is that of a fault as well
}
