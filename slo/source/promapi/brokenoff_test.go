package promapi

import (
	"errors"
	"io"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// An answer that breaks off is asked for again, and nothing of the first is kept.
func TestAnAnswerThatBreaksOffIsAskedForAgain(t *testing.T) {
	whole := frame(t, 0, name(1), xorChunk(t, start+1000, 1, 2, 3))
	other := frame(t, 0, name(2), xorChunk(t, start+1000, 7))
	const point = `{"metric":{"__name__":"m","i":"1"},"values":[[1790000001,"1"],[1790000002,"2"],[1790000003,"3"]]}`
	json := `{"status":"success","data":{"resultType":"matrix","result":[` + point + `]}}`
	want := map[string]sourcetest.Series{}
	ls := slo.Labels{{Name: "__name__", Value: "m"}, {Name: "i", Value: "1"}}
	want[ls.String()] = sourcetest.Series{Labels: ls, T: []int64{start + 1000, start + 2000, start + 3000}, V: []float64{1, 2, 3}}
	for _, c := range []struct {
		name       string
		short      http.HandlerFunc
		good       http.HandlerFunc
		cut, asked int64 // answers that break off; requests in all
		fails      bool
	}{
		{"a stream, once", func(w http.ResponseWriter, _ *http.Request) { stream(w, other, whole[:len(whole)-2]) }, func(w http.ResponseWriter, _ *http.Request) { stream(w, whole) }, 1, 2, false},
		{"a stream, three times", func(w http.ResponseWriter, _ *http.Request) { stream(w, other, whole[:1]) }, func(w http.ResponseWriter, _ *http.Request) { stream(w, whole) }, 3, 4, false},
		{"a connection that is aborted", func(w http.ResponseWriter, _ *http.Request) {
			stream(w, other)
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, func(w http.ResponseWriter, _ *http.Request) { stream(w, whole) }, 2, 3, false},
		{"a stream that always breaks off", func(w http.ResponseWriter, _ *http.Request) { stream(w, whole[:1]) }, nil, 9, 4, true},
		{"a server whose answer is whole and wrong is not asked again", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>log in</html>")
		}, nil, 9, 1, true},
		{"one that refuses is not asked again", func(w http.ResponseWriter, _ *http.Request) { http.Error(w, "no", http.StatusForbidden) }, nil, 9, 1, true},
		{"JSON over a connection that is aborted", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, readPath) {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "application/json")
			_, _ = io.WriteString(w, json[:len(json)/2])
			_ = http.NewResponseController(w).Flush()
			panic(http.ErrAbortHandler)
		}, func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, readPath) {
				http.NotFound(w, r)
				return
			}
			reply(json)(w, r)
		}, 3, 6, false}, // that there is no remote read is asked twice, and found out each time
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			var asked atomic.Int64
			s := fake(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
				if asked.Add(1) <= c.cut {
					c.short(w, r)
				} else {
					c.good(w, r)
				}
			})
			got, err := sourcetest.Collect(t.Context(), s, request(t))
			if (err != nil) != c.fails || err == nil && sourcetest.Diff(got, want) != "" {
				t.Errorf("error %v, %s", err, sourcetest.Diff(got, want))
			}
			if c.asked > 1 && c.fails && !errors.Is(err, slo.ErrUnavailable) {
				t.Errorf("%v is not for later", err)
			}
			if n := asked.Load(); n != c.asked {
				t.Errorf("asked %d times, want %d", n, c.asked)
			}
		})
	}
}
