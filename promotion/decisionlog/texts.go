package decisionlog

import "github.com/shopslo/shopslo/internal/text"

// What the table of a log says; docs/glossary.md has the words.
var (
	headings   = text.Of("ENTRY AT KIND TO RELEASE DECISION BY WHY", "番号 日時 種類 対象 リリース 判定 実行者 理由")
	sayEntries = text.Of("%d of %d entries; the head is %s", "%[2]d 件中 %[1]d 件。先頭のハッシュは %[3]s")
)
