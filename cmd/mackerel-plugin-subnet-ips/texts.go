package main

import "github.com/shopslo/shopslo/internal/text"

// does is what the plugin is for.
var does = text.Of("mackerel-plugin-subnet-ips prints for mackerel-agent how many addresses the subnets of a VPC have left.",
	"mackerel-plugin-subnet-ips は、VPC のサブネットに残っているアドレスの数を、mackerel-agent のために出力します。")

// flagged are the flags' texts. The English ones stand where a flag is declared, too.
var flagged = []text.Entry{
	text.Of("the `prefix` of metric names", "メトリック名の接頭辞"),
	text.Of("the `file` of the daily lows, instead of one in the agent's working folder", "エージェントの作業フォルダーの代わりに使う、日ごとの最小値のファイル"),
	text.Of("the AWS `region`; without it, the SDK's", "AWS のリージョン。なければ SDK のもの"),
	text.Of("another `URL` of the EC2 API, such as a VPC endpoint's", "VPC エンドポイントなど、EC2 API の別の URL"),
	text.Of("only subnets of this VPC `id`", "この ID の VPC のサブネットだけ"),
	text.Of("only these `ids`, separated by commas", "この ID のサブネットだけ（カンマ区切り）"),
	text.Of("only subnets with these tags: `key=value,…`", "このタグのサブネットだけ: キー=値,…"),
	text.Of("how many addresses one more node takes", "ノードを 1 つ増やすのに必要なアドレスの数"),
	text.Of("how many addresses one more pod takes", "Pod を 1 つ増やすのに必要なアドレスの数"),
	text.Of("also how many prefixes of 16 addresses fit at most, for nodes that take those", "16 アドレスのプレフィックスが最大でいくつ入るかも出力する（プレフィックスを使うノード向け）"),
}
