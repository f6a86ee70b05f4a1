package ledgerfiles

import "github.com/shopslo/shopslo/internal/text"

// What tables of a ledger say; docs/glossary.md has the words.
var (
	accountHeadings = text.Of("SHOPSET SLO FROM TO LAST_SAMPLE GOOD TOTAL SERIES PROCESSES FLAGS METRICS", "ShopSet SLO 開始 終了 最新サンプル 成功 全体 系列 プロセス フラグ メトリクス")
	fileHeadings    = text.Of("FILE FORMAT RECORDS BYTES STATE", "ファイル 形式 レコード バイト 状態")
	sayAccounts     = text.Of("%d accounts", "アカウント %d 件")
	used            = text.Of("read", "使用")
	notUsed         = text.Of("older", "旧世代")
	unfinished      = text.Of("read; the last record is unfinished and counts nothing", "使用（末尾のレコードは書き込み途中のため集計しない）")
	damaged         = text.Of("damaged after byte %d", "%d バイト以降が壊れている")
	orphan          = text.Of("what comes before it is missing", "これより前のファイルがない")
	saySound        = text.Of("All files are sound.", "すべてのファイルは正常です。")
	sayDamaged      = text.Of("Some files are damaged. 'shopslo serve' keeps what is sound, sets the rest aside, and counts it again as far as the source goes back.",
		"壊れているファイルがあります。'shopslo serve' は正常な部分を残し、残りを別名で保管したうえで、取得元に残っている範囲を数え直します。")
)
