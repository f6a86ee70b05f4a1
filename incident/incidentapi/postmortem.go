package incidentapi

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/postmortem"
)

// asked are the options that a question names, or answers why they are none.
func (h handler) asked(w http.ResponseWriter, r *http.Request) (postmortem.Options, bool) {
	o := postmortem.Options{Location: h.Location, Now: h.Now()}
	var err error
	if o.Language, err = postmortem.ParseLanguage(r.URL.Query().Get("lang")); err == nil {
		if zone := r.URL.Query().Get("tz"); zone != "" {
			if o.Location, err = time.LoadLocation(zone); err != nil || zone == "Local" {
				err = fmt.Errorf("time zone %q is unknown (write it like Asia/Tokyo)", zone)
			}
		}
	}
	if err != nil {
		h.fail(w, http.StatusBadRequest, nil, err.Error())
	}
	return o, err == nil
}

func (h handler) postmortem(w http.ResponseWriter, r *http.Request) {
	if o, ok := h.asked(w, r); ok {
		if i, ok := h.find(w, r); ok {
			h.show(w, r, i, o)
		}
	}
}

// show answers with the Markdown, and with a tag of what people wrote in it.
func (h handler) show(w http.ResponseWriter, r *http.Request, i incident.Incident, o postmortem.Options) {
	if h.Burned != nil {
		// A postmortem without budgets is better than none.
		var err error
		if o.Burned, err = h.Burned(r.Context(), i); err != nil && h.Failed != nil {
			h.Failed(fmt.Errorf("find the budgets that incident %s burned: %w", i.ID, err))
		}
	}
	w.Header().Set("Content-Type", "text/markdown; charset=utf-8")
	w.Header().Set("Content-Language", string(cmp.Or(o.Language, postmortem.English)))
	w.Header().Set("ETag", tag(i.Postmortem))
	w.Write([]byte(postmortem.Markdown(i, o))) // an error means that the reader has gone
}

// tag changes when what people wrote does.
func tag(p *incident.Postmortem) string {
	text, _ := json.Marshal(p) // strings and times only
	return fmt.Sprintf(`"%x"`, sha256.Sum256(text))
}

// errEdited says that somebody else has written since.
var errEdited = errors.New("somebody has changed the postmortem since you read it: read it again, and add what you wrote")

// writePostmortem takes Markdown in which people have written. With the header If-Match
// it takes it only where nobody else has written since.
func (h handler) writePostmortem(w http.ResponseWriter, r *http.Request) {
	o, ok := h.asked(w, r)
	if !ok {
		return
	}
	text, err := io.ReadAll(http.MaxBytesReader(w, r.Body, 1<<20))
	if err != nil {
		h.fail(w, http.StatusBadRequest, nil, fmt.Sprintf("the postmortem cannot be read: %v", err))
		return
	}
	written, err := postmortem.Parse(string(text), o)
	if err != nil {
		h.fail(w, http.StatusBadRequest, nil, err.Error())
		return
	}
	i, err := h.Changes.Change(r.Context(), r.PathValue("id"), func(now incident.Incident) ([]incident.Event, []incident.Job, error) {
		had := tag(now.Postmortem)
		if match := r.Header.Get("If-Match"); match != "" && match != had {
			return nil, nil, errEdited
		}
		if had == tag(written) {
			return nil, nil, nil
		}
		return []incident.Event{{At: o.Now, By: r.URL.Query().Get("by"), Kind: incident.Postmortal, Postmortem: written}}, nil, nil
	})
	switch {
	case errors.Is(err, errEdited):
		h.fail(w, http.StatusPreconditionFailed, nil, err.Error())
	case errors.Is(err, incident.ErrNotFound):
		h.fail(w, http.StatusNotFound, nil, fmt.Sprintf("%s %q", noIncident, r.PathValue("id")))
	case err != nil:
		h.unread(w, err)
	default:
		h.show(w, r, i, o)
	}
}
