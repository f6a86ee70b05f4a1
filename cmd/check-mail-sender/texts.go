package main

import "github.com/shopslo/shopslo/internal/text"

// does is what the check is for.
var does = text.Of("check-mail-sender says in one line whether a domain's SPF, DKIM, DMARC and MX let its mails through.",
	"check-mail-sender は、ドメインの SPF・DKIM・DMARC・MX に問題がなくメールが届くかを 1 行で答えます。")

// flagged are the flags' texts. The English ones stand where a flag is declared, too.
var flagged = []text.Entry{
	text.Of("the `file` that lists the domains", "ドメインの一覧のファイル"),
	text.Of("check this `domain` of From addresses, and read no file", "ファイルを読まず、From アドレスのこのドメインを確認する"),
	text.Of("with -domain: its DKIM `selectors`, separated by commas", "-domain の DKIM セレクター（カンマ区切り）"),
	text.Of("with -domain: the least `policy` that DMARC should ask for: none, quarantine or reject", "-domain の DMARC ポリシーに求める最低限: none, quarantine または reject"),
	text.Of("the DNS `servers` to ask, separated by commas; without it, what the file says, or the system's", "問い合わせる DNS サーバー（カンマ区切り）。なければファイルの指定、またはシステムのもの"),
	text.Of("`language` of the line: en or ja; without it, what the file says", "結果の言語: en または ja。なければファイルの指定"),
}
