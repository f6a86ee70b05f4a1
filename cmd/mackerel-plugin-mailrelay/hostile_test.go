package main

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/racetest"
	"github.com/shopslo/shopslo/plugins/mailrelay"
)

var (
	aNumber = regexp.MustCompile(`:\s*\d+(\.\d+)?\b`)
	aText   = regexp.MustCompile(`:\s*"[^"]*"`)
	aList   = regexp.MustCompile(`\[`)
)

// hostile are what may become of a right answer.
var hostile = map[string]func(body []byte) []byte{
	"negative counts":        func(b []byte) []byte { return aNumber.ReplaceAll(b, []byte(`:-1`)) },
	"counts of 1e30":         func(b []byte) []byte { return aNumber.ReplaceAll(b, []byte(`:1e30`)) },
	"the largest counts":     func(b []byte) []byte { return aNumber.ReplaceAll(b, []byte(`:9223372036854775807`)) },
	"counts beyond those":    func(b []byte) []byte { return aNumber.ReplaceAll(b, []byte(`:18446744073709551617`)) },
	"half mails":             func(b []byte) []byte { return aNumber.ReplaceAll(b, []byte(`:1.5`)) },
	"counts as texts":        func(b []byte) []byte { return aNumber.ReplaceAll(b, []byte(`:"7"`)) },
	"counts that are null":   func(b []byte) []byte { return aNumber.ReplaceAll(b, []byte(`:null`)) },
	"counts that are lists":  func(b []byte) []byte { return aNumber.ReplaceAll(b, []byte(`:[]`)) },
	"counts that fell":       func(b []byte) []byte { return aNumber.ReplaceAllFunc(b, halved) },
	"texts that are empty":   func(b []byte) []byte { return aText.ReplaceAll(b, []byte(`:""`)) },
	"texts that are numbers": func(b []byte) []byte { return aText.ReplaceAll(b, []byte(`:0`)) },
	"texts without an end":   func(b []byte) []byte { return aText.ReplaceAll(b, []byte(`:"`+strings.Repeat("2026-", 1000)+`"`)) },
	"null among all rows":    func(b []byte) []byte { return aList.ReplaceAll(b, []byte(`[null,`)) },
	"rows twice":             twice,
	"an object":              func([]byte) []byte { return []byte(`{}`) },
	"a list":                 func([]byte) []byte { return []byte(`[]`) },
	"null":                   func([]byte) []byte { return []byte(`null`) },
	"a text":                 func([]byte) []byte { return []byte(`"ok"`) },
	"nothing":                func([]byte) []byte { return nil },
	"zeros":                  func(b []byte) []byte { return make([]byte, len(b)) },
	"two answers":            func(b []byte) []byte { return append(slices.Clone(b), b...) },
	"brackets without end":   func([]byte) []byte { return bytes.Repeat([]byte(`[`), 4<<20) },
	"blanks without end":     func(b []byte) []byte { return append(bytes.Repeat([]byte(` `), 9<<20), b...) },
	"a zipped bomb":          func([]byte) []byte { return nil },
	"a drop a second":        func(b []byte) []byte { return b },
	"a way round in circles": func(b []byte) []byte { return b },
}

// twice has each row of each list twice.
func twice(b []byte) []byte {
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	var all any
	if d.Decode(&all) != nil {
		return b
	}
	var double func(x any) any
	double = func(x any) any {
		switch x := x.(type) {
		case map[string]any:
			for k, v := range x {
				x[k] = double(v)
			}
		case []any:
			var out []any
			for _, v := range x {
				v = double(v)
				out = append(out, v, v)
			}
			return out
		}
		return x
	}
	out, _ := json.Marshal(double(all))
	return out
}

func halved(n []byte) []byte {
	x, _ := strconv.ParseFloat(strings.Trim(string(n), ": "), 64)
	if x > 1e6 { // a time, or an id
		return n
	}
	return fmt.Appendf(nil, ":%d", int64(x)/2)
}

// between stands between the plugin and a relay, and does with its answers what is said.
func between(t *testing.T, relay string, now *string) string {
	t.Helper()
	to, err := url.Parse(relay)
	if err != nil {
		t.Fatal(err)
	}
	p := httputil.NewSingleHostReverseProxy(to)
	p.ErrorHandler = func(w http.ResponseWriter, _ *http.Request, _ error) { w.WriteHeader(http.StatusBadGateway) }
	p.ModifyResponse = func(r *http.Response) error {
		do, ok := hostile[*now]
		if !ok {
			return nil
		}
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		body = do(body)
		r.Header.Del("Content-Length")
		r.ContentLength = -1
		switch r.Body = io.NopCloser(bytes.NewReader(body)); *now {
		case "a zipped bomb":
			var packed bytes.Buffer
			z := gzip.NewWriter(&packed)
			_, _ = z.Write(make([]byte, 16<<20))
			_ = z.Close()
			r.Header.Set("Content-Encoding", "gzip")
			r.Body = io.NopCloser(&packed)
		case "a drop a second":
			r.Body = drops{bytes.NewReader(body)}
		case "a way round in circles":
			r.StatusCode = http.StatusFound
			r.Header.Set("Location", r.Request.URL.Path)
		}
		return nil
	}
	s := httptest.NewServer(p)
	t.Cleanup(s.Close)
	return s.URL
}

// drops gives a byte a second.
type drops struct{ *bytes.Reader }

func (d drops) Read(p []byte) (int, error) {
	time.Sleep(time.Second)
	return d.Reader.Read(p[:1])
}

func (drops) Close() error { return nil }

// Whatever a relay answers, the plugin ends in time, says what is wrong in a line for
// each account, and tells nothing that the relay did not have, then and afterwards.
func TestNoAnswerMakesAWrongFigure(t *testing.T) {
	racetest.NotHere(t)
	for _, name := range slices.Sorted(maps.Keys(hostile)) {
		t.Run(name, func(t *testing.T) {
			now := ""
			b := newBench(t, allVendors...)
			for at, i := begin.Add(-2*time.Hour), int64(1); at.Before(begin.Add(time.Hour)); at, i = at.Add(time.Minute), i+1 {
				c := mailrelay.Counts{}
				for n, f := range mailrelay.Figures {
					c[f] = i%7 + int64(n) + 1
				}
				for _, f := range b.fakes {
					f.CountAt(at, "docomo.ne.jp", c)
				}
			}
			text, err := os.ReadFile(b.config)
			if err != nil {
				t.Fatal(err)
			}
			for _, f := range b.fakes {
				text = bytes.Replace(text, []byte(f.URL), []byte(between(t, f.URL, &now)), 1)
			}
			b.write(string(text))
			b.run(begin, exitOK)
			told := map[string]float64{}
			for m := 1; m <= 4; m++ {
				if now = ""; m == 2 {
					now, b.stderr = name, ""
					b.patience(2)
				} else {
					b.patience(20)
				}
				begun := time.Now()
				for metric, v := range b.run(begin.Add(time.Duration(m)*time.Minute), exitOK) {
					if told[metric] += v; v < 0 {
						t.Errorf("told %s as %g", metric, v)
					}
				}
				if took := time.Since(begun); took > 20*time.Second {
					t.Errorf("took %s", took)
				}
				if m == 2 {
					b.said(b.stderr)
				}
			}
			b.notMore(told)
		})
	}
}

// said holds what is written on stderr to a few lines that name the account.
func (b *bench) said(text string) {
	b.t.Helper()
	lines := 0
	for line := range strings.Lines(text) {
		if lines++; !strings.HasPrefix(line, "account ") || len(line) > 500 {
			b.t.Errorf("said %q", line)
		}
	}
	if lines > 3*len(b.fakes) {
		b.t.Errorf("said %d lines:\n%s", lines, text)
	}
}

// notMore holds sums of four minutes to what the relays had in eleven: a poll that comes late
// tells what closed five minutes before as well.
func (b *bench) notMore(told map[string]float64) {
	b.t.Helper()
	for metric, sum := range told {
		words := strings.Split(metric, ".")
		f := b.fakes[words[1]]
		figure := mailrelay.Figure(words[len(words)-1])
		if words[0] != "mails" && words[0] != "destination" {
			continue
		}
		most := int64(0)
		for m := -75; m <= 0; m++ { // the largest of spans of so long, and of the hour of relays that tell by the hour
			end := begin.Add(time.Duration(m+5) * time.Minute)
			most = max(most, f.Sum(figure, end.Add(-11*time.Minute), end))
		}
		if words[1] == "mailgun" {
			most = f.Sum(figure, begin.Add(-time.Hour), begin)
		}
		if words[1] == "ses" {
			most *= 2
		}
		if sum > float64(most) {
			b.t.Errorf("%s adds up to %g, more than the %d that the relay had", metric, sum, most)
		}
	}
}
