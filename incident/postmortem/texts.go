package postmortem

import (
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
)

// wordsIn are all words of a language; docs/glossary.md has what they share with others.
func wordsIn(l text.Language) words {
	say := func(e text.Entry) string { return l.Say(e) }
	return words{
		parts:         in(l, partNames),
		blameless:     say(text.Of("This text is about systems and how we work, not about who did what: everybody did what made sense with what they knew at the time.", "この文書は個人の責任を問うものではありません。誰もがその時点で知り得た情報をもとに最善を尽くしたという前提で、仕組みと進め方を見直します。")),
		notWritten:    say(text.Of("_Not written yet._", "_まだ書かれていません。_")),
		private:       say(text.Of("Private incident", "非公開のインシデント")),
		notShown:      say(text.Of("_Not shown: this incident is private._", "_非公開のインシデントのため、表示していません。_")),
		notKnown:      say(text.Of("not known", "不明")),
		notYet:        say(text.Of("not yet", "未完了")),
		notSaid:       say(text.Of("nobody has said yet, so it may be everything", "未確認（すべてに影響している可能性があります）")),
		wholeFleet:    say(text.Of("the whole fleet", "全体")),
		id:            say(text.Of("Incident", "インシデント")),
		title:         say(text.Of("Title", "件名")),
		severity:      say(text.Of("Severity", "重大度")),
		state:         say(text.Of("State", "状態")),
		affected:      say(text.Of("Affected", "影響範囲")),
		release:       say(text.Of("Suspected Release", "疑わしいリリース")),
		link:          say(text.Of("Link", "リンク")),
		times:         say(text.Of("Time zone", "タイムゾーン")),
		noStart:       say(text.Of("When the impact started", "影響が始まった時刻")),
		noScope:       say(text.Of("What was affected", "影響範囲")),
		noOwner:       say(text.Of("Owner of %d of %d open action items", "担当者（未完了の再発防止策 %[2]d 件中 %[1]d 件）")),
		noDue:         say(text.Of("Due date of %d of %d open action items", "期限（未完了の再発防止策 %[2]d 件中 %[1]d 件）")),
		started:       say(text.Of("Started", "発生")),
		detected:      say(text.Of("Detected", "検知")),
		toDetect:      say(text.Of("Time to detect", "検知までの時間")),
		toMitigate:    say(text.Of("Time to mitigate", "緩和までの時間")),
		toResolve:     say(text.Of("Time to resolve", "解決までの時間")),
		hurting:       say(text.Of("Impact in all", "影響が続いた時間の合計")),
		soFar:         say(text.Of("%s, up to %s, and the impact goes on", "%s（%s 時点、影響は継続中）")),
		fromDetection: say(text.Of("Since nobody knows when it started, times are counted from its detection.", "発生時刻が不明なため、検知時刻から数えています。")),
		noBudget:      say(text.Of("None: no SLO of these ShopSets lost budget.", "なし。対象の ShopSet の SLO では、エラーバジェットは消費されていません。")),
		badEvents:     say(text.Of("Bad events", "失敗したイベント")),
		share:         say(text.Of("Share of the window's budget", "期間全体のバジェットに対する割合")),
		itStarted:     say(text.Of("The impact started.", "影響が始まった。")),
		itWasNoticed:  say(text.Of("It was noticed.", "検知した。")),
		owner:         say(text.Of("Owner", "担当")),
		due:           say(text.Of("Due", "期限")),
		done:          say(text.Of("Done", "完了")),
		nobody:        say(text.Of("_nobody yet_", "_未定_")),
		notSet:        say(text.Of("_not set_", "_未設定_")),
		nobodyAnyMore: say(text.Of("nobody any more", "担当なし")),
		noneAnyMore:   say(text.Of("none any more", "なし")),
		redacted:      say(text.Of("An entry was taken away", "記録を削除した")),
		colon:         say(text.Of(": ", "：")),
		comma:         say(text.Of("; ", "、")),
		dot:           say(text.Of(". ", "。")),
		severities:    in(l, severityNames),
		states:        in(l, stateNames),
		moved:         in(l, moveNames),
		roles:         in(l, roleNames),
	}
}

// in are the words of a table in a language.
func in[K comparable](l text.Language, names map[K]text.Entry) map[K]string {
	out := make(map[K]string, len(names))
	for k, e := range names {
		out[k] = l.Say(e)
	}
	return out
}

var (
	partNames = map[part]text.Entry{
		partOverview:   text.Of("Overview", "基本情報"),
		partMissing:    text.Of("Still missing", "未記入の項目"),
		partFigures:    text.Of("Times", "時間"),
		partBurned:     text.Of("Error budgets burned", "消費したエラーバジェット"),
		partTimeline:   text.Of("Timeline", "タイムライン"),
		partSummary:    text.Of("Summary", "概要"),
		partImpact:     text.Of("Impact", "影響"),
		partCause:      text.Of("Cause", "原因"),
		partTrigger:    text.Of("Trigger", "きっかけ"),
		partDetection:  text.Of("Detection", "検知"),
		partResolution: text.Of("Resolution", "対応と解決"),
		partWell:       text.Of("What went well", "うまくいったこと"),
		partWrong:      text.Of("What went wrong", "うまくいかなかったこと"),
		partLucky:      text.Of("Where we were lucky", "幸運だったこと"),
		partActions:    text.Of("Action items", "再発防止策"),
	}
	severityNames = map[incident.Severity]text.Entry{
		incident.Critical: text.Of("critical (shops cannot sell)", "緊急（購入できない）"),
		incident.Major:    text.Of("major (a part fails, or all of it for some)", "重大（一部の機能、または一部の利用者に影響）"),
		incident.Minor:    text.Of("minor (few notice)", "軽微（気づく利用者は少ない）"),
	}
	stateNames = map[incident.State]text.Entry{
		incident.Open:      text.Of("open", "対応中"),
		incident.Mitigated: text.Of("mitigated (its cause is still there)", "緩和済み（原因は残っている）"),
		incident.Resolved:  text.Of("resolved", "解決済み"),
		incident.Closed:    text.Of("closed", "完了"),
	}
	moveNames = map[incident.State]text.Entry{
		incident.Open:      text.Of("Reopened: there is impact again", "再発：再び影響が出ている"),
		incident.Mitigated: text.Of("Mitigated: no more impact", "緩和：影響は止まった"),
		incident.Resolved:  text.Of("Resolved: its cause is gone", "解決：原因を取り除いた"),
		incident.Closed:    text.Of("Closed", "完了した"),
	}
	roleNames = map[incident.Role]text.Entry{
		incident.Commander:      text.Of("Commander", "指揮"),
		incident.Operations:     text.Of("Operations", "作業"),
		incident.Communications: text.Of("Communications", "連絡"),
		incident.Scribe:         text.Of("Scribe", "記録"),
	}
)
