package postmortem

import "github.com/shopslo/shopslo/incident"

// part is a section of the text.
type part int

const (
	partOverview part = iota
	partMissing
	partFigures
	partBurned
	partTimeline
	// From here on people write.
	partSummary
	partImpact
	partCause
	partTrigger
	partDetection
	partResolution
	partWell
	partWrong
	partLucky
	partActions
)

// words are those of a language.
type words struct {
	parts                                                              map[part]string
	blameless, notWritten, notKnown, notYet, notSaid, wholeFleet       string
	id, title, severity, state, affected, release, link, times         string
	noStart, noScope, noOwner, noDue                                   string
	started, detected, toDetect, toMitigate, toResolve, hurting, soFar string
	fromDetection, noBudget, badEvents, share, itStarted, itWasNoticed string
	owner, due, done, nobody, notSet, nobodyAnyMore, noneAnyMore       string
	colon, comma, dot                                                  string
	severities                                                         map[incident.Severity]string
	states, moved                                                      map[incident.State]string
	roles                                                              map[incident.Role]string
}

var english = words{
	parts: map[part]string{
		partOverview: "Overview", partMissing: "Still missing", partFigures: "Times", partBurned: "Error budgets burned", partTimeline: "Timeline",
		partSummary: "Summary", partImpact: "Impact", partCause: "Cause", partTrigger: "Trigger", partDetection: "Detection", partResolution: "Resolution",
		partWell: "What went well", partWrong: "What went wrong", partLucky: "Where we were lucky", partActions: "Action items",
	},
	blameless:  "This text is about systems and how we work, not about who did what: everybody did what made sense with what they knew at the time.",
	notWritten: "_Not written yet._", notKnown: "not known", notYet: "not yet", notSaid: "nobody has said yet, so it may be everything", wholeFleet: "the whole fleet",
	id: "Incident", title: "Title", severity: "Severity", state: "State", affected: "Affected", release: "Suspected Release", link: "Link", times: "Time zone",
	noStart: "When the impact started", noScope: "What was affected", noOwner: "Owner of %d of %d open action items", noDue: "Due date of %d of %d open action items",
	started: "Started", detected: "Detected", toDetect: "Time to detect", toMitigate: "Time to mitigate", toResolve: "Time to resolve", hurting: "Impact in all",
	soFar: "%s, up to %s, and the impact goes on", fromDetection: "Since nobody knows when it started, times are counted from its detection.",
	noBudget: "None: no SLO of these ShopSets lost budget.", badEvents: "Bad events", share: "Share of the window's budget",
	itStarted: "The impact started.", itWasNoticed: "It was noticed.",
	owner: "Owner", due: "Due", done: "Done", nobody: "_nobody yet_", notSet: "_not set_", nobodyAnyMore: "nobody any more", noneAnyMore: "none any more",
	colon: ": ", comma: "; ", dot: ". ",
	severities: map[incident.Severity]string{incident.Critical: "critical (shops cannot sell)",
		incident.Major: "major (a part fails, or all of it for some)", incident.Minor: "minor (few notice)"},
	states: map[incident.State]string{incident.Open: "open", incident.Mitigated: "mitigated (its cause is still there)", incident.Resolved: "resolved", incident.Closed: "closed"},
	moved: map[incident.State]string{incident.Open: "Reopened: there is impact again", incident.Mitigated: "Mitigated: no more impact",
		incident.Resolved: "Resolved: its cause is gone", incident.Closed: "Closed"},
	roles: map[incident.Role]string{incident.Commander: "Commander", incident.Operations: "Operations", incident.Communications: "Communications", incident.Scribe: "Scribe"},
}

var japanese = words{
	parts: map[part]string{
		partOverview: "基本情報", partMissing: "未記入の項目", partFigures: "時間", partBurned: "消費したエラーバジェット", partTimeline: "タイムライン",
		partSummary: "概要", partImpact: "影響", partCause: "原因", partTrigger: "きっかけ", partDetection: "検知", partResolution: "対応と解決",
		partWell: "うまくいったこと", partWrong: "うまくいかなかったこと", partLucky: "幸運だったこと", partActions: "再発防止策",
	},
	blameless:  "この文書は個人の責任を問うものではありません。誰もがその時点で知り得た情報をもとに最善を尽くしたという前提で、仕組みと進め方を見直します。",
	notWritten: "_まだ書かれていません。_", notKnown: "不明", notYet: "未完了", notSaid: "未確認（すべてに影響している可能性があります）", wholeFleet: "全体",
	id: "インシデント", title: "件名", severity: "重大度", state: "状態", affected: "影響範囲", release: "疑わしいリリース", link: "リンク", times: "タイムゾーン",
	noStart: "影響が始まった時刻", noScope: "影響範囲", noOwner: "担当者（未完了の再発防止策 %[2]d 件中 %[1]d 件）", noDue: "期限（未完了の再発防止策 %[2]d 件中 %[1]d 件）",
	started: "発生", detected: "検知", toDetect: "検知までの時間", toMitigate: "緩和までの時間", toResolve: "解決までの時間", hurting: "影響が続いた時間の合計",
	soFar: "%s（%s 時点、影響は継続中）", fromDetection: "発生時刻が不明なため、検知時刻から数えています。",
	noBudget: "なし。対象の ShopSet の SLO では、エラーバジェットは消費されていません。", badEvents: "失敗したイベント", share: "期間全体のバジェットに対する割合",
	itStarted: "影響が始まった。", itWasNoticed: "検知した。",
	owner: "担当", due: "期限", done: "完了", nobody: "_未定_", notSet: "_未設定_", nobodyAnyMore: "担当なし", noneAnyMore: "なし",
	colon: "：", comma: "、", dot: "。",
	severities: map[incident.Severity]string{incident.Critical: "緊急（購入できない）",
		incident.Major: "重大（一部の機能、または一部の利用者に影響）", incident.Minor: "軽微（気づく利用者は少ない）"},
	states: map[incident.State]string{incident.Open: "対応中", incident.Mitigated: "緩和済み（原因は残っている）", incident.Resolved: "解決済み", incident.Closed: "完了"},
	moved: map[incident.State]string{incident.Open: "再発：再び影響が出ている", incident.Mitigated: "緩和：影響は止まった",
		incident.Resolved: "解決：原因を取り除いた", incident.Closed: "完了した"},
	roles: map[incident.Role]string{incident.Commander: "指揮", incident.Operations: "作業", incident.Communications: "連絡", incident.Scribe: "記録"},
}

// languages are all of them: a text is read in any.
var languages = []*words{&english, &japanese}
