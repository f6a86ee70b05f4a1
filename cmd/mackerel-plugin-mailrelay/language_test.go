package main

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
)

func TestHelpAndFaultsAreInTheLanguageOfTheLocale(t *testing.T) {
	commandstest.Plugin(t, "mackerel-plugin-mailrelay", flagged, run)
	commandstest.Refused(t, run, "-plugin-timestamps=maybe", `-plugin-timestamps: "maybe" is neither true nor false`, `-plugin-timestamps: "maybe" は true か false で指定してください`)
	commandstest.Refused(t, run, "-metric-key-prefix=a:b", `-metric-key-prefix is "a:b"`, `-metric-key-prefix: "a:b" ではなく`)
	commandstest.Refused(t, run, "-config /none", "read the list of accounts", "アカウントの一覧を読めません: open /none: ファイルやフォルダーがありません。")
	path := filepath.Join(t.TempDir(), "list.yaml")
	if err := os.WriteFile(path, []byte("accounts: [{name: b, relay: sendgrid, key: {env: NOPE}}]\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	commandstest.Refused(t, run, "-config "+path, "which is not set: set it in mackerel-agent.conf (env = { NOPE = … })", "設定されていません: mackerel-agent.conf で設定してください（env = { NOPE = … }）")
}
