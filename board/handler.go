package board

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/base64"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
)

//go:embed assets
var assetFiles embed.FS

// Options of New. Source and Now are needed.
type Options struct {
	Source Source
	Now    func() time.Time
	// Refresh is how often an open page looks for news; 0 means 5 seconds.
	Refresh time.Duration
	// Failed is told of errors that a visitor sees as "cannot be shown"; nil: nobody.
	Failed func(error)
}

// Handler answers GET below a folder of its own, such as /board/, whose name it has to
// be stripped of: "" and "/" are the board, shopset/NAME and gate/TIER its pages.
type Handler struct {
	o       Options
	mux     *http.ServeMux
	assets  map[string]asset
	version string // of the assets
	said    said   // in Japanese
}

type asset struct {
	kind string // of content
	body []byte
}

// policy lets a page load what this server has, and nothing else; no script or style
// can stand in a page.
const policy = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; " +
	"form-action 'self'; frame-ancestors 'none'; base-uri 'none'"

// New makes the board's handler.
func New(o Options) *Handler {
	if o.Refresh <= 0 {
		o.Refresh = 5 * time.Second
	}
	h := &Handler{o: o, mux: http.NewServeMux(), assets: map[string]asset{}}
	sum := sha256.New()
	for _, kind := range [][2]string{{"board.css", "text/css; charset=utf-8"}, {"board.js", "text/javascript; charset=utf-8"}, {"icon.svg", "image/svg+xml"}} {
		name := kind[0]
		body, err := assetFiles.ReadFile("assets/" + name)
		if err != nil { // they are part of the program
			panic(err)
		}
		sum.Write(body)
		h.assets[name] = asset{kind[1], body}
	}
	h.version = tag(sum.Sum(nil))
	h.mux.HandleFunc("GET /{$}", h.fleet)
	h.mux.HandleFunc("GET /shopset/{name}", h.shopSet)
	h.mux.HandleFunc("GET /gate/{tier}", h.gate)
	h.mux.HandleFunc("GET /assets/{name}", h.asset)
	h.mux.HandleFunc("GET /", func(w http.ResponseWriter, r *http.Request) {
		v := h.view(r, nil)
		h.message(w, r, http.StatusNotFound, v.T("not_found"), clean(r.URL.Path))
	})
	return h
}

func tag(sum []byte) string { return base64.RawURLEncoding.EncodeToString(sum[:9]) }

// ServeHTTP implements http.Handler.
func (h *Handler) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	w.Header().Set("Content-Security-Policy", policy)
	h.mux.ServeHTTP(w, r)
}

// view begins a page. It is of the time of the input, so that the same input makes the
// same page.
func (h *Handler) view(r *http.Request, in *Input) *view {
	q := r.URL.Query()
	v := &view{Lang: languageAsked(r), Version: h.version,
		Refresh: int(h.o.Refresh / time.Second), Path: r.URL.Path, Query: q}
	v.Refresh = max(1, v.Refresh)
	v.Root = strings.Repeat("../", max(0, strings.Count(r.URL.Path, "/")-1))
	if in != nil {
		v.Now = in.At
	}
	return v
}

func languageAsked(r *http.Request) text.Language {
	return languageOf(r.URL.Query().Get("lang"), r.Header.Get("Accept-Language"))
}

// input asks for what is known, or answers that nothing can be shown.
func (h *Handler) input(w http.ResponseWriter, r *http.Request) (*Input, bool) {
	in, err := h.o.Source.Input(r.Context())
	if err == nil {
		in.Gates = h.said.in(languageAsked(r), in.Gates)
		return &in, true
	}
	if r.Context().Err() == nil {
		h.failed(err)
	}
	v := h.view(r, nil)
	h.message(w, r, http.StatusServiceUnavailable, v.T("failed"), clean(err.Error()))
	return nil, false
}

func (h *Handler) failed(err error) {
	if h.o.Failed != nil {
		h.o.Failed(err)
	}
}

func (h *Handler) fleet(w http.ResponseWriter, r *http.Request) {
	in, ok := h.input(w, r)
	if !ok {
		return
	}
	v := h.view(r, in)
	p := viewFleet(in, parseFilter(r.URL.Query()), h.o.Now())
	v.Page, v.Title = p, tabTitle(p, v.T("title"))
	h.page(w, r, http.StatusOK, v, "fleet")
}

// tabTitle begins with the worst: of a narrow tab no more may be seen.
func tabTitle(p fleetPage, title string) string {
	var parts []string
	for _, c := range p.Counts { // the worst first
		if c.Level == bad || c.Level == warn {
			parts = append(parts, fmt.Sprintf("%s%d", symbol(c.Level), c.N))
		}
	}
	return strings.Join(append(parts, title), " ")
}

func (h *Handler) shopSet(w http.ResponseWriter, r *http.Request) {
	in, ok := h.input(w, r)
	if !ok {
		return
	}
	v := h.view(r, in)
	name := fleet.ShopSetName(r.PathValue("name"))
	if _, ok := in.Fleet.ShopSet(name); !ok {
		h.message(w, r, http.StatusNotFound, v.T("not_found"), v.T("gone", short(string(name))))
		return
	}
	p, _ := viewShopSet(in, name, h.o.Source.Histories(name), h.o.Now())
	v.Page, v.Title = p, fmt.Sprintf("%s %s – %s", symbol(p.Cell.Level), name, v.T("title"))
	h.page(w, r, http.StatusOK, v, "shopset")
}

func (h *Handler) gate(w http.ResponseWriter, r *http.Request) {
	in, ok := h.input(w, r)
	if !ok {
		return
	}
	v := h.view(r, in)
	number, _ := strconv.Atoi(v.Query.Get("page")) // what is no number is the first page
	tier := r.PathValue("tier")
	p, ok := viewGate(in, fleet.TierName(tier), promotion.Result(short(v.Query.Get("result"))), number, h.o.Now())
	if !ok {
		h.message(w, r, http.StatusNotFound, v.T("not_found"), v.T("gone", short(tier)))
		return
	}
	v.Page, v.Title = p, fmt.Sprintf("%s %s – %s", verdictSymbol(p.Gate), v.T("gate", p.Gate.To), v.T("title"))
	h.page(w, r, http.StatusOK, v, "gatepage")
}

// message is a page that says one thing.
func (h *Handler) message(w http.ResponseWriter, r *http.Request, status int, title, text string) {
	v := h.view(r, nil)
	v.Title, v.Page = title, text
	h.page(w, r, status, v, "message")
}

// page renders and sends. Whoever has the same page already is told so.
func (h *Handler) page(w http.ResponseWriter, r *http.Request, status int, v *view, name string) {
	var body bytes.Buffer
	if err := v.render(&body, name); err != nil {
		h.failed(err)
		http.Error(w, "internal error; the server's log says more", http.StatusInternalServerError)
		return
	}
	header := w.Header()
	header.Set("Content-Language", string(v.Lang))
	header.Add("Vary", "Accept-Language")
	header.Set("Cache-Control", "private, no-cache") // kept, and asked for again each time
	send(w, r, status, "text/html; charset=utf-8", body.Bytes())
}

func (h *Handler) asset(w http.ResponseWriter, r *http.Request) {
	a, ok := h.assets[r.PathValue("name")]
	if !ok {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Cache-Control", "private, no-cache")
	if r.URL.Query().Get("v") == h.version {
		w.Header().Set("Cache-Control", "private, max-age=31536000, immutable")
	}
	send(w, r, http.StatusOK, a.kind, a.body)
}

// send answers with a body, compressed where the client takes that, or with 304 where it
// has the body already.
func send(w http.ResponseWriter, r *http.Request, status int, kind string, body []byte) {
	header := w.Header()
	header.Set("Content-Type", kind)
	header.Add("Vary", "Accept-Encoding")
	sum := sha256.Sum256(body)
	packed := takesGzip(r)
	etag := `"` + tag(sum[:]) + `"`
	if packed {
		etag = `"` + tag(sum[:]) + `-gz"`
	}
	header.Set("ETag", etag)
	if status == http.StatusOK && matches(r.Header.Get("If-None-Match"), etag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}
	if packed {
		if small, err := pack(body); err == nil {
			header.Set("Content-Encoding", "gzip")
			body = small
		}
	}
	header.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(status)
	if r.Method != http.MethodHead {
		w.Write(body) // an error here means that the client has gone
	}
}

func pack(body []byte) ([]byte, error) {
	var out bytes.Buffer
	z, err := gzip.NewWriterLevel(&out, gzip.BestSpeed)
	if err != nil {
		return nil, err
	}
	_, err = z.Write(body)
	err = errors.Join(err, z.Close())
	return out.Bytes(), err
}

// takesGzip reports whether a request accepts gzip, "gzip;q=0" being a refusal.
func takesGzip(r *http.Request) bool {
	for part := range strings.SplitSeq(r.Header.Get("Accept-Encoding"), ",") {
		name, parameter, _ := strings.Cut(strings.TrimSpace(part), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		q, has := strings.CutPrefix(strings.TrimSpace(parameter), "q=")
		weight, err := strconv.ParseFloat(q, 64)
		return !has || err == nil && weight > 0
	}
	return false
}

// matches reports whether a list of tags, as If-None-Match has it, names this one.
func matches(list, etag string) bool {
	for part := range strings.SplitSeq(list, ",") {
		if p := strings.TrimSpace(part); p == "*" || strings.TrimPrefix(p, "W/") == etag {
			return true
		}
	}
	return false
}
