package server

import (
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"html"
	"net/http"

	"github.com/prometheus/exporter-toolkit/web"
)

// WriteJSON answers with v as JSON. Where v cannot be written as JSON the answer is
// a 500: half an answer is never sent.
func WriteJSON(w http.ResponseWriter, status int, v any) {
	body, err := json.Marshal(v)
	if err != nil {
		status = http.StatusInternalServerError
		body, _ = json.Marshal(problem{Error: fmt.Sprintf("the answer cannot be written as JSON: %v", err)})
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	w.Write(append(body, '\n')) // an error here means that the client has gone
}

// WriteError answers with {"error": "…"}.
func WriteError(w http.ResponseWriter, status int, err error) {
	WriteJSON(w, status, problem{Error: err.Error()})
}

// problem is the shape of every answer that is no answer.
type problem struct {
	Error string `json:"error"`
}

// css is the landing page's look. The page's policy names its hash, so nothing
// else can bring a style in.
const css = `
body { font-family: system-ui, sans-serif; margin: 0; line-height: 1.5; }
header { background: #1f3a5f; color: #fff; padding: 0.5rem 1rem; }
main { padding: 1rem; max-width: 50rem; }
`

// landingPage lists what the server offers. The library's template does not
// escape, so everything is escaped here.
func landingPage(o Options) (http.Handler, error) {
	c := web.LandingConfig{
		Name: html.EscapeString(o.Name), Description: html.EscapeString(o.Description),
		Version: html.EscapeString(o.Version), CSS: css, Profiling: "false",
	}
	for _, l := range o.Links {
		c.Links = append(c.Links, web.LandingLinks{Address: html.EscapeString(l.Address),
			Text: html.EscapeString(l.Text), Description: html.EscapeString(l.Description)})
	}
	page, err := web.NewLandingPage(c)
	if err != nil {
		return nil, fmt.Errorf("make the landing page: %w", err)
	}
	sum := sha256.Sum256([]byte(css))
	policy := fmt.Sprintf("default-src 'none'; style-src 'sha256-%s'; frame-ancestors 'none'; base-uri 'none'; form-action 'none'",
		base64.StdEncoding.EncodeToString(sum[:]))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Content-Security-Policy", policy)
		page.ServeHTTP(w, r)
	}), nil
}
