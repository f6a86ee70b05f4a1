package main

import "github.com/shopslo/shopslo/internal/text"

// What the commands of the ledger say.
var (
	longLedger = text.Of(`The ledger keeps the counts, in the folder ledger.dir. These commands do not change
it, and work while 'shopslo serve' writes to it or the file system is read-only. The
exception is 'recount --apply', which needs exclusive access.
`,
		`台帳は、集計した結果を ledger.dir のフォルダーに保存します。これらのコマンドは台帳を変更せず、'shopslo serve' が書き込み中でも、読み取り専用のファイルシステムでも使えます。例外は 'recount --apply' で、台帳を書き換えるため、ほかに使うプロセスがないことが必要です。
`)
	longLedgerInspect = text.Of(`inspect lists each account of a ledger: what is counted for which ShopSet, from when
to when, the numbers of good and total events, its series, processes and flags. It
also lists the files with their sizes.

Exit codes: 0 ok · 3 the command line, the configuration or the folder is invalid.
`,
		`inspect は台帳のアカウントを一覧にします。どの ShopSet の何を、いつからいつまで集計したか、成功と全体のイベント数、系列・プロセスの数、フラグを示し、ファイルの一覧と大きさも表示します。

終了コード: 0 正常 / 3 コマンドライン・設定・フォルダーの誤り
`)
	longLedgerVerify = text.Of(`verify reads all files of a ledger and checks every record: its checksum, its
content, and that it follows the previous one. An incomplete record at the end is
being written by a server, or was left by a crash; it is not counted, and is not
damage.

With --from it also counts again what the sources have now, and reports each hour
that differs, by SLO and ShopSet. Hours for which a source no longer has samples
(no_data), or which the ledger never counted (not_counted), cannot be compared.

Exit codes: 0 all files are intact, and all counts equal · 1 files are damaged, or
counts differ · 2 nothing differs, but not everything could be compared · 3 the
command line, the configuration or the folder is invalid · 4 a source could not be
reached.
`,
		`verify は台帳のすべてのファイルを読み、各レコードのチェックサムと内容、前のレコードとのつながりを検査します。末尾の途中までのレコードは、サーバーが書き込み中のもの、または異常終了で残ったもので、集計されず、破損ではありません。

--from を指定すると、取得元に今あるデータで数え直し、SLO と ShopSet ごとに、異なる時間帯をすべて示します。取得元にサンプルが残っていない時間（no_data）と、台帳が集計していない時間（not_counted）は、正しいとも誤りとも言えません。

終了コード: 0 すべて正常で一致 / 1 壊れているファイルがある、または差異がある / 2 差異はないが、比べられない部分がある / 3 コマンドライン・設定・フォルダーの誤り / 4 取得元に接続できない
`)
	longLedgerRecount = text.Of(`recount counts a time range again from what the sources have now, after samples
arrived late or were backfilled. It shows the differences by SLO, ShopSet and hour,
and writes them only with --apply: all of them or, if it is interrupted, none.

The growth of a counter across a time without samples was counted when its samples
came back. Therefore hours after --to that differ are recounted as well. Hours for
which the sources no longer have samples stay as they were counted. SLOs that are
counted alike share their counts, and are recounted together.

--apply needs exclusive access to the ledger: stop 'shopslo serve' first.

Exit codes: 0 ok · 3 the command line, the configuration or the folder is invalid, or
the ledger is in use · 4 a source could not be reached.
`,
		`recount は、取得元に今あるデータで、指定した期間を数え直します。サンプルが遅れて届いたときや、バックフィルしたあとに使います。差異を SLO・ShopSet・時間ごとに示し、--apply を付けたときだけ書き込みます。途中で終了した場合は、何も書き込まれません。

サンプルがない間に増えた分は、次にサンプルが届いた時間に数えられています。そのため、--to より後でも、差異のある時間は一緒に数え直します。取得元にサンプルが残っていない時間は、集計済みの値のままです。数え方が同じ SLO は集計を共有しており、一緒に数え直されます。

--apply は台帳を書き換えるため、先に 'shopslo serve' を止めてください。

終了コード: 0 正常 / 3 コマンドライン・設定・フォルダーの誤り、または台帳が使用中 / 4 取得元に接続できない
`)
	longLedgerSnapshot = text.Of(`snapshot copies the current state of a ledger into a new folder, as one file that is
written completely or not at all. The copy is a complete ledger: to continue from it,
stop 'shopslo serve', put it in place of ledger.dir, and start again.

Exit codes: 0 ok · 3 the command line, the configuration or a folder is invalid, or
the ledger is damaged.
`,
		`snapshot は、その時点の台帳を新しいフォルダーに写します。1 つのファイルで、途中までしか書かれないことはありません。写しはそれだけで台帳として使えます。'shopslo serve' を止め、ledger.dir の場所に置いて起動し直すと、そこから続きを集計します。

終了コード: 0 正常 / 3 コマンドライン・設定・フォルダーの誤り、または台帳の破損
`)
	longLedgerExport = text.Of(`export writes a ledger's counts as OpenMetrics with timestamps, for long-term
storage: the counters that 'shopslo serve' has at /metrics, with the same labels, at
each edge that is kept (every minute for recent days, every hour before that). It
needs the documents and contacts no source. The output ends with # EOF; without that
line it is incomplete.

Where there is no data, shopslo_slo_covered_seconds_total does not grow; its increase
over a time range, divided by the range, is the coverage. shopslo_slo_flags_total has
each kind of flag at the time it was first raised, and the total at the time it was
last raised.

Exit codes: 0 ok · 3 the command line, the configuration or the folder is invalid, or
the ledger is damaged.
`,
		`export は、台帳が集計した値を、長期保存用にタイムスタンプ付きの OpenMetrics で書き出します。'shopslo serve' の /metrics と同じ名前・ラベルのカウンターを、残っているすべての時刻（直近は 1 分ごと、それより前は 1 時間ごと）について出力します。設定と SLO などの文書は必要ですが、取得元には接続しません。最後の行は # EOF で、これがなければ途中までです。

データのない時間は shopslo_slo_covered_seconds_total が増えません。ある期間の増加量を期間の長さで割るとカバレッジになります。shopslo_slo_flags_total は、フラグの種類ごとに、最初に付いた時刻と、最後に付いた時刻での回数を示します。

終了コード: 0 正常 / 3 コマンドライン・設定・フォルダーの誤り、または台帳の破損
`)
)

// snapshotMade is the answer of ledger snapshot.
var snapshotMade = text.Of("%d accounts of %s are in %s", "%[2]s のアカウント %[1]d 件を %[3]s に写しました")
