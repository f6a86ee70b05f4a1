package speech

import "github.com/shopslo/shopslo/internal/text"

// common are what every program's errors say. English stands where they are found.
var common = []text.Entry{
	text.Of("interrupted", "中断しました"),
	text.Of("terminated", "終了しました"),
	text.Of("see '%s --help'", "詳細: '%s --help'"),
	text.Of(" (did you mean %q?)", "（もしかして %q ですか？）"),
	text.Of("unknown command %q%s", "不明なコマンド %q%s"),
	text.Of("unknown command %q; %s has %s", "不明なコマンド %q。%s にあるのは %s"),
	text.Of("unknown flag: %s", "不明なフラグ: %s"),
	text.Of(`unknown flag: %s (did you mean %q?)`, "不明なフラグ: %s（もしかして %q ですか？）"),
	text.Of("flag needs an argument: %s", "フラグに値が必要です: %s"),
	text.Of("-%s: %q is neither true nor false", "-%s: %q は true か false で指定してください"),
	text.Of("-%s: %q is not a number, or too large", "-%s: %q は数値ではないか、大きすぎます"),
	text.Of("invalid argument %q for %q flag: %s", "%[2]q フラグの値 %[1]q が不正です: %[3]s"),
	text.Of("must be %s or %s", "%s または %s を指定してください"),
	text.Of("%s: %q must be %s", "%s: %q ではなく %s を指定してください"),
	text.Of("en or ja", "en または ja"),
	text.Of("--%s is empty, as a variable or secret is that is not set; give it a value, or leave it out", "--%s が空です（未設定の変数やシークレットの可能性）。値を指定するか、フラグを外してください"),
	text.Of("%s takes no arguments, but got %q", "%s は引数を取りませんが、%q が指定されました"),
	text.Of("for which shell? it takes one of %s", "シェルを指定してください: %s"),
	text.Of("--log.level: %q is not debug, info, warn or error", "--log.level: %q ではなく debug、info、warn、error のいずれかを指定してください"),
	text.Of("--log.format: %q is not text or json", "--log.format: %q ではなく text または json を指定してください"),
	text.Of("no such file or directory", "ファイルやフォルダーがありません"),
	text.Of("write the answer: %s", "結果を書き込めません: %s"),
	text.Of("-%s: %q is not a whole number, or too large", "-%s: %q は整数ではないか、大きすぎます"),
	text.Of("-%s: %q is not a whole number from 0 on, or too large", "-%s: %q は 0 以上の整数ではないか、大きすぎます"),
	text.Of("-%s: %q is not a duration such as 90s, 15m or 1h30m", "-%s: %q は 90s, 15m, 1h30m のような単位付きの長さではありません"),
	text.Of("unknown shorthand flag: %s in %s", "%[2]s に不明な短縮フラグ %[1]s があります"),
	text.Of("unknown shorthand flag: %s in %s (did you mean %q?)", "%[2]s に不明な短縮フラグ %[1]s があります（もしかして %[3]q ですか？）"),
	text.Of("bad flag syntax: %s", "フラグの書き方が正しくありません: %s"),
}
