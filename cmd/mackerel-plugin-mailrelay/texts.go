package main

import "github.com/shopslo/shopslo/internal/text"

// does is what the plugin is for.
var does = text.Of("mackerel-plugin-mailrelay asks mail relays for their figures and prints them for mackerel-agent.",
	"mackerel-plugin-mailrelay は、メールリレーに数値を問い合わせ、mackerel-agent のために出力します。")

// flagged are the flags' texts. The English ones stand where a flag is declared, too.
var flagged = []text.Entry{
	text.Of("the `file` that lists the accounts", "アカウントの一覧のファイル"),
	text.Of("the `prefix` of metric names", "メトリック名の接頭辞"),
	text.Of("the `folder` of histories, instead of what the file says; check-mailrelay needs the same", "ファイルの指定の代わりに使う履歴のフォルダー。check-mailrelay にも同じものを指定する"),
	text.Of("give each value the time that it is of, up to 15 minutes ago; the agent (0.87 or later) needs use_plugin_timestamp = true", "各値を実際の時刻（最大 15 分前）で出力する。エージェント（0.87 以降）に use_plugin_timestamp = true が必要"),
}
