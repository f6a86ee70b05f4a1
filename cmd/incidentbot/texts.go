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

// answers are what check says of each thing, line by line.
var answers = text.NewPhrasebook(
	text.Of("ok    %s", "ok    %s"),
	text.Of("FAIL  %s: %s", "FAIL  %s: %s"),
	text.Of("ok    settings %s: %d Tiers, %d ShopSets", "ok    設定 %s: Tier %d 件、ShopSet %d 件"),
	text.Of("store", "ストア"),
	text.Of("bot token", "Bot トークン"),
	text.Of("bot token: %s in workspace %s", "Bot トークン: ワークスペース %[2]s の %[1]s"),
	text.Of("scope %s", "スコープ %s"),
	text.Of("channel %s", "チャンネル %s"),
	text.Of("exporter", "エクスポーター"),
	text.Of("suspects", "原因の候補"),
	text.Of("shopslo's log of decisions", "shopslo の判定ログ"),
	text.Of("shopslo's budgets", "shopslo のバジェット"),
	text.Of("it is refused: %s", "拒否されました: %s"),
	text.Of("not known, since Slack does not answer: %s", "Slack の応答がなく不明です: %s"),
	text.Of("the app lacks it: add it under OAuth & Permissions, and install the app again", "アプリにありません: OAuth & Permissions で追加し、アプリを再インストールしてください"),
	text.Of("no connection can be opened: %s; is the app-level token right, has it the scope connections:write, and is Socket Mode enabled in the app's settings?", "接続できません: %s。App-Level トークンと、そのスコープ connections:write、アプリの設定の Socket Mode を確認してください"),
	text.Of("the bot cannot write there: %s; give a public channel's ID, C…", "ボットが書き込めません: %s。パブリックチャンネルの ID（C…）を指定してください"),
	text.Of("nobody can be invited: %s", "招待できません: %s"),
	text.Of("ask shopslo: %s", "shopslo に問い合わせできません: %s"),
	text.Of("connect: connection refused", "接続を拒否されました"),
)
