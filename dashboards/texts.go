package dashboards

import "github.com/shopslo/shopslo/internal/text"

// Titles and explanations, in English and Japanese; docs/glossary.md has the words.
var (
	// All dashboards.
	titlePrometheus = text.Of("Prometheus",
		"Prometheus")

	// The fleet.
	titleShopsloFleet = text.Of("shopslo: fleet",
		"shopslo：フリート")
	aboutTiersOrderTheirReleases = text.Of("Tiers in order with their Releases, sync, drift, redundancy and budgets, from shopset_exporter and shopslo serve.",
		"Tier を順に並べ、リリース、同期、差分、冗長性、バジェットを示します。数値は shopset_exporter と shopslo serve のものです。")
	titleTier = text.Of("Tier",
		"Tier")
	titleShopset = text.Of("ShopSet",
		"ShopSet")
	titleSlo = text.Of("SLO",
		"SLO")
	titleOneSlo = text.Of("One SLO",
		"SLO の詳細")
	titleNotSync = text.Of("Not in sync",
		"未同期")
	aboutShopsetsArgoCdCalls = text.Of("ShopSets that Argo CD calls OutOfSync.",
		"Argo CD で OutOfSync の ShopSet の数です。")
	titleDegraded = text.Of("Degraded",
		"異常")
	aboutShopsetsArgoCdCalls2 = text.Of("ShopSets that Argo CD calls Degraded.",
		"Argo CD で Degraded の ShopSet の数です。")
	titleOrderViolations = text.Of("Order violations",
		"順序違反")
	aboutReleasesTierRunsAlthough = text.Of("Releases that a Tier runs although the Tiers below have not all had them.",
		"下の Tier を通っていないのに動いている リリース の数です。")
	titleGroupsShortRedundancy = text.Of("Groups short of redundancy",
		"冗長性の不足")
	aboutShopgroupsServedFromFewer = text.Of("ShopGroups served from fewer FailureDomains than they ask for. Unknown counts as not serving.",
		"必要な数の FailureDomain から提供されていない ShopGroup の数です。不明なものは数えません。")
	titleBudgetsAtRisk = text.Of("Budgets at risk",
		"要注意のバジェット")
	aboutBudgetsLessThanQuarter = text.Of("Budgets with less than a quarter left, or burning above an alert's threshold.",
		"残りが 4 分の 1 未満か、バーンレートがしきい値を超えているバジェットの数です。")
	titleBudgetsExhausted = text.Of("Budgets exhausted",
		"枯渇したバジェット")
	aboutBudgetsWhichNothingLeft = text.Of("Budgets of which nothing is left.",
		"エラーバジェットが枯渇した数です。")
	titleBudgetsWithoutData = text.Of("Budgets without data",
		"データのないバジェット")
	aboutBudgetsWhichNothingWindow = text.Of("Budgets of which nothing in the window is known.",
		"期間のデータがまったくないバジェットの数です。")
	titleClustersNotReached = text.Of("Clusters not reached",
		"読めないクラスター")
	aboutClustersWhoseApplicationsExporter = text.Of("Clusters whose Applications the exporter cannot read now.",
		"エクスポーターが Application を読めないクラスターの数です。")
	titleTiersLowestFirst = text.Of("Tiers, the lowest first",
		"Tier（低い順）")
	titleTiers = text.Of("Tiers",
		"Tier")
	aboutReleaseMovesDownThis = text.Of("A Release moves down this table. Empty is not known.",
		"リリース はこの表を上から下へ進みます。空欄は不明です。")
	titleOrder = text.Of("Order",
		"順序")
	titleRelease = text.Of("Release",
		"Release")
	titleBehind = text.Of("Behind",
		"遅れ")
	titleAhead = text.Of("Ahead",
		"先行")
	titleReleasesRunning = text.Of("Releases running",
		"稼働中の リリース")
	titleShopsets = text.Of("ShopSets",
		"ShopSet 数")
	titleSynced = text.Of("Synced",
		"同期済み")
	titleHealthy = text.Of("Healthy",
		"正常")
	titleSoakTime = text.Of("Soak time",
		"検証時間")
	titleShopsets2 = text.Of("ShopSets",
		"ShopSet")
	aboutWhatRunsOnEach = text.Of("What runs on each ShopSet, as Argo CD says. Empty is not known; no drift has no age.",
		"各 ShopSet で動いているものです（Argo CD による）。空欄は不明、または差分なしです。")
	titleSync = text.Of("Sync",
		"同期")
	titleHealth = text.Of("Health",
		"ヘルス")
	titleDiffersFromGit = text.Of("Differs from git for",
		"git と異なる時間")
	titleResourcesDiffer = text.Of("Resources that differ",
		"異なるリソース")
	titleImagesMovingTag = text.Of("Images with a moving tag",
		"タグが動くイメージ")
	titleSeen = text.Of("Seen",
		"最終確認")
	titleArgoCD = text.Of("What Argo CD does",
		"Argo CD の動作")
	aboutArgoCD = text.Of("What is missing or pending on each ShopSet, what holds it, its last sync, and what Argo CD does by itself. Empty is not known, or there is none.",
		"各 ShopSet の不足、適用待ち、その原因、最後の同期、Argo CD が自動で行うことです。空欄は不明、または該当なしです。")
	titleServes = text.Of("Serves",
		"提供中")
	titleComponentsMissing = text.Of("Components missing",
		"ないコンポーネント")
	titleResourcesMissing = text.Of("Resources missing",
		"ないリソース")
	titleDeleting = text.Of("Applications being deleted",
		"削除中の Application")
	titlePending = text.Of("Pending for",
		"適用待ち")
	titleHeldBy = text.Of("Held by",
		"止めている原因")
	titleVerified = text.Of("Sync succeeded",
		"同期の成功")
	titleOperation = text.Of("Last operation",
		"最後の同期の状態")
	titleRunning = text.Of("Running for",
		"実行中の時間")
	titleTook = text.Of("Took",
		"所要時間")
	titleAutoSync = text.Of("Auto-sync",
		"自動同期")
	titleSelfHeal = text.Of("Self-heal",
		"自動修復")
	titlePrune = text.Of("Prune",
		"自動削除")
	titleOnBranch = text.Of("From its Tier's branch",
		"Tier のブランチから")
	titleConditions = text.Of("Conditions",
		"コンディション")
	titleCommitsBehindTierBelow = text.Of("Commits behind the Tier below",
		"下の Tier からの遅れ")
	aboutFirstParentCommitsNext = text.Of("First-parent commits of the next lower Tier's Release that the Tier's branch lacks.",
		"1 つ下の Tier の リリース にあって、この Tier のブランチにないコミットの数です。")
	titleDriftsBegun = text.Of("Drifts begun",
		"差分の発生")
	aboutHowOftenShopsetsBegan = text.Of("How often ShopSets began to differ from git, per hour, also where it healed itself at once.",
		"ShopSet が git と異なり始めた回数（1 時間あたり）です。すぐ直ったものも含みます。")
	titleRedundancyOrder = text.Of("Redundancy and order",
		"冗長性と順序")
	titleShopgroups = text.Of("ShopGroups",
		"ShopGroup")
	aboutFromHowManyFailuredomains = text.Of("From how many FailureDomains the shops of each group are served.",
		"各グループのショップがいくつの FailureDomain から提供されているかです。")
	titleShopgroup = text.Of("ShopGroup",
		"ShopGroup")
	titleAvailable = text.Of("Available",
		"提供中")
	titleRequired = text.Of("Required",
		"必要数")
	titleRedundant = text.Of("Redundant",
		"冗長")
	titleNo = text.Of("no",
		"いいえ")
	titleYes = text.Of("yes",
		"はい")
	titleReleasesOutOrder = text.Of("Releases out of order",
		"順序に反する リリース")
	aboutUnverifiedNoLowerTier = text.Of("unverified: no lower Tier ran it. skipped: not all lower Tiers did.",
		"unverified は下のどの Tier でも動いていないもの、skipped は途中の Tier を飛ばしたものです。")
	titleKind = text.Of("Kind",
		"種類")
	titleBudgets = text.Of("Budgets",
		"バジェット")
	titleLeastBudgetLeft = text.Of("Least budget left",
		"残りの少ないバジェット")
	aboutThirtyBudgetsLeastLeft = text.Of("The thirty budgets with the least left. Those without data or traffic have nothing to be listed by.",
		"残りの少ない順に 30 個です。データやトラフィックのないものは含みません。")
	titleLeft = text.Of("Left",
		"残り")
	titleBudgetsByState = text.Of("Budgets by state",
		"状態ごとのバジェット数")
	aboutHowManyBudgetsEach = text.Of("How many budgets are in each state.",
		"状態ごとのバジェットの数です。")

	// Panels.
	titleNotKnown = text.Of("not known",
		"不明")

	// One SLO.
	titleShopsloOneSlo = text.Of("shopslo: one SLO",
		"shopslo：SLO の詳細")
	aboutErrorBudgetsOneSlo = text.Of("The error budgets of one SLO, per ShopSet, as shopslo serve has counted them.",
		"1 つの SLO のエラーバジェットを ShopSet ごとに示します。数値は shopslo serve が数えたものです。")
	titleBurnRateOver = text.Of("Burn rate over",
		"バーンレートの期間")
	titleFleet = text.Of("Fleet",
		"フリート")
	titleObjective = text.Of("Objective",
		"目標")
	aboutShareEventsGood = text.Of("The share of events that has to be good.",
		"成功すべきイベントの割合です。")
	titleLeastBudgetLeft2 = text.Of("Least budget left",
		"最も少ない残り")
	aboutRemainingErrorBudgetShopset = text.Of("The remaining error budget of the ShopSet that has the least; below 0 it is overspent.",
		"残りが最も少ない ShopSet のエラーバジェットです。0 未満は使いすぎです。")
	titleAtRisk = text.Of("At risk",
		"要注意")
	aboutShopsetsLessThanQuarter = text.Of("ShopSets with less than a quarter of the budget left, or burning above an alert's threshold.",
		"残りが 4 分の 1 未満か、バーンレートがしきい値を超えている ShopSet の数です。")
	titleExhausted = text.Of("Exhausted",
		"枯渇")
	aboutShopsetsHaveExhaustedTheir = text.Of("ShopSets that have exhausted their budget.",
		"バジェットが枯渇した ShopSet の数です。")
	titleNoData = text.Of("No data",
		"データなし")
	aboutShopsetsWhichNothingSlo = text.Of("ShopSets of which nothing in the SLO's window is known. That is neither good nor bad.",
		"SLO の期間のデータがまったくない ShopSet の数です。良いとも悪いとも言えません。")
	titleCountedUntil = text.Of("Counted until",
		"集計の遅れ")
	aboutHowLongAgoNewest = text.Of("How long ago the newest counted edge was, of the ShopSet that is furthest behind. It is some minutes in a healthy serve.",
		"最も遅れている ShopSet の、最後に集計した時刻からの経過時間です。正常なら数分です。")
	titleOk = text.Of("ok",
		"正常")
	titleInsufficientData = text.Of("insufficient data",
		"データ不足")
	titleAtRisk2 = text.Of("at risk",
		"要注意")
	titleExhausted2 = text.Of("exhausted",
		"枯渇")
	titleInconsistent = text.Of("inconsistent",
		"矛盾")
	titleNoData2 = text.Of("no data",
		"データなし")
	titleBudgetLeftNow = text.Of("Budget left now",
		"現在の残り")
	aboutShareWindowSError = text.Of("The share of the window's error budget that is left. A ShopSet without data or traffic has no bar.",
		"期間のエラーバジェットの残りの割合です。データやトラフィックのない ShopSet は表示されません。")
	titleBudgetLeft = text.Of("Budget left",
		"残りの推移")
	aboutHowRemainingBudgetMoved = text.Of("How the remaining budget has moved. Of a rolling window it recovers as bad events leave the window.",
		"残りの推移です。移動する期間では、失敗が期間から外れると回復します。")
	titleState = text.Of("State",
		"状態")
	aboutVerdictOnEachBudget = text.Of("The verdict on each budget: the first that holds of no data, inconsistent, exhausted, insufficient data, at risk, ok.",
		"各バジェットの判定です。データなし、矛盾、枯渇、データ不足、要注意、正常の順に、最初に当てはまるものです。")
	titleBurnRates = text.Of("Burn rates",
		"バーンレート")
	titleBurnRateOverWindow = text.Of("Burn rate over $window",
		"直近 $window のバーンレート")
	aboutExhaustsBudgetExactlySlo = text.Of("1 exhausts the budget in exactly the SLO's window. There is no line where there was no traffic or no data.",
		"1 なら SLO の期間の終わりにちょうど枯渇する速さです。トラフィックやデータがない間は線がありません。")
	titleEvents = text.Of("Events",
		"イベント")
	titleEvents2 = text.Of("Events",
		"イベント数")
	aboutEventsOrSlicesTime = text.Of("Events (or slices of time, or points of a grid) counted per second.",
		"1 秒あたりに数えたイベント（または時間スライス、一定間隔の点）の数です。")
	titleBadEvents = text.Of("Bad events",
		"失敗したイベント数")
	aboutBadEventsOrSlices = text.Of("Bad events (or slices of time, or points of a grid) counted per second.",
		"1 秒あたりに数えた失敗（または失敗した時間スライス、一定間隔の点）の数です。")
	titleSliOverWindow = text.Of("SLI over the window",
		"期間の SLI")
	aboutShareWindowSEvents = text.Of("The share of the window's events that were good, and the objective.",
		"期間のイベントのうち成功した割合と、目標です。")
	titleCoverage = text.Of("Coverage",
		"カバレッジ")
	aboutShareWindowAsFar = text.Of("The share of the window, as far as it has passed, that has data. What is not covered is neither good nor bad.",
		"期間のうちデータがある割合です（まだ来ていない部分を除く）。データのない部分は良いとも悪いとも言えません。")
	titleSilence = text.Of("Silence",
		"無応答の時間")
	aboutHowLongBeforeNewest = text.Of("How long before the newest counted edge something was last heard of the ShopSet.",
		"最後に集計した時刻から見て、ShopSet から最後にデータが届いたのがどれだけ前かです。")

	// shopslo serve itself.
	titleShopsloServe = text.Of("shopslo: serve",
		"shopslo：serve の稼働状況")
	aboutShopsloServe = text.Of("Whether shopslo serve counts, what it was asked, and what that costs. docs/runbooks.md says what to do.",
		"shopslo serve が集計できているか、何を問われたか、その負荷を示します。対処は docs/runbooks.md にあります。")
	titleInstance = text.Of("Instance",
		"インスタンス")
	titleSourceAnswers = text.Of("Source answers",
		"取得元の応答")
	aboutSourceAnswers = text.Of("1 where every serve could read its source last time.",
		"すべての serve が直近に取得元を読めていれば 1 です。")
	titleCaughtUp = text.Of("Caught up",
		"履歴の読み込み")
	aboutCaughtUp = text.Of("1 where the source's history has been read up to now since the start.",
		"起動後、取得元の履歴を現在まで読み終えていれば 1 です。")
	titleReloaded = text.Of("Reloaded",
		"再読み込み")
	aboutReloaded = text.Of("1 where the last reading of configuration and documents succeeded.",
		"設定と文書を直近に正しく読めていれば 1 です。")
	titleNotCounted = text.Of("SLOs not counted",
		"集計できない SLO")
	aboutNotCounted = text.Of("SLOs that cannot be counted for some ShopSet although the source answers.",
		"取得元は応答していても、どれかの ShopSet で集計できない SLO の数です。")
	titleNotLogged = text.Of("Not logged",
		"記録の失敗")
	aboutNotLogged = text.Of("Decisions, promotions and rollbacks that could not be logged.",
		"判定ログに書けなかった判定、昇格、ロールバックの数です。")
	titleNotTold = text.Of("Not told",
		"届かない通知")
	aboutNotTold = text.Of("Messages to Slack and Mackerel that were given up.",
		"Slack と Mackerel に送れなかった通知の数です。")
	titleCounting = text.Of("Counting",
		"集計")
	titleCountsAge = text.Of("Age of the oldest count",
		"最も古い集計からの時間")
	aboutCountsAge = text.Of("How long ago the newest edge of the budget that is furthest behind is.",
		"最も遅れているバジェットが、いつまで集計されているかを示します。")
	titleTicks = text.Of("Bringing the ledger up to date",
		"台帳の更新にかかる時間")
	aboutTicks = text.Of("How long it takes on average; beyond ledger.resolution it cannot keep up.",
		"平均の所要時間です。ledger.resolution を超えると追いつけません。")
	titleSamplesRead = text.Of("Samples read per second",
		"1 秒あたりのサンプル数")
	aboutSamplesRead = text.Of("Raw samples that the ledger has counted.",
		"台帳が数えた生のサンプルです。")
	titleDecisions = text.Of("Decisions per hour",
		"1 時間あたりの判定")
	aboutDecisions = text.Of("Decisions of the gate that were asked for, by Tier and verdict.",
		"問われたゲートの判定を、Tier と結果ごとに示します。")
	titleNotices = text.Of("Messages per hour",
		"1 時間あたりの通知")
	aboutNotices = text.Of("Messages about decisions and about Tiers that match their branch, by result.",
		"判定と、ブランチと一致した Tier の通知を、結果ごとに示します。")
	titleRequests = text.Of("Requests per second",
		"1 秒あたりの要求")
	aboutRequests = text.Of("By route and HTTP status; other are those without a route.",
		"経路と HTTP ステータスごとの要求です。other は経路のないものです。")
	titleLatency = text.Of("Time to answer",
		"応答時間")
	aboutLatency = text.Of("Nine of ten requests are answered within this time.",
		"要求の 9 割がこの時間内に応答されます。")
	titleMemory = text.Of("Memory",
		"メモリ")
	aboutMemory = text.Of("What the process takes, and the limit that Go's runtime keeps to where there is one.",
		"プロセスの使用量と、Go ランタイムの上限（ある場合）です。")
	titleCPU = text.Of("CPUs",
		"CPU")
	aboutCPU = text.Of("CPUs that the process uses.",
		"プロセスが使っている CPU の数です。")
)

// legends that are words, not labels.
var legends = map[string]text.Entry{
	"objective": text.Of("objective", "目標"),
	"coverage":  text.Of("coverage", "カバレッジ"),
}
