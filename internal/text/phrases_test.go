package text

import "testing"

func TestAPhrasebookSaysAgainWhatWasSaid(t *testing.T) {
	b := NewPhrasebook(
		Of("unknown key%s", "不明なキー%s"),
		Of(" (did you mean %q?)", "（もしかして %q ですか？）"),
		Of("%s: there is no folder %s; make it", "%[2]s というフォルダーがない（%[1]s）"),
		Of("the whole is 100 %%", "全体は 100 %%"),
		Of("needs %s, found %d", "%s が必要、%d があった"),
		Of("a list", "リスト"),
		Of("got %q; write --to %[1]s", "%q ではなく --to %[1]s"),
	)
	for english, want := range map[string]string{
		`shopslo.yaml:3:1: document: slso: unknown key (did you mean "slos"?)`: `shopslo.yaml:3:1: document: slso: 不明なキー（もしかして "slos" ですか？）`,
		"unknown key": "不明なキー",
		"--write: there is no folder a: b; make it": "a: b というフォルダーがない（--write）",
		"needs a list, found 3":                     "リスト が必要、3 があった",
		"the whole is 100 %":                        "全体は 100 %",
		"nobody knows":                              "nobody knows",
		`got "prod"; write --to prod`:               `"prod" ではなく --to prod`,
		"a: unknown key\nb: odd\nc: a list":         "a: 不明なキー\nb: odd\nc: リスト",
		"":                                          "",
	} {
		if got := b.Say(Japanese, english); got != want {
			t.Errorf("%q is %q, want %q", english, got, want)
		}
		if got := b.Say(English, english); got != english {
			t.Errorf("%q is %q in English", english, got)
		}
	}
}
