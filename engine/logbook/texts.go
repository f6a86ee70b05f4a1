package logbook

import "github.com/shopslo/shopslo/internal/text"

// What is said of where a decision is logged; docs/glossary.md has the words.
var (
	sayLogged    = text.Of("Logged as entry %d of the decision log, %s.", "判定ログのエントリー %d に記録: %s")
	sayNotLogged = text.Of("Not logged: %s.", "記録なし: %s。")

	// Why it is not. English stands where that is found, and in what is published.
	whys = text.NewCatalogue(
		text.Of("no gate.log is configured", "gate.log が未設定"),
		text.Of("gate.log.dir is the log of 'shopslo serve': ask that with --server, or name gate.log.git",
			"gate.log.dir は 'shopslo serve' のログ。--server で問い合わせるか、gate.log.git を設定"),
		text.Of("the server does not say that it has", "サーバーから記録の報告なし"),
	)
)
