package main

import "github.com/shopslo/shopslo/internal/text"

// What the commands say of themselves, in English and Japanese. A Japanese paragraph is one
// line here: it is wrapped when it is shown.
var (
	longFreeze = text.Of(`freeze writes a Freeze document into the folder of the configuration's calendar. It
holds at the gate once it is committed and the gate reads it: nothing else is
changed. With --rrule it recurs (RFC 5545), at a time of day in a zone. --emergency
stops every promotion until the document is deleted; no override sets it aside.`,
		`freeze は、設定のカレンダーのフォルダーにリリース凍結（Freeze）の文書を書きます。コミットされ、ゲートが読むと有効になります。ほかには何も変えません。--rrule で、タイムゾーンの時刻に合わせて繰り返せます（RFC 5545）。--emergency は文書が削除されるまで、すべての昇格を止めます。例外承認でも通せません。`)
	longOverride = text.Of(`override writes an Override document into the folder of the configuration's
calendar. Once it is committed, checks of these names that would hold a promotion to
the Tier are waived until it expires. Who, why and until when stand in every
decision and report.`,
		`override は、設定のカレンダーのフォルダーに例外承認（Override）の文書を書きます。コミットされると、その Tier への昇格を止めるはずの、指定した確認項目が期限まで免除されます。誰が・なぜ・いつまで認めたかは、すべての判定とレポートに残ります。`)
	longExclude = text.Of(`exclude writes an Exclusion document into the folder of the configuration's
calendar. Once it is committed, budgets do not count the range; 'status' and every
decision show the figures before and after. The range is widened to full hours (60
buckets of the ledger), since older counts are kept by the hour.`,
		`exclude は、設定のカレンダーのフォルダーに計測除外（Exclusion）の文書を書きます。コミットされると、その時間帯はバジェットに数えません。'status' とすべての判定には、除外前後の数値が出ます。古い件数は 1 時間単位で保存されるため、範囲は 1 時間（台帳の 60 区間）単位に広げます。`)
	longDecisions = text.Of(`decisions lists the log of decisions, the oldest first: what the gate decided, what
was promoted and rolled back, by whom and why. The chain is checked while reading.
`,
		`decisions は判定ログを古い順に表示します。ゲートの判定と、昇格・ロールバックを、誰が・なぜ行ったかを含めて一覧にします。読みながらハッシュの連鎖も検証します。
`)
	longDecisionsExits = text.Of(`
Exit codes: 0 ok · 1 the chain is broken · 3 the command line, the configuration or
a document is wrong · 4 the log could not be reached.
`,
		`
終了コード: 0 正常 / 1 連鎖が壊れている / 3 コマンドライン・設定・文書の誤り / 4 ログに接続できない
`)
	longDecisionsShow = text.Of(`show prints the record of an entry: of a decision what 'shopslo gate -o json'
printed, from which 'shopslo gate --replay' makes it again; of a promotion or
rollback what 'shopslo promote -o json' printed.
`,
		`show はエントリーの記録を出力します。判定なら 'shopslo gate -o json' の出力で、'shopslo gate --replay' で判定を再現できます。昇格・ロールバックなら 'shopslo promote -o json' の出力です。
`)
	longDecisionsVerify = text.Of(`verify reads the whole log with the records of all decisions, and checks the chain of
their hashes. It names the first entry that is broken.

Without --head this shows only that the log agrees with itself: whoever can write to
it can write its end anew, or cut it off. With --head, a hash that was published with
a decision, it proves that this decision and all before it are in the log as they
were made. 'shopslo gate --replay' proves neither: it shows that a decision follows
from its own record.
`,
		`verify はすべての判定の記録とともにログ全体を読み、ハッシュの連鎖を検証します。壊れている最初のエントリーを示します。

--head がなければ、ログ自体に矛盾がないことしか分かりません。書き込める人なら末尾を書き換えたり切り捨てたりできるためです。判定とともに公開されたハッシュを --head に渡すと、その判定とそれ以前のすべてが当時のまま残っていることを証明できます。'shopslo gate --replay' はどちらも証明しません。判定がその記録から導かれることを示すだけです。
`)
	longDecisionsVerifyExits = text.Of(`
Exit codes: 0 the chain holds · 1 it is broken, or does not have the published hash ·
3 the command line, the configuration or a document is wrong · 4 the log could not be
reached.
`,
		`
終了コード: 0 連鎖は正しい / 1 壊れている、または公開されたハッシュがない / 3 コマンドライン・設定・文書の誤り / 4 ログに接続できない
`)
	longDecisionsRepair = text.Of(`repair mends the log in a folder where 'shopslo decisions verify' finds it broken.
All entries that are intact are kept: those up to the first broken one as they are,
those after it at the end of the log, with new numbers and hashes and the old ones
beside them. The last entry says what was lost. What is replaced is first copied to a
folder of its own, named after the time, and nothing in that is ever overwritten.

Stop the server that writes to the log before: as long as it runs, nothing is
repaired. --dry-run says what would be done and changes nothing, also while a server
runs.

The folder is the one that gate.log.dir names in the configuration, or --dir. A log
in a git branch is not repaired: git keeps what was there, so reset the branch.

Exit codes: 0 the log is intact, or was repaired · 1 with --dry-run, it is broken · 3
the command line or the configuration is wrong, a server runs, or the folder cannot
be written.`,
		`repair は、'shopslo decisions verify' で壊れていると分かったフォルダー内のログを修復します。無傷のエントリーはすべて残します。最初に壊れた箇所より前はそのまま、後ろは新しい番号とハッシュを付けて末尾に移し、元の番号とハッシュも併記します。最後のエントリーに失われたものを記録します。置き換えるファイルは、先に日時を名前にした別フォルダーへ写し、そこは決して上書きしません。

先に、ログに書き込むサーバーを止めてください。動いている間は何も修復しません。--dry-run は何をするかを表示するだけで何も変えず、サーバーの稼働中も使えます。

対象は、設定の gate.log.dir または --dir のフォルダーです。git ブランチのログは修復しません。git に以前の内容が残っているので、ブランチを戻してください。

終了コード: 0 正常、または修復済み / 1 --dry-run で壊れている / 3 コマンドラインや設定の誤り、サーバーが稼働中、フォルダーに書き込めない`)
	longDemo = text.Of(`demo starts the ShopSets of the example fleet on this machine, one process each,
sends them customers, and runs shopslo on them. A bad release burns the budget of
one Tier, the gate holds it back, it is rolled back, and the gate promotes again.
It takes less than two minutes, needs nothing but this program, and leaves nothing
behind.`,
		`demo は例のフリートの ShopSet を、このマシン上で 1 つずつプロセスとして起動し、アクセスを流して shopslo を動かします。問題のあるリリースがある Tier のバジェットを減らし、ゲートが保留し、ロールバックされ、再びゲートが許可するまでを 2 分以内で見せます。必要なのはこのプログラムだけで、後には何も残しません。`)
	longExplain = text.Of(`explain shows what the figures of one SLO on one ShopSet rest on: the selectors as
they are sent, the series that they find, with their first and last samples, the
labels and bounds that exist, the interval that is really scraped, what makes the
figures doubtful, and, step by step, what each series counted in the window and how
that sums up to the budget's figures.

It reads the window from the source and lets a ledger in memory count it anew, which
tells its steps: they sum up to its figures. An embedded store can be read while no
'shopslo serve' keeps it. The exit code is 0 whatever it finds.`,
		`explain は、1 つの ShopSet における 1 つの SLO の数値の根拠を示します。送られるセレクター、見つかった系列と最初・最後のサンプル、存在するラベルと境界値、実際の取得間隔、数値が疑わしい理由、そして各系列が期間内に何を数え、どう合計されてバジェットの数値になったかを段階ごとに示します。

期間全体を取得元から読み、メモリー上の台帳で数え直します。その過程の合計がそのまま数値になります。組み込みの保存先は、'shopslo serve' が使っていない間だけ読めます。終了コードは結果にかかわらず 0 です。`)
	longGate = text.Of(`gate looks at the release and its Tier below, and at the Tier that would take it, and
decides: promote (exit code 0), hold (1: something is known to be wrong) or
inconclusive (2: evidence is missing). What is not known is never a pass. Every check
gives its figures. A source that cannot be reached is exit code 4, unless something
else is known to be wrong. In a fleet of one Tier that is judged by itself: may the
next release go out?

When the release came below is what the exporter knows, or a releases file ('shopslo
releases'); --since takes your word for it, and the decision says so.

-o json prints the decision with its policy and all of its evidence, from which
--replay makes it again. That shows that the decision follows from its record, and
not that it was ever made: see 'shopslo decisions verify --head'. --write keeps the
same decision in further forms.

Reasons are in the language of the answer; JSON and the log of decisions have them in
English.
`,
		`gate は、リリースと下の Tier、そして受け入れる Tier を調べ、許可（終了コード 0）、保留（1: 問題が分かっている）、判断不能（2: 根拠が足りない）のいずれかに判定します。分からないことは決して合格になりません。どの確認項目にも数値が付きます。取得元に接続できなければ終了コードは 4 です（ほかに問題が分かっていれば 1）。Tier が 1 つだけのフリートでは、その Tier 自身を見て、次のリリースを出してよいかを判定します。

リリースが下の Tier に届いた時刻は、エクスポーターか、リリースファイル（'shopslo releases'）から得ます。--since で申告することもでき、その場合は判定にその旨が残ります。

-o json は、適用した基準とすべての根拠を含む判定を出力し、--replay で再現できます。再現できることは、判定が記録から導かれることを示すだけで、実際に下されたことの証明ではありません。それには 'shopslo decisions verify --head' を使います。--write は同じ判定をほかの形式でも保存します。

理由も表示の言語で出ます。JSON と判定ログでは英語です。
`)
	longMackerel = text.Of(`mackerel sends budgets to Mackerel as service metrics, keeps monitors as a file says,
makes dashboards, and notes releases on the graphs.

The API key comes from the file that mackerel.api_key_file in the configuration
names, or from the environment, MACKEREL_API_KEY; never from an argument.`,
		`mackerel は、バジェットをサービスメトリックとして Mackerel に送り、監視をファイルの内容どおりに保ち、ダッシュボードを作り、グラフにリリースを記録します。

API キーは、設定の mackerel.api_key_file のファイルか環境変数 MACKEREL_API_KEY から読みます。引数では渡せません。`)
	longMackerelPush = text.Of(`push sends the budgets of each minute since the last push to Mackerel, for up to a
day back: coverage, SLI, what remains of the budget, and the burn rates, of each SLO
and ShopSet, as service metrics slo.SLO.FIGURE.SHOPSET. A figure that does not exist
is not sent.

What Mackerel does not take is kept in the folder mackerel.spool, and sent again by
the next push. Nothing is lost and nothing is counted twice. Run it once a minute;
'shopslo serve' does the same where the configuration has a section mackerel.

Exit codes: 0 sent, or kept until the next minute · 3 refused, or a wrong
configuration · 4 Mackerel or the source could not be reached; what there is to send
is kept.
`,
		`push は、前回送った後の 1 分ごとのバジェットを、最大 1 日分さかのぼって Mackerel に送ります。SLO と ShopSet ごとのカバレッジ、SLI、バジェットの残り、バーンレートを、サービスメトリック slo.SLO.FIGURE.SHOPSET として送ります。存在しない数値は送りません。

Mackerel が受け取らなかったものは mackerel.spool のフォルダーに残し、次の push で送り直します。失われることも、二重に数えることもありません。1 分ごとに実行してください。設定に mackerel の節があれば、'shopslo serve' が同じことを行います。

終了コード: 0 送信済み、または次の 1 分まで保持 / 3 拒否された、または設定の誤り / 4 Mackerel または取得元に接続できない（送る分は保持）
`)
	longMackerelDashboards = text.Of(`dashboards makes a dashboard of the fleet and one of each SLO in Mackerel, from the
configuration's documents.`,
		`dashboards は、設定の文書から、フリート全体と SLO ごとのダッシュボードを Mackerel に作ります。`)
	longMackerelDashboardsApply = text.Of(`apply makes and updates the dashboards, and deletes those that it made for SLOs that
are gone. A dashboard at one of their addresses that it did not make is left alone.

Exit codes: 0 all are there · 2 an address is taken by another's dashboard · 3 a
wrong configuration, or Mackerel refused · 4 Mackerel could not be reached.`,
		`apply はダッシュボードを作成・更新し、なくなった SLO のために自分が作ったものを削除します。同じアドレスにあっても、自分が作っていないダッシュボードには触れません。

終了コード: 0 すべてある / 2 アドレスがほかのダッシュボードに使われている / 3 設定の誤り、または Mackerel が拒否 / 4 Mackerel に接続できない`)
	longMackerelAnnotate = text.Of(`annotate notes on the graphs of the Mackerel service that a release reached a Tier,
with a link that compares it with the one before. Run it after a deployment. A note
that is there already, from the last ten minutes, is not made again.

Exit codes: 0 noted, now or before · 3 a wrong configuration, or Mackerel refused ·
4 Mackerel could not be reached.`,
		`annotate は、リリースが Tier に届いたことを、前のリリースとの比較リンクとともに Mackerel のサービスのグラフに記録します。デプロイの後に実行してください。直近 10 分以内に同じ記録があれば、重ねて作りません。

終了コード: 0 記録済み / 3 設定の誤り、または Mackerel が拒否 / 4 Mackerel に接続できない`)
	longMackerelMonitors = text.Of(`monitors compares the monitors in Mackerel with a YAML file, and makes them so. It
touches only those that it made or adopted, which a mark in their memo shows.`,
		`monitors は、Mackerel の監視を YAML ファイルと比べ、ファイルの内容にそろえます。触れるのは、自分が作ったか引き継いだもの（メモの印で分かる）だけです。`)
	longMackerelMonitorsPlan = text.Of(`plan shows the difference between the file and Mackerel, and changes nothing: what is
to be created, updated and deleted, what was changed by hand since the last apply,
and mutes that should have ended. Values that may be secrets are hidden.

Exit codes: 0 no difference · 1 there is one · 2 something cannot be done, or not all
monitors could be read, so that none is deleted · 3 the file is wrong, or Mackerel
refused · 4 Mackerel could not be reached.`,
		`plan はファイルと Mackerel の差分を示し、何も変えません。作成・更新・削除されるもの、前回の apply の後に手で変えられたもの、終わっているはずのミュートを示します。秘密かもしれない値は隠します。

終了コード: 0 差分なし / 1 差分あり / 2 できないことがある、または監視をすべては読めず、削除を見送る / 3 ファイルの誤り、または Mackerel が拒否 / 4 Mackerel に接続できない`)
	longMackerelMonitorsApply = text.Of(`apply does what plan shows. Where it breaks off, run it again: it begins with what is
there, and makes nothing twice.

Exit codes: 0 all is as the file says · 2 something was left, as plan says · 3 the
file is wrong, or Mackerel refused · 4 Mackerel could not be reached.`,
		`apply は plan が示した変更を行います。途中で止まったら、もう一度実行してください。いまある状態から始めるので、二重には作りません。

終了コード: 0 すべてファイルのとおり / 2 plan が示したものが残った / 3 ファイルの誤り、または Mackerel が拒否 / 4 Mackerel に接続できない`)
	longPlan = text.Of(`plan says how something that people do to the fleet can be done without harm, from
the fleet's documents. It never does it.`,
		`plan は、フリートに対する作業を安全に行う手順を、フリートの文書から示します。作業そのものは行いません。`)
	longPlanUpgrade = text.Of(`upgrade says which ShopGroups would lose redundancy while a FailureDomain, such as a
cluster, is down, which ShopSet can serve their shops meanwhile, and the order of
steps. That is one of the same Tier, in a FailureDomain that is neither the one nor
a partner's, with room for the group: spec.capacity of the ShopSets and spec.load of
the ShopGroups say so. It reads the fleet's documents only, and never moves
anything.

Exit codes: 0 go · 1 hold: some group has nowhere to go · 2 inconclusive: capacities
or loads that decide are not written down · 3 the command line, the configuration or
a document is wrong.`,
		`upgrade は、クラスターなどの FailureDomain を停止している間に冗長性を失う ShopGroup、その間ショップを引き受けられる ShopSet、作業の順序を示します。引き受けるのは同じ Tier で、停止する FailureDomain にも相手の FailureDomain にもなく、余裕のある ShopSet です。余裕は ShopSet の spec.capacity と ShopGroup の spec.load で判断します。読むのはフリートの文書だけで、何も動かしません。

終了コード: 0 実施可 / 1 保留（行き場のないグループがある） / 2 判断不能（必要な capacity や load が書かれていない） / 3 コマンドライン・設定・文書の誤り`)
	longPromote = text.Of(`promote asks the gate about the release that the Tier next below runs. If the gate
says promote, it fast-forwards the app repository's branch of the Tier to the
release, and then makes one commit on the system repository's branch that changes
the submodule and nothing else. A single repository has the fast-forward alone.
Nothing is merged, nothing is forced: of two promotions at once git lets one win,
and the other is told why. One that was killed ends in the same place when it is run
again.

--all carries the lowest Tier's release from Tier to Tier, waits while the gate is
inconclusive, and stops at the first that is held; --to then says how far.

--pull-request pushes a branch instead, which may be merged until the time in its
name; the next run deletes those that may not any more. --check-pull-request says
whether a branch, or a commit, may be merged now, and changes nothing: for a required
check.

Exit codes: 0 done, or nothing to do · 1 held, refused, or another promotion was
faster · 2 inconclusive · 3 the command line, the configuration or a document is
wrong · 4 a source or a repository could not be reached.
`,
		`promote は、すぐ下の Tier で動くリリースについてゲートに問い合わせます。許可されると、アプリのリポジトリの Tier ブランチをリリースまで fast-forward し、システムのリポジトリのブランチに、サブモジュールだけを変える 1 コミットを作ります。リポジトリが 1 つなら fast-forward だけです。マージも強制プッシュもしません。同時に 2 つの昇格があれば git が一方を通し、もう一方には理由を伝えます。途中で止められても、もう一度実行すれば同じ結果になります。

--all は、最も下の Tier のリリースを Tier から Tier へ進めます。判断不能の間は待ち、保留になったところで止まります。--to でどこまで進めるかを指定できます。

--pull-request は代わりにブランチをプッシュします。名前に含まれる時刻までマージでき、期限が過ぎたものは次の実行で削除します。--check-pull-request は、ブランチやコミットをいまマージしてよいかを答えるだけで何も変えません。必須チェックに使えます。

終了コード: 0 完了、または不要 / 1 保留、拒否、またはほかの昇格が先だった / 2 判断不能 / 3 コマンドライン・設定・文書の誤り / 4 取得元またはリポジトリに接続できない
`)
	longReleases = text.Of(`releases keeps the file that gate.releases names: what was deployed where, and when.
With it the gate knows soak, since_release and traffic without Kubernetes. Any deploy
job adds to it as its last step. What stands in it is a claim, and shown as one.`,
		`releases は、gate.releases のファイルに、何をどこへいつデプロイしたかを記録します。これがあれば、Kubernetes がなくてもゲートが soak・since_release・traffic を判定できます。デプロイのジョブの最後に 1 行追加してください。内容は申告であり、申告として表示されます。`)
	longReleasesAdd = text.Of(`add appends a line to the releases file: from --at on all ShopSets of the Tier, or
those named, have had the release. Run it when the rollout is done and nothing else
is served. It is on the disk when add ends; two at once take turns. What the file
says already is not written twice, so a job may be run again.

Refused are Tiers and ShopSets that the fleet does not have, the future, and what
contradicts the file: a time no later than that of the last release there.

A server adds to its own file, for whoever gives it a password.
`,
		`add はリリースファイルに 1 行追加します。--at の時点から、Tier のすべての（または指定した）ShopSet でそのリリースが動いているという意味です。ロールアウトが終わり、ほかに何も提供されていない状態で実行してください。add が終わった時点でディスクに書かれています。同時に実行しても順番に書かれます。既にある内容は重ねて書かないので、ジョブを再実行できます。

フリートにない Tier や ShopSet、未来の時刻、ファイルと矛盾する内容（同じ場所の最後のリリース以前の時刻）は拒否します。

サーバーは、パスワードを持つ人からの追加を自分のファイルに書きます。
`)
	longReleasesList = text.Of(`list shows the lines of the releases file, the oldest first. As JSON it also says
what runs where by the file, and since when: deploying the same release again changes
nothing about that.`,
		`list はリリースファイルの行を古い順に表示します。JSON では、ファイルから分かる、どこで何がいつから動いているかも出力します。同じリリースを再度デプロイしても、開始時刻は変わりません。`)
	longReleasesRepair = text.Of(`repair takes the last line of the releases file away where its writer was stopped
before it was done, and prints it: 'shopslo releases add' had not ended, so add the
release again. What else is wrong with a file, its message says by line, and people
correct.`,
		`repair は、書き込みの途中で止まったリリースファイルの最後の行を取り除き、表示します。'shopslo releases add' が終わっていないので、もう一度追加してください。ほかの誤りはメッセージに行番号が出るので、手で直してください。`)
	longReport = text.Of(`report writes the review of a week: what to talk about first, action items,
incidents, error budgets of every Tier and ShopSet, changes against the four weeks
before, pages and tickets, Releases with what the gate said and what followed,
freezes, overrides and exclusions, data gaps, and the week to come. What is not
known says so, and why.

Without a period it is the last whole ISO week in the configuration's
review.timezone. The counts are read from the source, or from a running 'shopslo
serve' where --server names one. With --slack the first section goes to the webhook
of review.slack as well.

Exit codes: 0 the report is written · 3 the command line, the configuration or a
document is wrong · 4 the source could not be reached, and the report says what is
missing; or Slack could not be told.
`,
		`report は 1 週間の振り返りを書きます。最初に話すこと、再発防止策、インシデント、すべての Tier と ShopSet のエラーバジェット、直前 4 週との比較、呼び出しとチケット、リリースとゲートの判定・その後、リリース凍結・例外承認・計測除外、データの欠落、来週の予定です。分からないことは、理由とともに不明と書きます。

期間を指定しなければ、設定の review.timezone で見た直近の完了した ISO 週です。件数は取得元から、または --server の 'shopslo serve' から読みます。--slack を付けると、最初の節を review.slack の Webhook にも送ります。

言語は --lang か SHOPSLO_LANG、なければ review.language、それもなければ環境のロケールに従います。

終了コード: 0 レポートを書いた / 3 コマンドライン・設定・文書の誤り / 4 取得元に接続できず、欠けているものをレポートに書いた。または Slack に送れなかった
`)
	longRollback = text.Of(`rollback makes the same commit as promote, with an older release that the Tier had
before: the system repository's branch refers to it again. The app repository's
branch stays where it is, and the gate is not asked. It says which images the
release needs, from the manifests as kustomize builds them, and asks their
registries whether they are still there. Images that are gone, or whose tag may mean
something else by now, hold it; --anyway goes on. What a registry does not say is
told, and holds nothing.

A release that was rolled back is not promoted to the Tier again by itself, nor is
one that contains it: 'shopslo promote' then asks for --fix or --again.

Exit codes: 0 done, or nothing to do · 1 held, refused, or something else moved the
branch · 3 the command line, the configuration or a document is wrong · 4 a
repository could not be reached.`,
		`rollback は promote と同じコミットを、その Tier で以前動いていた古いリリースに対して作ります。システムのリポジトリのブランチが再びそれを指します。アプリのリポジトリのブランチはそのままで、ゲートには問い合わせません。kustomize でビルドしたマニフェストから必要なイメージを調べ、まだあるかをレジストリに確認します。イメージがない、またはタグが別のものを指しうる場合は保留します。--anyway で続行できます。レジストリが答えないことは伝えるだけで、保留にはしません。

ロールバックしたリリースと、それを含むリリースは、自動では再び昇格しません。'shopslo promote' が --fix か --again を求めます。

終了コード: 0 完了、または不要 / 1 保留、拒否、またはほかの変更がブランチを動かした / 3 コマンドライン・設定・文書の誤り / 4 リポジトリに接続できない`)
	longRoot = text.Of(`shopslo counts good and bad events of every ShopSet from raw samples, keeps an
error budget for each SLO, and says whether a release may go to the next Tier.

Exit codes: 0 yes, or done · 1 no (gate: hold, validate: findings) · 2 inconclusive
(evidence is missing) · 3 the command line, the configuration or a document is
wrong · 4 a source could not be reached · 130 interrupted.`,
		`shopslo は ShopSet ごとの成功・失敗のイベントを生のサンプルから正確に数え、SLO ごとのエラーバジェットを管理し、次の Tier へのリリースを許可するかを判定します。

終了コード: 0 許可・完了 / 1 不可（gate: 保留、validate: 指摘あり） / 2 判断不能（根拠が足りない） / 3 コマンドライン・設定・文書の誤り / 4 取得元に接続できない / 130 中断`)
	longImport = text.Of(`import turns SLOs of other tools into OpenSLO documents: Sloth's files and
PrometheusServiceLevels, Pyrra's ServiceLevelObjectives, and OpenSLO documents that
were custom resources. Queries that say sum(rate(…)) are counted event by event from
then on. Each document is read and understood as shopslo reads it; what could not be
carried is listed with file and line. Documents of openslo.com/v1 need no import:
shopslo reads them.

Exit codes: 0 imported · 1 some SLO could not be · 3 the command line is wrong, or a
file cannot be read or is none of the format.`,
		`import は、ほかのツールの SLO を OpenSLO の文書に変換します。Sloth のファイルと PrometheusServiceLevel、Pyrra の ServiceLevelObjective、カスタムリソースだった OpenSLO の文書が対象です。sum(rate(…)) のクエリは 1 件ずつ正確に数えられるようになります。変換した文書は shopslo 自身が読めることを確認し、引き継げないものはファイルと行を添えて一覧にします。openslo.com/v1 の文書はそのまま読めるため、変換は不要です。

終了コード: 0 変換済み / 1 変換できない SLO がある / 3 コマンドラインの誤り、またはファイルを読めないか形式が違う`)
	longInit = text.Of(`init asks a Prometheus what it has, and writes a shopslo.yaml, a fleet and SLOs that
work: the counter of requests by code, the label that tells parts of the fleet apart,
the one that names environments, a histogram of how long requests take. It says what
it found, why it chose so, and what to run next. Nothing is written over.

What it writes is a beginning: the objective is what was reached over the last day.

Exit codes: 0 written · 3 the command line is wrong, a file is there already, or
nothing could be chosen · 4 the source could not be reached.`,
		`init は Prometheus に何があるかを調べ、動作する shopslo.yaml・フリート・SLO を書きます。ステータスコード別のリクエスト数のカウンター、フリートを分けるラベル、環境を示すラベル、応答時間のヒストグラムを探し、見つけたもの、選んだ理由、次に実行するコマンドを示します。既存のファイルは上書きしません。

書かれるのは出発点です。目標は、直近 1 日の実績から決めます。

終了コード: 0 書き込み済み / 3 コマンドラインの誤り、既存のファイルあり、または候補なし / 4 取得元に接続できない`)
	longRules = text.Of(`rules writes alerting rules for the Prometheus that scrapes 'shopslo serve' and
shopset_exporter: burn rates of every SLO and ShopSet, ShopSets that send nothing,
budgets that grow old, drift, the order of Tiers, redundancy. An alert is a page or a
ticket (label severity) and says in English and Japanese what to do.

The rules follow the documents: write them anew when SLOs or ShopSets change. No
source is asked. --check says in CI whether a file is up to date. Labels and
annotations of an SLO and its service (team, owner, runbook) go with its alerts.

--compat sloth writes recording rules with the names and labels of Sloth 0.16
instead, from what shopslo has counted, so that dashboards built on them go on.

Exit codes: 0 written, or up to date · 1 --check: it is not · 3 the command line, the
configuration or a document is wrong, or the file cannot be written.`,
		`rules は、'shopslo serve' と shopset_exporter を監視する Prometheus のアラートルールを書きます。SLO と ShopSet ごとのバーンレート、データを送らない ShopSet、古くなったバジェット、git との差分、Tier の順序、冗長性が対象です。アラートは呼び出しかチケット（ラベル severity）で、何をすべきかを英語と日本語で示します。

ルールは文書から作られます。SLO や ShopSet を変えたら作り直してください。取得元には問い合わせません。--check は、ファイルが最新かを CI で確認します。SLO とサービスのラベル・アノテーション（team, owner, runbook など）は、そのアラートに付きます。

--compat sloth は代わりに、shopslo が数えた件数から、Sloth 0.16 の名前とラベルで記録ルールを書きます。Sloth のダッシュボードをそのまま使えます。

終了コード: 0 書いた、または最新 / 1 --check で最新でない / 3 コマンドライン・設定・文書の誤り、またはファイルに書けない`)
	longServe = text.Of(`serve reads samples as they come, keeps exact counts in the ledger, and answers
status and gate over HTTP at once. It reloads configuration and documents on
SIGHUP, and ends cleanly on SIGINT and SIGTERM.

  /board/          the fleet board, a web page for everybody; / leads there
  /api/v1/status   what 'shopslo status -o json' prints
  /api/v1/gate     what 'shopslo gate -o json' prints
  /api/v1/decisions  what 'shopslo decisions -o json' prints
  /api/v1/review   what 'shopslo report -o json' prints
  /metrics         the ledger's counts and the budgets, for Prometheus
  /-/healthy, /-/ready

It is ready as soon as it answers, whether or not the source can be read: the answers
say up to when all is counted, and what is not.`,
		`serve はサンプルを随時読み、正確な件数を台帳に保ち、status と gate に HTTP で即座に答えます。SIGHUP で設定と文書を読み直し、SIGINT と SIGTERM で正常に終了します。

  /board/          フリートボード（誰でも見られる画面）。/ からも開きます
  /api/v1/status   'shopslo status -o json' と同じ
  /api/v1/gate     'shopslo gate -o json' と同じ
  /api/v1/decisions  'shopslo decisions -o json' と同じ
  /api/v1/review   'shopslo report -o json' と同じ
  /metrics         台帳の件数とバジェット（Prometheus 用）
  /-/healthy, /-/ready

取得元を読めるかどうかにかかわらず、応答できればすぐに準備完了です。いつまで集計済みか、何が集計できていないかは回答に含まれます。`)
	longStatus = text.Of(`status shows one error budget per SLO and ShopSet: the ratio of good events, what is
left of the budget, how fast it burns, and how much of the window has data. A
figure that does not exist is "-", in JSON null; it is never 0.

It reads the whole window from the source, or asks a running 'shopslo serve' where
--server names one. The exit code is 0 whatever the budgets say: ask gate for a
verdict.
`,
		`status は、SLO と ShopSet ごとのエラーバジェットを表示します。良好なイベントの割合、バジェットの残り、減る速さ、期間のうちデータがある割合です。存在しない数値は「-」（JSON では null）で、決して 0 にはしません。

期間全体を取得元から読むか、--server の 'shopslo serve' に問い合わせます。終了コードはバジェットにかかわらず 0 です。判定には gate を使います。
`)
	longValidate = text.Of(`validate reads the configuration and every document that it names, and reports all
that is wrong at once. It asks no source and needs no network.

With --source it also asks the source whether the metrics, labels and buckets exist
that the SLOs name, for each ShopSet: a selector that finds nothing counts 0, and 0
bad events look like a perfect service. Exit code 4: the source could not be reached.

A fault (exit code 3) is something that cannot be read or computed. A finding (exit
code 1) is consistent but not as it should be: a ShopGroup with fewer
FailureDomains than it asks for, an SLO for a Tier that does not exist. Notes
change no exit code.`,
		`validate は設定とそこに書かれたすべての文書を読み、誤りを一度にすべて報告します。取得元には問い合わせず、ネットワークも要りません。

--source を付けると、SLO が使うメトリクス・ラベル・バケットが ShopSet ごとに存在するかを取得元に確認します。何も見つからないセレクターは 0 と数えられ、失敗 0 件は完璧なサービスに見えてしまうためです。終了コード 4 は取得元に接続できないことを示します。

エラー（終了コード 3）は、読めないもの・計算できないものです。指摘（終了コード 1）は、矛盾はないが望ましくないものです。たとえば、必要な数の FailureDomain がない ShopGroup や、存在しない Tier の SLO です。注意は終了コードに影響しません。`)
	serverHelp = text.Of(`
Where the server asks for a password, SHOPSLO_SERVER_USER and
SHOPSLO_SERVER_PASSWORD_FILE name the user and the file that holds it;
SHOPSLO_SERVER_CA_FILE names a PEM file with the authorities that its
certificate is checked against, instead of the system's.`,
		`
サーバーがパスワードを求める場合は、SHOPSLO_SERVER_USER にユーザー名、SHOPSLO_SERVER_PASSWORD_FILE にパスワードのファイルを指定します。SHOPSLO_SERVER_CA_FILE には、システムのものの代わりに証明書の検証に使う認証局の PEM ファイルを指定します。`)
	whichLog = text.Of(`
The log is the one that gate.log names in the configuration: a git branch, or the
folder of a server on this machine. --server reads that of a server, --dir a folder.
`,
		`
ログは、設定の gate.log の git ブランチか、このマシンのサーバーのフォルダーです。--server はサーバーのログを、--dir はフォルダーを読みます。
`)
)
