package kube

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/watch"

	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

func TestEventsAreReadAsTheyCome(t *testing.T) {
	const a = `"object":{"metadata":{"name":"a","resourceVersion":"7"}}`
	for name, tt := range map[string]struct{ text, events, fault string }{
		"what a watch sends": {`{"type":"ADDED",` + a + `}` + "\n" + `{"type":"MODIFIED",` + a + `}{"type":"DELETED",` + a + `}` + "\n" + `{"type":"BOOKMARK",` + a + `}` + "\n",
			"ADDED a@7, MODIFIED a@7, DELETED a@7, BOOKMARK a@7", ""},
		"the object before its type":         {`{` + a + `,"type":"ADDED"}`, "ADDED a@7", ""},
		"something nobody knows":             {`{"tomorrow":[{}],"type":"ADDED",` + a + `}`, "ADDED a@7", ""},
		"an Application of an unknown shape": {`{"type":"ADDED","object":{"metadata":{"name":"a"},"status":"fine"}}`, "ADDED a@", ""},
		"an error":                           {`{"type":"ERROR","object":{"kind":"Status","code":410,"reason":"Expired"}}`, "ERROR 410", ""},
		"an error after its status":          {`{"object":{"kind":"Status","code":410},"type":"ERROR"}`, "ERROR 410", ""},
		"an error without a status":          {`{"type":"ERROR"}`, "ERROR 0", ""},
		"an error whose status is a text":    {`{"type":"ERROR","object":"x"}`, "", "an error's status"},
		"nothing":                            {"", "", ""},
		"blanks":                             {" \n\n", "", ""},
		"an end in an event":                 {`{"type":"ADDED",` + a + `}{"type":"ADD`, "ADDED a@7", io.ErrUnexpectedEOF.Error()},
		"an end in an Application":           {`{"type":"ADDED","object":{"metadata":{"na`, "", io.ErrUnexpectedEOF.Error()},
		"an end before the last bracket":     {`{"type":"ADDED",` + a, "", io.ErrUnexpectedEOF.Error()},
		"an unknown type":                    {`{"type":"SEEN",` + a + `}`, "", `unknown type "SEEN"`},
		"no type":                            {`{` + a + `}`, "", `unknown type ""`},
		"no object":                          {`{"type":"ADDED"}`, "", "has no object"},
		"an object that is a text":           {`{"type":"ADDED","object":"a"}`, "", "metadata"},
		"an array":                           {`[]`, "", "where an event is expected"},
		"no JSON":                            {`<html>`, "", "invalid character"},
	} {
		t.Run(name, func(t *testing.T) {
			said, err := all(iotest.OneByteReader(strings.NewReader(tt.text)))
			if got := strings.Join(said, ", "); got != tt.events {
				t.Errorf("got %s, want %s", got, tt.events)
			}
			if (tt.fault == "") != errors.Is(err, io.EOF) || !strings.Contains(err.Error(), tt.fault) {
				t.Errorf("%v, want %q", err, tt.fault)
			}
			if tt.fault == io.ErrUnexpectedEOF.Error() && err != io.ErrUnexpectedEOF {
				t.Errorf("%#v is not known as an end", err)
			}
		})
	}
}

// all reads events until an error, which it gives.
func all(from io.Reader) (said []string, err error) {
	e := newEvents(io.NopCloser(from), "")
	for {
		kind, object, err := e.Decode()
		if err != nil {
			return said, err
		}
		switch o := object.(type) {
		case *item:
			said = append(said, fmt.Sprintf("%s %s@%s", kind, o.Name, o.ResourceVersion))
		case *metav1.Status:
			said = append(said, fmt.Sprintf("%s %d", kind, o.Code))
		}
	}
}

// FuzzEvents reads what may be a watch, whole and in pieces.
func FuzzEvents(f *testing.F) {
	f.Add([]byte(`{"type":"ADDED","object":{"metadata":{"name":"a"}}}` + "\n"))
	f.Add([]byte(`{"type":"ERROR","object":{"kind":"Status","code":410}}`))
	f.Add([]byte(`{"object":{"metadata":{"name":"a"}},"type":"BOOKMARK"}{`))
	f.Fuzz(func(t *testing.T, data []byte) {
		whole, err := all(bytes.NewReader(data))
		pieces, again := all(iotest.HalfReader(bytes.NewReader(data)))
		if fmt.Sprint(whole, errors.Is(err, io.EOF)) != fmt.Sprint(pieces, errors.Is(again, io.EOF)) {
			t.Fatalf("whole: %q, %v; in pieces: %q, %v", whole, err, pieces, again)
		}
		obvious := json.NewDecoder(bytes.NewReader(data))
		for range whole {
			var e map[string]json.RawMessage
			if err := obvious.Decode(&e); err != nil {
				t.Fatalf("%q is read as %d events: %v", data, len(whole), err)
			}
		}
	})
}

// BenchmarkEvents reads one change after the other.
func BenchmarkEvents(b *testing.B) {
	one := kubetest.App{Name: "app", ShopSet: "a-1", Sync: "Synced", Health: "Healthy", Revision: "r1", Reconciled: noon}.JSON()
	line := fmt.Appendf(nil, `{"type":%q,"object":%s}`+"\n", watch.Modified, one)
	b.SetBytes(int64(len(line)))
	b.ReportAllocs()
	from := newEvents(io.NopCloser(&repeated{line: line}), "")
	for b.Loop() {
		if _, _, err := from.Decode(); err != nil {
			b.Fatal(err)
		}
	}
}

// repeated is a line without end.
type repeated struct {
	line []byte
	at   int
}

func (r *repeated) Read(p []byte) (int, error) {
	n := copy(p, r.line[r.at:])
	r.at = (r.at + n) % len(r.line)
	return n, nil
}
