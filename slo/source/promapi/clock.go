package promapi

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"time"
)

// freshDate is how old the server's last answer may be for its Date to say what time it
// is there.
const freshDate = 3 * time.Minute

// Now implements the ledger's Clock: the server's own time, which its answers carry, to
// the second. It is asked for where the last answer is some minutes old.
func (s *Source) Now(ctx context.Context) (time.Time, error) {
	if t, ok := s.http.serverTime(); ok {
		return t, nil
	}
	var at time.Time
	form := url.Values{"query": {"time()"}}
	err := s.http.post(ctx, queryPath, formType, []byte(form.Encode()), nil, func(resp *http.Response) (err error) {
		if at, err = http.ParseTime(resp.Header.Get("Date")); err == nil {
			return nil
		}
		at, err = evaluatedTime(io.LimitReader(resp.Body, 64<<10))
		return err
	})
	if err != nil {
		return time.Time{}, fmt.Errorf("ask %s for its time: %w", s.http.base, err)
	}
	return at, nil
}

// evaluatedTime reads the result of time().
func evaluatedTime(body io.Reader) (time.Time, error) {
	var reply struct {
		Data struct{ Result [2]any }
	}
	if err := json.NewDecoder(body).Decode(&reply); err != nil {
		return time.Time{}, cutShort("JSON: %w", err)
	}
	text, _ := reply.Data.Result[1].(string)
	v, err := strconv.ParseFloat(text, 64)
	if err != nil || v != v || math.Abs(v) > 1e12 {
		return time.Time{}, errors.Join(&answerError{fmt.Sprintf("time() is %.40q", text)}, err)
	}
	return time.UnixMilli(int64(v * 1000)), nil
}

// noteDate keeps what time an answer says it is.
func (c *client) noteDate(resp *http.Response) {
	if c.now == nil {
		return
	}
	date, err := http.ParseTime(resp.Header.Get("Date"))
	if err != nil {
		return
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.date, c.dated = date, c.now()
}

// serverTime goes on from the last answer's Date; by the monotonic clock, where the
// clock that was given has one.
func (c *client) serverTime() (t time.Time, ok bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.now == nil || c.date.IsZero() {
		return time.Time{}, false
	}
	age := c.now().Sub(c.dated)
	if age < 0 || age > freshDate {
		return time.Time{}, false
	}
	return c.date.Add(age), true
}
