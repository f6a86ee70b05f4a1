package main

import "github.com/shopslo/shopslo/internal/text"

// What the commands say of themselves, in English and Japanese. A Japanese paragraph is one
// line here: it is wrapped when it is shown.
var (
	longFreeze = text.Of(`freeze writes a Freeze document into the folder of the configuration's calendar. It
takes effect once it is committed and the gate reads it; nothing else is changed.
With --rrule it recurs (RFC 5545), at a time of day in a time zone. --emergency
stops every promotion until the document is deleted; no override applies to it.`,
		`freeze は、設定のカレンダーのフォルダーにリリース凍結（Freeze）の文書を書きます。コミットされ、ゲートが読むと有効になります。ほかには何も変えません。--rrule で、指定したタイムゾーンの時刻に繰り返せます（RFC 5545）。--emergency は文書が削除されるまで、すべての昇格を止めます。例外承認でも通せません。`)
	longOverride = text.Of(`override writes an Override document into the folder of the configuration's
calendar. Once it is committed, the named checks are waived for promotions to the
Tier until it expires. Every decision and report shows who allowed it, why and until
when.`,
		`override は、設定のカレンダーのフォルダーに例外承認（Override）の文書を書きます。コミットされると、その Tier への昇格を止めるはずの、指定した確認項目が期限まで免除されます。誰が・なぜ・いつまで認めたかは、すべての判定とレポートに残ります。`)
	longExclude = text.Of(`exclude writes an Exclusion document into the folder of the configuration's
calendar. Once it is committed, budgets exclude the range; 'status' and every
decision show the figures with and without it. The range is widened to full hours
(60 buckets of the ledger), because older counts are kept by the hour.`,
		`exclude は、設定のカレンダーのフォルダーに計測除外（Exclusion）の文書を書きます。コミットされると、その時間帯はバジェットに数えません。'status' とすべての判定には、除外前後の数値が出ます。古い件数は 1 時間単位で保存されるため、範囲は 1 時間（台帳の 60 区間）単位に広げます。`)
	longDecisions = text.Of(`decisions lists the log of decisions, oldest first: what the gate decided, what was
promoted and rolled back, by whom and why. The hash chain is verified while reading.
`,
		`decisions は判定ログを古い順に表示します。ゲートの判定と、昇格・ロールバックを、誰が・なぜ行ったかを含めて一覧にします。読みながらハッシュの連鎖も検証します。
`)
	longDecisionsExits = text.Of(`
Exit codes: 0 ok · 1 the chain is broken · 3 the command line, the configuration or
a document is invalid · 4 the log could not be reached.
`,
		`
終了コード: 0 正常 / 1 連鎖が壊れている / 3 コマンドライン・設定・文書の誤り / 4 ログに接続できない
`)
	longDecisionsShow = text.Of(`show prints the record of an entry. For a decision that is what 'shopslo gate -o
json' printed, and 'shopslo gate --replay' can make the decision again from it. For a
promotion or rollback it is what 'shopslo promote -o json' printed.
`,
		`show はエントリーの記録を出力します。判定なら 'shopslo gate -o json' の出力で、'shopslo gate --replay' で判定を再現できます。昇格・ロールバックなら 'shopslo promote -o json' の出力です。
`)
	longDecisionsVerify = text.Of(`verify reads the whole log, including the records of all decisions, and verifies the
hash chain. It names the first broken entry.

Without --head this only shows that the log is consistent: somebody with write access
could have rewritten its end, or cut it off. With --head, a hash that was published
with a decision, it proves that this decision and all earlier ones are in the log
unchanged. 'shopslo gate --replay' proves neither: it shows that a decision follows
from its own record.
`,
		`verify はすべての判定の記録とともにログ全体を読み、ハッシュの連鎖を検証します。壊れている最初のエントリーを示します。

--head がなければ、ログ自体に矛盾がないことしか分かりません。書き込める人なら末尾を書き換えたり切り捨てたりできるためです。判定とともに公開されたハッシュを --head に渡すと、その判定とそれ以前のすべてが当時のまま残っていることを証明できます。'shopslo gate --replay' はどちらも証明しません。判定がその記録から導かれることを示すだけです。
`)
	longDecisionsVerifyExits = text.Of(`
Exit codes: 0 the chain is intact · 1 it is broken, or does not have the published
hash · 3 the command line, the configuration or a document is invalid · 4 the log
could not be reached.
`,
		`
終了コード: 0 連鎖は正しい / 1 壊れている、または公開されたハッシュがない / 3 コマンドライン・設定・文書の誤り / 4 ログに接続できない
`)
	longDecisionsRepair = text.Of(`repair repairs a log in a folder that 'shopslo decisions verify' reports as broken.
All intact entries are kept: those before the first broken one as they are, those
after it at the end of the log, with new numbers and hashes next to the old ones. The
last entry says what was lost. Replaced files are first copied to a separate folder,
named after the time, where nothing is ever overwritten.

Stop the server that writes to the log first: nothing is repaired while it runs.
--dry-run shows what would be done and changes nothing, also while a server runs.

The folder is gate.log.dir of the configuration, or --dir. A log in a git branch
needs no repair: reset the branch to an intact commit.

Exit codes: 0 the log is intact, or was repaired · 1 with --dry-run: it is broken · 3
the command line or the configuration is invalid, a server is running, or the folder
cannot be written.`,
		`repair は、'shopslo decisions verify' で壊れていると分かったフォルダー内のログを修復します。無傷のエントリーはすべて残します。最初に壊れた箇所より前はそのまま、後ろは新しい番号とハッシュを付けて末尾に移し、元の番号とハッシュも併記します。最後のエントリーに失われたものを記録します。置き換えるファイルは、先に日時を名前にした別フォルダーへ写し、そこは決して上書きしません。

先に、ログに書き込むサーバーを止めてください。動いている間は何も修復しません。--dry-run は何をするかを表示するだけで何も変えず、サーバーの稼働中も使えます。

対象は、設定の gate.log.dir または --dir のフォルダーです。git ブランチのログは修復しません。git に以前の内容が残っているので、ブランチを戻してください。

終了コード: 0 正常、または修復済み / 1 --dry-run で壊れている / 3 コマンドラインや設定の誤り、サーバーが稼働中、フォルダーに書き込めない`)
	longDemo = text.Of(`demo starts the ShopSets of the example fleet on this machine, one process each,
sends them traffic, and runs shopslo on them. A bad release burns the budget of one
Tier, the gate holds it, it is rolled back, and the gate promotes again. It takes
less than two minutes, needs only this program, and leaves nothing behind.`,
		`demo は例のフリートの ShopSet を、このマシン上で 1 つずつプロセスとして起動し、アクセスを流して shopslo を動かします。問題のあるリリースがある Tier のバジェットを減らし、ゲートが保留し、ロールバックされ、再びゲートが許可するまでを 2 分以内で見せます。必要なのはこのプログラムだけで、後には何も残しません。`)
	longExplain = text.Of(`explain shows where the figures of one SLO on one ShopSet come from: the selectors
that are sent, the series that they find with their first and last samples, the
labels and bounds that exist, the actual scrape interval, anything that makes the
figures doubtful, and, step by step, what each series counted in the window and how
that adds up to the budget's figures.

It reads the window from the source and counts it again with a ledger in memory,
whose steps it prints. An embedded store can only be read while no 'shopslo serve'
uses it. The exit code does not depend on what it finds.`,
		`explain は、1 つの ShopSet における 1 つの SLO の数値の根拠を示します。送られるセレクター、見つかった系列と最初・最後のサンプル、存在するラベルと境界値、実際の取得間隔、数値が疑わしい理由、そして各系列が期間内に何を数え、どう合計されてバジェットの数値になったかを段階ごとに示します。

期間全体を取得元から読み、メモリー上の台帳で数え直します。その過程の合計がそのまま数値になります。組み込みの保存先は、'shopslo serve' が使っていない間だけ読めます。終了コードは結果にかかわらず 0 です。`)
	longGate = text.Of(`gate looks at the release in the Tier below and at the Tier that it would go to, and
decides: promote (exit code 0), hold (1: something is known to be wrong) or
inconclusive (2: evidence is missing). Missing evidence is never a pass. Every check
shows its figures. If a source cannot be reached, the exit code is 4, unless
something else is known to be wrong. In a fleet of one Tier, that Tier itself is
judged: may the next release go out?

When the release arrived in the Tier below is known from the exporter or a releases
file ('shopslo releases'). You can also set it with --since, and the decision says
so.

-o json prints the decision with its policy and all of its evidence; --replay makes
the decision again from it. That shows that the decision follows from its record, but
not that it was ever made: see 'shopslo decisions verify --head'. --write also writes
the decision in other formats.

Reasons are in the language of the output; in JSON and the log of decisions they are
in English.
`,
		`gate は、リリースと下の Tier、そして受け入れる Tier を調べ、許可（終了コード 0）、保留（1: 問題が分かっている）、判断不能（2: 根拠が足りない）のいずれかに判定します。分からないことは決して合格になりません。どの確認項目にも数値が付きます。取得元に接続できなければ終了コードは 4 です（ほかに問題が分かっていれば 1）。Tier が 1 つだけのフリートでは、その Tier 自身を見て、次のリリースを出してよいかを判定します。

リリースが下の Tier に届いた時刻は、エクスポーターか、リリースファイル（'shopslo releases'）から分かります。--since で申告することもでき、その場合は判定にその旨が記録されます。

-o json は、適用した基準とすべての根拠を含む判定を出力し、--replay で再現できます。再現できることは、判定が記録から導かれることを示すだけで、実際に下されたことの証明ではありません。それには 'shopslo decisions verify --head' を使います。--write は同じ判定をほかの形式でも保存します。

理由も表示の言語で出ます。JSON と判定ログでは英語です。
`)
	longMackerel = text.Of(`mackerel sends budgets to Mackerel as service metrics, manages monitors from a file,
creates dashboards, and annotates graphs with releases.

The API key is read from the file in mackerel.api_key_file of the configuration, or
from the environment variable MACKEREL_API_KEY; never from an argument.`,
		`mackerel は、バジェットをサービスメトリックとして Mackerel に送り、監視をファイルの内容どおりに保ち、ダッシュボードを作り、グラフにリリースを記録します。

API キーは、設定の mackerel.api_key_file のファイルか環境変数 MACKEREL_API_KEY から読みます。引数では渡せません。`)
	longMackerelPush = text.Of(`push sends the budgets of each minute since the last push to Mackerel, up to a day
back: coverage, SLI, the budget left, and the burn rates of each SLO and ShopSet, as
service metrics slo.SLO.FIGURE.SHOPSET. A figure that does not exist is not sent.

Values that Mackerel does not accept are kept in the folder mackerel.spool, and sent
again by the next push. Nothing is lost or counted twice. Run it once a minute;
'shopslo serve' does the same if the configuration has a section mackerel.

Exit codes: 0 sent, or kept until the next minute · 3 rejected, or an invalid
configuration · 4 Mackerel or the source could not be reached; unsent values are
kept.
`,
		`push は、前回送った後の 1 分ごとのバジェットを、最大 1 日分さかのぼって Mackerel に送ります。SLO と ShopSet ごとのカバレッジ、SLI、バジェットの残り、バーンレートを、サービスメトリック slo.SLO.FIGURE.SHOPSET として送ります。存在しない数値は送りません。

Mackerel が受け取らなかったものは mackerel.spool のフォルダーに残し、次の push で送り直します。失われることも、二重に数えることもありません。1 分ごとに実行してください。設定に mackerel の節があれば、'shopslo serve' が同じことを行います。

終了コード: 0 送信済み、または次の 1 分まで保持 / 3 拒否された、または設定の誤り / 4 Mackerel または取得元に接続できない（送る分は保持）
`)
	longMackerelDashboards = text.Of(`dashboards creates a dashboard of the fleet and one for each SLO in Mackerel, from
the configuration's documents.`,
		`dashboards は、設定の文書から、フリート全体と SLO ごとのダッシュボードを Mackerel に作ります。`)
	longMackerelDashboardsApply = text.Of(`apply creates and updates the dashboards, and deletes those that it created for SLOs
that no longer exist. It does not touch dashboards that it did not create.

Exit codes: 0 done · 2 an address is used by a dashboard of somebody else · 3 an
invalid configuration, or Mackerel rejected it · 4 Mackerel could not be reached.`,
		`apply はダッシュボードを作成・更新し、なくなった SLO のために自分が作ったものを削除します。同じアドレスにあっても、自分が作っていないダッシュボードには触れません。

終了コード: 0 すべてある / 2 アドレスがほかのダッシュボードに使われている / 3 設定の誤り、または Mackerel が拒否 / 4 Mackerel に接続できない`)
	longMackerelAnnotate = text.Of(`annotate adds a graph annotation to the Mackerel service when a release reaches a
Tier, with a link that compares it with the previous one. Run it after a deployment.
If the same annotation exists from the last ten minutes, it is not added again.

Exit codes: 0 annotated, now or earlier · 3 an invalid configuration, or Mackerel
rejected it · 4 Mackerel could not be reached.`,
		`annotate は、リリースが Tier に届いたことを、前のリリースとの比較リンクとともに Mackerel のサービスのグラフに記録します。デプロイの後に実行してください。直近 10 分以内に同じ記録があれば、重ねて作りません。

終了コード: 0 記録済み / 3 設定の誤り、または Mackerel が拒否 / 4 Mackerel に接続できない`)
	longMackerelMonitors = text.Of(`monitors compares the monitors in Mackerel with a YAML file, and applies the file. It
changes only monitors that it created or adopted, which it marks in their memo.`,
		`monitors は、Mackerel の監視を YAML ファイルと比べ、ファイルの内容にそろえます。触れるのは、自分が作ったか引き継いだもの（メモの印で分かる）だけです。`)
	longMackerelMonitorsPlan = text.Of(`plan shows the difference between the file and Mackerel, and changes nothing: what
would be created, updated and deleted, what was changed by hand since the last apply,
and mutes that should have ended. Values that may be secrets are hidden.

Exit codes: 0 no difference · 1 there are differences · 2 something cannot be done,
or not all monitors could be read, so none will be deleted · 3 the file is invalid,
or Mackerel rejected it · 4 Mackerel could not be reached.`,
		`plan はファイルと Mackerel の差分を示し、何も変えません。作成・更新・削除されるもの、前回の apply の後に手で変えられたもの、終わっているはずのミュートを示します。秘密かもしれない値は隠します。

終了コード: 0 差分なし / 1 差分あり / 2 できないことがある、または監視をすべては読めず、削除を見送る / 3 ファイルの誤り、または Mackerel が拒否 / 4 Mackerel に接続できない`)
	longMackerelMonitorsApply = text.Of(`apply does what plan shows. If it is interrupted, run it again: it continues from the
current state, and creates nothing twice.

Exit codes: 0 Mackerel matches the file · 2 something was left out, as shown by plan
· 3 the file is invalid, or Mackerel rejected it · 4 Mackerel could not be reached.`,
		`apply は plan が示した変更を行います。途中で止まったら、もう一度実行してください。いまある状態から始めるので、二重には作りません。

終了コード: 0 すべてファイルのとおり / 2 plan が示したものが残った / 3 ファイルの誤り、または Mackerel が拒否 / 4 Mackerel に接続できない`)
	longPlan = text.Of(`plan shows how to do maintenance on the fleet safely, from the fleet's documents. It
does not do the maintenance itself.`,
		`plan は、フリートに対する作業を安全に行う手順を、フリートの文書から示します。作業そのものは行いません。`)
	longPlanUpgrade = text.Of(`upgrade shows which ShopGroups would lose redundancy while a FailureDomain, such as a
cluster, is down, which ShopSet can serve their shops in the meantime, and the order
of steps. That ShopSet is in the same Tier, in another FailureDomain that has none of
the group's other ShopSets, and has capacity for the group, according to
spec.capacity of the ShopSets and spec.load of the ShopGroups. upgrade only reads the
fleet's documents, and never moves anything.

Exit codes: 0 go · 1 hold: a group has nowhere to go · 2 inconclusive: a capacity or
load is not set · 3 the command line, the configuration or a document is invalid.`,
		`upgrade は、クラスターなどの FailureDomain を停止している間に冗長性を失う ShopGroup、その間ショップを引き受けられる ShopSet、作業の順序を示します。引き受けるのは同じ Tier で、停止する FailureDomain にも相手の FailureDomain にもなく、余裕のある ShopSet です。余裕は ShopSet の spec.capacity と ShopGroup の spec.load で判断します。読むのはフリートの文書だけで、何も動かしません。

終了コード: 0 実施可 / 1 保留（行き場のないグループがある） / 2 判断不能（必要な capacity や load が書かれていない） / 3 コマンドライン・設定・文書の誤り`)
	longPromote = text.Of(`promote asks the gate about the release that runs in the Tier directly below. If the
gate says promote, it fast-forwards the app repository's branch of the Tier to the
release, and then makes one commit on the system repository's branch that changes
only the submodule. With a single repository there is only the fast-forward. Nothing
is merged or force-pushed: of two concurrent promotions git accepts one, and the
other reports why it failed. If promote is killed, run it again: the result is the
same.

--all moves the lowest Tier's release from Tier to Tier, waits while the gate is
inconclusive, and stops at the first hold; --to limits how far it goes.

--pull-request pushes a branch instead, which may be merged until the time in its
name; the next run deletes expired ones. --check-pull-request says whether a branch
or commit may be merged now, and changes nothing; use it as a required check.

Exit codes: 0 done, or nothing to do · 1 held, refused, or another promotion was
faster · 2 inconclusive · 3 the command line, the configuration or a document is
invalid · 4 a source or a repository could not be reached.
`,
		`promote は、すぐ下の Tier で動くリリースについてゲートに問い合わせます。許可されると、アプリのリポジトリの Tier ブランチをリリースまで fast-forward し、システムのリポジトリのブランチに、サブモジュールだけを変える 1 コミットを作ります。リポジトリが 1 つなら fast-forward だけです。マージも強制プッシュもしません。同時に 2 つの昇格があれば git が一方を通し、もう一方には理由を伝えます。途中で止められても、もう一度実行すれば同じ結果になります。

--all は、最も下の Tier のリリースを Tier から Tier へ進めます。判断不能の間は待ち、保留になったところで止まります。--to でどこまで進めるかを指定できます。

--pull-request は代わりにブランチをプッシュします。名前に含まれる時刻までマージでき、期限が過ぎたものは次の実行で削除します。--check-pull-request は、ブランチやコミットをいまマージしてよいかを答えるだけで何も変えません。必須チェックに使えます。

終了コード: 0 完了、または不要 / 1 保留、拒否、またはほかの昇格が先だった / 2 判断不能 / 3 コマンドライン・設定・文書の誤り / 4 取得元またはリポジトリに接続できない
`)
	longReleases = text.Of(`releases manages the file in gate.releases: what was deployed where, and when. With
it the gate can check soak, since_release and traffic without Kubernetes. Add to it
as the last step of each deploy job. Its entries are claims, and are shown as such.`,
		`releases は、gate.releases のファイルに、何をどこへいつデプロイしたかを記録します。これがあれば、Kubernetes がなくてもゲートが soak・since_release・traffic を判定できます。デプロイのジョブの最後に 1 行追加してください。内容は申告であり、申告として表示されます。`)
	longReleasesAdd = text.Of(`add appends a line to the releases file: since --at, all ShopSets of the Tier, or the
named ones, have had the release. Run it when the rollout is complete and nothing
else is served. The line is on disk when add returns, and concurrent writers take
turns. A line that is already there is not written twice, so a job may be rerun.

add rejects Tiers and ShopSets that the fleet does not have, times in the future, and
times no later than that of the last release there.

With --server, an authenticated user can add to the server's own file.
`,
		`add はリリースファイルに 1 行追加します。--at の時点から、Tier のすべての（または指定した）ShopSet でそのリリースが動いているという意味です。ロールアウトが終わり、ほかに何も提供されていない状態で実行してください。add が終わった時点でディスクに書かれています。同時に実行しても順番に書かれます。既にある内容は重ねて書かないので、ジョブを再実行できます。

フリートにない Tier や ShopSet、未来の時刻、ファイルと矛盾する内容（同じ場所の最後のリリース以前の時刻）は拒否します。

サーバーは、パスワードを持つ人からの追加を自分のファイルに書きます。
`)
	longReleasesList = text.Of(`list shows the lines of the releases file, oldest first. The JSON output also shows
what runs where according to the file, and since when. Deploying the same release
again does not change that.`,
		`list はリリースファイルの行を古い順に表示します。JSON では、ファイルから分かる、どこで何がいつから動いているかも出力します。同じリリースを再度デプロイしても、開始時刻は変わりません。`)
	longReleasesRepair = text.Of(`repair removes an incomplete last line from the releases file, left by a writer that
was interrupted, and prints it. 'shopslo releases add' had not finished, so add the
release again. Other errors in the file are reported by line; correct them by hand.`,
		`repair は、書き込みの途中で止まったリリースファイルの最後の行を取り除き、表示します。'shopslo releases add' が終わっていないので、もう一度追加してください。ほかの誤りはメッセージに行番号が出るので、手で直してください。`)
	longReport = text.Of(`report writes the review of a week: what to talk about first, action items,
incidents, error budgets of every Tier and ShopSet, changes against the four weeks
before, pages and tickets, Releases with the gate's decision and what followed,
freezes, overrides and exclusions, data gaps, and the week to come. Where a figure is
missing, the report says why.

The default period is the last whole ISO week in review.timezone of the
configuration. Counts are read from the source, or from a running 'shopslo serve'
with --server. With --slack the first section is also sent to the webhook of
review.slack.

Exit codes: 0 the report is written · 3 the command line, the configuration or a
document is invalid · 4 the source could not be reached, and the report says what is
missing; or Slack could not be reached.
`,
		`report は 1 週間の振り返りを書きます。最初に話すこと、再発防止策、インシデント、すべての Tier と ShopSet のエラーバジェット、直前 4 週との比較、呼び出しとチケット、リリースとゲートの判定・その後、リリース凍結・例外承認・計測除外、データの欠落、来週の予定です。分からないことは、理由とともに不明と書きます。

期間を指定しなければ、設定の review.timezone での、直近の完了した ISO 週が対象です。件数は取得元から、または --server の 'shopslo serve' から読みます。--slack を付けると、最初の節を review.slack の Webhook にも送ります。

言語は --lang か SHOPSLO_LANG、なければ review.language、それもなければ環境のロケールに従います。

終了コード: 0 レポートを書いた / 3 コマンドライン・設定・文書の誤り / 4 取得元に接続できず、欠けているものをレポートに書いた。または Slack に送れなかった
`)
	longRollback = text.Of(`rollback makes the same commit as promote, with an older release that the Tier had
before: the system repository's branch refers to it again. The app repository's
branch stays where it is, and the gate is not asked. rollback lists the images that
the release needs, from the manifests as kustomize builds them, and checks that they
still exist in their registries. If an image is missing, or its tag may have been
moved, the rollback is held; --anyway continues. If a registry cannot tell, that is
reported, but the rollback is not held.

A release that was rolled back is not promoted to the Tier again automatically, nor
is one that contains it: 'shopslo promote' then requires --fix or --again.

Exit codes: 0 done, or nothing to do · 1 held, refused, or something else moved the
branch · 3 the command line, the configuration or a document is invalid · 4 a
repository could not be reached.`,
		`rollback は promote と同じコミットを、その Tier で以前動いていた古いリリースに対して作ります。システムのリポジトリのブランチが再びそれを指します。アプリのリポジトリのブランチはそのままで、ゲートには問い合わせません。kustomize でビルドしたマニフェストから必要なイメージを調べ、まだあるかをレジストリに確認します。イメージがない、またはタグが別のものを指しうる場合は保留します。--anyway で続行できます。レジストリが答えないことは伝えるだけで、保留にはしません。

ロールバックしたリリースと、それを含むリリースは、自動では再び昇格しません。'shopslo promote' が --fix か --again を求めます。

終了コード: 0 完了、または不要 / 1 保留、拒否、またはほかの変更がブランチを動かした / 3 コマンドライン・設定・文書の誤り / 4 リポジトリに接続できない`)
	longRoot = text.Of(`shopslo counts the good and bad events of every ShopSet from raw samples, keeps an
error budget for each SLO, and decides whether a release may go to the next Tier.

Exit codes: 0 yes, or done · 1 no (gate: hold, validate: findings) · 2 inconclusive
(evidence is missing) · 3 the command line, the configuration or a document is
invalid · 4 a source could not be reached · 130 interrupted.`,
		`shopslo は ShopSet ごとの成功・失敗のイベントを生のサンプルから正確に数え、SLO ごとのエラーバジェットを管理し、次の Tier へのリリースを許可するかを判定します。

終了コード: 0 許可・完了 / 1 不可（gate: 保留、validate: 指摘あり） / 2 判断不能（根拠が足りない） / 3 コマンドライン・設定・文書の誤り / 4 取得元に接続できない / 130 中断`)
	longImport = text.Of(`import converts SLOs of other tools to OpenSLO documents: Sloth's files and
PrometheusServiceLevels, Pyrra's ServiceLevelObjectives, and OpenSLO custom
resources. Queries of the form sum(rate(…)) are from then on counted event by event.
The resulting documents are checked; anything that could not be converted is listed
with file and line. Documents of openslo.com/v1 need no import: shopslo reads them.

Exit codes: 0 imported · 1 some SLOs could not be imported · 3 the command line is
invalid, or a file cannot be read or has another format.`,
		`import は、ほかのツールの SLO を OpenSLO の文書に変換します。Sloth のファイルと PrometheusServiceLevel、Pyrra の ServiceLevelObjective、カスタムリソースだった OpenSLO の文書が対象です。sum(rate(…)) のクエリは 1 件ずつ正確に数えられるようになります。変換した文書は shopslo 自身が読めることを確認し、引き継げないものはファイルと行を添えて一覧にします。openslo.com/v1 の文書はそのまま読めるため、変換は不要です。

終了コード: 0 変換済み / 1 変換できない SLO がある / 3 コマンドラインの誤り、またはファイルを読めないか形式が違う`)
	longInit = text.Of(`init looks at what a Prometheus has, and writes a working shopslo.yaml, fleet and
SLOs. It looks for a counter of requests by code, a label that tells parts of the
fleet apart, a label for the environment, and a histogram of request durations. It
prints what it found, why it chose it, and what to run next. Existing files are not
overwritten.

The result is a starting point: the objective is based on the last day.

Exit codes: 0 written · 3 the command line is invalid, a file already exists, or
nothing suitable was found · 4 the source could not be reached.`,
		`init は Prometheus に何があるかを調べ、動作する shopslo.yaml・フリート・SLO を書きます。ステータスコード別のリクエスト数のカウンター、フリートを分けるラベル、環境を示すラベル、応答時間のヒストグラムを探し、見つけたもの、選んだ理由、次に実行するコマンドを示します。既存のファイルは上書きしません。

書かれるのは出発点です。目標は、直近 1 日の実績から決めます。

終了コード: 0 書き込み済み / 3 コマンドラインの誤り、既存のファイルあり、または候補なし / 4 取得元に接続できない`)
	longRules = text.Of(`rules writes alerting rules for the Prometheus that scrapes 'shopslo serve' and
shopset_exporter: burn rates of every SLO and ShopSet, ShopSets that send nothing,
outdated budgets, drift, Tier order, redundancy. An alert is a page or a ticket
(label severity) and says in English and Japanese what to do.

The rules depend on the documents: regenerate them when SLOs or ShopSets change. No
source is contacted. In CI, --check tests whether a file is up to date. Labels and
annotations of an SLO and its service (team, owner, runbook) are copied to its
alerts.

--compat sloth writes recording rules with the names and labels of Sloth 0.16
instead, from shopslo's counts, so that dashboards built for them keep working.

Exit codes: 0 written, or up to date · 1 --check: not up to date · 3 the command
line, the configuration or a document is invalid, or the file cannot be written.`,
		`rules は、'shopslo serve' と shopset_exporter を監視する Prometheus のアラートルールを書きます。SLO と ShopSet ごとのバーンレート、データを送らない ShopSet、古くなったバジェット、git との差分、Tier の順序、冗長性が対象です。アラートは呼び出しかチケット（ラベル severity）で、何をすべきかを英語と日本語で示します。

ルールは文書から作られます。SLO や ShopSet を変えたら作り直してください。取得元には問い合わせません。--check は、ファイルが最新かを CI で確認します。SLO とサービスのラベル・アノテーション（team, owner, runbook など）は、そのアラートに付きます。

--compat sloth は代わりに、shopslo が数えた件数から、Sloth 0.16 の名前とラベルで記録ルールを書きます。Sloth のダッシュボードをそのまま使えます。

終了コード: 0 書いた、または最新 / 1 --check で最新でない / 3 コマンドライン・設定・文書の誤り、またはファイルに書けない`)
	longServe = text.Of(`serve reads samples as they arrive, keeps exact counts in the ledger, and answers
status and gate over HTTP immediately. It reloads configuration and documents on
SIGHUP, and shuts down cleanly on SIGINT and SIGTERM.

  /board/          the fleet board, a web page for everybody; / redirects to it
  /api/v1/status   what 'shopslo status -o json' prints
  /api/v1/gate     what 'shopslo gate -o json' prints
  /api/v1/decisions  what 'shopslo decisions -o json' prints
  /api/v1/review   what 'shopslo report -o json' prints
  /metrics         the ledger's counts and the budgets, for Prometheus
  /-/healthy, /-/ready

It is ready as soon as it can answer, whether or not the source can be read: the
answers say up to when events are counted, and which are not.`,
		`serve はサンプルを随時読み、正確な件数を台帳に保ち、status と gate に HTTP で即座に答えます。SIGHUP で設定と文書を読み直し、SIGINT と SIGTERM で正常に終了します。

  /board/          フリートボード（誰でも見られる画面）。/ からも開きます
  /api/v1/status   'shopslo status -o json' と同じ
  /api/v1/gate     'shopslo gate -o json' と同じ
  /api/v1/decisions  'shopslo decisions -o json' と同じ
  /api/v1/review   'shopslo report -o json' と同じ
  /metrics         台帳の件数とバジェット（Prometheus 用）
  /-/healthy, /-/ready

取得元を読めるかどうかにかかわらず、応答できればすぐに準備完了です。いつまで集計済みか、何が集計できていないかは回答に含まれます。`)
	longStatus = text.Of(`status shows one error budget per SLO and ShopSet: the SLI, the budget left, the burn
rate, and the coverage of the window. A figure that does not exist is "-", in JSON
null; it is never 0.

It reads the whole window from the source, or asks a running 'shopslo serve' with
--server. The exit code does not depend on the budgets: use gate for a verdict.
`,
		`status は、SLO と ShopSet ごとのエラーバジェットを表示します。SLI、バジェットの残り、バーンレート、期間のカバレッジです。存在しない数値は「-」（JSON では null）で、決して 0 にはしません。

期間全体を取得元から読むか、--server の 'shopslo serve' に問い合わせます。終了コードはバジェットにかかわらず 0 です。判定には gate を使います。
`)
	longValidate = text.Of(`validate reads the configuration and all of its documents, and reports everything
that is wrong at once. It contacts no source and needs no network.

With --source it also checks that the metrics, labels and buckets of the SLOs exist
in the source, for each ShopSet: a selector that matches nothing counts 0, and 0 bad
events look like a perfect service. Exit code 4: the source could not be reached.

An error (exit code 3) is something that cannot be read or computed. A finding (exit
code 1) is consistent but not as it should be: a ShopGroup with fewer FailureDomains
than it requires, an SLO for a Tier that does not exist. Notes do not change the exit
code.`,
		`validate は設定とそこに書かれたすべての文書を読み、誤りを一度にすべて報告します。取得元には問い合わせず、ネットワークも要りません。

--source を付けると、SLO が使うメトリクス・ラベル・バケットが ShopSet ごとに存在するかを取得元に確認します。何も見つからないセレクターは 0 と数えられ、失敗 0 件は完璧なサービスに見えてしまうためです。終了コード 4 は取得元に接続できないことを示します。

エラー（終了コード 3）は、読めないもの・計算できないものです。指摘（終了コード 1）は、矛盾はないが望ましくないものです。たとえば、必要な数の FailureDomain がない ShopGroup や、存在しない Tier の SLO です。注意は終了コードに影響しません。`)
	serverHelp = text.Of(`
If the server requires a password, set SHOPSLO_SERVER_USER and
SHOPSLO_SERVER_PASSWORD_FILE to the user and the password file. To verify its
certificate with other authorities than the system's, set SHOPSLO_SERVER_CA_FILE to
a PEM file.`,
		`
サーバーがパスワードを求める場合は、SHOPSLO_SERVER_USER にユーザー名、SHOPSLO_SERVER_PASSWORD_FILE にパスワードのファイルを指定します。SHOPSLO_SERVER_CA_FILE には、システムのものの代わりに証明書の検証に使う認証局の PEM ファイルを指定します。`)
	whichLog = text.Of(`
The log is that of gate.log in the configuration: a git branch, or the folder of a
server on this machine. --server reads the log of a server, --dir that of a folder.
`,
		`
ログは、設定の gate.log の git ブランチか、このマシンのサーバーのフォルダーです。--server はサーバーのログを、--dir はフォルダーを読みます。
`)
)
