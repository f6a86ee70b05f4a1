package main

import "github.com/shopslo/shopslo/internal/text"

// What list and summary say, in English and Japanese; docs/glossary.md has the words.
var (
	sayNoIncident = text.Of("No incident.\n",
		"インシデントはありません。\n")
	headSeverity = text.Of("SEVERITY",
		"重大度")
	headState = text.Of("STATE",
		"状態")
	headDetected = text.Of("DETECTED",
		"検知")
	headTitle = text.Of("TITLE",
		"件名")
	sayIncidents = text.Of("%d incidents since %s, %d of them ongoing: %d critical, %d major, %d minor\n",
		"インシデント %[1]d 件（%[2]s 以降、うち継続中 %[3]d 件）：緊急 %[4]d、重大 %[5]d、軽微 %[6]d\n")
	sayUnwritten = text.Of("Postmortems that lack something: %s\n",
		"未完成のポストモーテム：%s\n")
	headTime = text.Of("TIME",
		"時間")
	headMedian = text.Of("MEDIAN",
		"中央値")
	headP90 = text.Of("9 OF 10 WITHIN",
		"9 割が収まる")
	headKnown = text.Of("KNOWN OF",
		"判明している件数")
	rowDetect = text.Of("to detect",
		"検知まで")
	rowMitigate = text.Of("to mitigate",
		"緩和まで")
	rowResolve = text.Of("to resolve",
		"解決まで")
	sayImpact = text.Of("\nTheir impact lasted %s in all.\n",
		"\n影響していた時間の合計：%s\n")
	sayNoActions = text.Of("No action item is open.\n",
		"未完了の再発防止策はありません。\n")
	sayActions = text.Of("%d action items are open, %d of them overdue:\n\n",
		"未完了の再発防止策 %d 件（うち期限切れ %d 件）：\n\n")
	headDue = text.Of("DUE",
		"期限")
	headOwner = text.Of("OWNER",
		"担当")
	headIncident = text.Of("INCIDENT",
		"インシデント")
	headAction = text.Of("ACTION",
		"内容")
	sayOverdue = text.Of(" overdue",
		" 期限切れ")
)
