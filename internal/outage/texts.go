package outage

import "github.com/shopslo/shopslo/internal/text"

// Phrases are what such errors say.
var Phrases = []text.Entry{
	text.Of("data source %s: %s", "取得元 %s: %s"),
	text.Of("ask for the time: ask %s for its time: %s", "%s に時刻を問い合わせられません: %s"),
	text.Of("ask %s for its time: %s", "%s に時刻を問い合わせられません: %s"),
	text.Of("read samples from %s: %s", "%s からサンプルを読めません: %s"),
	text.Of("the source could not say which targets are up: %s", "どのターゲットが動いているかを取得元から得られません: %s"),
	text.Of("source unavailable: %s", "取得元に接続できません: %s"),
	text.Of("source unavailable", "応答がありません"),
	text.Of("connect: connection refused", "接続を拒否されました"),
}
