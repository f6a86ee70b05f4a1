package board

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/internal/text"
)

func newRecorder(h http.Handler, path string, header ...string) *httptest.ResponseRecorder {
	rec := httptest.NewRecorder()
	req := httptest.NewRequest(http.MethodGet, path, nil)
	for i := 0; i+1 < len(header); i += 2 {
		req.Header.Set(header[i], header[i+1])
	}
	h.ServeHTTP(rec, req)
	return rec
}

// newHandler serves the tests' world.
func newHandler(t testing.TB) (*Handler, *fixed) {
	t.Helper()
	w, in := newWorld(t)
	source := &fixed{in: in, past: w.histories}
	return New(Options{Source: source, Now: func() time.Time { return now }, Failed: func(err error) { t.Error(err) }}), source
}

var allPages = []string{"/", "/?release=c4fe", "/?release=zzzz", "/?state=bad&domain=eks-b", "/shopset/a-1", "/shopset/a-2", "/shopset/b-3", "/shopset/c-2",
	"/gate/beta", "/gate/prod", "/gate/prod?result=fail", "/gate/prod-ha", "/shopset/nope", "/gate/nope", "/gate/dev", "/elsewhere"}

// each walks all elements.
func each(n *html.Node, f func(*html.Node)) {
	if n.Type == html.ElementNode {
		f(n)
	}
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		each(c, f)
	}
}

func attribute(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name {
			return a.Val, true
		}
	}
	return "", false
}

func words(n *html.Node) string {
	if n.Type == html.TextNode {
		return n.Data
	}
	var b strings.Builder
	for c := n.FirstChild; c != nil; c = c.NextSibling {
		b.WriteString(words(c))
	}
	return b.String()
}

func TestEveryPageIsSoundInBothLanguages(t *testing.T) {
	h, _ := newHandler(t)
	for _, path := range allPages {
		for _, l := range text.Languages {
			t.Run(fmt.Sprintf("%s %s", l, path), func(t *testing.T) {
				rec := newRecorder(h, path, "Accept-Language", string(l))
				doc, err := html.Parse(rec.Body)
				if err != nil {
					t.Fatal(err)
				}
				ids, heading := map[string]bool{}, 0
				each(doc, func(n *html.Node) {
					checkElement(t, n)
					if len(n.Data) == 2 && n.Data[0] == 'h' && n.Data[1] >= '1' && n.Data[1] <= '6' {
						level := int(n.Data[1] - '0')
						if level > heading+1 {
							t.Errorf("the heading %q of level %d comes after one of level %d", words(n), level, heading)
						}
						heading = level
					}
					if id, ok := attribute(n, "id"); ok {
						if ids[id] {
							t.Errorf("two elements have the id %q", id)
						}
						ids[id] = true
					}
				})
				all := words(doc)
				for _, bad := range []string{"%!", "<no value>", "ZgotmplZ", "\u202e", "\x1b"} {
					if strings.Contains(all, bad) {
						t.Errorf("the page says %q", bad)
					}
				}
				if m := regexp.MustCompile(`\b(level|cause|banner|verdict|result|check|asked|stop|sync|health)\.[a-z_]+`).FindString(all); m != "" {
					t.Errorf("the page says %q, a phrase's name", m)
				}
			})
		}
	}
}

// checkElement checks what must hold of any element: nothing comes from elsewhere,
// nothing can run, nothing is left unlabelled.
func checkElement(t *testing.T, n *html.Node) {
	t.Helper()
	for _, a := range n.Attr {
		if strings.HasPrefix(a.Key, "on") || a.Key == "style" {
			t.Errorf("<%s> has %s=%q, which the policy forbids", n.Data, a.Key, a.Val)
		}
		if (a.Key == "src" || a.Key == "href" && n.Data != "a" || a.Key == "action") && (strings.Contains(a.Val, "//") || strings.HasPrefix(a.Val, "/")) {
			t.Errorf("<%s> loads %q, which is not of this page's own folder", n.Data, a.Val)
		}
	}
	switch n.Data {
	case "script":
		if src, _ := attribute(n, "src"); !strings.Contains(src, "assets/board.js?v=") {
			t.Errorf("a script comes from %q", src)
		}
	case "style", "img", "iframe", "object", "embed", "base":
		t.Errorf("there is a <%s>", n.Data)
	case "html":
		if l, _ := attribute(n, "lang"); l != "en" && l != "ja" {
			t.Errorf("the page's language is %q", l)
		}
	case "a":
		href, _ := attribute(n, "href")
		u, err := url.Parse(href)
		if err != nil || u.Scheme != "" && u.Scheme != "https" && u.Scheme != "http" {
			t.Errorf("a link leads to %q", href)
		}
		if rel, _ := attribute(n, "rel"); u != nil && u.Host != "" && rel != "noreferrer" {
			t.Errorf("a link to %q tells where it was followed", href)
		}
		if strings.TrimSpace(words(n)) == "" {
			t.Errorf("the link to %q has no text", href)
		}
	case "svg":
		hidden, _ := attribute(n, "aria-hidden")
		if label, _ := attribute(n, "aria-label"); hidden != "true" && label == "" {
			t.Error("a picture has no text")
		}
	case "input", "select":
		if kind, _ := attribute(n, "type"); kind != "hidden" && n.Parent.Data != "label" {
			t.Errorf("<%s> has no label", n.Data)
		}
	case "form":
		if method, _ := attribute(n, "method"); method != "get" {
			t.Errorf("a form sends by %q", method)
		}
	}
}

func TestEveryLinkOfThePagesLeadsSomewhere(t *testing.T) {
	h, _ := newHandler(t)
	seen, most := map[string]bool{}, racetest.Fewer(400)
	var follow func(path string)
	follow = func(path string) {
		if seen[path] || len(seen) > most {
			return
		}
		seen[path] = true
		rec := newRecorder(h, path)
		if rec.Code != http.StatusOK {
			t.Errorf("%s answers %d", path, rec.Code)
			return
		}
		if !strings.HasPrefix(rec.Header().Get("Content-Type"), "text/html") {
			return
		}
		doc, err := html.Parse(rec.Body)
		if err != nil {
			t.Fatal(err)
		}
		base, _ := url.Parse("http://x.example/a/board" + path)
		each(doc, func(n *html.Node) {
			for _, name := range []string{"href", "src"} {
				to, ok := attribute(n, name)
				u, err := base.Parse(to)
				if !ok || err != nil || u.Host != "x.example" {
					continue
				}
				if rest, below := strings.CutPrefix(u.RequestURI(), "/a/board"); below {
					follow(rest)
				} else if u.Path != "/a/api/v1/status" && u.Path != "/a/metrics" {
					t.Errorf("%s links to %s, outside of the board", path, u)
				}
			}
		})
	}
	follow("/")
	if len(seen) < 30 || most == 400 && len(seen) > most {
		t.Errorf("%d addresses were followed", len(seen))
	}
}

func TestTheLanguageOfAnAddressStaysWhileLinksAreFollowed(t *testing.T) {
	h, _ := newHandler(t)
	for _, path := range []string{"/?lang=ja", "/shopset/a-1?lang=ja", "/gate/prod?lang=ja"} {
		doc, err := html.Parse(newRecorder(h, path, "Accept-Language", "en").Body)
		if err != nil {
			t.Fatal(err)
		}
		each(doc, func(n *html.Node) {
			href, ok := attribute(n, "href")
			u, err := url.Parse(href)
			if n.Data != "a" || !ok || err != nil || u.Host != "" || strings.HasPrefix(href, "#") || strings.Contains(u.Path, "api/v1") || strings.HasSuffix(u.Path, "metrics") {
				return
			}
			if l := u.Query().Get("lang"); l != "ja" && words(n) != "English" {
				t.Errorf("%s: the link to %q loses the language", path, href)
			}
		})
	}
}

func TestWhatOthersWroteIsOnlyText(t *testing.T) {
	h, source := newHandler(t)
	in := source.in
	in.Outage, in.Running.Error = hostile, hostile
	in.Incidents.Items[0].Link = "javascript:alert(3)"
	in.Incidents.Items[0].ID = hostile
	in.Freezes.Items[0].Scope.Tiers[0] = hostile
	in.Gates[0] = Gate{To: "beta", Error: hostile}
	source.set(in)
	for _, path := range append(allPages, "/?release="+url.QueryEscape(hostile), "/shopset/"+url.PathEscape(hostile), "/gate/prod?result="+url.QueryEscape(hostile), "/?tier="+url.QueryEscape(hostile)+"&lang="+url.QueryEscape(hostile)) {
		rec := newRecorder(h, path)
		doc, err := html.Parse(rec.Body)
		if err != nil {
			t.Fatal(err)
		}
		each(doc, func(n *html.Node) { checkElement(t, n) })
	}
}
