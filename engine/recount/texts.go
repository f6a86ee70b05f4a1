package recount

import (
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo/ledger"
)

// What a comparison of ledger and source says; docs/glossary.md has the words.
var (
	headings = text.Of("SHOPSET SLO FROM TO STATE LEDGER SOURCE LEDGER_COVERED SOURCE_COVERED", "ShopSet SLO 開始 終了 状態 台帳 取得元 台帳のカバレッジ 取得元のカバレッジ")
	states   = map[ledger.Comparability]text.Entry{
		ledger.Differs:    text.Of("different", "差異あり"),
		ledger.NoData:     text.Of("no_data", "データなし"),
		ledger.NotCounted: text.Of("not_counted", "未集計"),
	}
	sayFailed  = text.Of("%s, %s: could not be counted anew: %s", "%s、%s: 数え直せませんでした: %s")
	saySummary = text.Of("%s to %s, %d accounts in steps of %s: %d equal, %d different, %d without data at the source, %d not counted.",
		"%s から %s、アカウント %d 件、%sごと: 一致 %d、差異あり %d、取得元にデータなし %d、未集計 %d。")
	sayNothing = text.Of("Nothing is to be changed.", "変更するものはありません。")
	sayApply   = text.Of("Nothing was written. 'shopslo ledger recount --apply' writes the differences; stop 'shopslo serve' first.",
		"何も書き込んでいません。差異を台帳に反映するには、'shopslo serve' を止めてから 'shopslo ledger recount --apply' を実行してください。")
	sayApplied = text.Of("What was different is in %s now as the source has it.", "差異のあった時間は、取得元の値で %s に書き込みました。")
	sayRecount = text.Of("'shopslo ledger recount' with the same flags takes over the current figures of the source.", "取得元の現在の値を反映するには、同じフラグで 'shopslo ledger recount' を実行してください。")
)
