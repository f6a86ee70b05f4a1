package main

import "github.com/shopslo/shopslo/internal/text"

// does is what the check is for.
var does = text.Of("check-dns-records says in one line whether DNS records exist and point where they should.",
	"check-dns-records は、DNS レコードが存在し、正しい値を指しているかを 1 行で答えます。")

// flagged are the flags' texts. The English ones stand where a flag is declared, too.
var flagged = []text.Entry{
	text.Of("the `file` that lists the records", "レコードの一覧のファイル"),
}
