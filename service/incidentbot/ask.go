package incidentbot

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident/incidentapi"
	"github.com/shopslo/shopslo/incident/slackbot"
	"github.com/shopslo/shopslo/incident/sqlstore"
	"github.com/shopslo/shopslo/internal/ask"
)

// reading is how incidents are told, by the server and on the command line alike.
func (a Around) reading(s *settings, store *sqlstore.Store) incidentapi.Options {
	o := incidentapi.Options{Source: slackbot.Named{From: store, Notes: store}, Now: a.Now, Location: s.Location()}
	if s.Shopslo.URL != "" {
		b := budgets{url: s.Shopslo.URL, token: func() (string, error) {
			return a.secret(s, "shopslo.token", s.Shopslo.Token, "SHOPSLO_TOKEN")
		}, server: ask.Server{Client: &http.Client{Timeout: 10 * time.Second}, Most: maxStatus, Denied: "check the token", Missing: "is this a 'shopslo serve'?"}, now: a.Now}
		o.Burned = b.burned
	}
	return o
}

// answer is what the API answers, in this process.
type answer struct {
	bytes.Buffer
	status int
	header http.Header
}

func (a *answer) Header() http.Header    { return a.header }
func (a *answer) WriteHeader(status int) { a.status = status }

// Ask asks the API's own handler about the store, so that both tell the same.
func Ask(ctx context.Context, a Around, config, path string, query url.Values) ([]byte, error) {
	s, err := Load(config)
	if err != nil {
		return nil, err
	}
	store, err := a.openStore(ctx, s)
	if err != nil {
		return nil, err
	}
	defer store.Close()
	var cause error
	o := a.reading(s, store)
	o.Failed = func(err error) { cause = err }
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, path+"?"+query.Encode(), nil)
	if err != nil {
		return nil, err
	}
	got := &answer{status: http.StatusOK, header: http.Header{}}
	incidentapi.New(o).ServeHTTP(got, r)
	if got.status == http.StatusOK {
		return got.Bytes(), nil
	}
	var said struct{ Error string }
	if cause == nil {
		if err := json.Unmarshal(got.Bytes(), &said); err != nil || said.Error == "" {
			said.Error = strings.TrimSpace(got.String())
		}
		cause = errors.New(said.Error)
	}
	if got.status < http.StatusInternalServerError {
		return nil, No{cause}
	}
	return nil, Failed{cause}
}
