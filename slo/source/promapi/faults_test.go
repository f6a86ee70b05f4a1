package promapi

import (
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/prometheus/prometheus/prompb"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/source/sourcetest"
)

// A fault must be an error: that may pass, or that stays and says certain words.
func TestFaults(t *testing.T) {
	good := frame(t, 0, name(1), xorChunk(t, start+1000, 1, 2, 3))
	spoiled := append([]byte(nil), good...)
	spoiled[len(spoiled)-1] ^= 1
	const point = `{"metric":{"__name__":"m"},"values":[[1790000001,"1"]]}`
	whole := `{"status":"success","data":{"resultType":"matrix","result":[` + point + `]}}`
	status := func(code int, text string) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) { http.Error(w, text, code) }
	}
	cases := []struct {
		name   string
		h      http.HandlerFunc
		passes bool     // ErrUnavailable
		says   []string // in the message
	}{
		{"a stream cut within a frame", func(w http.ResponseWriter, _ *http.Request) { stream(w, good, good[:len(good)-2]) }, true, nil},
		{"a stream cut within a length", func(w http.ResponseWriter, _ *http.Request) { stream(w, good, []byte{0x80}) }, true, nil},
		{"a stream cut within a checksum", func(w http.ResponseWriter, _ *http.Request) { stream(w, good, good[:3]) }, true, nil},
		{"a stream with a wrong checksum", func(w http.ResponseWriter, _ *http.Request) { stream(w, good, spoiled) }, true, []string{"checksum"}},
		{"a stream that ends in an error text", func(w http.ResponseWriter, _ *http.Request) {
			stream(w, good, []byte("expanding series: context deadline exceeded\n"))
		}, true, nil},
		{"a connection that breaks between frames", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", fmt.Sprint(2*len(good)))
			stream(w, good)
		}, true, nil},
		{"a connection that breaks in a chunked answer", func(w http.ResponseWriter, _ *http.Request) {
			stream(w, good)
			w.(http.Flusher).Flush()
			panic(http.ErrAbortHandler)
		}, true, nil},
		{"a frame that is no protobuf", func(w http.ResponseWriter, _ *http.Request) { stream(w, framed([]byte{0x0a, 0x7f, 1})) }, true, nil},
		{"samples that are no snappy", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/x-protobuf")
			_, _ = io.WriteString(w, "\xff\xff\xff\xff\xff\xff not snappy")
		}, true, nil},
		{"a page of a proxy in place of a stream", func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "text/html")
			_, _ = io.WriteString(w, "<html>log in</html>")
		}, false, []string{"text/html", "url"}},
		{"a page of a proxy in place of JSON", func(w http.ResponseWriter, r *http.Request) {
			if strings.HasSuffix(r.URL.Path, readPath) {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Content-Type", "text/html")
		}, false, []string{"text/html", "url"}},
		{"500", status(500, "boom"), true, []string{"boom", "500"}},
		{"502", status(502, "bad gateway"), true, nil},
		{"429", status(429, "slow down"), true, []string{"429", "slow down"}},
		{"400", status(400, "no such tenant"), false, []string{"400", "no such tenant"}},
		{"401", status(401, "who"), false, []string{"401", "password_file"}},
		{"403", status(403, "no"), false, []string{"403", "tenant"}},
		{"404 everywhere", status(404, "404 page not found"), false, []string{"404", "path prefix"}},
		{"a redirect", func(w http.ResponseWriter, r *http.Request) {
			http.Redirect(w, r, "https://user:hidden@login.example/x?token=hidden", http.StatusFound)
		}, false, []string{"302", "https://login.example/x", "not followed"}},
		{"JSON cut short", reply(whole[:len(whole)-5]), true, nil},
		{"JSON cut within a series", reply(whole[:100]), true, nil},
		{"JSON cut after its status", reply(`{"status":"success"`), true, nil},
		{"JSON without data", reply(`{"status":"success"}`), true, nil},
		{"JSON with null data", reply(`{"status":"success","data":null}`), true, nil},
		{"JSON of an error", reply(`{"status":"error","error":"broken"}`), false, []string{"broken"}},
		{"a partial answer", reply(`{"isPartial":true,` + whole[1:]), true, []string{"partial"}},
		{"an answer with warnings", reply(`{"warnings":["store s3 is down"],` + whole[1:]), true, []string{"store s3 is down"}},
		{"warnings after the data", reply(whole[:len(whole)-1] + `,"warnings":["fetch failed"]}`), true, []string{"fetch failed"}},
		{"a vector", reply(`{"status":"success","data":{"resultType":"vector","result":[]}}`), false, []string{"vector"}},
		{"a value that is no number", reply(strings.Replace(whole, `"1"]`, `"one"]`, 1)), false, []string{"one"}},
		{"points that fall in time", reply(strings.Replace(whole, `[[`, `[[1790000002,"0"],[`, 1)), false, []string{"order"}},
		{"a series without its metric", reply(strings.Replace(whole, `"metric"`, `"other"`, 1)), false, []string{"metric"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := fake(t, Config{}, c.h)
			err := s.Select(t.Context(), request(t), func([]slo.Series) error {
				t.Error("the callback was given a faulty answer")
				return nil
			})
			if err == nil {
				t.Fatal("no error")
			}
			if errors.Is(err, slo.ErrUnavailable) != c.passes {
				t.Errorf("%v: unavailable %v, want %v", err, !c.passes, c.passes)
			}
			for _, want := range append(c.says, s.http.base.Host+"/prefix") {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("%q does not say %q", err, want)
				}
			}
			if strings.Contains(err.Error(), "hidden") {
				t.Errorf("%q shows a secret", err)
			}
		})
	}
}

func TestRightAnswers(t *testing.T) {
	want := func(ts []int64, vs []float64) map[string]sourcetest.Series {
		ls := slo.Labels{{Name: "__name__", Value: "m"}, {Name: "i", Value: "1"}}
		return map[string]sourcetest.Series{ls.String(): {Labels: ls, T: ts, V: vs}}
	}
	sample := func(ms int64, v float64) prompb.Sample { return prompb.Sample{Timestamp: start + ms, Value: v} }
	series := func(samples ...prompb.Sample) *prompb.QueryResult {
		return &prompb.QueryResult{Timeseries: []*prompb.TimeSeries{{Labels: name(1), Samples: samples}}}
	}
	cases := []struct {
		name string
		h    http.HandlerFunc
		want map[string]sourcetest.Series
	}{
		{"an empty stream", func(w http.ResponseWriter, _ *http.Request) { stream(w) }, nil},
		{"a series in several frames", func(w http.ResponseWriter, _ *http.Request) {
			stream(w, frame(t, 0, name(1), xorChunk(t, start+1000, 1, 2)), frame(t, 0, name(1), xorChunk(t, start+3000, 3)))
		}, want([]int64{start + 1000, start + 2000, start + 3000}, []float64{1, 2, 3})},
		{"samples outside the span", func(w http.ResponseWriter, _ *http.Request) {
			stream(w, frame(t, 0, name(1), xorChunk(t, start-1000, 1, 2, 3)))
		}, want([]int64{start + 1000}, []float64{3})},
		{"the same series of two queries", func(w http.ResponseWriter, _ *http.Request) {
			stream(w, frame(t, 0, name(1), xorChunk(t, start+1000, 1)), frame(t, 1, name(1), xorChunk(t, start+1000, 1)))
		}, want([]int64{start + 1000}, []float64{1})},
		{"overlapping chunks, of which the first wins", func(w http.ResponseWriter, _ *http.Request) {
			stream(w, frame(t, 0, name(1), xorChunk(t, start+2000, 2, 3), xorChunk(t, start+1000, 10, 20)))
		}, want([]int64{start + 1000, start + 2000, start + 3000}, []float64{10, 2, 3})},
		{"samples in place of a stream", func(w http.ResponseWriter, _ *http.Request) {
			samplesReply(t, w, series(sample(0, 9), sample(1000, 1), sample(1000, 5), sample(2000, 2)))
		}, want([]int64{start + 1000, start + 2000}, []float64{1, 2})},
		{"samples of two queries", func(w http.ResponseWriter, _ *http.Request) {
			samplesReply(t, w, series(sample(1000, 1)), series(sample(1000, 1)))
		}, want([]int64{start + 1000}, []float64{1})},
		{"remarks on the expression", reply(`{"status":"success","warnings":["PromQL info: might not be a counter"],` +
			`"data":{"result":[{"values":[[1790000001,"1"],[1790000001.5,"NaN"]],"metric":{"i":"1","__name__":"m"}}],"resultType":"matrix"}}`),
			want([]int64{start + 1000, start + 1500}, []float64{1, nan()})},
		{"no series", reply(`{"status":"success","data":{"resultType":"matrix","result":[]}}`), nil},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			got, err := sourcetest.Collect(t.Context(), fake(t, Config{}, c.h), request(t))
			if err != nil {
				t.Fatal(err)
			}
			if d := sourcetest.Diff(got, c.want); d != "" {
				t.Error(d)
			}
		})
	}
}

func nan() float64 { var zero float64; return zero / zero }

func TestRequestAsksForTheExactSpan(t *testing.T) {
	s := fake(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		req := asked(t, r)
		if len(req.Queries) != 2 {
			t.Errorf("%d queries, want 2", len(req.Queries))
		}
		for _, q := range req.Queries {
			if q.StartTimestampMs != start+1 || q.EndTimestampMs != start+1_200_000 {
				t.Errorf("asked for %d to %d", q.StartTimestampMs, q.EndTimestampMs)
			}
		}
		stream(w)
	})
	r := request(t)
	r.Selectors = append(r.Selectors, sourcetest.Sel(t, "n"), sourcetest.Sel(t, "m", "code", "!~", "5.."))
	if _, err := sourcetest.Collect(t.Context(), s, r); err != nil {
		t.Fatal(err)
	}
}

func TestUnreachable(t *testing.T) {
	t.Run("connection refused", func(t *testing.T) {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		l.Close()
		s, err := New(Config{URL: "http://u:hidden@" + l.Addr().String()})
		if err != nil {
			t.Fatal(err)
		}
		_, err = sourcetest.Collect(t.Context(), s, request(t))
		if !errors.Is(err, slo.ErrUnavailable) || strings.Contains(err.Error(), "hidden") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("no answer in time", func(t *testing.T) {
		s := fake(t, Config{Timeout: 50 * time.Millisecond}, func(_ http.ResponseWriter, r *http.Request) {
			_, _ = io.Copy(io.Discard, r.Body)
			<-r.Context().Done()
		})
		r := request(t)
		r.To = r.From + 60_000
		_, err := sourcetest.Collect(t.Context(), s, r)
		if !errors.Is(err, slo.ErrUnavailable) || !strings.Contains(err.Error(), "50ms") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("TLS is not trusted", func(t *testing.T) {
		server := httptest.NewTLSServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer server.Close()
		server.Config.ErrorLog = nil
		s, err := New(Config{URL: server.URL})
		if err != nil {
			t.Fatal(err)
		}
		_, err = sourcetest.Collect(t.Context(), s, request(t))
		if err == nil || errors.Is(err, slo.ErrUnavailable) || !strings.Contains(err.Error(), "ca_file") {
			t.Errorf("error %v", err)
		}
	})
	t.Run("the server does not speak TLS", func(t *testing.T) {
		server := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
		defer server.Close()
		s, err := New(Config{URL: strings.Replace(server.URL, "http:", "https:", 1)})
		if err != nil {
			t.Fatal(err)
		}
		_, err = sourcetest.Collect(t.Context(), s, request(t))
		if err == nil || errors.Is(err, slo.ErrUnavailable) || !strings.Contains(err.Error(), "http://") {
			t.Errorf("error %v", err)
		}
	})
}

func TestRetryAfter(t *testing.T) {
	t.Run("a short one is waited for once", func(t *testing.T) {
		var n atomic.Int64
		s := fake(t, Config{}, func(w http.ResponseWriter, _ *http.Request) {
			if n.Add(1) == 1 {
				w.Header().Set("Retry-After", "1")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			stream(w)
		})
		began := time.Now()
		if _, err := sourcetest.Collect(t.Context(), s, request(t)); err != nil || time.Since(began) < time.Second {
			t.Errorf("%v after %v", err, time.Since(began))
		}
	})
	t.Run("a long one leaves the server alone", func(t *testing.T) {
		var n atomic.Int64
		s := fake(t, Config{Now: time.Now}, func(w http.ResponseWriter, _ *http.Request) {
			n.Add(1)
			w.Header().Set("Retry-After", "100000000000")
			w.WriteHeader(http.StatusServiceUnavailable)
		})
		for range 3 {
			if _, err := sourcetest.Collect(t.Context(), s, request(t)); !errors.Is(err, slo.ErrUnavailable) {
				t.Errorf("error %v", err)
			}
		}
		if n.Load() != 1 {
			t.Errorf("the server was asked %d times", n.Load())
		}
		for _, until := range s.http.rests.of {
			if rest := time.Until(until); rest > maxRest {
				t.Errorf("it rests for %v", rest)
			}
		}
	})
	t.Run("one question that is too much costs that one alone, two cost all", func(t *testing.T) {
		var asked atomic.Int64
		s := fake(t, Config{Now: time.Now}, func(w http.ResponseWriter, r *http.Request) {
			asked.Add(1)
			if !strings.HasSuffix(r.URL.Path, "/up") {
				w.Header().Set("Retry-After", "3600")
				w.WriteHeader(http.StatusTooManyRequests)
				return
			}
			_, _ = w.Write([]byte("{}"))
		})
		var into any
		ask := func(path string, answered bool, most int64) {
			t.Helper()
			if err := s.http.getJSON(t.Context(), path, nil, 100, &into); (err == nil) != answered {
				t.Errorf("%s: %v", path, err)
			}
			if n := asked.Load(); n != most {
				t.Errorf("%s: %d requests so far, want %d", path, n, most)
			}
		}
		ask("/api/v1/one", false, 1)
		ask("/api/v1/one", false, 1)
		ask("/api/v1/up", true, 2)
		ask("/api/v1/two", false, 3)
		ask("/api/v1/up", true, 4)
		ask("/api/v1/two", false, 4)
	})
}

func TestLetsItselfIn(t *testing.T) {
	dir := t.TempDir()
	file := filepath.Join(dir, "secret")
	if err := os.WriteFile(file, []byte("hidden\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	cases := []struct {
		name   string
		config Config
		check  func(r *http.Request) bool
	}{
		{"basic auth", Config{Username: "me", PasswordFile: file}, func(r *http.Request) bool {
			u, p, _ := r.BasicAuth()
			return u == "me" && p == "hidden"
		}},
		{"bearer token", Config{BearerTokenFile: file}, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer hidden" }},
		{"bearer token without a file", Config{BearerToken: "hidden"}, func(r *http.Request) bool { return r.Header.Get("Authorization") == "Bearer hidden" }},
		{"tenant header", Config{Headers: map[string]string{"x-scope-orgid": "hidden"}}, func(r *http.Request) bool { return r.Header.Get("X-Scope-OrgID") == "hidden" }},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := fake(t, c.config, func(w http.ResponseWriter, r *http.Request) {
				if !c.check(r) {
					t.Errorf("headers %v", r.Header)
				}
				http.Error(w, "you sent hidden and "+r.Header.Get("Authorization"), http.StatusForbidden)
			})
			_, err := sourcetest.Collect(t.Context(), s, request(t))
			if err == nil || strings.Contains(err.Error(), "hidden") || !strings.Contains(err.Error(), "[secret]") {
				t.Errorf("error %v", err)
			}
		})
	}
	t.Run("a secret file that is not there stays an error", func(t *testing.T) {
		s := fake(t, Config{BearerTokenFile: filepath.Join(dir, "absent")}, func(http.ResponseWriter, *http.Request) {})
		if _, err := sourcetest.Collect(t.Context(), s, request(t)); err == nil || errors.Is(err, slo.ErrUnavailable) {
			t.Errorf("error %v", err)
		}
	})
	for name, secret := range map[string]string{"two lines": "hidden\nhidden\n", "nothing": "\n"} {
		t.Run("a secret file with "+name+" is named, and no outage", func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "token")
			if err := os.WriteFile(file, []byte(secret), 0o600); err != nil {
				t.Fatal(err)
			}
			s := fake(t, Config{BearerTokenFile: file}, func(http.ResponseWriter, *http.Request) { t.Error("it was asked") })
			_, err := sourcetest.Collect(t.Context(), s, request(t))
			if err == nil || errors.Is(err, slo.ErrUnavailable) || !strings.Contains(err.Error(), file+" is empty or has more than one line") || strings.Contains(err.Error(), "hidden") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestNewRefuses(t *testing.T) {
	for name, c := range map[string]Config{
		"no url":                        {},
		"a url without a scheme":        {URL: "127.0.0.1:9090"},
		"another scheme":                {URL: "ftp://x"},
		"a url that holds a secret":     {URL: "://u:hidden@x"},
		"two ways to be let in":         {URL: "http://x", Username: "u", BearerTokenFile: "f"},
		"a certificate without its key": {URL: "https://x", TLS: TLS{CertFile: "c"}},
		"a ca file that is not there":   {URL: "https://x", TLS: TLS{CAFile: "/absent/ca"}},
	} {
		t.Run(name, func(t *testing.T) {
			if _, err := New(c); err == nil || strings.Contains(err.Error(), "hidden") {
				t.Errorf("error %v", err)
			}
		})
	}
}

func TestSlicesShrinkAndGrow(t *testing.T) {
	const limit = 20 * 60_000 // milliseconds that this server bears
	var asks, refused atomic.Int64
	s := fake(t, Config{}, func(w http.ResponseWriter, r *http.Request) {
		if strings.HasSuffix(r.URL.Path, readPath) {
			http.NotFound(w, r)
			return
		}
		asks.Add(1)
		var length int64
		if _, err := fmt.Sscanf(r.FormValue("query"), `{__name__="m"}[%dms]`, &length); err != nil {
			t.Error(err)
		}
		w.Header().Set("Content-Type", "application/json")
		if length > limit+2 {
			refused.Add(1)
			w.WriteHeader(http.StatusUnprocessableEntity)
			_, _ = io.WriteString(w, `{"status":"error","error":"query processing would load too many samples into memory in query execution"}`)
			return
		}
		at, err := time.Parse(time.RFC3339, r.FormValue("time"))
		if err != nil {
			t.Error(err)
		}
		var points []string
		for ms := at.UnixMilli() - length; ms <= at.UnixMilli(); ms++ {
			if ms%60_000 == 0 {
				points = append(points, fmt.Sprintf(`[%.3f,"%d"]`, float64(ms)/1000, ms/60_000))
			}
		}
		fmt.Fprintf(w, `{"status":"success","data":{"resultType":"matrix","result":[{"metric":{"__name__":"m"},"values":[%s]}]}}`, strings.Join(points, ","))
	})
	r := slo.Request{Selectors: []slo.Selector{sourcetest.Sel(t, "m")}, From: start, To: start + 6*3_600_000}
	got, err := sourcetest.Collect(t.Context(), s, r)
	if err != nil {
		t.Fatal(err)
	}
	series := got["m{}"]
	for i, at := range series.T {
		if at != (start/60_000+1+int64(i))*60_000 || series.V[i] != float64(at/60_000) {
			t.Fatalf("sample %d is at %d", i, at)
		}
	}
	if len(series.T) != 360 {
		t.Errorf("%d samples, want 360", len(series.T))
	}
	if refused.Load() == 0 || asks.Load() > 80 {
		t.Errorf("%d requests, %d refused", asks.Load(), refused.Load())
	}
}

func TestSlowServerIsAskedForLessTheNextTime(t *testing.T) {
	var asks atomic.Int64
	s := fake(t, Config{Timeout: 500 * time.Millisecond}, func(w http.ResponseWriter, r *http.Request) {
		asks.Add(1)
		q := asked(t, r).Queries[0]
		if q.EndTimestampMs-q.StartTimestampMs > 10*60_000 {
			<-r.Context().Done()
			return
		}
		stream(w)
	})
	for range 2 { // 20, then 10 minutes
		before := asks.Load()
		_, err := sourcetest.Collect(t.Context(), s, request(t))
		if before == 0 && (!errors.Is(err, slo.ErrUnavailable) || asks.Load() != 1) {
			t.Errorf("error %v after %d requests, want one that failed", err, asks.Load())
		}
		if before > 0 && (err != nil || asks.Load()-before != 2) {
			t.Errorf("error %v after %d requests, want two halves", err, asks.Load()-before)
		}
	}
}

func TestEvalInPiecesRefusesStartAndEnd(t *testing.T) {
	s := fake(t, Config{}, func(http.ResponseWriter, *http.Request) { t.Error("the server was asked") })
	_, err := sourcetest.CollectEval(t.Context(), s, "m @ end()", start, start+20_000_000, time.Second)
	if err == nil || !strings.Contains(err.Error(), "end()") {
		t.Errorf("error %v", err)
	}
}
