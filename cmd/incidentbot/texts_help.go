package main

import (
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/text"
)

// What the commands say of themselves. A Japanese paragraph is one line here: it is wrapped when
// it is shown.
var (
	longRoot = text.Of(`incidentbot opens a Slack channel for each incident, calls in the people concerned,
keeps one status message up to date, keeps the timeline, sends reminders, and asks
for the postmortem. shopslo's gate can ask it which incidents are ongoing.

It is configured in incidentbot.yaml; docs/incidentbot.md explains how to create the
Slack app. Secrets come from the environment or from files named in the
configuration, never from arguments: SLACK_BOT_TOKEN, SLACK_APP_TOKEN (Socket Mode),
SLACK_SIGNING_SECRET (HTTP), INCIDENTBOT_ALERT_TOKEN, INCIDENTBOT_API_TOKEN,
INCIDENTBOT_STORE (instead of store:, if the address has a password).

The bot uses the language of the configuration. So do summary, show and postmortem,
unless --lang or SHOPSLO_LANG is set.

Exit codes: 0 done · 1 check found a problem · 3 the command line or a file is
invalid · 4 the store or Slack could not be reached · 130 interrupted.`,
		`incidentbot は、Slack でインシデント対応を進めます。インシデントごとにチャンネルを作り、関係者を招集し、状況のメッセージを最新に保ち、タイムラインを記録し、忘れていることを知らせ、ポストモーテムを求めます。shopslo のゲートは、継続中のインシデントをボットに問い合わせることができます。

設定は incidentbot.yaml に書きます。docs/incidentbot.md の冒頭に Slack アプリの作り方があります。秘密は引数ではなく、環境変数か、設定で指定したファイルから読みます: SLACK_BOT_TOKEN、SLACK_APP_TOKEN（Socket Mode）、SLACK_SIGNING_SECRET（HTTP）、INCIDENTBOT_ALERT_TOKEN、INCIDENTBOT_API_TOKEN、INCIDENTBOT_STORE（アドレスにパスワードがある場合に、store: の代わりに使う）。

ボットの言語は設定で決まります。summary・show・postmortem も同じ言語ですが、--lang か SHOPSLO_LANG があればその言語になります。

終了コード: 0 完了 / 1 check の指摘あり / 3 コマンドラインかファイルの誤り / 4 ストアか Slack に接続できない / 130 中断`)
	longServe = text.Of(`serve runs the bot until it is stopped. Unfinished work stays in the store, and is
continued by the next start. Several can run on one PostgreSQL store.

  /slack                   Slack's requests, with slack.mode: http
  /alerts/alertmanager     Alertmanager's webhook, if a token is configured
  /alerts/mackerel         Mackerel's webhook, likewise: /alerts/mackerel?token=…
  /api/v1/incidents        for the gate, and for people; see docs/incidents.md
  /metrics, /-/healthy, /-/ready`,
		`serve は終了を求められるまでボットを動かします。途中の仕事はストアに残り、次に起動したボットが続けます。PostgreSQL のストアなら、複数を同時に動かせます。

  /slack                   Slack のリクエスト（slack.mode: http の場合）
  /alerts/alertmanager     Alertmanager の Webhook（トークンを設定した場合）
  /alerts/mackerel         Mackerel の Webhook（同様）: /alerts/mackerel?token=…
  /api/v1/incidents        ゲートと人のための API（docs/incidents.md）
  /metrics, /-/healthy, /-/ready`)
	longCheck = text.Of(`check reads the configuration and verifies with Slack that the token works, that the
app has its scopes, and that channels, people and user groups exist, with a line for
each. It changes nothing in Slack.`,
		`check は設定を読み、トークンが使えるか、アプリに必要なスコープがあるか、チャンネル・人・ユーザーグループが存在するかを Slack に確認し、1 行ずつ表示します。Slack には何も変更を加えません。`)
	longSummary = text.Of(`summary counts the incidents that were ongoing or changed since a time: how many by
severity, and how long they took to be detected, mitigated and resolved. For all
incidents, however old, it lists open actions and incomplete postmortems.`,
		`summary は、ある時刻以降に継続していた、または変化したインシデントを集計します。重大度ごとの件数と、検知・緩和・解決までの時間を示します。未完了の再発防止策と、未完成のポストモーテムは、古いものも含めてすべて示します。`)
)

// oneLiners are the short texts of commands, and the flags'. The English ones stand where the
// command or flag is made, too, which a test holds together.
var oneLiners = []text.Entry{
	text.Of("Manages incidents in Slack", "Slack でインシデント対応を進める"),
	text.Of("Run the bot", "ボットを動かす"),
	text.Of("Check the configuration, the store and Slack", "設定・ストアと、Slack 側の状態を確認する"),
	text.Of("List ongoing incidents", "継続中のインシデントを一覧にする"),
	text.Of("Summarize incidents and open actions", "期間のインシデントと、残っている作業をまとめる"),
	text.Of("Show an incident with its timeline", "インシデントをタイムラインとともに表示する"),
	text.Of("Write the draft of an incident's postmortem", "インシデントのポストモーテムを、分かっている範囲で書く"),

	text.Of("the configuration `file`", "設定ファイル"),
	text.Of("`format`: text or json", "出力形式: text または json"),
	text.Of("`format`: markdown or json", "出力形式: markdown または json"),
	text.Of("also list incidents that are over", "終わったものも一覧に含める"),
	text.Of("a `day`, or how long ago: 2026-10-01, 30d", "この日以降、またはこの長さだけ前から: 2026-10-01, 30d"),
	text.Of("`host:port` to listen on; port 0 is a free one", "待ち受けるアドレス。ポート 0 は空きポート"),
	text.Of("`file` with TLS settings, in the format of Prometheus' exporters", "TLS の設定ファイル（Prometheus のエクスポーターと同じ形式）"),
	text.Of("minimum `level` to log: debug, info, warn or error", "ログに出す最低のレベル: debug, info, warn または error"),
	text.Of("`format` of the log: text or json", "ログの形式: text または json"),
}

// complaints are what errors say, of the command line, the settings, and what could not be
// reached. English stands where they are found.
var complaints = speech.Complaints(
	text.Of("-o: %q is not %s or %s", "-o: %q ではなく %s または %s を指定してください"),
	text.Of("--since: %q is neither a day, such as 2026-10-01, nor a length of time, such as 30d", "--since: %q は 2026-10-01 のような日付でも、30d のような長さでもありません"),
	text.Of("name one incident, such as inc-12; 'incidentbot list --all' shows them", "inc-12 のようにインシデントを 1 つ指定してください。'incidentbot list --all' で一覧にできます"),
	text.Of("there is no file %s; name the configuration with --config (docs/incidentbot.md has an example)", "ファイル %s がありません。--config で設定を指定してください（docs/incidentbot.md に最初の設定があります）"),
	text.Of("read the settings: %s", "設定を読めません: %s"),
	text.Of("no bot token: put it (xoxb-…) into SLACK_BOT_TOKEN, or into the file of slack.bot_token_file", "Bot トークンがありません: SLACK_BOT_TOKEN か slack.bot_token_file のファイルに xoxb-… を設定してください"),
	text.Of("no signing secret: put it into SLACK_SIGNING_SECRET, or into the file of slack.signing_secret_file", "Signing Secret がありません: SLACK_SIGNING_SECRET か slack.signing_secret_file のファイルに設定してください"),
	text.Of("no app-level token: put it (xapp-…) into SLACK_APP_TOKEN, or into the file of slack.app_token_file; or choose slack.mode: http", "App-Level トークンがありません: SLACK_APP_TOKEN か slack.app_token_file のファイルに xapp-… を設定するか、slack.mode: http にしてください"),
	text.Of("no answer from Slack, so its state is unknown", "Slack の応答がなく、Slack 側の状態は不明です"),
	text.Of("needs fixing: %d", "修正が必要: %d 件"),
	text.Of("there is no incident %q", "インシデント %q はありません"),
	text.Of("the database's address begins with neither sqlite: nor postgres: (write it like sqlite:incidents.db or postgres://user@host/database)", "データベースのアドレスは sqlite:incidents.db や postgres://user@host/database のように、sqlite: か postgres: で始めてください"),
	text.Of("the database's address names no file (write it like sqlite:incidents.db)", "データベースのアドレスにファイル名がありません。sqlite:incidents.db のように書いてください"),
	text.Of("the database's address cannot be read (write it like postgres://user@host:5432/database?sslmode=verify-full, a special character in a password as %%40)", "データベースのアドレスが正しくありません。postgres://user@host:5432/database?sslmode=verify-full のように書き、パスワードの記号は %%40 のようにエスケープしてください"),
	text.Of("open database %s: there is no folder %s; create it", "データベース %s を開けません: フォルダー %s がありません。作ってください"),
	text.Of("open database %s: %s", "データベース %s を開けません: %s"),
	text.Of("reach the database: %s", "データベースに接続できません: %s"),
	text.Of("the incidents cannot be read; the server's log says more", "インシデントを読めません。詳細はサーバーのログにあります"),
	text.Of("listen on %s: %s", "%s で待ち受けできません: %s"),

	// The settings.
	text.Of("is %q; lower case letters, digits, - and _, at most 20", "%q ではなく、英小文字・数字・-・_ の 20 文字以内で指定してください"),
	text.Of("is %q; write the name of an emoji without colons, such as memo", "%q ではなく、memo のように絵文字の名前をコロンなしで書いてください"),
	text.Of("is %q; write a channel's ID, such as C012AB3CD (in Slack: the channel's name, About, at the bottom)", "%q ではなく、C012AB3CD のようなチャンネル ID を書いてください（Slack のチャンネル名 → チャンネル情報の一番下）"),
	text.Of("is %q; write a user group's ID, such as S012AB3CD", "%q ではなく、S012AB3CD のようなユーザーグループの ID を書いてください"),
	text.Of("is %q; write the ID of a person (U…) or a user group (S…), or a user group's @handle", "%q ではなく、人の ID（U…）かユーザーグループの ID（S…）、または @ハンドルを書いてください"),
	text.Of("invalid bot token: it must begin with xoxb- (OAuth & Permissions, Bot User OAuth Token)", "Bot トークンではありません: xoxb- で始まるものを設定してください（OAuth & Permissions の Bot User OAuth Token）"),
	text.Of("invalid app-level token: it must begin with xapp- (Basic Information, App-Level Tokens)", "App-Level トークンではありません: xapp- で始まるものを設定してください（Basic Information の App-Level Tokens）"),
	text.Of("is %s; it cannot be below 0", "%s ではなく 0 以上にしてください"),
	text.Of("is %s; it is at least 1m", "%s ではなく 1m 以上にしてください"),
	text.Of("is %d; it is at least 1", "%d ではなく 1 以上にしてください"),
	text.Of("is not an address like https://incidentbot.example.com", "https://incidentbot.example.com のようなアドレスではありません"),
	text.Of("the fleet's documents have no %q", "フリートの文書に %q がありません"),
	text.Of("alerts.rules needs a token that Alertmanager shows: put it into INCIDENTBOT_ALERT_TOKEN, or into the file of alerts.token_file", "alerts.rules には Alertmanager が示すトークンが必要です: INCIDENTBOT_ALERT_TOKEN か alerts.token_file のファイルに設定してください"),
)
