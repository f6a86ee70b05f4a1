package board

import (
	"fmt"
	"time"

	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/status"
)

// japaneseReason says in Japanese what a check came to, with the figures that matter
// most; "" where there is no sentence for it. The gate's own sentence has all figures
// and is shown beside it.
func japaneseReason(c promotion.Check) string {
	f := figuresOf(c)
	switch c.Result {
	case promotion.Fail:
		return failedJapanese(c, f)
	case promotion.Unknown:
		return unknownJapanese(c, f)
	case promotion.Waived:
		return "本来は合格ではありませんが、例外として認められています。"
	case promotion.Pass:
		if f.flagged() {
			return "問題ありません。ただし、数値に疑義があります。"
		}
		return "問題ありません。"
	case promotion.NotChecked:
		return "設定されていないか、必要がないため確認していません。"
	}
	return ""
}

func failedJapanese(c promotion.Check, f figures) string {
	switch c.Check {
	case promotion.CheckBudget:
		switch f.text("state") {
		case "inconsistent":
			return "成功数と全体数が矛盾しています。計測を確認してください。"
		case "at_risk":
			return fmt.Sprintf("エラーバジェットが要注意です%s。いまは修正リリースだけが進めます。", f.share("remaining_ratio", "（残り %s）"))
		}
		return fmt.Sprintf("エラーバジェットが枯渇しています%s。", f.share("remaining_ratio", "（残り %s）"))
	case promotion.CheckBurnRate:
		return "エラーバジェットの減りが速すぎます（バーンレートの通知が出ています）。"
	case promotion.CheckRedundancy:
		return fmt.Sprintf("ShopGroup %s の FailureDomain が足りません（必要 %s）。", f.text("group"), f.text("required"))
	case promotion.CheckSync:
		return fmt.Sprintf("この ShopSet は正常に動いていません（%s）。", say(text.Japanese, "health."+f.text("health")))
	case promotion.CheckDrift:
		return "動いているものが git と異なります。同期するか、変更を git に入れてください。"
	case promotion.CheckSince:
		return "このリリースが来てから、エラーが以前より明らかに増えています。"
	case promotion.CheckTraffic:
		return "このリリースが来てから、アクセスがほとんどないか、動いている台数が大きく減っています。"
	case promotion.CheckAlert:
		return fmt.Sprintf("アラート %s が発生しています。", f.text("alert"))
	case promotion.CheckImages:
		return "タグが動くイメージがあり、後で別のものになり得ます。固有のタグかダイジェストを付けてください。"
	case promotion.CheckRelease:
		return "このリリースは下の Tier を順に通っていないか、上の Tier の変更を取り消してしまいます。"
	case promotion.CheckRollback:
		return "このリリースは対象の Tier からロールバックされています。"
	case promotion.CheckIncident:
		return fmt.Sprintf("インシデント %s が対応中です。", f.text("incident"))
	case promotion.CheckFreeze:
		if stop, _ := f.get("emergency").(bool); stop {
			return fmt.Sprintf("緊急停止 %s が出ています。", f.text("freeze"))
		}
		return fmt.Sprintf("リリース凍結 %s の期間中です。", f.text("freeze"))
	}
	return "基準を満たしていません。"
}

func unknownJapanese(c promotion.Check, f figures) string {
	switch c.Check {
	case promotion.CheckBudget, promotion.CheckBurnRate, promotion.CheckSince, promotion.CheckTraffic:
		if why := f.doubt(); why != "" {
			return why
		}
	}
	switch c.Check {
	case promotion.CheckSource:
		return "データの取得元に接続できません。"
	case promotion.CheckSLO:
		return "適用される SLO がないか、下の Tier に ShopSet がなく、判断材料がありません。"
	case promotion.CheckBudget:
		if f.text("state") == "insufficient_data" && f.text("verdict_from") != "?" {
			return "履歴がまだ短く、エラーバジェットを判断できません。" + fmt.Sprintf("%s から判断できます。", f.text("verdict_from"))
		}
		if f.text("state") == "insufficient_data" {
			return "件数が少なすぎて、エラーバジェットを判断できません。"
		}
		return "データがなく、エラーバジェットの残りが分かりません。"
	case promotion.CheckBurnRate:
		return "データが足りず、バーンレートが分かりません。"
	case promotion.CheckCoverage:
		return fmt.Sprintf("カバレッジが足りません（%s、必要 %s）。", f.percent("coverage"), f.percent("min_coverage"))
	case promotion.CheckFreshness:
		return "データが古いか、時計がずれています。"
	case promotion.CheckRedundancy:
		return fmt.Sprintf("ShopGroup %s がいま提供されているか分かりません。", f.text("group"))
	case promotion.CheckSync:
		return "この ShopSet でリリースが動いていて正常かどうか、まだ確認できません。"
	case promotion.CheckDrift:
		return "git と同じかどうか、まだ確認できません。"
	case promotion.CheckSoak:
		return "検証時間がまだ足りません。" + f.soak()
	case promotion.CheckSince:
		return "このリリースの後にエラーが増えていないと言えるだけのデータが、まだありません。"
	case promotion.CheckTraffic:
		return "アクセスが以前より少ないか、比べられるだけのデータがまだありません。"
	case promotion.CheckLoad:
		return "混み合う時間帯の負荷をまだ受けていません。"
	case promotion.CheckAlert:
		return "アラートが出ているか確認できません。"
	case promotion.CheckImages:
		return "どのイメージが動いているか、まだ分かりません。"
	case promotion.CheckRelease:
		return "このリリースが下の Tier をすべて通ったか確認できません。"
	case promotion.CheckRollback:
		return "このリリースが対象の Tier からロールバックされたか確認できません。"
	case promotion.CheckIncident:
		return "対応中のインシデントがあるか確認できません。"
	case promotion.CheckFreeze:
		return "リリース凍結中か確認できません。"
	}
	return "判断に必要な情報がありません。"
}

// figures are a check's evidence.
type figures struct{ get func(name string) any }

func figuresOf(c promotion.Check) figures { return figures{c.Evidence.Get} }

// flagged reports whether the figures are in doubt.
func (f figures) flagged() bool {
	switch v := f.get("flags").(type) {
	case []promotion.Figures:
		return len(v) > 0
	case []any: // read from JSON
		return len(v) > 0
	}
	return false
}

// doubt says why figures that may be good are no pass; "" where that is not why.
func (f figures) doubt() string {
	switch {
	case f.get("failure") != nil:
		return "現在集計できていないため、判断できません。"
	case f.get("absent") != nil:
		return "SLO が参照するメトリクスやラベルが存在せず、成功と失敗を区別できません。"
	case f.get("doubt") != nil:
		return "数値が得られないか、意味をなさないため、判断できません。"
	case f.flagged():
		return "失敗が数えられていない恐れがあるため、合格とは判断できません。"
	}
	return ""
}

// text is a name or a number; "?" where there is none.
func (f figures) text(name string) string {
	switch v := f.get(name).(type) {
	case string:
		return clean(v)
	case int, float64:
		return fmt.Sprint(v)
	}
	return "?"
}

func (f figures) number(name string) (float64, bool) {
	switch v := f.get(name).(type) {
	case float64:
		return v, true
	case *float64:
		if v != nil {
			return *v, true
		}
	}
	return 0, false
}

// percent is a share; "?" where it is not known.
func (f figures) percent(name string) string {
	v, ok := f.number(name)
	if !ok {
		return "?"
	}
	return status.FormatShare(&v)
}

// share puts a share into a text; "" where it is not known.
func (f figures) share(name, text string) string {
	if _, ok := f.number(name); !ok {
		return ""
	}
	return fmt.Sprintf(text, f.percent(name))
}

// soak says how much of the soak time has passed, where that is known.
func (f figures) soak() string {
	asked, ok := f.number("asked_seconds")
	done, begun := f.number("soaked_seconds")
	if !ok || !begun {
		return ""
	}
	seconds := func(s float64) string {
		return text.Japanese.Duration(time.Duration(s*float64(time.Second)), time.Second, 2)
	}
	return fmt.Sprintf("%s 経過、必要 %s。", seconds(done), seconds(asked))
}
