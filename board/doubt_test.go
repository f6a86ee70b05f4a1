package board

import (
	"slices"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// doubted gives the world with the worst budget of c-1 changed.
func doubted(t *testing.T, change func(*status.Budget)) (*Handler, Input) {
	t.Helper()
	h, source := newHandler(t)
	in := source.in
	in.Budgets.Budgets = slices.Clone(in.Budgets.Budgets)
	worst := worstBudgets(in.Budgets)["c-1"].budget.SLO
	for i := range in.Budgets.Budgets {
		if b := &in.Budgets.Budgets[i]; b.ShopSet == "c-1" && b.SLO == worst {
			change(b)
		}
	}
	source.set(in)
	return h, in
}

func TestDoubtsAreShownOnTheBoardAndTheShopSetsPage(t *testing.T) {
	nothing := func(b *status.Budget) {
		b.State, b.Good, b.Total, b.Bad, b.SLI, b.Allowed, b.ConsumedRatio, b.RemainingRatio = slo.NoData, nil, nil, nil, nil, nil, nil, nil
	}
	for _, c := range []struct {
		name   string
		change func(*status.Budget)
		level  level
		cause  string
		en, ja []string // on the page
	}{
		{"a flag does not make a ShopSet unwell", func(b *status.Budget) {
			b.Flags = []slo.Flag{{Kind: slo.SeveralProcesses, Count: 12, First: now.Add(-2 * time.Hour), Last: now.Add(-time.Hour)}}
			b.Notes = []string{status.FlagText(b.Flags[0]), "another note"}
		}, good, causeFlagged,
			[]string{"figures in doubt", "several processes answer under one name: give each labels of its own (12 times, last 1 h ago)", "another note"},
			[]string{"数値に疑義あり", "複数のプロセスが同じ名前で応答しています。それぞれに固有のラベルを付けてください (12 回、最後は 1時間前)", "another note"}},
		{"what is not being counted is unclear", func(b *status.Budget) { b.Failure = "the query times out" }, unclear, causeUncounted,
			[]string{"not being counted now", "the query times out"}, []string{"現在集計できていない", "the query times out"}},
		{"what does not exist is named, with the nearest", func(b *status.Budget) {
			nothing(b)
			b.Absent = []slo.Absence{{Kind: slo.NoLabel, Side: "bad", Selector: `http_requests_total{status="500"}`, Label: "status", Nearest: []string{"code"}}}
		}, unclear, causeAbsent,
			[]string{"what the SLO asks for does not exist", `no series of the metric has the label status http_requests_total{status="500"} (there is code)`},
			[]string{"SLO が参照する系列が存在しない", `このメトリクスにラベル status がありません http_requests_total{status="500"} (近いもの: code)`}},
		{"a short history is told from little traffic", func(b *status.Budget) {
			b.State, b.VerdictFrom = slo.InsufficientData, now.Add(5*time.Hour)
		}, unclear, causeShort, []string{"too short a history to tell", "in about 5 h", "budgets.least_history"}, []string{"履歴が短く判断できない", "約5時間"}},
		{"points are no events", func(b *status.Budget) { b.Unit = slo.Points }, good, "",
			[]string{"points (values at fixed steps) were bad"}, []string{"点（一定間隔の値）が失敗"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			h, in := doubted(t, c.change)
			page, ok := viewShopSet(&in, fleet.ShopSetName("c-1"), nil, now)
			if !ok || page.Cell.Level != c.level {
				t.Errorf("level %s, want %s", page.Cell.Level, c.level)
			}
			if has := slices.ContainsFunc(page.Cell.Causes, func(x cause) bool { return x.What == c.cause }); has != (c.cause != "") {
				t.Errorf("causes are %v", page.Cell.Causes)
			}
			for l, want := range map[text.Language][]string{text.English: c.en, text.Japanese: c.ja} {
				doc, err := html.Parse(newRecorder(h, "/shopset/c-1", "Accept-Language", string(l)).Body)
				if err != nil {
					t.Fatal(err)
				}
				words := strings.Join(strings.Fields(words(doc)), " ")
				for _, w := range want {
					if strings.Count(words, w) == 0 {
						t.Errorf("%s: the page does not say %q:\n%s", l, w, words)
					}
				}
			}
		})
	}
}
