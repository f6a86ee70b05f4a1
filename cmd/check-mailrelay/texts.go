package main

import "github.com/shopslo/shopslo/internal/text"

// does is what the check is for.
var does = text.Of("check-mailrelay says in one line whether mail relays do what they always do.",
	"check-mailrelay は、メールリレーがいつもどおり動いているかを 1 行で答えます。")

// flagged are the flags' texts. The English ones stand where a flag is declared, too.
var flagged = []text.Entry{
	text.Of("the `file` that lists the accounts, the same as the plugin's", "アカウントの一覧のファイル（プラグインと同じもの）"),
	text.Of("the `name` of the account to judge; without it, all", "判定するアカウントの名前。なければすべて"),
	text.Of("the `folder` of histories, as the plugin's; without it, what the file says", "履歴のフォルダー（プラグインと同じもの）。なければファイルの指定"),
	text.Of("`language` of the line: en or ja; without it, what the file says", "結果の言語: en または ja。なければファイルの指定"),
}
