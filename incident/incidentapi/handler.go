package incidentapi

import (
	"bytes"
	"context"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/postmortem"
)

// Source knows the incidents.
type Source interface {
	// Incident gives one with all of its timeline; incident.ErrNotFound where there is none.
	Incident(ctx context.Context, id string) (incident.Incident, error)
	// Incidents gives all that are ongoing, or were at or after since, or changed then;
	// zero: all. None is no error.
	Incidents(ctx context.Context, since time.Time) ([]incident.Incident, error)
}

// Changes changes incidents.
type Changes interface {
	// Change applies the Events that change returns to the Incident as it is now, and
	// stores the Jobs; all or nothing. change may be called several times. Its error is
	// returned as it is; incident.ErrNotFound where there is no such Incident.
	Change(ctx context.Context, id string, change func(incident.Incident) ([]incident.Event, []incident.Job, error)) (incident.Incident, error)
}

// Options of a handler. Source and Now are required.
type Options struct {
	Source Source
	Now    func() time.Time
	// Token is what an asker has to show as a bearer token, asked for each time; nil:
	// everybody may ask. An error, or an empty token, lets nobody in.
	Token func() (string, error)
	// Changes takes what people wrote into a postmortem; nil, or without a Token: nobody
	// may write.
	Changes Changes
	// Location is where a postmortem's times are told unless its reader asks for another
	// place; nil: UTC.
	Location *time.Location
	// Burned are the error budgets that were burned during an incident, nil: not known;
	// an error is told to the reader of the postmortem, without budgets. nil: nobody looks.
	Burned func(ctx context.Context, i incident.Incident) ([]postmortem.Burned, error)
	// Failed is told why an answer could not be given; nil: nobody is.
	Failed func(err error)
}

// handler answers.
type handler struct{ Options }

// New makes the handler of /api/v1/incidents and all below it.
func New(o Options) http.Handler {
	h := handler{o}
	if h.Location == nil {
		h.Location = time.UTC
	}
	mux := http.NewServeMux()
	mux.HandleFunc("GET /api/v1/incidents", h.list)
	mux.HandleFunc("GET /api/v1/incidents/{id}", h.one)
	mux.HandleFunc("GET /api/v1/incidents/{id}/postmortem.md", h.postmortem)
	if h.Changes != nil && h.Token != nil {
		mux.HandleFunc("PUT /api/v1/incidents/{id}/postmortem.md", h.writePostmortem)
	}
	return h.guarded(mux)
}

// guarded asks for the token.
func (h handler) guarded(next http.Handler) http.Handler {
	if h.Token == nil {
		return next
	}
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		want, err := h.Token()
		if err == nil && want == "" {
			err = errors.New("the token that askers have to show is empty")
		}
		if err != nil {
			h.fail(w, http.StatusInternalServerError, fmt.Errorf("read the API's token: %w", err), "the API's token cannot be read; the server's log says more")
			return
		}
		scheme, got, _ := strings.Cut(r.Header.Get("Authorization"), " ")
		if _, password, basic := r.BasicAuth(); basic { // the token may be a password, of any user
			scheme, got = "Bearer", password
		}
		// Hashes are of one length, so that the time it takes tells nothing.
		a, b := sha256.Sum256([]byte(strings.TrimSpace(got))), sha256.Sum256([]byte(want))
		if !strings.EqualFold(scheme, "Bearer") || subtle.ConstantTimeCompare(a[:], b[:]) == 0 {
			w.Header().Set("WWW-Authenticate", "Bearer")
			h.fail(w, http.StatusUnauthorized, nil, "show the API's token: Authorization: Bearer …")
			return
		}
		next.ServeHTTP(w, r)
	})
}

// never is later than any incident: of what the store has, it leaves what is ongoing.
var never = time.Date(9999, 1, 1, 0, 0, 0, 0, time.UTC)

func (h handler) list(w http.ResponseWriter, r *http.Request) {
	since, ongoing := time.Time{}, false
	for name, values := range r.URL.Query() {
		var err error
		switch {
		case len(values) > 1:
			err = errors.New("stands there twice")
		case name == "since":
			if since, err = time.Parse(time.RFC3339, values[0]); err != nil {
				err = errors.New("is no time (write it like 2026-11-01T00:00:00Z)")
			}
		case name == "ongoing":
			if ongoing, err = strconv.ParseBool(values[0]); err != nil {
				err = errors.New("is neither true nor false")
			}
		default:
			err = errors.New("is unknown (known: since, ongoing)")
		}
		if err != nil {
			h.fail(w, http.StatusBadRequest, nil, fmt.Sprintf("parameter %q %v", name, err))
			return
		}
	}
	if ongoing {
		since = never
	}
	all, err := h.Source.Incidents(r.Context(), since)
	if err != nil {
		h.unread(w, err)
		return
	}
	now := h.Now()
	answer := listShape{Version: version, At: now.UTC(), Incidents: []told{}}
	for _, i := range all {
		if !ongoing || i.State.Ongoing() {
			answer.Incidents = append(answer.Incidents, tell(i.Outline(), now))
		}
	}
	h.write(w, answer)
}

// noIncident begins the answer about an incident that there is not.
const noIncident = "there is no incident"

// find gives the incident that was asked for, or answers why not.
func (h handler) find(w http.ResponseWriter, r *http.Request) (incident.Incident, bool) {
	i, err := h.Source.Incident(r.Context(), r.PathValue("id"))
	switch {
	case errors.Is(err, incident.ErrNotFound):
		h.fail(w, http.StatusNotFound, nil, fmt.Sprintf("%s %q", noIncident, r.PathValue("id")))
	case err != nil:
		h.unread(w, err)
	}
	return i, err == nil
}

func (h handler) one(w http.ResponseWriter, r *http.Request) {
	if i, ok := h.find(w, r); ok {
		now := h.Now()
		h.write(w, oneShape{Version: version, At: now.UTC(), Incident: tell(i, now)})
	}
}

func (h handler) unread(w http.ResponseWriter, err error) {
	h.fail(w, http.StatusServiceUnavailable, err, "the incidents cannot be read; the server's log says more")
}

// fail answers with {"error": text}; why, which may say too much, goes elsewhere.
func (h handler) fail(w http.ResponseWriter, status int, why error, text string) {
	if why != nil && h.Failed != nil {
		h.Failed(why)
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.WriteHeader(status)
	json.NewEncoder(w).Encode(map[string]string{"error": text})
}

func (h handler) write(w http.ResponseWriter, v any) {
	var body bytes.Buffer
	if err := json.NewEncoder(&body).Encode(v); err != nil {
		h.fail(w, http.StatusInternalServerError, err, "the answer cannot be written as JSON")
		return
	}
	w.Header().Set("Content-Type", "application/json; charset=utf-8")
	w.Write(body.Bytes())
}
