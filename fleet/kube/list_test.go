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

	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

const head = `{"apiVersion":"argoproj.io/v1alpha1","kind":"ApplicationList","metadata":{"resourceVersion":"7","continue":"more"},`

func TestAListIsReadAsItComes(t *testing.T) {
	for name, tt := range map[string]struct {
		text  string
		names string
		fault string // "": it is read
	}{
		"two Applications":         {head + `"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}`, "a b", ""},
		"none":                     {head + `"items":[]}`, "", ""},
		"null":                     {head + `"items":null}`, "", ""},
		"something nobody knows":   {head + `"tomorrow":{"items":[1,{}]},"items":[{"metadata":{"name":"a"}}]}`, "a", ""},
		"items before the rest":    {`{"items":[{"metadata":{"name":"a"}}],"kind":"ApplicationList","metadata":{"resourceVersion":"7","continue":"more"}}`, "a", ""},
		"one of an unknown shape":  {head + `"items":[{"metadata":{"name":"a"},"status":"fine"},{"metadata":{"name":"b"}}]}`, "a b", ""},
		"nothing":                  {"", "", io.ErrUnexpectedEOF.Error()},
		"an end in an Application": {head + `"items":[{"metadata":{"na`, "", io.ErrUnexpectedEOF.Error()},
		"an end between two":       {head + `"items":[{"metadata":{"name":"a"}}`, "", io.ErrUnexpectedEOF.Error()},
		"an end after the items":   {head + `"items":[]`, "", io.ErrUnexpectedEOF.Error()},
		"a page of a proxy":        {"<html>", "", "invalid character"},
		"an array":                 {"[]", "", "the answer has [ where { is expected"},
		"another kind":             {`{"kind":"Status","status":"Failure"}`, "", `of kind "Status", not ApplicationList`},
		"items that are a text":    {head + `"items":"a"}`, "", "no array"},
		"an item that is a text":   {head + `"items":["a"]}`, "", "metadata"},
		"metadata that are none":   {head[:len(head)-1] + `,"metadata":3,"items":[]}`, "", "a list's metadata"},
	} {
		t.Run(name, func(t *testing.T) {
			var l itemList
			err := l.read(iotest.OneByteReader(strings.NewReader(tt.text)))
			if (tt.fault == "") != (err == nil) || err != nil && !strings.Contains(err.Error(), tt.fault) {
				t.Fatalf("%v, want %q", err, tt.fault)
			}
			var names []string
			for i := range l.Items {
				names = append(names, l.Items[i].Name)
			}
			if err == nil && (strings.Join(names, " ") != tt.names || l.ResourceVersion != "7" || l.Continue != "more") {
				t.Errorf("%q, version %q, continue %q; want %q", names, l.ResourceVersion, l.Continue, tt.names)
			}
		})
	}
}

func TestAConnectionThatBreaksInAListIsNoEmptyList(t *testing.T) {
	broken := errors.New("connection reset")
	for cut := range len(head) + 40 {
		text := head + `"items":[{"metadata":{"name":"a"}},{"metadata":{"name":"b"}}]}`
		var l itemList
		if err := l.read(io.MultiReader(strings.NewReader(text[:cut]), iotest.ErrReader(broken))); !errors.Is(err, broken) {
			t.Fatalf("after %d bytes: %v", cut, err)
		}
	}
}

// FuzzList reads what may be a list, whole or in pieces.
func FuzzList(f *testing.F) {
	f.Add([]byte(head + `"items":[{"metadata":{"name":"a"}}]}`))
	f.Add([]byte(head + `"items":null}`))
	f.Add([]byte(`{"kind":"Status"}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		var whole, pieces itemList
		err := whole.read(bytes.NewReader(data))
		if again := pieces.read(iotest.HalfReader(bytes.NewReader(data))); (err == nil) != (again == nil) || len(whole.Items) != len(pieces.Items) {
			t.Fatalf("whole: %v, %d items; in pieces: %v, %d items", err, len(whole.Items), again, len(pieces.Items))
		}
		var obvious struct {
			Kind  string            `json:"kind"`
			Items []json.RawMessage `json:"items"`
		}
		if err == nil && json.NewDecoder(bytes.NewReader(data)).Decode(&obvious) != nil {
			t.Fatalf("%q is read as a list of %d", data, len(whole.Items))
		}
	})
}

// BenchmarkList reads 500 Applications as they come.
func BenchmarkList(b *testing.B) {
	text := []byte(head + `"items":[`)
	for i := range 500 {
		if i > 0 {
			text = append(text, ',')
		}
		text = append(text, kubetest.App{Name: fmt.Sprint("app-", i), ShopSet: "a-1", Sync: "Synced", Health: "Healthy", Revision: "r1", Reconciled: noon}.JSON()...)
	}
	text = append(text, "]}"...)
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		var l itemList
		if err := l.read(bytes.NewReader(text)); err != nil || len(l.Items) != 500 {
			b.Fatal(err, len(l.Items))
		}
	}
}
