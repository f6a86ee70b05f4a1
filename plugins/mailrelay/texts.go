package mailrelay

import "github.com/shopslo/shopslo/internal/text"

// What a verdict says, in English and Japanese; docs/glossary.md has the words.
var (
	sayUsual = text.Of("the relay does what it always does at this hour of the week.",
		"配信はいつもの曜日・時刻どおりです。")
	sayAllUsual = text.Of("nothing has changed for the worse at any of %d accounts.",
		"%d個のアカウントすべてで、悪化は見られません。")
	saySomeLearning = text.Of(" No trend can be told yet at %d of them: they have no day of history.",
		"ただし%d個は履歴が1日分なく、変化を判定できません。")
	sayMoreUsual = text.Of("(%d more without findings)",
		"（ほか%d個は異常なし）")
	sayRose = text.Of("%s rose to %s from %s to %s; usual is about %s.",
		"%sが増えています: %[3]s〜%[4]sに%[2]s件（通常は約%[5]s件）。")
	sayAPIDown = text.Of("the relay's API has not answered since %s (%s).",
		"%sからAPIが応答していません（%s）。")
	sayDenied = text.Of("the relay's API has refused us since %s (%s): check the key, its rights and how often we ask.",
		"%sからAPIに拒否されています（%s）。キー・権限・呼び出し頻度を確認してください。")
	sayQuotaLeft = text.Of("%s of the quota is left%s.",
		"送信枠の残りは%s通です%s。")
	sayBacklog = text.Of("%s mails wait in the relay (limit %s).",
		"%s通が配信待ちです（上限%s通）。")
	sayNeverPolled = text.Of("mackerel-plugin-mailrelay has never polled this account: nothing is known. Run it by hand to see why.",
		"mackerel-plugin-mailrelayがまだ一度も実行されていません。状態は不明です。手動で実行して原因を確認してください。")
	sayPolledInFuture = text.Of("the last poll was made at %s, which has not come yet: nothing is known. Check this machine's clock.",
		"最後のポーリングの時刻（%s）が未来です。状態は不明です。このマシンの時計を確認してください。")
	sayNotPolled = text.Of("mackerel-plugin-mailrelay has not polled since %s (%s ago): nothing is known.",
		"mackerel-plugin-mailrelayが%sから（%s間）実行されていません。状態は不明です。")
	sayUnread = text.Of("no figures of the relay could be read yet (%s): nothing is known.",
		"リレーの数値をまだ取得できていません（%s）。状態は不明です。")
	sayLearning = text.Of("no trend can be told before a day of history is there (it begins at %s).",
		"履歴が1日分たまるまで、変化は判定できません（%sから記録中）。")
	sayUndelivered = text.Of("none of about %s mails that the relay took since %s has been delivered by %s.",
		"%[2]s以降に受け付けた約%[1]s通が、%[3]sまでに1通も配信されていません。")
	sayRefusals = text.Of("recipients' servers refused %s mails and took %s from %s to %s.",
		"%[3]s〜%[4]sに、宛先のサーバーが%[1]s通を拒否し、配信は%[2]s通でした。")
	sayClosed = text.Of("%s has refused %s %% since %s%s%s.",
		"%sが%[3]sから%[2]s%%を拒否しています%[4]s%[5]s。")
	sayOthersUsual = text.Of("; the others as usual",
		"（ほかの宛先は通常どおり）")
	sayPostponed = text.Of("%s has taken no mail and put off %s attempts since %s%s%s.",
		"%[1]sは%[3]sから1通も受け取らず、%[2]s回の配信を保留しています%[4]s%[5]s。")
	sayComplained = text.Of("%s of %s deliveries since %[4]s were reported as spam (%.2[3]f %%); mailbox operators ask for less than 0.1 %% and refuse senders from 0.3 %% on.",
		"%[4]s以降の配信%[2]s通のうち%[1]s通が迷惑メールとして報告されています（%.2[3]f%%）。メール事業者の基準は0.1%%未満で、0.3%%以上は拒否の対象です。")
	sayTo            = text.Of(" to %s", "%s宛ての")
	sayCanaryRefused = text.Of("the relay has not taken our test mails%[3]s since %[1]s (%[2]s)%[4]s.",
		"%[1]sからリレーが%[3]sテストメールを受け付けません（%[2]s）%[4]s。")
	sayCanaryLost = text.Of("%[1]s test mail(s)%[3]s sent since %[2]s have not arrived%[4]s.",
		"%[2]s以降に送った%[3]sテストメール%[1]s通が届いていません%[4]s。")
	sayCanaryBlind = text.Of("the mailbox of the test mails%[2]s could not be read since %[1]s%[3]s.",
		"%[1]sから%[2]sテストメールの受信箱を読めません%[3]s。")
	sayCanaryJunk = text.Of("test mails%[3]s have landed in the spam folder %[2]q since %[1]s%[4]s.",
		"%[1]sから%[3]sテストメールが迷惑メールフォルダー%[2]qに入っています%[4]s。")
	sayCanaryUnproven = text.Of("test mails%[3]s are not proved to be ours since %[1]s (%[2]s)%[4]s: check-mail-sender shows why.",
		"%[1]sから%[3]sテストメールの送信ドメイン認証が失敗しています（%[2]s）%[4]s。check-mail-senderで原因を確認してください。")
	sayAnnounced = text.Of("the relay's status page says: %q.",
		"リレーのステータスページの表示: %q")
	sayFell = text.Of("%s fell to %.0f %% of the usual since %s: %s until %s where about %s were expected.",
		"%sが%[3]sから通常の%.0[2]f%%に減っています: %[5]sまでに%[4]s件（通常は約%[6]s件）。")
	sayHeld = text.Of(" As many mails as ever came in, so they stay in the relay.",
		"受け付けは通常どおりで、リレーの中で止まっています。")
	sayFewerAccepted = text.Of(" Fewer mails came in as well: look at the senders, and at whether the relay takes mails.",
		"受け付けも減っています。送信元とリレーの受け付けを確認してください。")
	sayRefusedInstead = text.Of(" As many mails as ever came in, and recipients' servers refused about %s of them.",
		"受け付けは通常どおりで、約%s通が宛先のサーバーに拒否されています。")
	sayDroppedInstead = text.Of(" As many mails as ever came in, and the relay itself dropped about %s of them: look at its suppression list and limits.",
		"受け付けは通常どおりで、リレー自身が約%s通を破棄しています。配信停止リストと上限を確認してください。")
	sayStale = text.Of("the relay's figures end at %s (%s ago).",
		"リレーの数値は%sで止まっています（%s前）。")
	sayMailsWereDue = text.Of(" About %s mails were due since: none left, or the relay does not count.",
		"その後に約%s通あるはずです。送られていないか、リレーが集計していません。")
	sayRelaySays = text.Of(" (the relay says %q)",
		"（リレーの表示: %q）")
	sayPaused = text.Of("the relay does not let this account send%s.",
		"このアカウントは送信を停止されています%s。")
	sayUnderReview = text.Of("the relay has put this account under review%s.",
		"このアカウントは審査中です%s。")
	sayOfLimit = text.Of(" of %s",
		"（上限%s通）")
	wordAccepted = text.Of("accepted mails",
		"受け付け")
	wordDelivered = text.Of("deliveries",
		"配信")
	wordDeferred = text.Of("deferrals",
		"再送待ち")
	wordBounced = text.Of("bounces",
		"バウンス")
	wordBouncedHard = text.Of("hard bounces",
		"ハードバウンス")
	wordBouncedSoft = text.Of("soft bounces",
		"ソフトバウンス")
	wordBlocked = text.Of("blocked mails",
		"ブロック")
	wordDropped = text.Of("dropped mails",
		"破棄")
	wordComplaints = text.Of("spam complaints",
		"迷惑メール報告")
)

// destinations are named at the beginning of a sentence.
var destinations = map[Destination]text.Entry{
	Docomo: text.Of("docomo", "ドコモ"), Au: text.Of("au", "au"), SoftBank: text.Of("SoftBank", "ソフトバンク"),
	YahooJapan: text.Of("Yahoo! JAPAN", "Yahoo! JAPAN"), Gmail: text.Of("Gmail", "Gmail"), Outlook: text.Of("Outlook", "Outlook"),
	Other: text.Of("the rest of the destinations", "その他の宛先"),
}

// figures are named in the middle of a sentence.
var figures = map[Figure]text.Entry{
	Accepted: wordAccepted, Delivered: wordDelivered,
	Deferred: wordDeferred, Bounced: wordBounced,
	BouncedHard: wordBouncedHard, BouncedSoft: wordBouncedSoft,
	Blocked: wordBlocked, Dropped: wordDropped,
	Complaints: wordComplaints,
}
