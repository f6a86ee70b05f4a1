package board

import (
	"embed"
	"fmt"
	"html/template"
	"io"
	"math"
	"net/url"
	"strconv"
	"strings"
	"sync"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

//go:embed templates/*.html
var templateFiles embed.FS

// templates are parsed once, by the first page: other commands need not wait for it.
// Each request sets its language in a view.
var templates = sync.OnceValue(func() *template.Template {
	return template.Must(template.New("").Funcs(functions).ParseFS(templateFiles, "templates/*.html"))
})

var functions = template.FuncMap{
	"symbol": symbol, "verdictSymbol": verdictSymbol, "resultSymbol": resultSymbol, "short": abbreviated,
	"goal": status.FormatGoal, "rate": rate, "count": count, "share": share, "sli": sli, "bar": newBar, "chart": newChart,
	"budgetLevel": budgetLevel, "burn": highestBurn, "rateOver": rateOver, "word": budgetWord, "clean": clean,
	"levels": func() []level { return levels }, "deref": func(n *int) int { return *n }, "dict": dict,
}

// view is what a template gets.
type view struct {
	Lang    text.Language
	Root    string // the way to the board's folder: "" or "../"
	Version string // of the assets
	Refresh int    // seconds
	Title   string
	Path    string // of this page below the board's folder
	Query   url.Values
	Page    any
	Now     time.Time
}

// render writes a page.
func (v *view) render(w io.Writer, name string) error {
	if err := templates().ExecuteTemplate(w, name, v); err != nil {
		return fmt.Errorf("render the board's %s: %w", name, err)
	}
	return nil
}

// T gives a phrase in the page's language.
func (v *view) T(key string, figures ...any) string { return say(v.Lang, key, figures...) }

// Word gives the phrase of a value, such as a state: kind "." value.
func (v *view) Word(kind string, value any) string { return say(v.Lang, kind+"."+fmt.Sprint(value)) }

// Severity gives the word for an incident's; one that is not ours stays as it is.
func (v *view) Severity(s string) string { return v.Lang.Say(incident.Severity(s).Word()) }

// Absence says what is not there.
func (v *view) Absence(a slo.Absence) string {
	switch a.Kind {
	case slo.NoLabel, slo.NoBound, slo.LoneLabel:
		return say(v.Lang, "absent."+string(a.Kind), clean(a.Label))
	}
	return v.Word("absent", a.Kind)
}

// Nearest lists what is close to what is not there.
func (v *view) Nearest(a slo.Absence) string {
	var names []string
	for _, n := range a.Nearest {
		names = append(names, clean(n))
	}
	return v.Lang.List(names)
}

// When gives a phrase about one time. Scripts write the time anew in the reader's zone.
func (v *view) When(key string, t time.Time) template.HTML {
	t = t.UTC()
	stamp := fmt.Sprintf(`<time datetime="%s">%s UTC</time>`, t.Format(time.RFC3339), t.Format("01-02 15:04"))
	return template.HTML(v.T(key, stamp)) // of our own phrases and a time: nothing in it is anybody's
}

// Ago is how long ago something was, seen from the time of the page.
func (v *view) Ago(t time.Time) string { return v.Lang.Duration(v.Now.Sub(t), time.Second, 2) }

// Length writes a length of time.
func (v *view) Length(d time.Duration) string { return v.Lang.Duration(d, time.Second, 2) }

// Window writes an SLO's window.
func (v *view) Window(text string) string { return window(v.Lang, text) }

// List joins names of any kind.
func (v *view) List(names any) string {
	var all []string
	switch n := names.(type) {
	case []string:
		all = n
	case []fleet.TierName:
		all = texts(n)
	case []fleet.ShopSetName:
		all = texts(n)
	case []fleet.ShopGroupName:
		all = texts(n)
	case []fleet.FailureDomainName:
		all = texts(n)
	case []noteLine:
		for _, x := range n {
			all = append(all, v.T("asked."+string(x)))
		}
	}
	return v.Lang.List(all)
}

func texts[T ~string](names []T) (out []string) {
	for _, n := range names {
		out = append(out, string(n))
	}
	return out
}

// Reason is a check's reason, fit for a page.
func (v *view) Reason(c promotion.Check) string { return strings.TrimSpace(clean(c.Reason)) }

// Href is a link to a page below the board's folder that keeps the language. Pairs of
// names and values make its query; a name without a value is left out.
func (v *view) Href(path string, pairs ...any) string {
	q := url.Values{}
	for i := 0; i+1 < len(pairs); i += 2 {
		if value := fmt.Sprint(pairs[i+1]); value != "" {
			q.Add(fmt.Sprint(pairs[i]), value)
		}
	}
	if asked := v.Query.Get("lang"); asked == string(v.Lang) {
		q.Set("lang", asked)
	}
	address := v.Root + path
	if address == "" {
		address = "./"
	}
	if len(q) > 0 {
		address += "?" + q.Encode()
	}
	return address
}

// Escape makes a name a part of a path.
func (v *view) Escape(name any) string { return url.PathEscape(fmt.Sprint(name)) }

// In is the link to this page in another language.
func (v *view) In(l text.Language) string {
	q := url.Values{}
	for name, values := range v.Query {
		q[name] = values
	}
	q.Set("lang", string(l))
	return "?" + q.Encode()
}

// Languages lists all languages.
func (v *view) Languages() []text.Language { return text.Languages }

// NameOf is a language's own name for itself.
func (v *view) NameOf(l text.Language) string { return l.Say(itself) }

// symbol is a level's mark, to be told apart without colours.
func symbol(l level) string {
	return map[level]string{bad: "✕", warn: "▲", unclear: "?", moving: "↻", good: "✓"}[l]
}

func verdictSymbol(g *gateSummary) string {
	switch {
	case g.Arrived:
		return "="
	case g.Verdict == promotion.Promote:
		return "▶"
	case g.Verdict == promotion.Hold:
		return "■"
	}
	return "?"
}

// Word is the word for the answer: a verdict, arrived or none.
func (g *gateSummary) Word() string {
	switch {
	case g.Arrived:
		return "arrived"
	case g.Verdict == "":
		return "none"
	}
	return string(g.Verdict)
}

func resultSymbol(r promotion.Result) string {
	return map[promotion.Result]string{promotion.Fail: "✕", promotion.Unknown: "?", promotion.Pass: "✓", promotion.Waived: "○", promotion.NotChecked: "–"}[r]
}

// share writes a share as percent; "–" where there is none.
func share(f *float64) string {
	if f == nil {
		return "–"
	}
	return status.FormatShare(f)
}

// sli writes the SLI beside its objective; "–" where there is none, or its counts
// contradict each other.
func sli(b *status.Budget) string {
	if b.SLI == nil || b.State == slo.Inconsistent {
		return "–"
	}
	return status.FormatSLI(*b.SLI, b.Objective)
}

// count writes a number of events; "–" where there is none.
func count(f *float64) string {
	if f == nil {
		return "–"
	}
	return status.FormatCount(*f)
}

// rate writes a burn rate; "–" where there is none.
func rate(f *float64) string {
	if f == nil {
		return "–"
	}
	return status.FormatRate(*f)
}

// rateOver is a budget's burn rate over a window; nil where there is none, or its counts
// contradict each other.
func rateOver(b *status.Budget, window time.Duration) *float64 {
	for i := range b.BurnRates {
		if b.BurnRates[i].Window == window && b.State != slo.Inconsistent {
			return b.BurnRates[i].Rate
		}
	}
	return nil
}

// bar is what is left of a budget as a bar of 100 wide.
type bar struct {
	Known bool
	Level level
	Width string // 0 to 100
}

func newBar(left *float64, state slo.State) bar {
	if left == nil || math.IsNaN(*left) {
		return bar{Level: budgetLevel(state)}
	}
	return bar{Known: true, Level: budgetLevel(state), Width: strconv.FormatFloat(100*max(0, min(1, *left)), 'f', 1, 64)}
}

// Coverage is a share of time with data.
func (v *view) Coverage(f float64) string { return status.FormatShare(&f) }

// Sub and Add are for places in a picture and the numbers of pages.
func (v *view) Sub(a, b int) int { return a - b }

// Add is a + b.
func (v *view) Add(a, b int) int { return a + b }

// TierOf is the Tier that a check is about; "" where it is about none.
func (v *view) TierOf(c promotion.Check) string { return tierOfCheck(c) }

// Percent is a share 0–1 as the width of a bar.
func (v *view) Percent(f float64) string {
	return strconv.FormatFloat(100*max(0, min(1, f)), 'f', 1, 64)
}

// dict hands several values to a template, by name.
func dict(pairs ...any) map[string]any {
	out := map[string]any{}
	for i := 0; i+1 < len(pairs); i += 2 {
		out[pairs[i].(string)] = pairs[i+1]
	}
	return out
}
