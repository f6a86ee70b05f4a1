package rules

import "github.com/shopslo/shopslo/internal/text"

// What the alerts say, in English and Japanese; docs/glossary.md has the words.
var (
	sayShopsloBudgetBurn = said{
		text.Of(shopset+" burns its error budget of %s at "+value+"× the allowed rate",
			shopset+"：%s のエラーバジェットが許容の "+value+" 倍の速さで消費されています"),
		text.Of("Over %[1]s the error budget of %[2]s (%[3]s over %[4]s) burns on "+where+" at "+value+"× the allowed rate%[5]s. The alert fires above %[6]s× over both %[1]s and %[7]s.%[8]s",
			where+" の %[2]s（目標 %[3]s、期間 %[4]s）のエラーバジェットが、直近 %[1]s で許容の "+value+" 倍%[5]sの速さで消費されています。直近 %[1]s と直近 %[7]s の両方で %[6]s 倍を超えると発報します。%[8]s"),
	}
	sayShortRate = text.Of(", over %s at %%s×", "、直近 %s で %%s 倍")
	sayOfBudget  = text.Of(" Of the budget %s is left.", "バジェットの残りは %s です。")

	sayShopsloBudgetExhausted = said{
		text.Of(shopset+" has exhausted its error budget of {{ $labels.slo }}",
			shopset+"：{{ $labels.slo }} のエラーバジェットが枯渇しました"),
		text.Of("More events of {{ $labels.slo }} on "+where+" were bad than the objective permits.%s The gate holds releases there until the budget recovers: shopslo status has the figures.",
			where+" の {{ $labels.slo }} で、目標が許す数を超える失敗がありました。%s回復するまでゲートはリリースを止めます。数値は shopslo status で確認できます。"),
	}
	sayBudgetLeft = text.Of(" %s of the budget is left.", "バジェットの残りは %s です。")

	sayShopGroupRedundancyShort = said{
		text.Of("The shops of {{ $labels.group }} are not redundant",
			"{{ $labels.group }} のショップに冗長性がありません"),
		text.Of("Fewer FailureDomains serve the shops of {{ $labels.group }} than are asked for%s%s. What is unknown counts as not serving. Do not take down another one.",
			"{{ $labels.group }} のショップを提供している FailureDomain が足りません%s%s。不明なものは数えません。ほかを停止しないでください。"),
	}
	sayAvailable = text.Of(": %s are available", "（提供中 %s）")
	sayRequired  = text.Of(", %s are required", "（必要数 %s）")

	sayShopGroupDown = said{
		text.Of("No ShopSet is known to serve the shops of {{ $labels.group }}",
			"{{ $labels.group }} のショップを提供できる ShopSet がありません"),
		text.Of("In no FailureDomain a ShopSet of {{ $labels.group }} is healthy%s. Move its shops to a ShopSet of the same Tier in another FailureDomain (shopslo plan upgrade shows which can take them).",
			"{{ $labels.group }} の正常な ShopSet がどの FailureDomain にもありません%s。同じ Tier で別の FailureDomain の ShopSet に移してください（shopslo plan upgrade で候補がわかります）。"),
	}
	sayAskedFor = text.Of("; %s are asked for", "（必要数 %s）")

	sayShopsloShopSetSilent = said{
		text.Of(shopset+" has sent nothing for "+lasting,
			shopset+" から "+lasting+" 何も届いていません"),
		text.Of("Nothing was heard of "+where+" for "+lasting+", although others are counted.%s It is down, its targets are not scraped, or its labels have changed. Its burn rates say nothing meanwhile.",
			where+" から "+lasting+" 何も届いていません。集計そのものは動いています。%s停止しているか、スクレイプされていないか、ラベルが変わっています。その間バーンレートは何も示しません。"),
	}
	sayWithoutData = text.Of(" SLOs without data: %s.", "データのない SLO：%s。")

	sayShopsloCountsInconsistent = said{
		text.Of("The counts of {{ $labels.slo }} on "+shopset+" are inconsistent",
			shopset+"：{{ $labels.slo }} の件数が矛盾しています"),
		text.Of("There are more good or bad events of {{ $labels.slo }} on "+where+" than events: its queries do not belong together. Correct the SLO document.",
			where+" の {{ $labels.slo }} で、成功または失敗の件数が全体の件数を超えています。SLO 文書のクエリを直してください。"),
	}
	sayShopSetDrifts = said{
		text.Of(shopset+" has differed from git for "+lasting,
			shopset+" が "+lasting+" git と異なっています"),
		text.Of("What runs on "+where+" has not been what git asks for, for "+lasting+". Argo CD shows which resources differ: sync them, or put the change into git.",
			where+" で動いているものが "+lasting+" git の内容と異なっています。差分は Argo CD で確認できます。同期するか、変更を git に入れてください。"),
	}
	sayTierOrderViolated = said{
		text.Of("{{ $labels.tier }} runs a Release that the Tiers below have not verified",
			"{{ $labels.tier }} で、下の Tier で検証されていないリリースが動いています"),
		text.Of("{{ $labels.tier }} runs {{ $value }} Release(s) that break the order of Tiers ({{ $labels.kind }}: unverified ran in no lower Tier, skipped left one out). shopset_tier_order_violation_info names them. Roll back, or bring the lower Tiers up.",
			"{{ $labels.tier }} で Tier の順序に反するリリースが {{ $value }} 個動いています（{{ $labels.kind }}：unverified は下のどの Tier でも動いていない、skipped は途中の Tier を飛ばした）。shopset_tier_order_violation_info に名前があります。戻すか、下の Tier に適用してください。"),
	}
	sayClusterUnreachable = said{
		text.Of("shopset_exporter cannot read cluster {{ $labels.cluster }}",
			"shopset_exporter がクラスター {{ $labels.cluster }} を読めません"),
		text.Of("The Applications of {{ $labels.cluster }} cannot be read: what is known of its ShopSets grows old, and the gate is inconclusive there. shopset_exporter_cluster_faults_total says what fails.",
			"{{ $labels.cluster }} の Application を読めません。その ShopSet の情報は古くなり、ゲートは判断できません。原因は shopset_exporter_cluster_faults_total にあります。"),
	}
	sayGitUnreachable = said{
		text.Of("shopset_exporter cannot fetch from git",
			"shopset_exporter が git から取得できません"),
		text.Of("What Tiers' branches point to is not known anew: Releases, lags and order violations may be old. Its log says why.",
			"各 Tier のブランチの指す先が更新されません。リリース、遅れ、順序違反の情報が古い恐れがあります。理由はログにあります。"),
	}
	sayShopSetExporterOld = said{
		text.Of("What shopset_exporter says is "+lasting+" old",
			"shopset_exporter の情報が "+lasting+" 前のものです"),
		text.Of("The figures about the fleet were last made "+lasting+" ago: drift, order and redundancy are not watched. Its log says why.",
			"フリートの数値は "+lasting+" 前に作られたものです。差分、順序、冗長性が監視されていません。理由はログにあります。"),
	}
	sayShopSetExporterAbsent = said{
		text.Of("No shopset_exporter is scraped",
			"shopset_exporter がスクレイプされていません"),
		text.Of("Prometheus has no metrics of shopset_exporter: drift, order and redundancy are not watched. Start it, or correct its scrape job.",
			"shopset_exporter のメトリクスがありません。差分、順序、冗長性が監視されていません。起動するか、スクレイプの設定を直してください。"),
	}
	sayShopsloShopSetNeverHeard = said{
		text.Of("Nothing was ever heard of {{ $labels.slo }} on "+shopset,
			shopset+"：{{ $labels.slo }} のデータが一度も届いていません"),
		text.Of("The fleet's documents expect "+where+", and no series of {{ $labels.slo }} has ever matched it. Compare its match labels with the series, or take it out of the documents.",
			"文書では "+where+" があるはずですが、{{ $labels.slo }} の系列が一度も一致していません。match のラベルを系列と比べるか、文書から外してください。"),
	}
	sayShopsloShopSetUnknown = said{
		text.Of("shopslo serve does not know "+shopset,
			"shopslo serve が "+shopset+" を知りません"),
		text.Of("The rules were made for "+where+", and shopslo serve has no budget for it. Give it the same documents and reload it (SIGHUP), or make the rules anew.",
			"ルールには "+where+" がありますが、shopslo serve にはそのバジェットがありません。同じ文書を渡して再読み込み（SIGHUP）するか、ルールを作り直してください。"),
	}
	sayShopsloScrapeGaps = said{
		text.Of("Only {{ $value | humanizePercentage }} of the time of {{ $labels.slo }} on "+shopset+" has data",
			shopset+"：{{ $labels.slo }} のデータが時間の {{ $value | humanizePercentage }} しかありません"),
		text.Of("For an hour, less than 90% of the time of {{ $labels.slo }} on "+where+" had data ({{ $value | humanizePercentage }} in the last 30m). Bad events may be missed: look at its scrapes.",
			where+" の {{ $labels.slo }} で、カバレッジが 1 時間以上 90% を下回っています（直近 30m は {{ $value | humanizePercentage }}）。失敗を見落とす恐れがあります。スクレイプを確認してください。"),
	}
	sayShopsloAbsent = said{
		text.Of("No shopslo serve is scraped",
			"shopslo serve がスクレイプされていません"),
		text.Of("Prometheus has no metrics of shopslo serve: no burn rate and no silent ShopSet can be noticed. Start it, or correct its scrape job.",
			"shopslo serve のメトリクスがありません。バーンレートも無応答の ShopSet も検知できません。起動するか、スクレイプの設定を直してください。"),
	}
	sayShopsloBudgetsOld = said{
		text.Of("The budgets are "+lasting+" old",
			"バジェットが "+lasting+" 前のままです"),
		text.Of("Nothing newer than "+lasting+" is counted for some budget: shopslo serve reads history, or cannot read its source. Alerts of burn rates speak of that time. Its log says why.",
			"直近 "+lasting+" が集計されていないバジェットがあります。shopslo serve が履歴を読んでいるか、取得元を読めません。バーンレートの通知はその時点のものです。理由はログにあります。"),
	}
	sayShopsloCountingFails = said{
		text.Of("shopslo serve on {{ $labels.instance }} counts nothing",
			"{{ $labels.instance }} の shopslo serve が集計できません"),
		text.Of("All attempts of the last 15m to bring the ledger up to date failed ({{ $value | humanize }}). Counting goes on from the same edge once its source answers; its log says why it does not.",
			"直近 15m の集計がすべて失敗しました（{{ $value | humanize }} 回）。取得元が応答すれば同じ位置から再開します。理由はログにあります。"),
	}
	sayShopsloSourceDown = said{
		text.Of("shopslo serve cannot read source {{ $labels.source }}",
			"shopslo serve が取得元 {{ $labels.source }} を読めません"),
		text.Of("The budgets of the ShopSets in source {{ $labels.source }} stay as they are, and the gate is inconclusive about their Tiers; all others are counted. Counting goes on from the same edge once it answers; shopslo status says why it does not.",
			"取得元 {{ $labels.source }} にある ShopSet のバジェットは更新されず、その Tier のゲートは判断不能になります。ほかは集計されています。取得元が応答すれば同じ位置から再開します。理由は shopslo status が示します。"),
	}
	sayShopsloSLONotCounted = said{
		text.Of("{{ $labels.slo }} is not counted for {{ $value }} ShopSets",
			"{{ $labels.slo }} が {{ $value }} 個の ShopSet で集計されていません"),
		text.Of("The source answers, and what the SLO {{ $labels.slo }} asks for cannot be counted: its query is refused or too slow, or a series is no counter. All others are counted. shopslo status says why.",
			"取得元は応答していますが、SLO {{ $labels.slo }} は集計できません。クエリが拒否されたか遅すぎるか、カウンターではない系列があります。ほかの SLO は集計されています。理由は shopslo status が示します。"),
	}
	sayShopsloReloadFailed = said{
		text.Of("shopslo serve on {{ $labels.instance }} keeps its old documents",
			"{{ $labels.instance }} の shopslo serve が古い文書のままです"),
		text.Of("The last reading of configuration and documents failed; those from before are in use. shopslo validate names every fault.",
			"設定と文書の再読み込みに失敗し、以前のものを使っています。shopslo validate がすべての誤りを示します。"),
	}
	sayShopSetPending = said{
		text.Of("A revision has been pending on "+shopset+" for "+lasting,
			shopset+" に "+lasting+" 適用されていないリビジョンがあります"),
		text.Of("Git has moved on, and "+where+" has not been synced for "+lasting+". shopset_sync_held says what keeps Argo CD from it: auto-sync is off, a sync window, or the last sync has failed.",
			"git は進んでいますが、"+where+" が "+lasting+" 同期されていません。原因は shopset_sync_held にあります（自動同期がオフ、sync window、直前の同期の失敗）。"),
	}
	sayShopSetUnverified = said{
		text.Of("The sync that brought what runs on "+shopset+" has not succeeded",
			shopset+" の同期が成功していません"),
		text.Of("What runs on "+where+" may look well, but Argo CD's operation has failed or goes on, hooks such as smoke tests included: the Tier does not soak. unverified in /api/v1/fleet has Argo CD's message.",
			where+" は正常に見えることがありますが、Argo CD の同期（スモークテストなどのフックを含む）が失敗したか、終わっていません。検証時間は始まりません。Argo CD のメッセージは /api/v1/fleet の unverified にあります。"),
	}
	sayShopSetUnknown = said{
		text.Of("Nobody knows whether "+shopset+" is what git asks for",
			shopset+" が git のとおりかどうか不明です"),
		text.Of("Argo CD cannot compare "+where+", has not for too long, or leaves it alone: nothing of it is verified. reason in /api/v1/fleet says which.",
			where+" を Argo CD が比較できないか、長く比較していないか、対象から外しています。検証は進みません。理由は /api/v1/fleet の reason にあります。"),
	}
	sayShopSetIncomplete = said{
		text.Of("A component of "+shopset+" is missing, or its Application is being deleted",
			shopset+" のコンポーネントがないか、Application が削除中です"),
		text.Of(where+" is without {{ $value }} of its Applications, or they hang in their deletion. /api/v1/fleet names them. Apply them again, or take the component out of the ShopSet's document.",
			where+" の Application が {{ $value }} 個ないか、削除が終わっていません。名前は /api/v1/fleet にあります。再適用するか、ShopSet の定義からコンポーネントを外してください。"),
	}
	saySyncHangs = said{
		text.Of("A sync of "+shopset+" has been going on for "+lasting,
			shopset+" の同期が "+lasting+" 終わっていません"),
		text.Of("An operation of Argo CD on "+where+" has not ended for "+lasting+": a hook may wait for something. End it with argocd app terminate-op, or mend what it waits for.",
			where+" で Argo CD の同期が "+lasting+" 続いています。フックが何かを待っている恐れがあります。argocd app terminate-op で終わらせるか、待っている原因を直してください。"),
	}
	sayFleetInvalid = said{
		text.Of("The fleet's documents cannot be read, or are no fleet",
			"フリートの定義を読めないか、定義に誤りがあります"),
		text.Of("shopset_exporter goes on with the last fleet that was valid, or with none: ShopSets that came since are not watched. shopset_fleet_finding_info and /api/v1/fleet name the documents.",
			"shopset_exporter は最後に正しかったフリートを使っているか、フリートがありません。その後に加わった ShopSet は監視されていません。該当する定義は shopset_fleet_finding_info と /api/v1/fleet にあります。"),
	}
	sayShopsloDecisionsNotLogged = said{
		text.Of("shopslo serve on {{ $labels.instance }} cannot log what it decides",
			"{{ $labels.instance }} の shopslo serve が判定ログに書けません"),
		text.Of("{{ $value | humanize }} decisions, promotions or rollbacks of the last 30m are not in the log of decisions. With gate.log.required each decision is inconclusive meanwhile. The server's log says why: a full disk, a repository that refuses the push, or somebody else's writing.",
			"直近 30m の判定、昇格、ロールバックのうち {{ $value | humanize }} 件が判定ログにありません。gate.log.required ではその間すべて判断不能になります。ディスクの空き、リポジトリへの push の拒否、ほかからの書き込みなど、理由はサーバーのログにあります。"),
	}
	sayShopsloNoticesFail = said{
		text.Of("Nobody was told of {{ $value | humanize }} news of shopslo serve",
			"shopslo serve の通知 {{ $value | humanize }} 件がだれにも届いていません"),
		text.Of("Messages of {{ $labels.instance }} about each {{ $labels.about }} were given up in the last 30m: the webhook was revoked, or the service is away. Its log says why.",
			"{{ $labels.instance }} の通知（{{ $labels.about }}）が直近 30m で送れませんでした。Webhook が無効になったか、送信先が応答しません。理由はログにあります。"),
	}
	sayShopsloGateInconclusive = said{
		text.Of("The gate to {{ $labels.tier }} has been inconclusive for an hour",
			"{{ $labels.tier }} へのゲートが 1 時間判断不能のままです"),
		text.Of("All {{ $value | humanize }} decisions of the last hour about {{ $labels.tier }} were inconclusive, so that nothing can be released there. shopslo gate --to {{ $labels.tier }} --explain names the checks that are unknown.",
			"直近 1 時間の {{ $labels.tier }} への判定 {{ $value | humanize }} 件がすべて判断不能で、リリースできません。不明な確認項目は shopslo gate --to {{ $labels.tier }} --explain で確認できます。"),
	}
	sayShopsloAnswersFail = said{
		text.Of("{{ $value | humanizePercentage }} of the requests to shopslo serve on {{ $labels.instance }} fail",
			"{{ $labels.instance }} の shopslo serve への要求の {{ $value | humanizePercentage }} が失敗しています"),
		text.Of("For 10m more than 5% of the requests to {{ $labels.instance }} were answered with 5xx. shopslo_http_request_duration_seconds_count says which; the server's log says why.",
			"{{ $labels.instance }} への要求の 5% 以上が 10m の間 5xx です。どの要求かは shopslo_http_request_duration_seconds_count、理由はサーバーのログにあります。"),
	}
	sayShopsloAnswersSlow = said{
		text.Of("shopslo serve on {{ $labels.instance }} takes {{ $value | humanizeDuration }} to answer {{ $labels.handler }}",
			"{{ $labels.instance }} の shopslo serve の {{ $labels.handler }} の応答に {{ $value | humanizeDuration }} かかっています"),
		text.Of("A tenth of the requests for {{ $labels.handler }} took longer than that for 10m. Look at its CPU and memory, and at how long what it asks takes: the source, git, Argo CD's exporter.",
			"{{ $labels.handler }} への要求の 1 割が 10m の間これより遅くなっています。CPU とメモリ、問い合わせ先（取得元、git、shopset_exporter）の応答時間を確認してください。"),
	}
	sayShopsloMackerelFails = said{
		text.Of("Values of {{ $labels.instance }} do not reach Mackerel",
			"{{ $labels.instance }} の値が Mackerel に届いていません"),
		text.Of("Sending to Mackerel has failed for 15m. What is to be sent is kept, and given up when Mackerel would no longer take it. The server's log says why: a revoked API key, a limit, or no way there.",
			"Mackerel への送信が 15m 失敗しています。値は保持していますが、古くなると送れません。API キーの失効、上限、経路の問題など、理由はサーバーのログにあります。"),
	}
)
