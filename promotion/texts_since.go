package promotion

import "github.com/shopslo/shopslo/internal/text"

// sayingsSince are those of the check since_release.
var sayingsSince = []text.Entry{
	// since_release
	text.Of("The evidence has two comparisons of this SLO and ShopSet.", "この SLO と ShopSet の比較が根拠に 2 つある。"),
	text.Of("The evidence has no comparison with the time before the Release.", "リリース前との比較が根拠にない。"),
	text.Of("Counts are inconsistent, so no comparison is possible.", "件数が矛盾しており、比較できない。"),
	text.Of("No traffic since the Release arrived %s ago.", "%s前のリリース到着後、トラフィックなし。"),
	text.Of("No data since the Release arrived %s ago.", "%s前のリリース到着後、データなし。"),
	text.Of("Only %s of the time since the Release arrived has data (%s required).", "リリース到着後のうち、データがあるのは %s のみ（必要 %s）。"),
	text.Of("Compared since %s, which is not when the Release is reported to have arrived.", "比較の起点 %s が、報告されたリリース到着時刻と異なる。"),
	text.Of("Newest figures since the Release arrived are from %s (limit %s from now).", "リリース到着後の最新の数値は %s のもの（現在との差の上限 %s）。"),
	text.Of("The counts since the Release arrived are from another time.", "リリース到着後の件数が別の時間のもの。"),
	text.Of("The counts before the Release arrived are from another time.", "リリース到着前の件数が別の時間のもの。"),
	text.Of("no data before", "以前のデータなし"),
	text.Of("before: %s of %s", "以前: %[2]s 中 %[1]s"),
	text.Of("In the %s since the Release arrived, %s of %s %s were bad (%s)", "リリース到着後の %sで %[3]s %[4]s中 %[2]s %[4]sが失敗（%[5]s）"),
	text.Of("%s: adds %s× the allowed rate to the burn rate", "%s: バーンレートが許容の %s 倍増加"),
	text.Of("%s, but there were as many bad events %s in the %s before, so the Release may not be the cause. More time is needed.",
		"%[1]s。ただし、直前の %[3]sにも同程度の失敗が%[2]sあり、リリースが原因とは限らない。もう少し時間が必要。"),
	text.Of("most of the time", "ほぼ常に"),
	text.Of("%d times", " %d 回"),
	text.Of("There is no ShopSet without the Release to compare with.", "比較できる、このリリースのない ShopSet はない。"),
	text.Of("%s without the Release (%s): %s of %s were bad in the same time (%s)", "このリリースのない%s（%s）では同じ時間に %[4]s 件中 %[3]s 件が失敗（%[5]s）"),
	text.Of("%s. %s: the Release may not be the cause. More time is needed.", "%s。%s。リリースが原因とは限らない。もう少し時間が必要。"),
	text.Of("%s: too little traffic to judge it by itself (about %s %s are required, which takes longer than %s). It counts in %s as a whole.",
		"%s: トラフィックが少なく、単独では判断しない（約 %s %sが必要で、%sを超える）。%s 全体の中で数える。"),
	text.Of(" so soon after it arrived", "、到着直後のため"),
	text.Of(" Not seen yet: %s.", "まだ経験していないもの: %s。"),
	text.Of("a full day, with its peak", "ピークを含む丸 1 日"),
	text.Of("a full week", "丸 1 週間"),
	text.Of("%s, statistically significant (%s). %s", "%s、統計的に有意（%s）。%s"),
	text.Of("%s: adds less than %s× the allowed rate to the burn rate (limit %s×%s, confidence %s).", "%s: バーンレートの増加は許容の %s 倍未満（上限 %s 倍%s、信頼度 %s）。"),
	text.Of("%s: not enough data, may still add up to %s× the allowed rate to the burn rate (limit %s×%s); about %s %s with none bad are required.",
		"%s: データ不足で、バーンレートが最大で許容の %s 倍増える可能性がある（上限 %s 倍%s）。失敗なしで約 %s %sが必要。"),
	text.Of("No ShopSet of %s has data since the Release arrived.", "リリース到着後のデータがある ShopSet が %s にない。"),
	text.Of("In %s as a whole, %s of %s %s were bad since the Release arrived", "%s 全体で、リリース到着後に %[3]s %[4]s中 %[2]s %[4]sが失敗"),

	// Beside earlier times.
	text.Of("%s. %s", "%s。%s"),
	text.Of("From %s to %s, %s of %s were bad", "%s から %s までは %[4]s 件中 %[3]s 件が失敗"),
	text.Of("%s. %s: all changes since then add %s× the allowed rate to the burn rate", "%s。%s: それ以降の変更の累積でバーンレートが許容の %s 倍増加"),
	text.Of("%s, but ShopSets without the Release got worse as well, so Releases may not be the cause. More time is needed.", "%s。ただし、このリリースのない ShopSet も悪化しており、リリースが原因とは限らない。もう少し時間が必要。"),
	text.Of("%s, but there were as many bad events %s in that time, so Releases may not be the cause. More time is needed.", "%s。ただし、その期間にも同程度の失敗が%sあり、リリースが原因とは限らない。もう少し時間が必要。"),
	text.Of("%s. More time is needed.", "%s。判断にはもう少し時間が必要。"),
	text.Of("%s, statistically significant (%s).", "%s、統計的に有意（%s）。"),
}
