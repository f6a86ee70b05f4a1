package main

import "github.com/shopslo/shopslo/internal/text"

// oneLiners are the short texts of commands, and the flags'. The English ones stand where the
// command or flag is made, too, which a test holds together.
var oneLiners = []text.Entry{
	text.Of("Exact error budgets per ShopSet, and a release gate based on them", "ShopSet ごとの正確なエラーバジェットと、それに基づくゲート"),
	text.Of("List the gate's decisions, promotions and rollbacks", "ゲートの判定と、その後に動いたものを一覧にする"),
	text.Of("Repair a damaged log of decisions", "壊れた判定ログから無傷の部分を残す"),
	text.Of("Print the record of a decision", "判定の根拠を出力する"),
	text.Of("Inspect, verify, recount, copy and export a ledger", "台帳の内容を調べ、検査し、直し、写し、書き出す"),
	text.Of("List a ledger's counts, series, flags and files", "台帳が集計した内容を、系列・フラグ・ファイルとともに一覧にする"),
	text.Of("Check the files of a ledger, and its counts against the source", "台帳のファイルが正常か、集計が取得元と合うかを検査する"),
	text.Of("Write a ledger's counts as OpenMetrics", "台帳が集計した値を OpenMetrics で書き出す"),
	text.Of("Count a time range again from what the source has now", "取得元に今あるデータで、期間を数え直す"),
	text.Of("Copy a ledger, also while a server writes to it", "サーバーが書き込み中でも、現在の台帳を写す"),
	text.Of("Verify that the log of decisions was not changed", "判定ログが改変されていないか検証する"),
	text.Of("Show a bad release, its error budget and the gate, on real processes", "問題のあるリリースとエラーバジェット、ゲートを、実際に動くフリートで見せる"),
	text.Of("Write a document that excludes a time range from error budgets", "計測除外の文書を書く"),
	text.Of("Show how a budget's figures were calculated", "バジェットの数値の根拠を示す"),
	text.Of("Write a document that freezes releases", "リリース凍結の文書を書く"),
	text.Of("Decide whether a release may go to a Tier", "リリースを Tier に許可するか判定する"),
	text.Of("Manage budgets, monitors and dashboards in Mackerel", "Mackerel にバジェット・監視・ダッシュボードを保つ"),
	text.Of("Annotate graphs with a release", "グラフにリリースを記録する"),
	text.Of("Manage dashboards of what push sends", "push が送る値のダッシュボードを作る"),
	text.Of("Create and update the dashboards", "文書のとおりにダッシュボードを作る"),
	text.Of("Manage monitors from a file", "監視をファイルのとおりに保つ"),
	text.Of("Create, update and delete monitors as in the file", "監視をファイルのとおりにする"),
	text.Of("Show what apply would do", "apply が行う変更を示す"),
	text.Of("Send the budgets once, as service metrics", "バジェットをサービスメトリックとして 1 回送る"),
	text.Of("Write a document that waives checks of the gate", "例外承認の文書を書く"),
	text.Of("Plan maintenance of the fleet", "フリートに対する作業の計画を立てる"),
	text.Of("Plan how to take down a cluster for an upgrade", "クラスターを止めてアップグレードする手順を示す"),
	text.Of("Promote the release of the Tier below, if the gate allows it", "ゲートが許可すれば、下の Tier のリリースを昇格する"),
	text.Of("Record when releases arrived, if you do not use Argo CD", "リリースが届いた時刻をファイルに残す（Argo CD がない場合）"),
	text.Of("Record that a release has arrived", "リリースが届いたことを記録する"),
	text.Of("List when releases arrived", "リリースが届いた時刻を一覧にする"),
	text.Of("Remove an incomplete last line", "書きかけの最後の行を取り除く"),
	text.Of("Write the weekly review of the SLOs", "SLO の週次レビューを書く"),
	text.Of("Roll a Tier back to an older release", "Tier を古いリリースに戻す"),
	text.Of("Write Prometheus alerting rules for SLOs and fleet", "SLO とフリートの Prometheus アラートルールを書く"),
	text.Of("Keep the budgets up to date and serve them over HTTP", "バジェットを最新に保ち、HTTP で答える"),
	text.Of("Run one shop of the demo", "デモのショップを 1 つ動かす"),
	text.Of("Show the error budgets", "エラーバジェットを表示する"),
	text.Of("Check the configuration, the fleet and the SLOs", "設定・フリート・SLO を検証する"),
	text.Of("Print the version", "バージョンを表示する"),
	text.Of("Create a configuration, fleet and SLOs from a Prometheus", "Prometheus にあるものから、最初の設定・フリート・SLO を書く"),

	// Flags of several commands.
	text.Of("the configuration `file`", "設定ファイル"),
	text.Of("output `format`: json or table", "出力形式: json または table"),
	text.Of("ask the 'shopslo serve' at this `URL` instead of the source, such as http://127.0.0.1:9876", "取得元の代わりに、この URL の 'shopslo serve' に問い合わせる（例: http://127.0.0.1:9876）"),
	text.Of("answer as of this `time`, in RFC 3339 (default now)", "この時刻（RFC 3339）の時点で答える (既定: 現在)"),
	text.Of("show what would be done, and do nothing", "何をするかを表示するだけで、実行しない"),
	text.Of("show what would be done, and change nothing", "何をするかを表示するだけで、変更しない"),
	text.Of("interval between checks while waiting", "待つ間の確認の間隔"),
	text.Of("use the SLOs, policy and calendar beside the configuration, even if its repository has a branch of the Tier to read them from", "リポジトリに Tier のブランチがあっても、設定と同じ場所の SLO・基準・カレンダーで判定する"),
	text.Of("accept laxer SLOs and policy with this `hash`, as shown by the check rules; logged; needs --by", "以前より緩い SLO・基準を受け入れるときの、rules が示すハッシュ。ログに残る。--by が必要"),
	text.Of("`URL` of what the release fixes: a policy may let only fixes through; recorded like an override", "このリリースが修正するものの URL。修正だけを通す基準で使う。例外承認と同様に記録される"),
	text.Of("`name` of who declares the fix, accepts the rules, or allows the release again (default: from CI or the system)", "修正の申告、基準の受け入れ、再リリースの許可をする人の名前。なければ CI やシステムから"),
	text.Of("allow the release although it was rolled back from the Tier; recorded like an override", "この Tier でロールバックされたリリースでも許可する。例外承認と同様に記録される"),
	text.Of("`file` for the pull request's text", "プルリクエスト本文の出力先ファイル"),
	text.Of("push a branch for a pull request, instead of updating the Tier's branch", "Tier のブランチの代わりに、プルリクエスト用のブランチをプッシュする"),
	text.Of("notify Slack and Mackerel when the Tier matches its branch; 'shopslo serve' does so automatically", "Tier がブランチと一致したら Slack と Mackerel に知らせる（'shopslo serve' は自動で行う）"),

	// decisions
	text.Of("`folder` of a ledger, instead of the configured one", "設定の代わりに調べる台帳のフォルダー"),
	text.Of("only the counts of this `ShopSet`", "この ShopSet の分だけ"),
	text.Of("only counts from this `time` on, in RFC 3339", "この時刻（RFC 3339）以降の分だけ"),
	text.Of("up to this `time`", "この時刻まで"),
	text.Of("only times that are multiples of this `duration`, such as 1h (default all that are kept)", "この間隔の倍数の時刻だけ（例: 1h。既定: 残っているすべて）"),
	text.Of("recount from this `time` on, in RFC 3339", "この時刻（RFC 3339）から数え直す"),
	text.Of("up to this `time` (default the newest edge of the ledger)", "この時刻まで（既定: 台帳が集計済みの最新の時刻）"),
	text.Of("write the differences to the ledger; without this, nothing is written", "差異を台帳に書き込む。指定しなければ何も書き込まない"),
	text.Of("`folder` of a log, instead of the configured one", "設定の代わりに読むログのフォルダー"),
	text.Of("only entries with an override in force, or a fix", "例外承認か修正として通したものだけ"),
	text.Of("`URL` of a 'shopslo serve' whose log to read, instead of the configured one", "設定の代わりにログを読む 'shopslo serve' の URL"),
	text.Of("only entries since this `time`, in RFC 3339 or how long ago, such as 24h or 7d", "この時刻以降だけ。RFC 3339、または 24h や 7d のような経過時間"),
	text.Of("only entries about this `Tier`", "この Tier のものだけ"),
	text.Of("a `hash` that was published with a decision, and must be in the log", "判定とともに公開され、ログにあるはずのハッシュ"),

	// demo
	text.Of("keep everything running at the end, until Ctrl-C", "終わった後も Ctrl-C まで動かし続ける"),
	text.Of("random `seed`", "乱数の種"),

	// The calendar.
	text.Of("`name` of the person who decides (default: $GITHUB_ACTOR, $GITLAB_USER_LOGIN or $USER)", "決めた人の名前 (既定: $GITHUB_ACTOR、$GITLAB_USER_LOGIN または $USER)"),
	text.Of("the `cause`: maintenance, third_party, attack, load_test, measurement", "原因: maintenance（メンテナンス）, third_party（外部）, attack（攻撃）, load_test（負荷試験）, measurement（計測の不具合）"),
	text.Of("the whole fleet", "フリート全体"),
	text.Of("a `duration` from --from on, instead of --until: 90m, 12h, 3d", "--until の代わりに、--from からの長さ: 90m, 12h, 3d"),
	text.Of("a `time` in RFC 3339 (default now)", "RFC 3339 の時刻 (既定: 現在)"),
	text.Of("a `time` in RFC 3339", "RFC 3339 の時刻"),
	text.Of("a ShopGroup, as in the `name` of its document; may be repeated", "文書の名前で ShopGroup を指定。繰り返し可"),
	text.Of("a `URL` with details", "詳細の URL"),
	text.Of("list existing documents, and write nothing", "あるものを表示し、何も書かない"),
	text.Of("the document's `name` (default exclusion-TIME)", "文書の名前 (既定: exclusion-TIME)"),
	text.Of("the document's `name` (default freeze-TIME)", "文書の名前 (既定: freeze-TIME)"),
	text.Of("the document's `name` (default override-TIME)", "文書の名前 (既定: override-TIME)"),
	text.Of("the reason, as a `text` for the people affected", "これに出会う人に伝える理由"),
	text.Of("a ShopSet, by its `name`; may be repeated", "ShopSet の名前。繰り返し可"),
	text.Of("an SLO, by its `name`; may be repeated (default all)", "SLO の名前。繰り返し可 (既定: すべて)"),
	text.Of("a `Tier`; may be repeated", "Tier。繰り返し可"),
	text.Of("stop all promotions, from now until the document is deleted", "いまから文書が削除されるまで、すべてを止める"),
	text.Of("recur according to this `rule`, such as FREQ=WEEKLY;BYDAY=FR", "この規則で繰り返す（例: FREQ=WEEKLY;BYDAY=FR）"),
	text.Of("the `time` of day at which a recurring freeze begins", "繰り返しの開始時刻"),
	text.Of("the IANA `name` of the time zone of --time", "--time のタイムゾーン（IANA 名）"),
	text.Of("the `name` of a check; may be repeated", "確認項目の名前。繰り返し可"),
	text.Of("only for this `commit`", "このコミットだけ"),

	// gate
	text.Of("show only the checks of these `SLOs`, in a table or Markdown; the decision is still about all", "表と Markdown で、この SLO の確認項目だけを表示する。判定はすべてによる"),
	text.Of("show every check, the policy, and where evidence was looked for", "すべての確認項目、基準、確認先を表示する"),
	text.Of("output `format`: json, junit, markdown, sarif, table", "出力形式: json, junit, markdown, sarif, table"),
	text.Of("the `commit` to promote, at least 7 digits (default: what the branch below points to)", "進めるコミット（7 桁以上）。なければ下のブランチが指すもの"),
	text.Of("repeat the decision of a `file` written with -o json, without contacting any source", "-o json が書いたファイルから判定を再現する。どこにも問い合わせない"),
	text.Of("when the release arrived in the Tier below, or in a fleet of one Tier, the one that runs: a `time` in RFC 3339, or how long ago, such as 2h; for use without an exporter", "リリースが下の Tier（Tier が 1 つなら、いま動いているもの）に届いた時刻。RFC 3339、または 2h のような経過時間。エクスポーターがない場合に使う"),
	text.Of("the `Tier` that the release would go to", "リリースを進める先の Tier"),
	text.Of("how long to wait for a decision while it is inconclusive: 30m, 12h, 2d", "判断不能の間、判定を待つ長さ: 30m, 12h, 2d"),
	text.Of("also write the decision to this `FORMAT=FILE`; may be repeated", "同じ判定を書き出す形式とファイル。繰り返し可"),

	// import
	text.Of("Convert SLOs of Sloth, Pyrra or OpenSLO's custom resources", "Sloth・Pyrra・OpenSLO カスタムリソースの SLO を文書に変換する"),
	text.Of("`window` of Sloth's SLOs, which do not state one: the value of Sloth's --default-slo-period", "Sloth の SLO の期間（Sloth の --default-slo-period の値）。Sloth の文書には書かれていないため"),
	text.Of("`folder` to write one file per SLO to (default: standard output)", "SLO ごとにファイルを書くフォルダー。なければ標準出力"),
	text.Of("output `format`: yaml or json", "出力形式: yaml または json"),

	// init
	text.Of("`URL` of the Prometheus, or of a server with its API", "Prometheus（または同じ API のサーバー）の URL"),
	text.Of("`user` of basic authentication", "Basic 認証のユーザー"),
	text.Of("`file` with the user's password", "ユーザーのパスワードのファイル"),
	text.Of("`file` with a token", "トークンのファイル"),
	text.Of("`tenant` of Mimir, Cortex or similar", "Mimir や Cortex などのテナント"),
	text.Of("`file` with the CA of the server's certificate", "サーバー証明書に署名した認証局のファイル"),
	text.Of("one service in one environment: one ShopSet in one Tier", "1 つの環境の 1 つのサービス（Tier と ShopSet が 1 つずつ）"),
	text.Of("the service: the `value` of the label job (default: the one with the most requests)", "対象のサービス（ラベル job の値） (既定: リクエストが最も多いもの)"),
	text.Of("`label` that tells ShopSets apart", "ShopSet を区別するラベル"),
	text.Of("`label` that tells Tiers apart, such as env", "Tier を区別するラベル（例: env）"),
	text.Of("`folder` to write to", "書き込むフォルダー"),
	text.Of("show what would be written, and write nothing", "書く内容を表示するだけで、書かない"),

	// mackerel
	text.Of("an additional `sentence`", "追加の一文"),
	text.Of("the previous `commit`", "以前のコミット"),
	text.Of("the release: the application's `commit`", "リリース（アプリのコミット）"),
	text.Of("`URL` of the application's repository, for the comparison link", "比較リンクに使う、アプリのリポジトリの URL"),
	text.Of("the `Tier` that the release reached", "リリースが届いた Tier"),
	text.Of("take over monitors of the same name and type that nobody owns", "所有者のない、同じ名前と種類の監視を引き継ぐ"),
	text.Of("`file` that holds the API key (default: the environment, MACKEREL_API_KEY)", "API キーのファイル (既定: 環境変数 MACKEREL_API_KEY)"),
	text.Of("the `file` with the monitors", "監視のファイル"),
	text.Of("`URL` of Mackerel's API", "Mackerel API の URL"),
	text.Of("`format` of the plan: text, markdown or json", "計画の形式: text, markdown または json"),
	text.Of("write the monitors as `terraform` instead, with import blocks; the exit code is 0", "代わりに監視を import ブロック付きの terraform で書く。終了コード 0"),

	// plan
	text.Of("`name` of the FailureDomain that goes down", "停止する FailureDomain の名前"),

	// promote and rollback
	text.Of("also promote a release that was rolled back there, or contains one that was", "ロールバックしたリリースや、それを含むものも対象にする"),
	text.Of("move the release up from the lowest Tier, as each Tier is verified", "最も下の Tier から、検証でき次第、順に昇格する"),
	text.Of("check whether this `branch` or commit of the system repository may be merged into the Tier's branch", "システムのリポジトリのこのブランチかコミットを、Tier のブランチにマージしてよいか答える"),
	text.Of("the only `commit` that may be promoted, at least 7 digits (default: what the Tier below runs)", "昇格してよい唯一のコミット（7 桁以上）。なければ下の Tier で動くもの"),
	text.Of("the `Tier` to promote the release to", "リリースの昇格先の Tier"),
	text.Of("how long to wait for the gate, and then for the Tier to match its branch: 30m, 2h, 2d", "ゲートを待ち、続いて Tier がブランチと一致するのを待つ長さ: 30m, 2h, 2d"),
	text.Of("also roll back to a release whose images are missing, or that was itself rolled back", "イメージがなくなったリリースや、それ自体がロールバックされたリリースにも戻す"),
	text.Of("`URL` of a 'shopslo serve' that logs the rollback, if gate.log is not a git branch", "gate.log に git ブランチがない場合に、操作を記録する 'shopslo serve' の URL"),
	text.Of("the `Tier` to roll back", "戻す Tier"),
	text.Of("the `release` to go back to, a commit of the app repository; at least 7 digits", "戻す先のリリース（アプリのリポジトリのコミット、7 桁以上）"),
	text.Of("how long to wait for the Tier to match its branch: 30m, 2h, 2d", "Tier がブランチと一致するのを待つ長さ: 30m, 2h, 2d"),

	// releases
	text.Of("when the last ShopSet had it: a `time` in RFC 3339, or how long ago, such as 10m (default now)", "最後の ShopSet に届いた時刻。RFC 3339、または 10m のような経過時間 (既定: 現在)"),
	text.Of("`name` of the person who deployed it (default: $GITHUB_ACTOR, $GITLAB_USER_LOGIN or $USER)", "デプロイした人の名前 (既定: $GITHUB_ACTOR、$GITLAB_USER_LOGIN または $USER)"),
	text.Of("the `commit`, version or tag that has arrived", "届いたコミット、バージョンまたはタグ"),
	text.Of("a ShopSet that has it, by its `name`; may be repeated", "届いた ShopSet の名前。繰り返し可"),
	text.Of("a `Tier` of which all ShopSets have it; may be repeated", "すべての ShopSet に届いた Tier。繰り返し可"),
	text.Of("only those of the ShopSet with this `name`", "この名前の ShopSet のものだけ"),
	text.Of("only those of ShopSets of this `Tier`", "この Tier の ShopSet のものだけ"),

	// report
	text.Of("`format`: text, markdown, html or json (default: by the name of --output, else text)", "形式: text, markdown, html または json (既定: --output の拡張子、なければ text)"),
	text.Of("the first `day` of the period, such as 2026-11-09, instead of a week", "週の代わりに、期間の最初の日（例: 2026-11-09）"),
	text.Of("`URL` of the whole report for --slack, with {week} in it (default review.link)", "--slack に添えるレポート全体の URL。{week} を含める (既定: review.link)"),
	text.Of("write to this `file` instead of standard output", "標準出力の代わりに、このファイルに書く"),
	text.Of("send what to talk about first to the webhook of review.slack", "最初に話すことを review.slack の Webhook に送る"),
	text.Of("the last `day` of the period, which is included", "期間の最後の日（その日を含む）"),
	text.Of("the ISO `week`, such as 2026-W46 (default: the last whole week)", "ISO 週（例: 2026-W46） (既定: 直近の完了した週)"),

	// rules
	text.Of("how long a ShopSet may differ from git before a ticket alert", "ShopSet が git と異なったままの場合、チケットになるまでの長さ"),
	text.Of("`key=value` label for the resources of --operator; may be repeated", "--operator のリソースに付けるラベル。繰り返し可"),
	text.Of("`name` prefix of the resources of --operator", "--operator のリソースの名前（SLO の名前の前に付く）"),
	text.Of("write nothing, and check that the file of --to is up to date", "何も書かず、--to のファイルが書くはずのルールと同じか答える"),
	text.Of("write recording rules with the names of this `tool` instead: sloth", "代わりに、このツール（sloth）の名前で記録ルールを書く"),
	text.Of("write PrometheusRule resources for the Prometheus Operator: one per SLO, and one for everything else", "Prometheus Operator 用の PrometheusRule リソースを、SLO ごとに 1 つと、その他で 1 つ書く"),
	text.Of("only the ShopSets of this `source`", "この取得元の ShopSet だけ"),
	text.Of("`format` of the rules: yaml", "ルールの形式: yaml"),
	text.Of("how long a ShopSet may be silent, or budgets old, before a page (default 10m, more for a slow ledger)", "ShopSet のデータが途絶える、またはバジェットが古いままの場合、呼び出しになるまでの長さ (既定: 10m、台帳が遅ければそれ以上)"),
	text.Of("`file` to replace with the rules (default: standard output)", "ルールで置き換えるファイル。なければ標準出力"),
	text.Of("`URL` of a page with a section for each alert (default docs/runbooks.md of shopslo)", "アラートごとの節があるページの URL (既定: shopslo の docs/runbooks.md)"),

	// serve
	text.Of("`format` of the log: text or json", "ログの形式: text または json"),
	text.Of("minimum `level` to log: debug, info, warn or error", "ログに出す最低のレベル: debug, info, warn または error"),
	text.Of("`file` with TLS and basic authentication settings, in the format of Prometheus' exporters", "TLS と Basic 認証の設定ファイル（Prometheus のエクスポーターと同じ形式）"),
	text.Of("`host:port` to listen on; port 0 is a free one", "待ち受けるアドレス。ポート 0 は空きポート"),

	// status and validate
	text.Of("only these `ShopSets`", "この ShopSet だけ"),
	text.Of("only these `SLOs`", "この SLO だけ"),
	text.Of("`order`: fleet, or worst first", "並び順: fleet（フリート順）または worst（悪い順）"),
	text.Of("only budgets in these `states`, such as exhausted,at_risk", "この状態のバジェットだけ（例: exhausted,at_risk）"),
	text.Of("only the ShopSets of these `Tiers`", "この Tier の ShopSet だけ"),
	text.Of("check in the source that what the SLOs name exists", "SLO が使うものが取得元にあるか確認する"),
}

// What a document of the calendar is about.
var (
	sayGroup      = text.Of("group %s", "グループ %s")
	sayWholeFleet = text.Of("the whole fleet", "フリート全体")
	sayOf         = text.Of("%s of %s", "%[2]s の %[1]s")
	sayRelease    = text.Of(", Release %.12s", "、リリース %.12s")
	sayEmergency  = text.Of(", emergency", "、緊急停止")
)

// What init says at its end.
var (
	sayNothingWritten = text.Of("nothing is written", "何も書いていません")
	sayWritten        = text.Of("written: %s", "書き込み済み: %s")
	sayNext           = text.Of("next:", "次に実行するコマンド:")
	sayNextValidate   = text.Of("does every ShopSet have what the SLOs name?", "SLO が使うものがすべての ShopSet にあるか")
	sayNextStatus     = text.Of("the error budgets, of all the history that the source has", "取得元にある履歴から計算したエラーバジェット")
	sayNextExplain    = text.Of("from which series and samples a figure comes", "数値がどの系列・サンプルから来たか")
	sayNextServe      = text.Of("keep them up to date, with a page on http://127.0.0.1:9876", "バジェットを最新に保ち、http://127.0.0.1:9876 でページを表示する")
)

// What stands above rules.
var sayRulesHead = text.Of("# Generated by 'shopslo rules'; regenerate it when SLOs or ShopSets change.", "# 'shopslo rules' が生成。SLO や ShopSet を変えたら作り直すこと。")

// What import says of each thing that it could not carry.
var (
	sayOnGrid   = text.Of("%s: remark: SLO %s: its queries are evaluated on a grid, and counted in points: docs/queries.md says why", "%s: 注意点: SLO %s: クエリはグリッド上で評価され、points で数えます。理由は docs/queries.md にあります")
	sayLeft     = text.Of("%s: not converted: %s: %s", "%s: 引き継げません: %s: %s")
	sayRemark   = text.Of("%s: remark: %s: %s", "%s: 注意点: %s: %s")
	sayImported = text.Of("imported: %d (%d with remarks); not converted: %d; 'shopslo validate --source' checks that their metrics exist", "変換: %d 件（うち注意点あり %d 件）。引き継げないもの: %d 件。メトリクスが見つかるかは 'shopslo validate --source' で確認できます")
)
