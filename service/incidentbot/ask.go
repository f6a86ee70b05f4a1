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
		o.Burned = budgets{url: s.Shopslo.URL, server: a.shopslo(s), now: a.Now}.burned
	}
	return o
}

// shopslo is the `shopslo serve` of the settings.
func (a Around) shopslo(s *settings) ask.Server {
	return ask.Server{Client: a.letIn(s, "shopslo", s.Shopslo, "SHOPSLO_TOKEN"), Most: maxStatus, Denied: "check the token, or user and password", Missing: "is this a 'shopslo serve'?"}
}

// letIn is a client that shows another server what lets it in, read anew for each request.
func (a Around) letIn(s *settings, key string, part serverPart, variable string) *http.Client {
	return &http.Client{Timeout: 10 * time.Second, Transport: credentials{part.Username, func() (string, error) {
		if part.Username != "" {
			return a.secret(s, key+".password", part.Password, "")
		}
		return a.secret(s, key+".token", part.Token, variable)
	}}}
}

// credentials are a bearer token, or with a user the password of basic auth.
type credentials struct {
	user   string
	secret func() (string, error) // "": none
}

// RoundTrip implements http.RoundTripper.
func (c credentials) RoundTrip(r *http.Request) (*http.Response, error) {
	secret, err := c.secret()
	if err != nil {
		return nil, err
	}
	r = r.Clone(r.Context())
	switch {
	case c.user != "":
		r.SetBasicAuth(c.user, secret)
	case secret != "":
		r.Header.Set("Authorization", "Bearer "+secret)
	}
	return http.DefaultTransport.RoundTrip(r)
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
