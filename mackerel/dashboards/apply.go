package dashboards

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"reflect"

	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/slo"
)

// Mackerel is what changes need of it; *mackerel.Client is one.
type Mackerel interface {
	// Get reads a path as it is. An error that wraps slo.ErrUnavailable may pass.
	Get(ctx context.Context, path string, query url.Values, into any) error
	// Send writes to a path. After an error that wraps slo.ErrUnavailable it may be
	// written or not.
	Send(ctx context.Context, method, path string, body, into any) error
}

// Result is what became of one dashboard.
type Result struct {
	Action string `json:"action"` // created, updated, kept, deleted, refused
	Title  string `json:"title"`
	Path   string `json:"path"`
	Why    string `json:"why,omitempty"`
}

// listed is a dashboard as the list has it.
type listed struct {
	ID      string `json:"id"`
	Title   string `json:"title"`
	Memo    string `json:"memo"`
	URLPath string `json:"urlPath"`
}

const base = "/api/v0/dashboards"

// Apply makes the dashboards so, and deletes those of the service that were ours and are
// not wanted any more. One that stands at a wanted address and is not ours is left, and
// refused. It stops where Mackerel cannot be reached; run again, it goes on.
func Apply(ctx context.Context, m Mackerel, service string, want []Dashboard) ([]Result, error) {
	var list struct {
		Dashboards []listed `json:"dashboards"`
	}
	if err := m.Get(ctx, base, nil, &list); err != nil {
		return nil, fmt.Errorf("read dashboards: %w", err)
	}
	at := map[string]listed{}
	for _, d := range list.Dashboards {
		at[d.URLPath] = d
	}
	var out []Result
	var errs error
	for _, d := range want {
		r, err := one(ctx, m, d, at)
		if err != nil {
			errs = errors.Join(errs, fmt.Errorf("dashboard %q: %w", d.Title, err))
			if errors.Is(err, slo.ErrUnavailable) || ctx.Err() != nil {
				return out, errs
			}
			continue
		}
		out = append(out, r)
		delete(at, d.URLPath)
	}
	if errs != nil {
		return out, errs
	}
	for _, d := range list.Dashboards {
		if _, left := at[d.URLPath]; !left || d.Memo != mark(service) || d.ID == "" {
			continue
		}
		err := m.Send(ctx, http.MethodDelete, base+"/"+url.PathEscape(d.ID), struct{}{}, nil)
		if err != nil && !mackerelhttp.Refused(err, http.StatusNotFound) {
			return out, fmt.Errorf("delete dashboard %q: %w", d.Title, err)
		}
		out = append(out, Result{Action: "deleted", Title: d.Title, Path: d.URLPath})
	}
	return out, nil
}

func one(ctx context.Context, m Mackerel, d Dashboard, at map[string]listed) (Result, error) {
	r := Result{Action: "created", Title: d.Title, Path: d.URLPath}
	there, ok := at[d.URLPath]
	if !ok {
		return r, m.Send(ctx, http.MethodPost, base, d, nil)
	}
	if there.Memo != d.Memo {
		r.Action, r.Why = "refused", "another dashboard has this address, and was not made by shopslo: move or delete it"
		return r, nil
	}
	var have map[string]any
	path := base + "/" + url.PathEscape(there.ID)
	if err := m.Get(ctx, path, nil, &have); err != nil {
		return r, err
	}
	if same(have, d) {
		r.Action = "kept"
		return r, nil
	}
	r.Action = "updated"
	return r, m.Send(ctx, http.MethodPut, path, d, nil)
}

// same compares what was read with what is wanted: the fields that are ours.
func same(have map[string]any, want Dashboard) bool {
	data, err := json.Marshal(want)
	if err != nil {
		return false
	}
	var w map[string]any
	if err := json.Unmarshal(data, &w); err != nil {
		return false
	}
	for _, field := range []string{"id", "createdAt", "updatedAt"} {
		delete(have, field)
	}
	return reflect.DeepEqual(clean(have), clean(w))
}

// clean drops what says nothing: null, empty texts and lists.
func clean(v any) any {
	switch v := v.(type) {
	case map[string]any:
		out := map[string]any{}
		for name, x := range v {
			if x = clean(x); x != nil && x != "" {
				out[name] = x
			}
		}
		return out
	case []any:
		if len(v) == 0 {
			return nil
		}
		out := make([]any, len(v))
		for i := range v {
			out[i] = clean(v[i])
		}
		return out
	}
	return v
}
