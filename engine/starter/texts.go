package starter

import "github.com/shopslo/shopslo/internal/text"

// What is said of what was found, in English and Japanese; docs/glossary.md has the words.
var (
	sayMetric  = text.Of("metric", "メトリクス")
	sayService = text.Of("service", "サービス")
	sayCells   = text.Of("ShopSets", "ShopSet")
	sayTiers   = text.Of("Tiers", "Tier")

	sayChosenOf    = text.Of("%s, by its name and labels the likeliest counter of requests among %d metrics", "%s（%d 個のメトリクスのうち、名前とラベルから最もリクエスト数らしいカウンター）")
	sayBusiest     = text.Of("job=%q, which has the most requests", "job=%q（リクエストが最も多い）")
	sayJobPerCell  = text.Of("all jobs, since each ShopSet has its own", "すべての job（ShopSet ごとに別の job があるため）")
	sayByLabel     = text.Of("by label %s, which has few values on all series: %s", "ラベル %s で区別（すべての系列にあり、値が少ない）：%s")
	sayOneAsked    = text.Of("one, %s, as --single asks", "1 つ（%s。--single の指定）")
	sayOneCell     = text.Of("one, %s: no label looks as if it told parts of the fleet apart", "1 つ（%s）。フリートを分けるラベルは見つかりません")
	sayCellPerTier = text.Of("one per Tier: %s", "Tier ごとに 1 つ：%s")
	sayTiersBy     = text.Of("by label %s, lowest first: %s", "ラベル %s で区別（低い順）：%s")
	sayOneTier     = text.Of("one, %s: no label names environments", "1 つ（%s）。環境を示すラベルは見つかりません")
	sayBadCodes    = text.Of("requests whose %s matches %s are bad", "%s が %s に一致するリクエストを失敗とする")
	sayWithin      = text.Of("requests within %s are good", "%s以内のリクエストを成功とする")
	saySeconds     = text.Of("%s s", "%s 秒")
	sayMillis      = text.Of("%s ms", "%s ミリ秒")
	sayLately      = text.Of("; over the last day %s %% were good, so the objective is %s %%", "。直近 1 日の成功は %s %% なので、目標は %s %%")
	sayNoTraffic   = text.Of("; there was no traffic over the last day, so the objective is a guess, %s %%", "。直近 1 日はトラフィックなしのため、目標は仮に %s %%")
	sayAlso        = text.Of("(also: %s)", "（ほかの候補：%s）")
	sayAlsoBy      = text.Of("(also: %s; %s chooses)", "（ほかの候補：%s。%s で選択）")
)
