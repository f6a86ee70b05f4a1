//go:build e2e

package board

import (
	"flag"
	"fmt"
	"net/http"
	"net/http/httptest"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp/kb"

	"github.com/shopslo/shopslo/board/browsertest"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

var pictures = flag.String("pictures", "", "`folder` to write pictures of the pages to")

// shown serves the world below a prefix, as a proxy may.
func shown(t *testing.T) (address string, source *fixed) {
	t.Helper()
	w, in := newWorld(t)
	source = &fixed{in: in, past: w.histories}
	h := New(Options{Source: source, Now: func() time.Time { return now }, Refresh: time.Second, Failed: func(err error) { t.Error(err) }})
	mux := http.NewServeMux()
	mux.Handle("GET /slo/board/", http.StripPrefix("/slo/board", h))
	s := httptest.NewServer(mux)
	t.Cleanup(s.Close)
	return s.URL + "/slo/board/", source
}

var browserPages = []string{"", "?release=e9b1", "?state=bad&state=warn&tier=prod", "shopset/a-1", "shopset/b-3", "gate/prod", "gate/beta", "nowhere"}

func TestPagesInABrowserLoadCleanlyAndFitAPhone(t *testing.T) {
	address, source := shown(t)
	source.in.Incidents.Items[0].Title += strings.Repeat("long", 60)
	for _, language := range text.Languages {
		tab := browsertest.Open(t, string(language))
		for _, scheme := range []string{"light", "dark"} {
			tab.Scheme(scheme)
			for _, size := range [][2]int64{{360, 740}, {1280, 900}, {3840, 2160}} {
				tab.Size(size[0], size[1])
				for i, page := range browserPages {
					where := fmt.Sprintf("%s %s %d %q", language, scheme, size[0], page)
					tab.Go(address + page)
					if got := browsertest.Eval[string](tab, "document.documentElement.lang"); got != string(language) {
						t.Errorf("%s: the page is in %q", where, got)
					}
					if got := browsertest.Eval[int64](tab, "document.documentElement.scrollWidth"); got > size[0] {
						t.Errorf("%s: the page is %d pixels wide", where, got)
					}
					if *pictures != "" {
						tab.Picture(filepath.Join(*pictures, fmt.Sprintf("%s-%s-%d-%d.png", language, scheme, size[0], i)))
					}
					if page != "nowhere" { // whose status the browser logs
						tab.Clean(where)
					}
					tab.Problems()
					for _, asked := range tab.Asked() {
						if !strings.HasPrefix(asked, address) {
							t.Errorf("%s: the page asks for %s", where, asked)
						}
					}
				}
			}
		}
	}
}

func TestLinksInABrowserWorkByKeyboard(t *testing.T) {
	address, _ := shown(t)
	tab := browsertest.Open(t, "en")
	tab.Go(address)
	tab.Press(kb.Tab)
	if got := browsertest.Eval[string](tab, "document.activeElement.getAttribute('href')"); got != "#live" {
		t.Errorf("the first stop is %q, not the way to the content", got)
	}
	reach := func(href string) {
		t.Helper()
		for range 200 {
			if browsertest.Eval[bool](tab, fmt.Sprintf("document.activeElement.getAttribute('href') === %q", href)) {
				if !browsertest.Eval[bool](tab, "getComputedStyle(document.activeElement).outlineStyle !== 'none'") {
					t.Errorf("the focus on %s is not seen", href)
				}
				return
			}
			tab.Press(kb.Tab)
		}
		t.Fatalf("%s is not reached by the keyboard", href)
	}
	reach("shopset/a-1")
	tab.Press(kb.Enter)
	tab.Wait("location.pathname.endsWith('/board/shopset/a-1') && document.querySelector('svg.curve') !== null")
	reach("../gate/prod")
	tab.Press(kb.Enter)
	tab.Wait("location.pathname.endsWith('/board/gate/prod') && document.querySelector('.checks') !== null")
	reach("../")
	tab.Press(kb.Enter)
	tab.Wait("location.pathname.endsWith('/board/')")
	tab.Clean("by keyboard")
}

func TestAnOpenPageKeepsItsPlaceWhenItIsRefreshed(t *testing.T) {
	address, source := shown(t)
	tab := browsertest.Open(t, "en")
	tab.Size(1280, 500)
	tab.Go(address + "gate/prod")
	browsertest.Eval[bool](tab, `window.mark = 1; document.getElementById("policy").open = true;
		document.querySelector('a[href="../shopset/a-2"]').focus(); scrollTo(0, 400);
		getSelection().selectAllChildren(document.querySelector("#policy dd, #policy td, #policy li")); window.picked = getSelection().toString(); true`)
	in := source.in
	in.At = in.At.Add(time.Second)
	in.Incidents.Items = append([]promotion.Incident{{ID: "inc-43", Title: "new"}}, in.Incidents.Items...)
	source.set(in)
	tab.Wait(`document.body.innerText.includes("inc-43")`)
	for what, script := range map[string]string{
		"the page was loaded anew":              `window.mark === 1`,
		"what was opened is closed again":       `document.getElementById("policy").open`,
		"the focus is lost":                     `document.activeElement.getAttribute("href") === "../shopset/a-2"`,
		"what was selected is no longer":        `window.picked !== "" && getSelection().toString() === window.picked`,
		"the page has jumped":                   `Math.abs(scrollY - 400) < 200`,
		"times are not in the reader's zone":    `document.querySelector(".asof time").textContent.includes("UTC")`,
		"a page that is fresh says it is old":   `document.getElementById("stale").hidden`,
		"the title of the incident is not text": `document.querySelector("main script, main img") === null`,
	} {
		if !browsertest.Eval[bool](tab, script) {
			t.Error(what)
		}
	}
	tab.Clean("refreshed")
}
