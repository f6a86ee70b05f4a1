package main

import (
	"github.com/shopslo/shopslo/internal/cli/speech"
	"github.com/shopslo/shopslo/internal/text"
)

// longRoot is what the program says of itself. A Japanese paragraph is one line here: it is wrapped
// when it is shown.
var longRoot = text.Of(`shopset_exporter watches the Argo CD Applications of several clusters, and the git
branches of the Tiers. It exports what is synced, what differs from git and since
when, whether Tier order holds, how far each Tier is behind, and whether redundancy
is intact. It only reads. If a cluster cannot be reached, only its own ShopSets
become Unknown.

  /metrics          for Prometheus; see docs/metrics.md
  /api/v1/fleet     the same as JSON, for the gate and the board
  /-/healthy, /-/ready

The fleet's documents come from files (--fleet), reloaded on SIGHUP, or from custom
resources in the clusters (--fleet.resources).

Exit codes: 0 stopped by a signal · 3 the command line, a document or a file is
invalid · 4 it could not continue · 130 interrupted.`,
	`shopset_exporter は、ShopSet のフリートの実際の状態を Prometheus に伝えます。複数のクラスターの Argo CD Application と Tier の git ブランチを監視し、何が同期しているか、何がいつから git と異なるか、Tier の順序が保たれているか、それぞれどれだけ遅れているか、冗長性が保たれているかを出力します。読むだけで、何も変更しません。接続できないクラスターがあっても、Unknown になるのはそのクラスターの ShopSet だけです。

  /metrics          Prometheus 用（docs/metrics.md）
  /api/v1/fleet     同じ内容の JSON（ゲートとボード用）
  /-/healthy, /-/ready

フリートの文書は、ファイル（--fleet。SIGHUP で読み直す）か、クラスターのカスタムリソース（--fleet.resources）から読みます。

終了コード: 0 終了を求められた / 3 コマンドライン・文書・ファイルの誤り / 4 続行できない / 130 中断`)

// oneLiners are the short texts of the command and its flags. The English ones stand where they are
// made, too, which a test holds together.
var oneLiners = []text.Entry{
	text.Of("Exports the actual state of a fleet of ShopSets to Prometheus", "ShopSet のフリートの実際の状態を Prometheus に伝える"),
	text.Of("`pattern` of the fleet's document files; may be repeated", "フリートの文書のファイルのパターン。繰り返し可"),
	text.Of("read the fleet's documents from the clusters' custom resources", "フリートの文書をクラスターのカスタムリソースから読む"),
	text.Of("kubeconfig `file` of the clusters", "クラスターの kubeconfig ファイル"),
	text.Of("`name` of a context of the kubeconfig; may be repeated (default: all)", "kubeconfig のコンテキストの名前。繰り返し可。なければすべて読む"),
	text.Of("read the cluster that the exporter runs in, under this `name`", "エクスポーターが動いているクラスターを、この名前で読む"),
	text.Of("also read the clusters in Argo CD's cluster Secrets", "その Argo CD がクラスターの Secret で知っているクラスターも読む"),
	text.Of("`namespace` of Argo CD and its Applications; empty for all namespaces", "Argo CD と Application の名前空間。空ならすべての名前空間の Application"),
	text.Of("`label` of an Application that names its ShopSet (default shopset.dev/shopset)", "Application の ShopSet を示すラベル (既定: shopset.dev/shopset)"),
	text.Of("regular `expression` that matches an Application's whole name, with a group (?P<shopset>…)", "Application の名前全体の正規表現。グループ (?P<shopset>…) を含める"),
	text.Of("regular `expression` that matches the path of an Application's source, with a group (?P<shopset>…)", "Application のソースのパスの正規表現。グループ (?P<shopset>…) を含める"),
	text.Of("also export series per Application: many series if there are many Applications", "Application ごとの系列も出力する。Application が多いと系列も多い"),
	text.Of("age of Argo CD's last comparison at which a ShopSet becomes Unknown; 0: never", "Argo CD の最後の比較がこれより古ければ Unknown とする。0: しない"),
	text.Of("how long a cluster may be unreachable or not answer before its ShopSets become Unknown", "クラスターに接続できない、または応答がないまま、ShopSet を Unknown にするまでの長さ"),
	text.Of("`URL` of the repository that Argo CD reads; without it, Releases are unknown", "Argo CD が読むリポジトリの URL。なければリリースのことは分からない"),
	text.Of("`URL` of the app repository, if it is a submodule", "サブモジュールである場合の、アプリのリポジトリの URL"),
	text.Of("`folder` of the app repository in the system repository", "システムのリポジトリの中の、アプリのリポジトリのフォルダー"),
	text.Of("`folder` for mirrors of the repositories; for the exporter's use only", "リポジトリのミラーのフォルダー。エクスポーター専用"),
	text.Of("how often the repositories are fetched", "リポジトリを取得する間隔"),
	text.Of("`file` for state that Argo CD does not keep, such as since when a ShopSet differs from git; without it, a restart loses it", "Argo CD が忘れること（ShopSet がいつから git と異なるかなど）を残すファイル。なければ再起動で失われる"),
	text.Of("how often the fleet is evaluated if nothing changes", "変化がないときにフリートを判定する間隔"),
	text.Of("`host:port` to listen on; port 0 is a free one", "待ち受けるアドレス。ポート 0 は空きポート"),
	text.Of("`file` with TLS and basic authentication settings, in the format of Prometheus' exporters", "TLS と Basic 認証の設定ファイル（Prometheus のエクスポーターと同じ形式）"),
	text.Of("minimum `level` to log: debug, info, warn or error", "ログに出す最低のレベル: debug, info, warn または error"),
	text.Of("`format` of the log: text or json", "ログの形式: text または json"),
}

// complaints are what errors say, of the command line, documents and files. English stands where
// they are found.
var complaints = speech.Complaints(
	text.Of("it takes no arguments, but got %q; quote patterns such as --fleet 'fleet/*.yaml'", "引数は取りませんが、%q が指定されました。--fleet 'fleet/*.yaml' のようにパターンを引用符で囲んでください"),
	text.Of("no fleet: name its documents with --fleet, or read the clusters' with --fleet.resources", "フリートがありません: --fleet で文書を指定するか、--fleet.resources でクラスターの文書を読んでください"),
	text.Of("--fleet and --fleet.resources exclude each other: one of them says what there should be", "--fleet と --fleet.resources は併用できません: どちらか一方で、あるべきものを指定してください"),
	text.Of("no cluster: name a --kubeconfig, or --in-cluster where it runs in one", "クラスターがありません: --kubeconfig か、クラスターの中で動かすなら --in-cluster を指定してください"),
	text.Of("--context needs --kubeconfig", "--context には --kubeconfig が必要です"),
	text.Of("--argocd.cluster-secrets needs --argocd.namespace: Secrets are read in one namespace only", "--argocd.cluster-secrets には --argocd.namespace が必要です: Secret は 1 つの名前空間でだけ読みます"),
	text.Of("--git.app, --git.submodule and --git.dir need --git.system", "--git.app、--git.submodule、--git.dir には --git.system が必要です"),
	text.Of("--git.system needs --git.dir, a folder for its mirror", "--git.system には --git.dir（ミラーのフォルダー）が必要です"),
	text.Of("--git.interval and --refresh are at least 1s", "--git.interval と --refresh は 1s 以上にしてください"),
	text.Of("state file %s: its folder does not exist; create it", "状態ファイル %s: フォルダーがありません。作ってください"),
	text.Of("read state file %s: %s; fix it, or move it away to start over", "状態ファイル %s を読めません: %s。直すか、移動して最初から始めてください"),
	text.Of("a newer shopset_exporter wrote it (version %d, and this one knows %d): run that one", "より新しい shopset_exporter が書いたもの（バージョン %d、こちらは %d まで）です。新しいほうを使ってください"),
	text.Of("%q has no group (?P<%s>…) to say which part is the ShopSet's name", "%q に、ShopSet の名前の部分を示すグループ (?P<%s>…) がありません"),
	text.Of("it has no context %q; it has %s", "コンテキスト %q がありません。あるのは %s"),
	text.Of("it has no context", "コンテキストがありません"),
	text.Of("the cluster that this runs in: %s", "動いているクラスターに接続できません: %s"),
	text.Of("--web.listen-address: %q is not host:port, such as %s or :9877", "--web.listen-address: %q は %s や :9877 のような host:port ではありません"),
	text.Of("listen on %s: %s", "%s で待ち受けできません: %s"),
	text.Of("--max-age and --grace are not negative", "--max-age と --grace は 0s 以上にしてください"),
)
