package pluginflags

import (
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/text"
)

// Around the help of a plugin.
var (
	helpUsage   = text.Of("Usage:", "使い方:")
	helpFlags   = text.Of("Flags:", "フラグ:")
	helpDefault = text.Of("(default %s)", "(既定: %s)")
)

// Complaints are what errors of all plugins say. English stands where they are found.
var Complaints = speech.Complaints(
	text.Of("unknown flag: %s; see -h", "不明なフラグ: %s。説明は -h で表示します"),
	text.Of("unknown flag: %s (did you mean %q?); see -h", "不明なフラグ: %s（もしかして %q ですか？）。説明は -h で表示します"),
	text.Of("%s; see -h", "%s。説明は -h で表示します"),
	text.Of("%s takes flags only, not %q", "%s はフラグだけを取りますが、%q が指定されました"),
	text.Of("-lang is %q; it can be en or ja", "-lang: %q ではなく en または ja を指定してください"),
	text.Of("-metric-key-prefix is %q; it can have letters, digits, - and _, and dots between them", "-metric-key-prefix: %q ではなく、英数字・-・_ と、その間のドットで指定してください"),
	text.Of("-%s must be %d or more", "-%s は %d 以上にしてください"),
	text.Of("-endpoint is no address: it starts with https:// and a host", "-endpoint は https:// とホスト名で始まるアドレスを指定してください"),
	text.Of("-tags has %q; write key=value", "-tags: %q は キー=値 の形で書いてください"),
	text.Of("-selectors and -policy belong to -domain; in a file each domain has its own", "-selectors と -policy は -domain 用です。ファイルではドメインごとに指定します"),
	text.Of("domain %q is no domain name, such as shop.example.com", "%q は shop.example.com のようなドメイン名ではありません"),
	text.Of("selector %q of %s is none: it is what stands before ._domainkey in DNS", "%[2]s のセレクター %[1]q が正しくありません: DNS の ._domainkey の前の部分を書いてください"),
	text.Of("policy of %s is %q; it can be %s", "%s の policy: %q ではなく、次のいずれかを指定してください: %s"),
	text.Of("language %q is neither en nor ja", "%q ではなく en または ja を指定してください"),
	text.Of("name %q is no domain name", "name: %q はドメイン名ではありません"),
	text.Of("type %q of %s is not known; it can be %s", "%[2]s の type %[1]q は不明です。次のいずれかを指定してください: %[3]s"),
	text.Of("match of %s is %q; it can be %s", "%s の match: %q ではなく、次のいずれかを指定してください: %s"),
	text.Of("%q is no value of a record of type %s (%s)", "%[1]q は %[2]s レコードの値ではありません（%[3]s）"),
	text.Of("%q is no server; write an address or a name, and :port where it is not 53", "%q はサーバーではありません。アドレスか名前を書き、53 以外なら :ポート を付けてください"),
	text.Of("read the list of accounts: %s; name a file that the agent may read with -config", "アカウントの一覧を読めません: %s。エージェントが読めるファイルを -config で指定してください"),
	text.Of("read the list of domains: %s; name a file that the agent may read with -config, or a domain with -domain", "ドメインの一覧を読めません: %s。エージェントが読めるファイルを -config で、またはドメインを -domain で指定してください"),
	text.Of("read the list of records: %s; name a file that the agent may read with -config", "レコードの一覧を読めません: %s。エージェントが読めるファイルを -config で指定してください"),
	text.Of("%s; name servers in %s", "%s。%s でサーバーを指定してください"),
	text.Of("%s lists no account %q; it lists %s", "%s にアカウント %q はありません。あるのは %s"),
	text.Of("no AWS region is known: give -region, or set AWS_REGION in mackerel-agent.conf (env = { AWS_REGION = … })", "AWS のリージョンが分かりません: -region か、mackerel-agent.conf の AWS_REGION（env = { AWS_REGION = … }）で指定してください"),
	text.Of("find AWS settings: %s", "AWS の設定を読めません: %s"),
	text.Of("find AWS credentials: %s; give the machine a role with the right ec2:DescribeSubnets, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in mackerel-agent.conf (env = { … })", "AWS の認証情報がありません: %s。ec2:DescribeSubnets を許可したロールをマシンに付けるか、AWS_PROFILE、または AWS_ACCESS_KEY_ID と AWS_SECRET_ACCESS_KEY を mackerel-agent.conf（env = { … }）に設定してください"),
	text.Of("in %s %s: check -region, -vpc, -subnets and -tags", "%s: %s。-region、-vpc、-subnets、-tags を確認してください"),
	text.Of("no subnet is selected", "選択されたサブネットがありません"),
	text.Of("there is no %s that is selected", "選択された %s がありません"),
	text.Of("is a directory", "フォルダーです"),
	text.Of("permission denied", "権限がありません"),
	// The list of accounts.
	text.Of("is to come from the environment variable %s, which is not set: set it in mackerel-agent.conf (env = { %s = … })", "環境変数 %s から読む値ですが、設定されていません: mackerel-agent.conf で設定してください（env = { %s = … }）"),
	text.Of("holds a user or password: those are keys of their own, from the environment or a file", "ユーザーやパスワードは含められません: 専用のキーに、環境変数かファイルで指定してください"),
	text.Of("is %q: write host:port, such as smtp.example.com:587", "%q ではなく、smtp.example.com:587 のように host:port で書いてください"),
	text.Of("has the security %q: it can be tls, starttls or none", "security: %q ではなく tls、starttls、none のいずれかを指定してください"),
	text.Of("is %s without TLS: none is for a server on this machine only", "%s は TLS なしでは使えません: none はこのマシンのサーバー専用です"),
	text.Of("is %q, which cannot be read as certificates (PEM)", "%q を証明書（PEM）として読めません"),
	text.Of("needs both a user and a password, or neither", "ユーザーとパスワードは両方指定するか、どちらも指定しないでください"),
	text.Of("is %q; it becomes a part of metric names: letters, digits, - and _, at most 64", "%q はメトリック名の一部になります。英数字・-・_ の 64 文字以内で指定してください"),
	text.Of("%q is also the name on line %d", "%q は %d 行目の名前と同じです"),
	text.Of("is %s; it can be 1s to %s, since the agent waits 30 s for everything", "%s ではなく 1s〜%s にしてください（エージェントは全体で 30 秒しか待ちません）"),
	text.Of("must be a whole number above 0", "0 より大きい整数にしてください"),
	text.Of("%q is no date: write YYYY-MM-DD", "%q は日付ではありません: YYYY-MM-DD と書いてください"),
	text.Of("lists %d, at most %d can be polled within the agent's 30 s", "%d 件あります。エージェントの 30 秒以内に調べられるのは %d 件までです"),
	text.Of("lists %d; 1 to %d can be checked within the agent's 30 s", "%d 件あります。エージェントの 30 秒以内に確認できるのは 1〜%d 件です"),
	text.Of("is %q, which is not known; it can be %s", "%q は不明です。次のいずれかを指定してください: %s"),
	text.Of("is %q; it can be %s", "%q ではなく、次のいずれかを指定してください: %s"),
	text.Of("is %q, to which another canary of the account goes", "%q 宛てのテストメールはこのアカウントにもう 1 つあります"),
	text.Of("is missing: of an account's canaries one at most names none", "がありません: 省略できるのは、アカウントの canaries のうち 1 つだけです"),
	text.Of("lists %d; an account has at most %d", "%d 件あります。1 アカウントにつき %d 件までです"),
	text.Of("is missing: the address of the relay's API, such as https://api.example.com", "がありません: https://api.example.com のようなリレーの API のアドレスを書いてください"),
	text.Of("is no address: it starts with https:// and a host", "https:// とホスト名で始まるアドレスを書いてください"),
	text.Of("and key_id go together: the secret access key and its id; without both the AWS SDK looks for credentials where it always does", "key_id と両方必要です（シークレットアクセスキーとその ID）。どちらもなければ AWS SDK が通常の場所から認証情報を探します"),
)
