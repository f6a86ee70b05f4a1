package rules

import "github.com/shopslo/shopslo/internal/text"

// What the alerts say, in English and Japanese; docs/glossary.md has the words.
var (
	sayShopsloBudgetBurn = said{
		text.Of(shopset+" burns its error budget of %s at "+value+"× the allowed rate",
			shopset+"：%s のエラーバジェットが許容の "+value+" 倍の速さで消費されています"),
		text.Of("The error budget of %[2]s (%[3]s over %[4]s) on "+where+" burns at "+value+"× the allowed rate over %[1]s%[5]s. The alert fires above %[6]s× over both %[1]s and %[7]s.%[8]s",
			where+" の %[2]s（目標 %[3]s、期間 %[4]s）のエラーバジェットが、直近 %[1]s で許容の "+value+" 倍%[5]sの速さで消費されています。直近 %[1]s と直近 %[7]s の両方で %[6]s 倍を超えると発報します。%[8]s"),
	}
	sayShortRate = text.Of(", and %%s× over %s", "、直近 %s で %%s 倍")
	sayOfBudget  = text.Of(" %s of the budget is left.", "バジェットの残りは %s です。")

	sayShopsloBudgetExhausted = said{
		text.Of(shopset+" has exhausted its error budget of {{ $labels.slo }}",
			shopset+"：{{ $labels.slo }} のエラーバジェットが枯渇しました"),
		text.Of("{{ $labels.slo }} on "+where+" had more bad events than the objective permits.%s The gate holds releases until the budget recovers. shopslo status has the figures.",
			where+" の {{ $labels.slo }} で、目標が許す数を超える失敗がありました。%s回復するまでゲートはリリースを止めます。数値は shopslo status で確認できます。"),
	}
	sayBudgetLeft = text.Of(" %s of the budget is left.", "バジェットの残りは %s です。")

	sayShopGroupRedundancyShort = said{
		text.Of("The shops of {{ $labels.group }} are not redundant",
			"{{ $labels.group }} のショップに冗長性がありません"),
		text.Of("Fewer FailureDomains serve the shops of {{ $labels.group }} than required%s%s. Unknown counts as not serving. Do not take down another one.",
			"{{ $labels.group }} のショップを提供している FailureDomain が足りません%s%s。不明なものは数えません。ほかを停止しないでください。"),
	}
	sayAvailable = text.Of(": %s available", "（提供中 %s）")
	sayRequired  = text.Of(", %s required", "（必要数 %s）")

	sayShopGroupDown = said{
		text.Of("No ShopSet is known to serve the shops of {{ $labels.group }}",
			"{{ $labels.group }} のショップを提供できる ShopSet がありません"),
		text.Of("{{ $labels.group }} has no healthy ShopSet in any FailureDomain%s. Move its shops to a ShopSet of the same Tier in another FailureDomain (shopslo plan upgrade shows which can take them).",
			"{{ $labels.group }} の正常な ShopSet がどの FailureDomain にもありません%s。同じ Tier で別の FailureDomain の ShopSet に移してください（shopslo plan upgrade で候補がわかります）。"),
	}
	sayAskedFor = text.Of(" (%s required)", "（必要数 %s）")

	sayShopsloShopSetSilent = said{
		text.Of(shopset+" has sent nothing for "+lasting,
			shopset+" から "+lasting+" 何も届いていません"),
		text.Of("No data from "+where+" for "+lasting+", although others are counted.%s It is down, its targets are not scraped, or its labels have changed. Until this is fixed, its burn-rate alerts cannot fire.",
			where+" から "+lasting+" 何も届いていません。集計そのものは動いています。%s停止しているか、スクレイプされていないか、ラベルが変わっています。その間、バーンレートのアラートは発報しません。"),
	}
	sayWithoutData = text.Of(" SLOs without data: %s.", "データのない SLO：%s。")

	sayShopsloCountsInconsistent = said{
		text.Of("The counts of {{ $labels.slo }} on "+shopset+" are inconsistent",
			shopset+"：{{ $labels.slo }} の件数が矛盾しています"),
		text.Of("{{ $labels.slo }} on "+where+" has more good or bad events than events in total: its queries do not match. Correct the SLO document.",
			where+" の {{ $labels.slo }} で、成功または失敗の件数が全体の件数を超えています。SLO 文書のクエリを直してください。"),
	}
	sayShopSetDrifts = said{
		text.Of(shopset+" has differed from git for "+lasting,
			shopset+" が "+lasting+" git と異なっています"),
		text.Of(where+" has differed from git for "+lasting+". Argo CD shows which resources differ: sync them, or commit the change.",
			where+" で動いているものが "+lasting+" git の内容と異なっています。差分は Argo CD で確認できます。同期するか、変更を git に入れてください。"),
	}
	sayTierOrderViolated = said{
		text.Of("{{ $labels.tier }} runs a Release that the Tiers below have not verified",
			"{{ $labels.tier }} で、下の Tier で検証されていないリリースが動いています"),
		text.Of("{{ $labels.tier }} runs {{ $value }} Release(s) that violate Tier order ({{ $labels.kind }}: unverified means that it ran in no lower Tier, skipped that it left one out). shopset_tier_order_violation_info names them. Roll back, or bring the lower Tiers to the same Release.",
			"{{ $labels.tier }} で Tier の順序に反するリリースが {{ $value }} 個動いています（{{ $labels.kind }}：unverified は下のどの Tier でも動いていない、skipped は途中の Tier を飛ばした）。shopset_tier_order_violation_info に名前があります。ロールバックするか、下の Tier に適用してください。"),
	}
	sayClusterUnreachable = said{
		text.Of("shopset_exporter cannot read cluster {{ $labels.cluster }}",
			"shopset_exporter がクラスター {{ $labels.cluster }} を読めません"),
		text.Of("The Applications of {{ $labels.cluster }} cannot be read. The data about its ShopSets is getting old, and the gate is inconclusive for them. shopset_exporter_cluster_faults_total shows what fails.",
			"{{ $labels.cluster }} の Application を読めません。その ShopSet の情報は更新されず、ゲートは判断不能になります。原因は shopset_exporter_cluster_faults_total にあります。"),
	}
	sayGitUnreachable = said{
		text.Of("shopset_exporter cannot fetch from git",
			"shopset_exporter が git から取得できません"),
		text.Of("The Tiers' branches are not updated: Releases, lags and order violations may be out of date. Its log says why.",
			"各 Tier のブランチの指す先が更新されません。リリース、遅れ、順序違反の情報が古い恐れがあります。理由はログにあります。"),
	}
	sayShopSetExporterOld = said{
		text.Of("The data of shopset_exporter is "+lasting+" old",
			"shopset_exporter の情報が "+lasting+" 前のものです"),
		text.Of("Fleet data was last updated "+lasting+" ago: drift, Tier order and redundancy are not monitored. Its log says why.",
			"フリートの数値は "+lasting+" 前に更新されたものです。差分、順序、冗長性が監視されていません。理由はログにあります。"),
	}
	sayShopSetExporterAbsent = said{
		text.Of("No shopset_exporter is scraped",
			"shopset_exporter がスクレイプされていません"),
		text.Of("Prometheus has no metrics of shopset_exporter: drift, Tier order and redundancy are not monitored. Start it, or correct its scrape job.",
			"shopset_exporter のメトリクスがありません。差分、順序、冗長性が監視されていません。起動するか、スクレイプの設定を直してください。"),
	}
	sayShopsloShopSetNeverHeard = said{
		text.Of("No data was ever received for {{ $labels.slo }} on "+shopset,
			shopset+"：{{ $labels.slo }} のデータが一度も届いていません"),
		text.Of("The fleet's documents have "+where+", but no series of {{ $labels.slo }} has ever matched it. Compare its match labels with the series, or remove it from the documents.",
			"文書では "+where+" があるはずですが、{{ $labels.slo }} の系列が一度も一致していません。match のラベルを系列と比べるか、文書から外してください。"),
	}
	sayShopsloShopSetUnknown = said{
		text.Of("shopslo serve does not know "+shopset,
			"shopslo serve が "+shopset+" を知りません"),
		text.Of("The rules include "+where+", but shopslo serve has no budget for it. Give it the same documents and reload it (SIGHUP), or regenerate the rules.",
			"ルールには "+where+" がありますが、shopslo serve にはそのバジェットがありません。同じ文書を渡して再読み込み（SIGHUP）するか、ルールを作り直してください。"),
	}
	sayShopsloScrapeGaps = said{
		text.Of("Coverage of {{ $labels.slo }} on "+shopset+" is only {{ $value | humanizePercentage }}",
			shopset+"：{{ $labels.slo }} のカバレッジが {{ $value | humanizePercentage }} しかありません"),
		text.Of("Coverage of {{ $labels.slo }} on "+where+" has been below 90% for an hour ({{ $value | humanizePercentage }} in the last 30m). Bad events may be missed: check its scrapes.",
			where+" の {{ $labels.slo }} で、カバレッジが 1 時間以上 90% を下回っています（直近 30 分は {{ $value | humanizePercentage }}）。失敗を見落とす恐れがあります。スクレイプを確認してください。"),
	}
	sayShopsloAbsent = said{
		text.Of("No shopslo serve is scraped",
			"shopslo serve がスクレイプされていません"),
		text.Of("Prometheus has no metrics of shopslo serve: alerts on burn rates and silent ShopSets cannot fire. Start it, or correct its scrape job.",
			"shopslo serve のメトリクスがありません。バーンレートの上昇も、データの途絶えた ShopSet も検知できません。起動するか、スクレイプの設定を直してください。"),
	}
	sayShopsloBudgetsOld = said{
		text.Of("The budgets are "+lasting+" old",
			"バジェットが "+lasting+" 前のままです"),
		text.Of("For some budgets nothing newer than "+lasting+" is counted: shopslo serve is reading history, or cannot read its source. Burn-rate alerts refer to that time. Its log says why.",
			"直近 "+lasting+" が集計されていないバジェットがあります。shopslo serve が履歴を読んでいるか、取得元を読めません。バーンレートのアラートはその時点のものです。理由はログにあります。"),
	}
	sayShopsloCountingFails = said{
		text.Of("shopslo serve on {{ $labels.instance }} counts nothing",
			"{{ $labels.instance }} の shopslo serve が集計できません"),
		text.Of("All attempts in the last 15m to update the ledger failed ({{ $value | humanize }}). Counting continues where it stopped once the source answers. Its log says why it fails.",
			"直近 15 分の集計がすべて失敗しました（{{ $value | humanize }} 回）。取得元が応答すれば続きから再開します。理由はログにあります。"),
	}
	sayShopsloSourceDown = said{
		text.Of("shopslo serve cannot read source {{ $labels.source }}",
			"shopslo serve が取得元 {{ $labels.source }} を読めません"),
		text.Of("The budgets of the ShopSets in source {{ $labels.source }} are not updated, and the gate is inconclusive for their Tiers; all others are counted. Counting continues where it stopped once the source answers. shopslo status shows why it fails.",
			"取得元 {{ $labels.source }} にある ShopSet のバジェットは更新されず、その Tier のゲートは判断不能になります。ほかは集計されています。取得元が応答すれば続きから再開します。理由は shopslo status で確認できます。"),
	}
	sayShopsloSLONotCounted = said{
		text.Of("{{ $labels.slo }} is not counted for {{ $value }} ShopSets",
			"{{ $labels.slo }} が {{ $value }} 個の ShopSet で集計されていません"),
		text.Of("The source answers, but the SLO {{ $labels.slo }} cannot be counted: its query is rejected or too slow, or a series is not a counter. All others are counted. shopslo status shows why.",
			"取得元は応答していますが、SLO {{ $labels.slo }} は集計できません。クエリが拒否されたか遅すぎるか、カウンターではない系列があります。ほかの SLO は集計されています。理由は shopslo status で確認できます。"),
	}
	sayShopsloReloadFailed = said{
		text.Of("shopslo serve on {{ $labels.instance }} could not reload its documents",
			"{{ $labels.instance }} の shopslo serve が文書を再読み込みできません"),
		text.Of("The last reload of configuration and documents failed; the previous ones stay in use. shopslo validate lists every error.",
			"設定と文書の再読み込みに失敗し、以前のものを使っています。すべての誤りは shopslo validate で確認できます。"),
	}
	sayShopSetPending = said{
		text.Of("A revision has been pending on "+shopset+" for "+lasting,
			shopset+" に "+lasting+" 適用されていないリビジョンがあります"),
		text.Of("Git has a newer revision, and "+where+" has not been synced for "+lasting+". shopset_sync_held shows what is holding Argo CD: auto-sync is off, a sync window, or the last sync failed.",
			"git には新しいリビジョンがありますが、"+where+" が "+lasting+" 同期されていません。原因は shopset_sync_held にあります（自動同期がオフ、sync window、直前の同期の失敗）。"),
	}
	sayShopSetUnverified = said{
		text.Of("The last sync of "+shopset+" has not succeeded",
			shopset+" の同期が成功していません"),
		text.Of(where+" may look healthy, but Argo CD's operation, including hooks such as smoke tests, has failed or is still running. Until it succeeds, the Tier's soak time does not count. unverified in /api/v1/fleet has Argo CD's message.",
			where+" は正常に見えることがありますが、Argo CD の同期（スモークテストなどのフックを含む）が失敗したか、終わっていません。成功するまで検証時間は進みません。Argo CD のメッセージは /api/v1/fleet の unverified にあります。"),
	}
	sayShopSetUnknown = said{
		text.Of("It is unknown whether "+shopset+" matches git",
			shopset+" が git と一致しているか不明です"),
		text.Of("Argo CD cannot compare "+where+", has not compared it for too long, or skips it, so nothing on it is verified. reason in /api/v1/fleet says which.",
			where+" を Argo CD が比較できないか、長く比較していないか、対象から外しています。検証は進みません。理由は /api/v1/fleet の reason にあります。"),
	}
	sayShopSetIncomplete = said{
		text.Of("A component of "+shopset+" is missing, or its Application is being deleted",
			shopset+" のコンポーネントがないか、Application が削除中です"),
		text.Of("{{ $value }} Applications of "+where+" are missing or stuck in deletion. /api/v1/fleet names them. Apply them again, or remove the component from the ShopSet's document.",
			where+" の Application が {{ $value }} 個ないか、削除が終わっていません。名前は /api/v1/fleet にあります。再適用するか、ShopSet の定義からコンポーネントを外してください。"),
	}
	saySyncHangs = said{
		text.Of("A sync of "+shopset+" has been running for "+lasting,
			shopset+" の同期が "+lasting+" 終わっていません"),
		text.Of("An Argo CD operation on "+where+" has been running for "+lasting+": a hook may be waiting. End it with argocd app terminate-op, or fix what it is waiting for.",
			where+" で Argo CD の同期が "+lasting+" 続いています。フックが何かを待っている恐れがあります。argocd app terminate-op で終わらせるか、待っている原因を直してください。"),
	}
	sayFleetInvalid = said{
		text.Of("The fleet's documents cannot be read, or are invalid",
			"フリートの定義を読めないか、定義に誤りがあります"),
		text.Of("shopset_exporter uses the last valid fleet, or none: ShopSets added since are not monitored. shopset_fleet_finding_info and /api/v1/fleet name the documents.",
			"shopset_exporter は最後に正しかったフリートを使っているか、フリートがありません。その後に加わった ShopSet は監視されていません。該当する定義は shopset_fleet_finding_info と /api/v1/fleet にあります。"),
	}
	sayShopsloDecisionsNotLogged = said{
		text.Of("shopslo serve on {{ $labels.instance }} cannot log its decisions",
			"{{ $labels.instance }} の shopslo serve が判定ログに書けません"),
		text.Of("{{ $value | humanize }} decisions, promotions or rollbacks of the last 30m are not in the log of decisions. With gate.log.required, every decision is inconclusive until this is fixed. The server's log says why: a full disk, a repository that rejects the push, or another writer.",
			"直近 30 分の判定、昇格、ロールバックのうち {{ $value | humanize }} 件が判定ログにありません。gate.log.required ではその間すべて判断不能になります。ディスクの空き不足、リポジトリによる push の拒否、ほかからの書き込みなど、理由はサーバーのログにあります。"),
	}
	sayShopsloNoticesFail = said{
		text.Of("{{ $value | humanize }} notifications of shopslo serve were not delivered",
			"shopslo serve の通知 {{ $value | humanize }} 件が届いていません"),
		text.Of("{{ $labels.instance }} dropped notifications ({{ $labels.about }}) in the last 30m: the webhook was revoked, or the service is unavailable. Its log says why.",
			"{{ $labels.instance }} の通知（{{ $labels.about }}）を直近 30 分に送れませんでした。Webhook が無効になったか、送信先が応答しません。理由はログにあります。"),
	}
	sayShopsloGateInconclusive = said{
		text.Of("The gate to {{ $labels.tier }} has been inconclusive for an hour",
			"{{ $labels.tier }} へのゲートが 1 時間判断不能のままです"),
		text.Of("All {{ $value | humanize }} decisions of the last hour about {{ $labels.tier }} were inconclusive, so nothing can be released there. shopslo gate --to {{ $labels.tier }} --explain names the unknown checks.",
			"直近 1 時間の {{ $labels.tier }} への判定 {{ $value | humanize }} 件がすべて判断不能で、リリースできません。不明な確認項目は shopslo gate --to {{ $labels.tier }} --explain で確認できます。"),
	}
	sayShopsloAnswersFail = said{
		text.Of("{{ $value | humanizePercentage }} of the requests to shopslo serve on {{ $labels.instance }} fail",
			"{{ $labels.instance }} の shopslo serve へのリクエストの {{ $value | humanizePercentage }} が失敗しています"),
		text.Of("More than 5% of the requests to {{ $labels.instance }} have failed with 5xx for 10m. shopslo_http_request_duration_seconds_count shows which; the server's log says why.",
			"{{ $labels.instance }} へのリクエストのうち、5xx が 10 分間 5% を超えています。どのリクエストかは shopslo_http_request_duration_seconds_count、理由はサーバーのログにあります。"),
	}
	sayShopsloAnswersSlow = said{
		text.Of("shopslo serve on {{ $labels.instance }} takes {{ $value | humanizeDuration }} to answer {{ $labels.handler }}",
			"{{ $labels.instance }} の shopslo serve の {{ $labels.handler }} の応答に {{ $value | humanizeDuration }} かかっています"),
		text.Of("A tenth of the requests for {{ $labels.handler }} have taken longer than that for 10m. Check its CPU and memory, and the response times of the source, git and shopset_exporter.",
			"{{ $labels.handler }} へのリクエストの 1 割が、10 分間これより遅くなっています。CPU とメモリ、問い合わせ先（取得元、git、shopset_exporter）の応答時間を確認してください。"),
	}
	sayShopsloMackerelFails = said{
		text.Of("Values of {{ $labels.instance }} do not reach Mackerel",
			"{{ $labels.instance }} の値が Mackerel に届いていません"),
		text.Of("Sending to Mackerel has failed for 15m. Values are queued, and dropped when Mackerel would no longer accept them. The server's log says why: a revoked API key, a limit, or the network.",
			"Mackerel への送信が 15 分間失敗しています。値は保持していますが、Mackerel が受け付けない古さになると破棄します。API キーの失効、上限、ネットワークの問題など、理由はサーバーのログにあります。"),
	}
)
