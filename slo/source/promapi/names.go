package promapi

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/url"

	"github.com/shopslo/shopslo/slo"
)

// mostNames bounds the answer of Names, in bytes.
const mostNames = 16 << 20

// Names lists the values of a label, of the series that a selector picks (all where it is
// empty) and that have samples at about (from, to], in Unix milliseconds, sorted; none where
// there are none. Servers know the time of a name to some hours only.
func (s *Source) Names(ctx context.Context, label string, of slo.Selector, from, to int64) ([]string, error) {
	path := "/api/v1/label/" + url.PathEscape(label) + "/values"
	form := url.Values{"start": {instant(from)}, "end": {instant(to)}}
	if len(of) > 0 {
		form.Set("match[]", promQL(of))
	}
	var answer struct {
		Status string
		Error  string
		Data   []string
	}
	err := s.http.get(ctx, path, form, func(resp *http.Response) error {
		if err := json.NewDecoder(io.LimitReader(resp.Body, mostNames)).Decode(&answer); err != nil {
			return cutShort("%w", err)
		}
		if answer.Status != "success" {
			return &answerError{fmt.Sprintf("the server answers %q: %s", answer.Status, answer.Error)}
		}
		return nil
	})
	if err != nil {
		return nil, fmt.Errorf("list names at %s: %w", s.http.base, err)
	}
	return answer.Data, nil
}

// get is a request without a body, for what servers do not take by POST.
func (c *client) get(ctx context.Context, path string, form url.Values, read func(*http.Response) error) error {
	q := question(call{path: path, query: form})
	if err := c.resting(q); err != nil {
		return err
	}
	limited, cancel := context.WithTimeout(ctx, c.timeout)
	defer cancel()
	req, err := http.NewRequestWithContext(limited, http.MethodGet, c.base.String()+path+"?"+form.Encode(), nil)
	if err != nil {
		return err
	}
	req.Header.Set("User-Agent", "shopslo")
	secrets, err := c.authorize(req)
	if err != nil {
		return err
	}
	resp, err := c.http.Do(req)
	if err != nil {
		return c.sort(ctx, path, err)
	}
	defer resp.Body.Close()
	if resp.StatusCode < 200 || resp.StatusCode > 299 {
		if wait := retryAfter(resp); wait > 0 {
			c.rest(q, wait)
		}
		return c.refused(path, resp, secrets)
	}
	if err := read(resp); err != nil {
		return c.sort(ctx, path, err)
	}
	return nil
}
