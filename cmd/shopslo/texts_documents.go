package main

import "github.com/shopslo/shopslo/internal/text"

// faults are what is wrong with documents of one kind, beside what all have in common.
var faults = []text.Entry{
	// The fleet.
	text.Of("%q is not a label name; use letters, digits and _, not starting with a digit", "%q はラベル名になりません。英数字と _ を使い、数字で始めないでください"),
	text.Of("label %s is reserved and not part of what a ShopSet's series share; use another", "ラベル %s は予約済みで、ShopSet の系列に共通のものではありません。別のラベルを使ってください"),
	text.Of("label %s has an empty value, which means a series without it; give it a value", "ラベル %s の値が空です（ラベルのない系列を意味します）。値を指定してください"),
	text.Of("%q has %d characters; a name has at most 63", "%q は %d 文字です。名前は 63 文字までです"),
	text.Of("%q is a full reference; write the branch alone", "%q は完全な参照です。ブランチ名だけを書いてください"),

	// SLOs.
	text.Of("means nothing here; write it into the metadata of the SLO", "ここでは意味がありません。SLO の metadata に書いてください"),
	text.Of("has no indicator of its own, while other objectives have; in a composite SLO every objective needs one", "ほかの objective と違い、indicator がありません。複合 SLO ではすべての objective に必要です"),
	text.Of("must be longer than 0", "0 より長くしてください"),
	text.Of("is not a duration; write a number with its unit, such as 28d or 1h30m; M is a month, Q a quarter, Y a year", "長さではありません。28d や 1h30m のように単位付きで書いてください。M は月、Q は四半期、Y は年です"),
	text.Of("is not whole minutes, which a duration is to OpenSLO", "分単位の整数になりません。OpenSLO の長さは分単位です"),
	text.Of("%s is longer than %d years", "%s は %d 年を超えています"),
	text.Of("%s is not between the years 1970 and 2200", "%s は 1970 年から 2200 年の間にありません"),
	text.Of("%s has no fixed length; write it in m, h, d or w", "%s は長さが一定ではありません。m、h、d、w で書いてください"),
	text.Of("%s; write a name such as Asia/Tokyo", "%s。Asia/Tokyo のような名前を書いてください"),
	text.Of("%s; write it as 2026-01-01 00:00:00", "%s。2026-01-01 00:00:00 のように書いてください"),

	text.Of("is required and is missing", "必要ですが、ありません"),
	text.Of("must be below 1; write 99.9 %% as 0.999", "1 未満にしてください。99.9 %% は 0.999 と書きます"),
	text.Of("objective %s is not between 0 and 1 (both excluded); write 99.9 %% as 0.999", "目標 %s は 0 と 1 の間（両端を除く）にありません。99.9 %% は 0.999 と書きます"),
	text.Of("takes one entry; write an SLO for each other one", "書けるのは 1 つだけです。ほかは別の SLO にしてください"),
	text.Of("must be a date and time without a zone, such as 2026-01-01 00:00:00; the zone is in timeZone", "2026-01-01 00:00:00 のようにタイムゾーンなしの日時を書いてください。タイムゾーンは timeZone に書きます"),
	text.Of("must be a name of small letters, digits and -, beginning and ending with a letter or digit", "英小文字、数字、- からなり、英数字で始まり英数字で終わる名前にしてください"),
	text.Of("needs raw, or total with good or bad; with good and bad alone, add a total whose query picks both", "raw か、total と good または bad が必要です。good と bad だけのときは、両方を選ぶクエリの total を加えてください"),
	text.Of("[%s] properties are mutually exclusive, provide only one of them", "%s は同時に書けません。どれか 1 つにしてください"),
	text.Of("must be one of: %s", "次のいずれかにしてください: %s"),

	// The calendar.
	text.Of("invalid time of day %q, must be like 18:00", "時刻 %q が不正です。18:00 のように書いてください"),
	text.Of("invalid time zone %q, must be an IANA name like Asia/Tokyo", "タイムゾーン %q が不正です。Asia/Tokyo のような IANA 名を書いてください"),
	text.Of("invalid RRULE %q: %s", "RRULE %q が不正です: %s"),
	text.Of("must be a single RRULE without DTSTART; set starting and at instead", "DTSTART のない RRULE を 1 つだけ書いてください。開始は starting と at で指定します"),
	text.Of("FREQ must be one of: DAILY, WEEKLY, MONTHLY, YEARLY", "FREQ は DAILY、WEEKLY、MONTHLY、YEARLY のいずれかです"),
	text.Of("must not set hours; use at for the time of day", "時刻は指定できません。at に書いてください"),
	text.Of("INTERVAL and COUNT need a first day; set starting", "INTERVAL と COUNT には最初の日が必要です。starting を指定してください"),
	text.Of("INTERVAL and COUNT must be 1 or more", "INTERVAL と COUNT は 1 以上にしてください"),
	text.Of("is on no day at all: no date is all that it asks for", "該当する日がありません。条件をすべて満たす日付がないためです"),
	text.Of("must select days: add BYDAY or BYMONTHDAY (and BYMONTH if yearly), or set starting", "日を選んでください: BYDAY か BYMONTHDAY（YEARLY なら BYMONTH も）を加えるか、starting を指定してください"),
	text.Of("cannot write %s: %s", "%s に書き込めません: %s"),
	text.Of("%s already exists; choose another name or edit it", "%s はすでにあります。別の名前にするか、編集してください"),

	// Settings.
	text.Of("is not a URL (%s); %s", "URL ではありません（%s）。%s"),
	text.Of("%q has no http:// or https:// with a host; %s", "%q に http:// か https:// とホストがありません。%s"),
	text.Of("has port %s, which is above 65535; %s", "ポート %s は 65535 を超えています。%s"),
	text.Of("%q has a query or a fragment; %s", "%q にクエリかフラグメントがあります。%s"),
	text.Of("write it like %s", "%s のように書いてください"),
	text.Of("holds a user name or password; use basic_auth with username and password", "ユーザー名かパスワードが含まれています。basic_auth の username と password を使ってください"),
	text.Of("%q is not a pattern of file names: %s", "%q はファイル名のパターンではありません: %s"),
	text.Of("ledger.retention is %s, but the longest SLO window is %s: keep at least two windows, %s", "ledger.retention は %s ですが、最長の SLO の期間は %s です。2 期間分の %s 以上にしてください"),
	text.Of("%s is not a ratio above 0 and at most 1; write 95 %% as 0.95", "%s は 0 より大きく 1 以下の比率ではありません。95 %% は 0.95 と書いてください"),
	text.Of("has both prometheus and embedded; choose one", "prometheus と embedded の両方があります。どちらか一方にしてください"),
	text.Of("has mackerel beside another; choose one", "mackerel がほかの取得元と並んでいます。1 つにしてください"),
	text.Of("fail_below (%s) must not be above unknown_below (%s)", "fail_below（%s）は unknown_below（%s）以下にしてください"),
}
