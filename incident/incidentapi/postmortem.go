package incidentapi

import (
	"cmp"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/shopslo/shopslo/incident"
	"github.com/shopslo/shopslo/incident/postmortem"
	"github.com/shopslo/shopslo/internal/text"
)

// asked are the options that a question names, or answers why they are none.
func (h handler) asked(w http.ResponseWriter, r *http.Request) (postmortem.Options, bool) {
	o := postmortem.Options{Location: h.Location, Now: h.Now()}
	var err error
	if o.Language, err = text.ParseLanguage(r.URL.Query().Get("lang")); err == nil {
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
	w.Header().Set("Content-Language", string(cmp.Or(o.Language, text.English)))
	w.Header().Set("ETag", tag(i.Postmortem))
	w.Write([]byte(postmortem.Markdown(i, o))) // an error means that the reader has gone
}

// tag changes when what people wrote does. Nothing is the same as no postmortem.
func tag(p *incident.Postmortem) string {
	if p == nil {
		p = &incident.Postmortem{}
	}
	text, _ := json.Marshal(p) // strings and times only
	return fmt.Sprintf(`"%x"`, sha256.Sum256(text))
}

// errEdited says that somebody else has written since.
var errEdited = errors.New("somebody has changed the postmortem since you read it: read it again, and add what you wrote")

// writePostmortem takes Markdown in which people have written. With the header If-Match
// it takes it only where nobody else has written since. That of a private incident is not shown,
// and so not taken either.
func (h handler) writePostmortem(w http.ResponseWriter, r *http.Request) {
	o, ok := h.asked(w, r)
	if !ok {
		return
	}
	if i, ok := h.find(w, r); !ok {
		return
	} else if i.Private {
		h.fail(w, http.StatusForbidden, nil, fmt.Sprintf("incident %s is private: its postmortem is written in Slack, by those who are in it", i.ID))
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
	_, err = h.Changes.Change(r.Context(), r.PathValue("id"), func(now incident.Incident) ([]incident.Event, []incident.Job, error) {
		shown, err := h.Source.Incident(r.Context(), now.ID)
		if err != nil {
			return nil, nil, err
		}
		if match := r.Header.Get("If-Match"); match != "" && match != tag(shown.Postmortem) {
			return nil, nil, errEdited
		}
		meant := restored(written, shown, now, o)
		if tag(meant) == tag(now.Postmortem) {
			return nil, nil, nil
		}
		return []incident.Event{{At: o.Now, By: asker(r), Kind: incident.Postmortal, Postmortem: meant}}, nil, nil
	})
	switch {
	case errors.Is(err, errEdited):
		h.fail(w, http.StatusPreconditionFailed, nil, err.Error())
	case errors.Is(err, incident.ErrNotFound):
		h.fail(w, http.StatusNotFound, nil, fmt.Sprintf("%s %q", noIncident, r.PathValue("id")))
	case err != nil:
		h.unread(w, err)
	default:
		if i, ok := h.find(w, r); ok {
			h.show(w, r, i, o)
		}
	}
}

// asker is who an event says has written: nobody whom Slack has signed for, and so no name that
// could be taken for one.
func asker(r *http.Request) string {
	if by := strings.Join(strings.Fields(r.URL.Query().Get("by")), " "); by != "" {
		return "API (claimed: " + incident.Storable(by[:min(len(by), 100)]) + ")"
	}
	return "API"
}

// restored is what was written, with the words that are kept in the place of those that
// were shown for them, such as the IDs of people for their names.
func restored(written *incident.Postmortem, shown, kept incident.Incident, o postmortem.Options) *incident.Postmortem {
	people := map[string]string{}
	if len(shown.Timeline) == len(kept.Timeline) {
		for k, e := range shown.Timeline {
			people[e.By] = kept.Timeline[k].By
		}
	}
	for role, who := range shown.Assigned {
		people[who] = kept.Assigned[role]
	}
	had, was := kept.Postmortem, &incident.Postmortem{}
	if had == nil || shown.Postmortem == nil {
		had = &incident.Postmortem{}
	} else if read, err := postmortem.Parse(postmortem.Markdown(shown, o), o); err == nil {
		was = read // as an editor saw it
	}
	out := *written
	for _, text := range []struct {
		out       *string
		was, kept string
	}{{&out.Summary, was.Summary, had.Summary}, {&out.Impact, was.Impact, had.Impact}, {&out.Cause, was.Cause, had.Cause},
		{&out.Trigger, was.Trigger, had.Trigger}, {&out.Detection, was.Detection, had.Detection}, {&out.Resolution, was.Resolution, had.Resolution}} {
		if *text.out == text.was {
			*text.out = text.kept
		}
	}
	for _, list := range []struct {
		out       *[]string
		was, kept []string
	}{{&out.WentWell, was.WentWell, had.WentWell}, {&out.WentWrong, was.WentWrong, had.WentWrong}, {&out.Lucky, was.Lucky, had.Lucky}} {
		if slices.Equal(*list.out, list.was) {
			*list.out = list.kept
		}
	}
	out.Actions = slices.Clone(out.Actions)
	same := len(was.Actions) == len(had.Actions)
	for k := range was.Actions {
		if same {
			people[was.Actions[k].Owner] = had.Actions[k].Owner
		}
	}
	for k := range out.Actions {
		a := &out.Actions[k]
		if at := slices.IndexFunc(was.Actions, func(b incident.Action) bool { return b.What == a.What }); same && at >= 0 {
			a.What = had.Actions[at].What
		}
		if id := people[a.Owner]; id != "" {
			a.Owner = id
		}
	}
	return &out
}
