package slackbot

import "github.com/shopslo/shopslo/internal/text"

// What the bot says, in English and Japanese; docs/glossary.md has the words.
var (
	// Answers to commands.
	sayNoticedEarlier = text.Of("It was detected at %s: it cannot have started later.",
		"%s に検知しているため、それより後には始まりえません。")
	sayNoted        = text.Of("Noted.", "記録しました。")
	sayWhatIsItVerb = text.Of("What is it? `/incident %s …`", "内容を書いてください：`/incident %s …`")
	sayTold         = text.Of("Posted here and in the announcement.", "このチャンネルと告知チャンネルに反映しました。")
	sayStates       = text.Of("The states are open, mitigated, resolved, closed: `/incident state mitigated`",
		"状態は 対応中・緩和済み・解決済み・完了 です（例：`/incident state 緩和済み`）")
	sayYouCommand        = text.Of("You are in command.", "あなたが指揮を執ります。")
	sayYouCommandAlready = text.Of("You are already in command.", "すでにあなたが指揮を執っています。")
	sayNoCommandHere     = text.Of("`%s` is not a command here: see `/incident help`",
		"`%s` というコマンドはありません。`/incident help` を見てください")
	sayWhichRelease = text.Of("Which one? `/incident release v1.2.3`, or `-` for none",
		"リリースを書いてください（例：`/incident release v1.2.3`、なければ `-`）")
	saySeverities = text.Of("The severities are critical, major, minor: `/incident severity major`",
		"重大度は 緊急・重大・軽微 です（例：`/incident severity 重大`）")
	sayAlready       = text.Of("It is already %s.", "すでに %s です。")
	sayReopenInstead = text.Of("It is %s: reopen it (`/incident state open`) rather than going back to %s.",
		"現在は %s です。%s には戻せません。再発した場合は `/incident state 対応中` で再開してください。")
	sayLacksBeforeClosing = text.Of("The postmortem still lacks: %s. Write it with `/incident postmortem`, add actions with `/incident action`, then close.",
		"ポストモーテムに足りない項目があります：%s。`/incident postmortem` で書き、`/incident action` で再発防止策を追加してから完了にしてください。")
	sayLacksAlthoughMinor = text.Of("It was %s for a time, so it needs a postmortem, which still lacks: %s. Write it with `/incident postmortem`, add actions with `/incident action`, then close.",
		"一時は%sだったため、ポストモーテムが必要です。足りない項目：%s。`/incident postmortem` で書き、`/incident action` で再発防止策を追加してから完了にしてください。")
	sayRoles = text.Of("The roles are commander, operations, communications, scribe: `/incident role scribe @mai`",
		"役割は 指揮・作業・連絡・記録 です（例：`/incident role 記録 @mai`）")
	sayWhoIsThat = text.Of("Who is %s? Choose the person from the list that appears after @.",
		"%s が誰か分かりません。@ を入力して一覧から選んでください。")
	saySoAlready    = text.Of("It already is.", "すでにそうなっています。")
	sayNoTitle      = text.Of("Describe in one line what users see.", "利用者に何が起きているかを一行で書いてください。")
	sayTitleTooLong = text.Of("The title is longer than %d characters: keep it short, and put the rest into a note.",
		"タイトルは%d文字までです。詳細は `/incident note` に書いてください。")
	sayScopeMissing = text.Of("What is affected? %s", "影響範囲を書いてください。%s")
	sayScopeUnknown = text.Of("%s is neither a ShopSet nor a Tier. %s", "%s という ShopSet も Tier もありません。%s")
	sayScopeNames   = text.Of("Names of ShopSets, or `fleet` for everything.", "ShopSet の名前、または全体なら `fleet` です。")
	sayScopeKnown   = text.Of("ShopSets: %s. Tiers: %s. Everything: `fleet`.", "ShopSet：%s。Tier：%s。全体：`fleet`。")
	sayWhenStarted  = text.Of("When? `/incident started 14:05`, `2026-11-22 14:05`, or `30m` for half an hour ago",
		"時刻を書いてください（例：`/incident started 14:05`、`2026-11-22 14:05`、30分前なら `30m`）")
	sayCannotBe = text.Of("Not possible: %v", "できません：%v")

	// Alerts, in the timeline.
	sayFires         = text.Of("🔔 firing: %s", "🔔 発報：%s")
	sayFiresNoLonger = text.Of("🔕 no longer firing: %s", "🔕 発報が止まりました：%s")

	sayWhichEntry   = text.Of("Which entry should be removed? `/incident redact 1a2b3c4d why`", "削除する記録を選んでください（例：`/incident redact 1a2b3c4d 理由`）")
	sayOlderEntries = text.Of("%d older ones: `/incident redact %d`", "ほか %d 件（古いもの）：`/incident redact %d`")
	sayNoSuchEntry  = text.Of("There is no such entry: %s. `/incident redact` lists them.", "該当する記録がありません：%s。一覧は `/incident redact` です。")
	sayRedacted     = text.Of("Removed from the timeline, the database and the bot's messages. A record that it was removed, and by whom, is kept. People's own messages stay in Slack.",
		"記録を削除しました（データベースとボットの投稿も含みます）。削除した事実と実行者は残ります。利用者自身の発言は Slack に残っています。")
	sayTitleToo = text.Of("The title contains it too: change it with `/incident title …`. The channel's name and old topic notices stay.",
		"タイトルにも含まれています。`/incident title …` で変更してください。チャンネル名とトピック変更の通知は残ります。")
	sayUnsaid     = text.Of("_This was removed._", "_この内容は削除されました。_")
	entryRedacted = text.Of("an entry was removed", "記録を削除しました")
	sayMoreAlerts = text.Of("🔔 more alerts are firing; the timeline has the first %d, Alertmanager and Mackerel have all",
		"🔔 ほかにもアラートが発報しています（タイムラインに残すのは最初の %d 件まで。全件は Alertmanager・Mackerel にあります）")
	entryMerged     = text.Of("%s was merged into this incident: %s", "%s を統合しました：%s")
	entryPart       = text.Of("merged into %s", "%s に統合されました")
	headPart        = text.Of("Merged into", "統合先")
	sayGoOn         = text.Of("🔀 This incident was merged into %s: please continue there.", "🔀 このインシデントは %s に統合されました。以後はそちらで対応してください。")
	sayApart        = text.Of("🔀 This incident was not merged into %s, which has been closed or merged in the meantime: it stays separate.", "🔀 %s はその間に完了または統合されたため、このインシデントは統合していません。このまま対応を続けてください。")
	saySameIncident = text.Of("`%s` is this incident itself. `/incident merge inc-12` merges another one into this one, `/incident duplicate inc-12` merges this one into another.",
		"`%s` は同じインシデントです。`/incident merge inc-12` で相手をこちらに、`/incident duplicate inc-12` でこちらを相手に統合します。")
	sayPartAlready = text.Of("%s is already merged into %s.", "%s はすでに %s に統合されています。")
	sayIntoClosed  = text.Of("%s is closed. Reopen it first (`/incident state open`).", "%s は完了しています。先に `/incident state 対応中` で再開してください。")
	sayMerging     = text.Of("Merging %s into %s.", "%s を %s に統合します。")

	linkRunbook   = text.Of("runbook", "手順書")
	linkDashboard = text.Of("dashboard", "ダッシュボード")
	linkAlert     = text.Of("alert", "アラート")

	// Answers to commands that need no incident, or open one.
	sayNoCommand     = text.Of("`%s` is not a command.\n%s", "`%s` というコマンドはありません。\n%s")
	sayOnlyInChannel = text.Of("Which incident? Write this in its channel, or name it: `/incident %s inc-12`. `/incident list` shows them.",
		"どのインシデントですか？そのチャンネルで実行するか、ID を付けてください（例：`/incident %s inc-12`）。一覧は `/incident list` です。")
	sayOpened = text.Of("%s is open. Its channel is being created, and you will be invited.",
		"インシデント対応を開始しました（%s）。まもなくチャンネルに招待されます。")
	sayOpenAlready    = text.Of("Already open, perhaps the same incident:\n%s", "対応中のインシデント（同じものではありませんか？）\n%s")
	sayNoSuchIncident = text.Of("There is no incident %s. `/incident list` shows those that are open.",
		"%s というインシデントはありません。一覧は `/incident list` です。")
	sayInvited       = text.Of("You are being invited to %s: %s", "%s（%s）に招待します。")
	sayNothingToJoin = text.Of("%[1]s (%[2]s) has no channel to join: write its commands anywhere, such as `/incident status %[1]s`.",
		"%[1]s（%[2]s）にはチャンネルがありません。コマンドは ID を付ければどこでも使えます（例：`/incident status %[1]s`）。")
	sayEdited = text.Of("You have edited that message. Only its first text counts: write a new one.",
		"編集された発言は実行しません（有効なのは最初の内容だけです）。新しく書いてください。")
	sayNeedsCommand = text.Of("This needs a form: type it as `/incident …` in the channel.", "入力画面が必要な操作です。チャンネルで `/incident …` と入力してください。")
	sayFormTooLate  = text.Of("Slack did not show the form in time. Please try again; `/incident open critical …` works without it.",
		"入力画面を開けませんでした。もう一度お試しください。`/incident open 緊急 …` なら画面なしで始められます。")

	// What is told in the channel when something changes.
	sayAnAlert     = text.Of("An alert", "アラート")
	sayStatusFrom  = text.Of("📣 *Status* from %s\n%s", "📣 *状況の共有* %s\n%s")
	saySeverityNow = text.Of("%[2]s Severity is *%[3]s* now, says %[1]s.", "%[2]s %[1]s が重大度を *%[3]s* に変更しました。")
	sayRoleFree    = text.Of("👤 The role *%s* is vacant.", "👤 *%s* の担当がいなくなりました。")
	sayRoleHanded  = text.Of("👤 *%s* was handed over from %s to %s.", "👤 *%s* を %s から %s に引き継ぎました。")
	sayCommands    = text.Of("👤 %s is in command.", "👤 %s が指揮を執ります。")
	sayRoleTaken   = text.Of("👤 %s: %s", "👤 %s担当は %s です。")
	saySuspects    = text.Of("🔎 %s suspects release `%s`.", "🔎 %s がリリース `%s` を疑っています。")
	sayReopened    = text.Of("🔥 There is impact again, says %s. (It was %s.)", "🔥 %s が再発を報告しました（直前の状態：%s）。")
	sayMitigatedBy = text.Of("🧯 *Mitigated*, says %s: no more impact, the cause is still there.",
		"🧯 %s が *緩和済み* にしました。影響は止まりましたが、原因は残っています。")
	sayResolvedBy = text.Of("✅ *Resolved*, says %s: the cause is gone. Thank you, everybody.",
		"✅ %s が *解決済み* にしました。原因は取り除かれました。対応ありがとうございました。")
	sayPostmortemOptional = text.Of("A postmortem is optional for a minor incident.",
		"軽微なインシデントのため、ポストモーテムは任意です。")
	sayPostmortemNext = text.Of("Next, while memories are fresh: write the postmortem.", "記憶が新しいうちに、学んだことを書き残しましょう。")
	sayDraft          = text.Of("<%s|The draft so far> has the timeline in it.", "<%s|現時点の下書き>にタイムラインが入っています。")
	sayClosedBy       = text.Of("📕 *Closed* by %s.", "📕 %s が *完了* にしました。")

	// Answers to buttons and shortcuts.
	sayWhatIsIt    = text.Of("What is it?", "内容を書いてください。")
	sayOnlyThere   = text.Of("This works in an incident's channel.", "インシデントのチャンネルで使ってください。")
	sayInTimeline  = text.Of("Added to the timeline.", "タイムラインに記録しました。")
	sayEditedSince = text.Of("The timeline has this message as it was when it was first added, without later changes. Add those with `/incident note …`.",
		"タイムラインには最初に記録した時点の内容が残っています。その後の変更は記録されていません。`/incident note …` で書いてください。")
	sayRedactedBefore = text.Of("This message was removed from the timeline and is not added again. Write what may be kept with `/incident note …`.",
		"この発言の記録は削除されており、再び記録することはできません。残してよい内容は `/incident note …` で書いてください。")

	// Words of the vocabulary: docs/glossary.md.
	wordCommander      = text.Of("commander", "指揮")
	wordOperations     = text.Of("operations", "作業")
	wordCommunications = text.Of("communications", "連絡")
	wordScribe         = text.Of("scribe", "記録")
	wordAllOfIt        = text.Of("all of it", "全部")
	wordSummary        = text.Of("summary", "概要")
	wordImpact         = text.Of("impact", "影響")
	wordCause          = text.Of("cause", "原因")
	wordResolution     = text.Of("resolution", "解決方法")
	wordActions        = text.Of("actions", "再発防止策")
	wordEverything     = text.Of("everything", "全体")
	sayScopeNotKnown   = text.Of("not known yet (treated as everything)", "不明（全体とみなします）")

	// Forms.
	buttonCancel        = text.Of("Cancel", "やめる")
	sayShopsCannotSell  = text.Of("shops cannot sell", "商品が売れない")
	sayPartFails        = text.Of("a part fails, or all of it for some", "一部の機能、または一部の利用者に影響")
	sayFewNotice        = text.Of("few notice", "ほとんど気づかれない")
	askSince            = text.Of("Since when?", "いつから？")
	askTitle            = text.Of("What do users see?", "利用者に何が起きていますか？")
	askSeverity         = text.Of("How bad is it?", "どのくらい深刻ですか？")
	sayOpenAlreadyBold  = text.Of("*Already open, perhaps the same incident:*\n%s", "*対応中のインシデント（同じものではありませんか？）*\n%s")
	titleOpen           = text.Of("Open an incident", "インシデントを始める")
	buttonOpen          = text.Of("Open", "始める")
	askScope            = text.Of("What is affected?", "影響範囲は？")
	hintScope           = text.Of("Leave it empty if it is not known.", "分からなければ空のままで構いません。")
	askNote             = text.Of("First entry of the timeline, from that message", "タイムラインの最初の記録（元の発言）")
	hintNote            = text.Of("Everybody who sees the incident reads this. Change it, or empty it.", "インシデントを見る人全員に表示されます。編集も削除もできます。")
	labelPrivate        = text.Of("Private", "非公開")
	askPrivate          = text.Of("visible only to those who are called in", "呼ばれた人だけが内容を見られる")
	hintPrivate         = text.Of("A private channel, or none; no announcement.", "非公開チャンネルで対応し、告知しません。")
	wordPrivate         = text.Of("private", "非公開")
	sayPrivatePart      = text.Of("%s is private: it cannot be merged into one that is not.", "%s は非公開のため、公開のインシデントには統合できません。")
	sayChooseOne        = text.Of("Choose one.", "選んでください。")
	sayInFuture         = text.Of("That is in the future.", "未来の時刻です。")
	buttonTell          = text.Of("Post a status", "状況を共有")
	buttonTellIt        = text.Of("Tell", "共有")
	askUpdate           = text.Of("What is known, what is being done, what comes next?", "分かったこと、していること、次にすること")
	askSummary          = text.Of("Summary: what happened, in three sentences", "概要（何が起きたか、三文で）")
	askImpact           = text.Of("Impact: who could not do what, for how long", "影響（誰が、何を、どれだけの間できなかったか）")
	askCause            = text.Of("Cause: why was it possible?", "原因（なぜ起こりえたか）")
	askTrigger          = text.Of("Trigger: what triggered it?", "きっかけ")
	askDetection        = text.Of("Detection: how was it detected?", "検知（どう気づいたか）")
	askResolution       = text.Of("Resolution: what ended it?", "解決方法（どう収まったか）")
	askWell             = text.Of("What went well (a line each)", "うまくいったこと（一行に一つ）")
	askWrong            = text.Of("What went wrong (a line each)", "うまくいかなかったこと（一行に一つ）")
	askLucky            = text.Of("Where we were lucky (a line each)", "運が良かったこと（一行に一つ）")
	titlePostmortem     = text.Of("Postmortem", "ポストモーテム")
	buttonSave          = text.Of("Save", "保存")
	sayWrittenMeanwhile = text.Of("Somebody else has saved a change: copy your text, close the form, and open it again. It now says: %s",
		"ほかの人が先に保存しました。文章を控えて、開き直してください。現在の内容：%s")
	askOwner     = text.Of("Who does it?", "担当者")
	askDue       = text.Of("By when?", "期限")
	buttonAction = text.Of("Add an action", "再発防止策を追加")
	buttonAdd    = text.Of("Add", "追加")
	askAction    = text.Of("What has to be done?", "何をしますか？")
	askLink      = text.Of("Link (an issue)", "リンク（Issue など）")
	sayNoDate    = text.Of("That is not a date.", "日付ではありません。")

	// Who may.
	sayMembersNotKnown = text.Of("The members of %s could not be read from Slack. Please try again.",
		"%s のメンバーを確認できませんでした。もう一度お試しください。")
	sayOutsider    = text.Of("Only people of the organisation whose bot this is may do that.", "この操作は、このボットを導入している組織の人だけが行えます。")
	sayOnlyMembers = text.Of("Only %s may do that here.", "この操作ができるのは %s のメンバーだけです。")

	// What could not be stored.
	sayNotStored = text.Of("This could not be stored, as far as is known. Look with `/incident status` or `/incident list` in a moment, and try again if it is not there.",
		"保存できたことを確認できませんでした。少し待って `/incident status` または `/incident list` で確認し、なければもう一度お試しください。")

	// Reminders.
	buttonPostmortem = text.Of("Write the postmortem", "ポストモーテムを書く")
	remindStatus     = text.Of("%s ⏰ No status for %s. What is known, what is being done, what comes next? `/incident update …`",
		"%s ⏰ %sのあいだ状況が共有されていません。分かったこと、していること、次にすることを `/incident update …` で共有してください。")
	remindCommander = text.Of("%s 🚨 Nobody is in command. Who decides what is done, and keeps the overview?",
		"%s 🚨 指揮を執る人がまだいません。全体を見て判断する人を決めてください。")
	buttonCommand    = text.Of("Take command", "指揮を執る")
	remindPostmortem = text.Of("%s 📝 The postmortem still lacks: %s. It need not be long.",
		"%s 📝 ポストモーテムに足りない項目：%s。短くて構いません。")
	remindDue       = text.Of("📌 Action items of *%s* that are due today:", "📌 *%s* の再発防止策の期限は今日です：")
	remindOverdue   = text.Of("⏰ Overdue for %[2]s, so that *%[1]s* does not happen again:", "⏰ *%s* の再発防止策が期限を %s過ぎています：")
	wordDays        = [2]text.Entry{text.Of("%d day", "%d 日"), text.Of("%d days", "%d 日")}
	remindUndated   = text.Of("📌 Open action items of *%s* without a due date:", "📌 *%s* の再発防止策が未完了です（期限なし）：")
	buttonDone      = text.Of("%d. done", "%d. 完了した")
	sayDone         = text.Of("Done: %s", "完了しました：%s")
	sayDoneAlready  = text.Of("That is done already.", "すでに完了しています。")
	sayNoOpenAction = text.Of("No action is open.", "未完了の再発防止策はありません。")
	sayWhichDone    = text.Of("Which one is done? `/incident done %s 1`", "どれが完了しましたか？（例：`/incident done %s 1`）")
	sayNoSuchAction = text.Of("There is no such action: %s. `/incident done` lists those that are open.", "該当する再発防止策がありません：%s。一覧は `/incident done` です。")
	sayGone         = text.Of("That message no longer exists, so nothing was added to the timeline.",
		"その発言は見つかりませんでした。タイムラインには何も記録していません。")
	sayNothingToRead = text.Of("There is no text in that message, so nothing was added to the timeline. Describe it with `/incident note …`.",
		"その発言には読み取れる内容がないため、タイムラインには何も記録していません。`/incident note …` で内容を書いてください。")

	// The status message, and the timeline.
	headState     = text.Of("State", "状態")
	headAffected  = text.Of("Affected", "影響範囲")
	headNoticed   = text.Of("Detected", "検知")
	headSince     = text.Of("Since", "発生")
	headCommander = text.Of("Commander", "指揮")
	sayNobodyYet  = text.Of("nobody yet", "未定")
	headRelease   = text.Of("Suspected release", "疑わしいリリース")
	headImpact    = text.Of("Impact lasted", "影響時間")
	headUpdate    = text.Of("Last update", "最新の状況")
	headLately    = text.Of("Recent entries", "最近の経過")
	sayFoot       = text.Of("%s · post a status with `/incident update …`, add a message to the timeline with :%s:, more with `/incident help`",
		"%s · `/incident update …` で状況を共有、:%s: のリアクションで発言を記録、使い方は `/incident help`")
	buttonMitigated   = text.Of("Mitigated", "緩和した")
	buttonResolved    = text.Of("Resolved", "解決した")
	buttonReopen      = text.Of("Reopen", "再発した")
	buttonClose       = text.Of("Close", "完了にする")
	entrySeverity     = text.Of("severity %s %s", "重大度を %s %s に変更")
	entryState        = text.Of("%s %s", "%s %s")
	entryScope        = text.Of("affects %s", "影響範囲：%s")
	entryRoleFree     = text.Of("%s is vacant", "%s の担当が外れました")
	entryRole         = text.Of("%s: %s", "%s：%s")
	entryTitle        = text.Of("title changed: %s", "タイトルを変更：%s")
	entryStarted      = text.Of("it started at %s", "発生時刻：%s")
	entryNoRelease    = text.Of("no release is suspected", "リリースの疑いは晴れました")
	entryRelease      = text.Of("release %s is suspected", "リリース %s を疑っています")
	sayChannelComes   = text.Of("its channel is being created", "チャンネルを作成しています")
	sayWithoutChannel = text.Of("no channel could be created: work on it here, with `/incident update %s …`",
		"チャンネルを作成できませんでした。このチャンネルで対応し、`/incident update %s …` で状況を共有してください")
	sayNoChannel = text.Of("🚨 No channel could be created: %s\nConcerned: %s. Please work on it here. Commands take the ID: `/incident update %[3]s …`, `/incident lead %[3]s`",
		"🚨 チャンネルを作成できませんでした：%s\n対応をお願いします：%s。このチャンネルで対応してください。コマンドには ID を付けます：`/incident update %[3]s …`、`/incident lead %[3]s`")
	sayChannelLate = text.Of("🚨 No channel could be created yet: %s. The bot keeps trying.\nConcerned: %s. Please work on it here in the meantime. Commands take the ID: `/incident update %[3]s …`, `/incident lead %[3]s`",
		"🚨 チャンネルをまだ作成できません：%s（再試行を続けます）\n対応をお願いします：%s。作成できるまでこのチャンネルで対応してください。コマンドには ID を付けます：`/incident update %[3]s …`、`/incident lead %[3]s`")
	whyNotNow            = text.Of("Slack is not responding normally", "Slack が正常に応答していません")
	sayNobodyNamed       = text.Of("nobody is named in the configuration", "設定に招待先がありません")
	sayMoreIncidents     = text.Of("and %d older ones: `/incident status inc-12`", "ほか %d 件（古いもの）。`/incident status inc-12` で確認できます。")
	sayNoIncidentOngoing = text.Of("No incident is ongoing.", "対応中のインシデントはありません。")

	// The first entry of the timeline.
	sayOpenedAs        = text.Of("opened as %s", "%s のインシデントとして開始")
	sayOpenedAsByAlert = text.Of("opened as %s by an alert", "アラートにより %s のインシデントとして開始")

	// What the bot could not do, and why.
	doingBegin    = text.Of("start the incident", "インシデントの開始")
	doingChannel  = text.Of("create a channel", "チャンネルの作成")
	doingStatus   = text.Of("write the status message", "状態メッセージの更新")
	doingPin      = text.Of("pin the status message", "状態メッセージのピン留め")
	doingTopic    = text.Of("set the topic", "トピックの設定")
	doingInvite   = text.Of("invite ", "招待：")
	doingAnnounce = text.Of("announce it in ", "告知：")
	doingMessage  = text.Of("write a message", "メッセージの投稿")
	doingUnsay    = text.Of("remove what was redacted everywhere", "投稿済みメッセージからの内容の削除")
	doingArchive  = text.Of("archive the channel", "チャンネルのアーカイブ")
	doingTimeline = text.Of("add a message to the timeline", "タイムラインへの記録")
	doingMerge    = text.Of("merge it with another incident", "インシデントの統合")
	doingReminder = text.Of("send a reminder", "リマインダーの送信")
	sayFailed     = text.Of("⚠️ The bot could not %s: %s", "⚠️ 失敗しました（%s）：%s")
	sayNotInvited = text.Of("⚠️ These could not be invited%s:", "⚠️ 招待できなかった人がいます%s：")
	sayOfGroup    = text.Of(" (of %s; all others were)", "（%s のメンバー。ほかの人は招待済み）")
	sayAndMore    = text.Of("and %d more", "ほか %d 人")
	whyGuest      = text.Of("this person may not join such a channel (`%s`), for example as a guest; contact them in another way", "ゲストなど、このチャンネルに入れない人です（`%s`）。別の方法で連絡してください")
	whyNoAnswer   = text.Of("Slack did not answer for a day", "Slack から一日応答がありませんでした")
	whyScope      = text.Of("the app lacks the scope `%s`; an administrator has to add it and reinstall the app",
		"アプリにスコープ `%s` がありません。管理者が追加して再インストールしてください")
	whyNobody = text.Of("this person or group no longer exists (`%s`); invite somebody else by hand, and fix the configuration",
		"該当する人またはグループが存在しません（`%s`）。手動で招待し、設定を修正してください")
	whyArchived  = text.Of("the channel is archived", "チャンネルがアーカイブされています")
	whyCannotSee = text.Of("the bot cannot see the channel (`%s`); invite the bot, or fix the configuration",
		"ボットがチャンネルにアクセスできません（`%s`）。ボットを招待するか、設定を修正してください")
	whyNotAllowed = text.Of("the workspace does not allow it (`%s`); ask an administrator",
		"ワークスペースの設定で許可されていません（`%s`）。管理者に相談してください")

	// Changes that may be the cause.
	headSuspects      = text.Of("🔎 Changes before it began", "🔎 発生前の変更")
	saySuspectsBefore = text.Of("(began %s; the likeliest cause first)", "（発生 %s、原因の可能性が高い順）")
	sayHitAll         = text.Of("All %d ShopSets of the Tiers concerned are affected.",
		"該当する Tier の ShopSet %d 台すべてに影響しています。")
	sayHitOne = text.Of("Only %s is affected, of %d ShopSets in the Tiers concerned.",
		"影響は %s だけです（該当する Tier の ShopSet は %d 台）。")
	sayHitSome = text.Of("%s are affected: %d of %d ShopSets in the Tiers concerned.",
		"影響は %s です（該当する Tier の ShopSet %[3]d 台のうち %[2]d 台）。")
	sayBurns     = text.Of("%s of %s: burn rate %s", "%s（%s）：バーンレート %s")
	sayBurned    = text.Of(", %s of the error budget gone since then", "、発生以降にエラーバジェットの %s を消費")
	sayNoSuspect = text.Of("No known change reached what is affected in the hours before.",
		"発生前の数時間に、影響範囲へ届いた変更は見つかりませんでした。")
	sayNotAsked      = text.Of("Not known: %s (%s)", "確認できませんでした：%s（%s）")
	gapRunning       = text.Of("what runs, and since when", "いつ何がデプロイされたか")
	gapMoved         = text.Of("promotions and rollbacks, and the gate's decisions", "リリースの移動とゲートの判定")
	gapBurning       = text.Of("burn rates", "エラーバジェットの消費")
	gapNobody        = text.Of("no server is configured", "設定に問い合わせ先がありません")
	sayWhy           = text.Of("Why: %s", "理由：%s")
	sayCompare       = text.Of("what it changes", "変更内容を見る")
	sayGateSaid      = text.Of("The gate's reason: %s", "ゲートの判定理由：%s")
	sayTakeBack      = text.Of("Roll back: %s", "元に戻すコマンド：%s")
	sayTakeBackWhich = text.Of("Roll back: find the previous release with %s, then %s",
		"元に戻すには：%s で一つ前のリリースを確認し、%s を実行します")
	sayRevert        = text.Of("Revert: %s in the system repository", "元に戻すには：システムリポジトリで %s を実行します")
	saySync          = text.Of("Revert: let Argo CD sync it with git", "元に戻すには：Argo CD で git と同期します")
	buttonSuspect    = text.Of("Suspect this", "このリリースを疑う")
	entryLikely      = text.Of("🔎 likely cause: %s – %s", "🔎 原因の可能性が高い変更：%s（%s）")
	wordRelease      = text.Of("release", "リリース")
	wordRollback     = text.Of("rollback to", "ロールバック先")
	wordOverlay      = text.Of("configuration", "設定変更")
	wordByHand       = text.Of("a manual change (differs from git)", "手作業による変更（git と異なる）")
	wordHold         = text.Of("hold", "保留")
	wordInconclusive = text.Of("inconclusive", "判断不能")
	reasonAnd        = text.Of(", ", "、")
	reasonBefore     = text.Of("arrived %s before the incident", "発生の%s前に到達")
	reasonAfter      = text.Of("arrived %s after it began", "発生の%s後に到達")
	reasonAll        = text.Of("reached all %d that are affected", "影響のある ShopSet %d 台すべてに到達")
	reasonSome       = text.Of("reached %d of %d that are affected", "影響のある ShopSet %[2]d 台のうち %[1]d 台に到達")
	reasonNone       = text.Of("reached nothing that is affected", "影響のある ShopSet には未到達")
	reasonOthers     = text.Of("%d that it reached are not affected", "到達した %d 台には影響なし")
	reasonTouches    = text.Of("changes %s", "%s を変更")
	reasonElsewhere  = text.Of("changes other components", "別のコンポーネントの変更")
	reasonHeld       = text.Of("the gate's decision was %s", "ゲートの判定は%s")
	reasonWaived     = text.Of("%s overrode checks", "%s が確認項目を例外承認")
	reasonUnasked    = text.Of("no gate decision is known", "ゲートの判定記録なし")
	doingSuspects    = text.Of("look for the change that may be the cause", "原因となった変更の調査")

	// /incident help.
	sayHelp = text.Of("*Open an incident*\n"+
		"`/incident` asks for what is needed · `/incident open critical Payments fail` opens at once · `/incident open private critical …` for those called in alone\n"+
		"*In its channel*\n"+
		"`/incident` shows the status to you alone\n"+
		"`/incident update Cart restarted, errors fall` tells everybody the status\n"+
		"`/incident redact` takes an entry out of the timeline\n"+
		"`/incident note …` writes into the timeline; so does the reaction :%s: on any message\n"+
		"`/incident mitigated` · `resolved` · `closed` · `state open`\n"+
		"`/incident severity major` · `scope a-1 prod` · `title …` · `started 14:05` · `release v1.2.3`\n"+
		"`/incident merge inc-12` takes another incident in · `/incident duplicate inc-12` makes this one a part of it\n"+
		"`/incident lead` takes command · `/incident role scribe @mai` gives a role, `-` takes it back\n"+
		"`/incident postmortem` · `/incident action` write down what was learned · `/incident done 2` an action is done\n"+
		"*Anywhere*\n`/incident list` · `/incident join inc-12` · `/incident status inc-12` · all others with an ID: `/incident update inc-12 …`",
		"*インシデントを始める*\n"+
			"`/incident` で入力画面が開きます · `/incident open 緊急 カートで決済が失敗する` ならすぐに始まります · `/incident open 非公開 緊急 …` なら呼ばれた人だけに見えます\n"+
			"*インシデントのチャンネルで*\n"+
			"`/incident` 今の状態を自分だけに表示\n"+
			"`/incident update カートを再起動、エラーは減少中` 状況を全員に共有\n"+
			"`/incident redact` タイムラインの記録を削除\n"+
			"`/incident note …` タイムラインに記録（発言に :%s: のリアクションでも記録できます）\n"+
			"`/incident mitigated`（緩和）· `resolved`（解決）· `closed`（完了）· `state open`（再開）\n"+
			"`/incident severity 重大` · `scope a-1 prod` · `title …` · `started 14:05` · `release v1.2.3`\n"+
			"`/incident merge inc-12` 別のインシデントをここに統合 · `/incident duplicate inc-12` 重複としてあちらに統合\n"+
			"`/incident lead` 指揮を執る · `/incident role 記録 @mai` 役割を任せる（`-` で外す）\n"+
			"`/incident postmortem` · `/incident action` 学んだことを書く · `/incident done 2` 再発防止策の完了\n"+
			"*どこからでも*\n`/incident list` · `/incident join inc-12` · `/incident status inc-12` · ほかのコマンドも ID を付ければ使えます：`/incident update inc-12 …`")
)

// Japanese words that people may write in commands.
const (
	wordNone    = "なし"
	wordUnknown = "不明"
)

// verbs are the words of /incident, with what people may write instead.
var verbs = map[string][]string{
	"open": {"new", "開始"}, "status": {"状態"}, "update": {"共有"}, "severity": {"sev", "重大度"}, "state": {"ステータス"},
	"role": {"役割"}, "lead": {"指揮"}, "scope": {"影響"}, "note": {"メモ"}, "title": {"タイトル"}, "started": {"発生"},
	"release": {"リリース"}, "join": {"参加"}, "list": {"一覧"}, "postmortem": {"pm", "ポストモーテム"}, "action": {"対策"}, "done": {"済"}, "help": {"ヘルプ", "?"},
	"mitigated": {"緩和"}, "resolved": {"解決"}, "closed": {"close", "完了"},
	"redact": {"削除"}, "merge": {"統合"}, "duplicate": {"dup", "重複"},
}
