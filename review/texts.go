package review

import "github.com/shopslo/shopslo/internal/text"

// What the review says, in English and Japanese; docs/glossary.md has the words.
var (
	// What makes figures doubtful.
	sayMind = text.Of("Mind:",
		"注意：")
	sayDoubtsMore = text.Of("and %d more.",
		"ほか %d 件。")
	sayNotBeingCountedS = text.Of("not being counted (%s).",
		"集計できていません（%s）。")
	sayTooShortHistoryState = text.Of("too short a history for a state until %s (budgets.least_history).",
		"履歴が短く、%s まで状態を判断できません（budgets.least_history）。")
	sayNearest = text.Of("; there is %s",
		"（近いもの：%s）")
	sayMetricDoesNotExist = text.Of("the metric in %s does not exist%s. Nobody can tell good from bad.",
		"%s のメトリクスが存在しません%s。成否を判断できません。")
	sayAsksLabelWhichDoes = text.Of("%s asks for the label %s, which does not exist%s. Nobody can tell good from bad.",
		"%s のラベル %s が存在しません%s。成否を判断できません。")
	sayAsksValueDoesNot = text.Of("%s asks for a value of %s that does not exist%s. Nobody can tell good from bad.",
		"%s の %s にその値がありません%s。成否を判断できません。")
	sayOthersSendMetricThis = text.Of("others send the metric in %s, this ShopSet does not.",
		"%s はほかから届いていますが、この ShopSet からは届いていません。")
	saySeriesDoNotCarry = text.Of("series of %s do not carry the ShopSet's labels.",
		"%s の系列に ShopSet のラベルがありません。")
	sayMatchesOnLabelWhich = text.Of("%s matches on the label %s, which does not exist%s.",
		"%s の条件にあるラベル %s が存在しません%s。")
	saySeriesAppearedCountsUnknown = text.Of("series appeared with counts of unknown age, which were left out.",
		"いつからの値か分からない系列が現れ、その値は除外しました。")
	sayStartTimeMovedImplausible = text.Of("a start time moved to an implausible time while a counter dropped: taken for a restart.",
		"起動時刻が不自然に動き、カウンターも減ったため、再起動とみなしました。")
	sayCounterDroppedWithoutRestart = text.Of("a counter dropped without a restart: taken for a reset.",
		"再起動していないのにカウンターが減ったため、リセットとみなしました。")
	saySumDroppedByPart = text.Of("a sum dropped by a part: what it grew by is not known.",
		"合計値の一部が減りました。その間の増加は不明です。")
	sayRestartOrNot = text.Of("nothing tells whether a counter restarted or went on.",
		"カウンターが再起動したのか継続しているのか判断できません。")
	saySeveralProcessesAnswerUnder = text.Of("several processes answer under one name: give each labels of its own.",
		"複数のプロセスが同じ名前で応答しています。それぞれに固有のラベルを付けてください。")
	sayLabelsChangedSeriesCould = text.Of("labels changed, and series could not be paired for sure: first counts of the new ones may be left out.",
		"ラベルが変わり、系列を確実には対応付けられませんでした。新しい系列の最初の値は除外された可能性があります。")
	sayBucketsChanged = text.Of("a histogram became native or classic, the bound is no edge, and no scrape had both: good events of one scrape were left out.",
		"ヒストグラムの種類（classic / native）が切り替わり、しきい値がバケットの境界にないため、1 スクレイプ分の成功イベントを除外しました。")
	sayFiguresFlaggedS = text.Of("the figures are flagged (%s).",
		"数値に疑義があります（%s）。")

	// What matters most.
	sayNotEverythingCouldCounted = text.Of("Not everything could be counted: %s",
		"集計できなかったものがあります：%s")
	sayErrorBudgetExhaustedHad = text.Of("%s: the error budget of %s in %s is exhausted; %s had %s bad of %s allowed in %s, %s of them this week",
		"%s：%s（%s）のエラーバジェットが枯渇。%s は%[7]sで許容 %[6]s 件に対して失敗 %[5]s 件、うち今週 %[8]s 件")
	sayMoreGroups = text.Of(" (and %d more groups)",
		"（ほかに %d 組）")
	sayFullStop = text.Of(".",
		"。")
	sayUnknownNumber = text.Of("an unknown number",
		"不明な数")
	sayReleaseCameOnGot = text.Of("Release %s came to %s on %s, and %s got worse: before %s bad of %s (burn rate %s), after it %s of %s (burn rate %s).",
		"リリース %s が %s に %s に入った後、%s が悪化：直前は %[6]s 件中 失敗 %[5]s 件（バーンレート %[7]s）、直後は %[9]s 件中 %[8]s 件（同 %[10]s）。")
	sayStillOpen = text.Of("is still open",
		"まだ対応中")
	sayMitigatedButItsCause = text.Of("is mitigated, but its cause is still there",
		"緩和済みだが、原因は残っている")
	sayIncidentSSDetected = text.Of("Incident %s (%s) “%s”, detected on %s, %s",
		"インシデント %s（%s）「%s」（%s 検知）は%s")
	sayOngoingAll = text.Of("; %d are ongoing in all",
		"（継続中は計 %d 件）")
	sayNoDataTimeS = text.Of("%s has no data for %s of the time (%s): what happened then is unknown",
		"%s は期間中 %sのデータがありません（%s）。その間のことは不明です")
	sayNoDataAtAll = text.Of("No data at all for %s (%s): whether the objectives were met is unknown",
		"%s のデータが期間中まったくありません（%s）。目標を満たしたかどうかは不明です")
	sayHadGaps = text.Of("; %s had gaps",
		"（%s にも欠落あり）")
	sayGotWorseGoodEvents = text.Of("%s of %s got worse: %s of good events this week, %s in the four weeks before (burn rate %s, before %s; noise alone would do that with a chance of %s)",
		"%s（%s）が悪化：良好なイベントの割合は今週 %s、直前 4 週は %s（バーンレート %s、以前は %s。偶然だけでこうなる確率は %s）")
	sayMoreChangedWorse = text.Of("; %d more changed for the worse",
		"。ほか %d 件も悪化")
	chanceTiny = text.Of("below 0.1 %",
		"0.1% 未満")
	sayItsBudgetLeftWill = text.Of("%s of %s has %s of its budget left and will have exhausted it on %s, if the last 7 days go on",
		"%s（%s）のバジェットの残りは %s。直近 7 日のペースが続けば %s に枯渇")
	saySoWillMore = text.Of("; so will %d more",
		"（ほか %d 件も枯渇見込み）")
	sayOverdueBy = text.Of("“%[1]s” (%[2]s) is overdue by %[3]s",
		"「%[1]s」（担当 %[2]s）が期限を%[3]s超過")
	sayActionsOverdueAll = text.Of("; %d actions are overdue in all",
		"（期限切れは計 %d 件）")
	sayDecisionLogNothingAbout = text.Of("The decision log has nothing about these Releases: %s; somebody moved the branch by hand.",
		"判定ログに記録のないリリース：%s。手動でブランチが動かされています。")

	// Around the page.
	headContents = text.Of("Contents",
		"目次")
	linkMore = text.Of("More",
		"詳細")
	legendBurnRate = text.Of(", burn rate %s",
		"、バーンレート %s")

	// Around the page, in Markdown.

	// The page as a whole.
	sayMoreRowsLeftOut = text.Of("%d more rows are left out here; -o json has all.",
		"ほか %d 行は省略しています。-o json にすべてあります。")
	daysNoData = text.Of("no data",
		"データなし")
	daysNoTraffic = text.Of("no traffic",
		"トラフィックなし")
	daysNothingBad = text.Of("nothing bad",
		"失敗なし")
	daysBelowHalf = text.Of("below 0.5",
		"0.5 未満")
	daysWithinBudget = text.Of("below 1: within the budget",
		"1 未満（許容内）")
	daysBelowTwo = text.Of("below 2",
		"2 未満")
	daysBelowSix = text.Of("below 6",
		"6 未満")
	daysOrMore = text.Of("6 or more",
		"6 以上")
	sayBefore = text.Of("ever",
		"以前")
	sayUntil = text.Of(" – ",
		"〜")
	sayUntilLifted = text.Of("until lifted",
		"解除まで")
	saySloReview = text.Of("SLO review %s",
		"SLO 週次レビュー %s")
	sayFromTo = text.Of("%s to %s (%s)",
		"%s〜%s（%s）")
	titleWeek = text.Of("%s (%s)",
		"%s（%s）")
	saySoFarUntil = text.Of(", so far: until %s",
		"、%s までの途中経過")

	// Releases, freezes and exceptions.
	sayReleasesGateDecisions = text.Of("Releases and gate decisions",
		"リリースとゲートの判定")
	sayNoReleaseCameTier = text.Of("No Release came to a Tier.",
		"今週 Tier に入ったリリースはありません。")
	headRelease = text.Of("Release",
		"リリース")
	headMoved = text.Of("Moved",
		"反映")
	headArrived = text.Of("Arrived",
		"配備完了")
	headLeadTime = text.Of("Lead time",
		"リードタイム")
	headGate = text.Of("Gate",
		"ゲート")
	headBy = text.Of("By",
		"実施者")
	headWhatFollowed = text.Of("What followed",
		"その後")
	sayRollback = text.Of(" (rollback)",
		"（ロールバック）")
	sayMerged = text.Of("merged",
		"マージ")
	sayNotLogMovedBy = text.Of("not in the log: moved by hand",
		"ログになし（手動）")
	sayLeadTimeSinceDecision = text.Of("Lead time: since the decision log first named the Release. What followed: up to a day after against up to a day before, by the test of the section Changes.",
		"リードタイムは、判定ログに最初に現れてからの時間です。「その後」は前後最大 1 日ずつを「変化」と同じ検定で比べたものです。")
	sayNoChange = text.Of("no change",
		"変化なし")
	sayUnknownTooLittleCompare = text.Of("unknown: too little to compare",
		"不明（比較データ不足）")
	effectBetter = text.Of("better",
		"改善")
	effectHarm = text.Of("harm",
		"悪影響")
	effectWorse = text.Of("worse, within the budget",
		"悪化（許容内）")
	sayBadBurnRate = text.Of("%s: %s %s → %s bad (burn rate %s → %s)",
		"%s：%s 失敗 %s → %s 件（バーンレート %s → %s）")
	sayGateDecidedNothing = text.Of("The gate decided nothing.",
		"ゲートの判定はありません。")
	headTo = text.Of("To",
		"対象 Tier")
	headDecision = text.Of("Decision",
		"判定")
	headAsked = text.Of("Asked",
		"回数")
	headLast = text.Of("Last",
		"最後")
	sayFirstCheckDidNot = text.Of("First check that did not pass",
		"最初に通らなかった項目")
	headLogEntry = text.Of("Log entry",
		"ログ番号")
	sayFreezesOverridesExclusionsSilences = text.Of("Freezes, overrides, exclusions, silences",
		"リリース凍結・例外承認・計測除外・サイレンス")
	saySilences = text.Of("Silences: ",
		"サイレンス：")
	sayNoneForce = text.Of("None was in force.",
		"有効だったものはありません。")
	headKind = text.Of("Kind",
		"種別")
	headName = text.Of("Name",
		"名前")
	headWhen = text.Of("When",
		"期間")
	headScope = text.Of("Scope",
		"対象")
	headWho = text.Of("Who",
		"誰が")
	headWhy = text.Of("Why",
		"理由")
	sayFreeze = text.Of("freeze",
		"リリース凍結")
	sayEmergencyStop = text.Of("emergency stop",
		"緊急停止")
	sayWaives = text.Of(" — waives %s",
		" — %s を免除")
	sayUsedDecisions = text.Of(", used for %d decisions",
		"、判定 %d 回で使用")
	sayOverride = text.Of("override",
		"例外承認")
	sayOnly = text.Of(" (%s only)",
		"（%s のみ）")
	sayExclusion = text.Of("exclusion",
		"計測除外")
	saySilence = text.Of("silence",
		"サイレンス")
	sayAlertmanagerForgetsSilencesSome = text.Of("An Alertmanager forgets silences some days after their end (five, unless it is told otherwise): those of the period's first days may be missing.",
		"Alertmanager は終了したサイレンスを数日（既定では 5 日）で忘れるため、期間の初めのものは漏れている可能性があります。")
	sayWhatExclusionLeavesOut = text.Of("What an exclusion leaves out is in none of this report's figures.",
		"計測から除外された時間は、このレポートのどの数値にも含まれません。")
	sayWholeFleet = text.Of("the whole fleet",
		"全体")
	sayNextWeek = text.Of("Next week",
		"来週の予定")
	sayNoFreezePlannedNo = text.Of("No freeze is planned, and no action item is due.",
		"リリース凍結の予定も、期限を迎える再発防止策もありません。")
	headWhat = text.Of("What",
		"内容")
	sayFreezeOf = text.Of("Freeze: %s",
		"リリース凍結：%s")
	sayDueOf = text.Of("Due: %s",
		"期限：%s")

	// The sections.
	sayWhatTalkAboutFirst = text.Of("What to talk about first",
		"最初に話すこと")
	sayNothingStandsOutNo = text.Of("Nothing stands out: no budget is exhausted or about to be, nothing changed beyond noise, and no action item is overdue.",
		"特記事項はありません。枯渇した、または枯渇しそうなバジェット、偶然とは言えない変化、期限切れの再発防止策はいずれもありません。")
	sayActionItems = text.Of("Action items",
		"再発防止策")
	sayNoneOpenNoneDone = text.Of("None is open, and none was done this week.",
		"未完了のもの、今週完了したものはありません。")
	headState = text.Of("State",
		"状態")
	headOwner = text.Of("Owner",
		"担当")
	headDue = text.Of("Due",
		"期限")
	headFrom = text.Of("From",
		"発生元")
	sayDoneOn = text.Of("done %s",
		"%s 完了")
	sayIncidents = text.Of("Incidents",
		"インシデント")
	sayNoneBeganEndedOr = text.Of("None began, ended or went on this week.",
		"今週発生・終息・継続したものはありません。")
	headIncident = text.Of("Incident",
		"インシデント")
	headSeverity = text.Of("Severity",
		"重大度")
	headDetected = text.Of("Detected",
		"検知")
	headAffects = text.Of("Affects",
		"影響範囲")
	headToDetect = text.Of("To detect",
		"検知まで")
	headToMitigate = text.Of("To mitigate",
		"緩和まで")
	headToResolve = text.Of("To resolve",
		"解決まで")
	headPostmortem = text.Of("Postmortem",
		"ポストモーテム")
	sayReleaseSuspected = text.Of(" (Release %s suspected)",
		"（リリース %s の疑い）")
	sayUnknown = text.Of("unknown",
		"不明")
	sayNotComplete = text.Of("not complete",
		"未完成")
	sayWritten = text.Of("written",
		"記入済み")
	sayErrorBudgets = text.Of("Error budgets",
		"エラーバジェット")
	sayThereNoBudgetNo = text.Of("There is no budget: no SLO applies to a ShopSet.",
		"バジェットがありません：どの ShopSet にも SLO が適用されていません。")
	sayCountsAllShopsetsTier = text.Of("Counts of all ShopSets of a Tier, summed. Arrows lead from the week before to this one. A day's bar is its burn rate:",
		"Tier 内の全 ShopSet の件数を合計。矢印は先週から今週への変化。日別の棒はその日のバーンレート：")
	sayByShopsetWorstFirst = text.Of("By ShopSet, the worst first:",
		"ShopSet 別（悪い順）：")
	sayExhaustedOnAssumesEvery = text.Of("“Exhausted on” assumes that every day to come counts what the last seven did on average, while old days leave the window.",
		"「枯渇予測」は、今後も直近 7 日の平均が毎日続き、古い日が期間から外れていくと仮定したものです。")
	headBudgetLeft = text.Of("Budget left",
		"残り")
	sayBadAll = text.Of("Bad / all",
		"失敗／全件")
	headDays = text.Of("Days",
		"日別")
	sayBurnRateVsWeeks = text.Of("Burn rate vs 4 weeks",
		"バーンレート（直前 4 週比）")
	headExhaustedOn = text.Of("Exhausted on",
		"枯渇予測")
	sayMetIn = text.Of(" (%s in %s)",
		"（%s／%s）")
	sayHistoryTooShort = text.Of("history too short",
		"履歴不足")
	sayStateCount = text.Of("%d %s",
		"%[2]s %[1]d")
	sayData = text.Of(" (data for %s of %s)",
		"（%[2]sの %[1]s のみデータあり）")
	saySampled = text.Of(" (sampled)",
		"（定点評価）")
	sayTooLittleCompare = text.Of("too little to compare",
		"比較データ不足")
	trendAsBefore = text.Of("as before",
		"変化なし")
	trendBetterThan = text.Of("▼ better: ",
		"▼ 改善 ")
	trendWorseThan = text.Of("▲ worse: ",
		"▲ 悪化 ")
	sayChanges = text.Of("Changes",
		"変化")
	sayUnknownTakesDaysTraffic = text.Of("Unknown: it takes %d days with traffic in the four weeks before to compare with.",
		"不明：直前 4 週にアクセスのある日が %d 日以上必要です。")
	sayComparisonsFourWeeksBefore = text.Of("%d comparisons with the four weeks before: nothing changed beyond noise.",
		"直前 4 週との比較 %d 件：偶然とは言えない変化はありません。")
	headChange = text.Of("Change",
		"変化")
	headFourWeeksBefore = text.Of("Four weeks before",
		"直前 4 週")
	headThisWeek = text.Of("This week",
		"今週")
	headBurnRate = text.Of("Burn rate",
		"バーンレート")
	headByNoiseAlone = text.Of("By noise alone",
		"偶然だけの確率")
	trendBetter = text.Of("▼ better",
		"▼ 改善")
	trendWorse = text.Of("▲ worse",
		"▲ 悪化")
	sayAll = text.Of("all",
		"全体")
	sayListedWhatExactTest = text.Of("Listed is what an exact test of the counts and a t-test with the spread of the days before both find, at 1 %% divided by %d comparisons, and where the burn rate moves by 0.1 or more.",
		"件数の正確検定と、以前の日ごとのばらつきによる t 検定の両方で有意（1%% ÷ 比較 %d 件）であり、バーンレートが 0.1 以上動いたものだけを載せています。")
	sayPagesTickets = text.Of("Pages and tickets",
		"呼び出しとチケット")
	sayUnknownNothingCounted = text.Of("Unknown: nothing was counted.",
		"不明：集計データがありません。")
	sayNoBurnRateAbove = text.Of("No burn rate was above an alert's threshold.",
		"バーンレートがアラートのしきい値を超えたことはありません。")
	headKindOfAlert = text.Of("Severity",
		"種別")
	headTimes = text.Of("Times",
		"回数")
	headFirst = text.Of("First",
		"最初")
	headLastEnd = text.Of("Last end",
		"最後の終わり")
	headHowLongAll = text.Of("How long in all",
		"合計時間")
	headHighestBurnRate = text.Of("Highest burn rate",
		"最大バーンレート")
	sayGoesOn = text.Of("goes on",
		"継続中")
	sayOver = text.Of("%s over %s",
		"%s（%s）")
	sayTheseTimesWhenCounted = text.Of("These are the times when the counted burn rates were above an alert's threshold; whether anybody was called is not known here.",
		"集計したバーンレートがアラートのしきい値を超えていた時間です。実際に通知されたかどうかはここでは分かりません。")
	sayBeforeOnlyOneEdge = text.Of("Before %[1]s only one edge every %[2]s is kept: shorter ones may be missing.",
		"%[1]s より前は %[2]sごとの記録しか残っていないため、それより短いものは漏れている可能性があります。")
	sayDataGaps = text.Of("Data gaps",
		"データの欠落")
	sayNoneFiveMinutesOr = text.Of("None of five minutes or more.",
		"5 分以上の欠落はありません。")
	headWithoutData = text.Of("Without data",
		"データなしの時間")
	headDaysWithout = text.Of("Days",
		"該当日")
	sayAllWeek = text.Of("all of the week",
		"期間すべて")
	sayNoDataNotPass = text.Of("No data is not a pass: what happened then is unknown.",
		"データなしは合格ではありません。その間に何が起きたかは不明です。")

	// Words of the vocabulary, and figures: docs/glossary.md.
	sayPercent = text.Of("%s %%",
		"%s%%")
	sayWindowDays = text.Of("%s days",
		" %s 日間")
	wordInconsistent = text.Of("inconsistent",
		"矛盾")
	wordExhausted = text.Of("exhausted",
		"枯渇")
	wordInsufficientData = text.Of("insufficient data",
		"データ不足")
	wordAtRisk = text.Of("at risk",
		"要注意")
	wordOk = text.Of("ok",
		"正常")
	wordPromote = text.Of("promote",
		"許可")
	wordHold = text.Of("hold",
		"保留")
	wordInconclusive = text.Of("inconclusive",
		"判断不能")
	wordNotAsked = text.Of("not asked",
		"記録なし")
	wordPage = text.Of("page",
		"呼び出し")
	wordTicket = text.Of("ticket",
		"チケット")
	wordOverdue = text.Of("overdue",
		"期限切れ")
	wordDone = text.Of("done",
		"完了")
	wordActionOpen = text.Of("open",
		"未完了")
	sayUnknownBecauseNotConfigured = text.Of("Unknown, because %s is not configured in shopslo.yaml.",
		"不明：shopslo.yaml に %s が設定されていません。")
	sayUnknownBecauseCouldNot = text.Of("Unknown, because it could not be read: %s",
		"不明：読み取れませんでした（%s）")
	sayListMore = text.Of("%s and %d more",
		"%s ほか %d 件")
)
