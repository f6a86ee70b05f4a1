package kube

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
)

// itemList is a list of Applications. It is read one Application after the other, as
// they come: an API server may answer with all of them at once, some kilobytes each,
// of which some hundred bytes stay.
type itemList struct {
	metav1.TypeMeta `json:",inline"`
	metav1.ListMeta `json:"metadata"`
	Items           []item `json:"items"`

	repository string // as item's
}

// DeepCopyObject is runtime.Object's.
func (l *itemList) DeepCopyObject() runtime.Object { c := *l; return &c }

// listKind is what an answer says that it is.
const listKind = application.ApplicationKind + "List"

// read reads an answer. io.ErrUnexpectedEOF: it was cut off.
func (l *itemList) read(from io.Reader) error {
	d := json.NewDecoder(from)
	if err := expect(d, '{'); err != nil {
		return err
	}
	for d.More() {
		name, err := d.Token()
		if err != nil {
			return err
		}
		var other json.RawMessage
		into := any(&other)
		switch name {
		case "kind":
			into = &l.Kind
		case "apiVersion":
			into = &l.APIVersion
		case "metadata":
			into = &l.ListMeta
		case "items":
			if err := l.readItems(d); err != nil {
				return err
			}
			continue
		}
		if err := d.Decode(into); err != nil {
			return fmt.Errorf("a list's %v: %w", name, err)
		}
	}
	if err := expect(d, '}'); err != nil {
		return err
	}
	if l.Kind != listKind {
		return fmt.Errorf("the answer is of kind %q, not %s", l.Kind, listKind)
	}
	return nil
}

// readItems reads an array, or null.
func (l *itemList) readItems(d *json.Decoder) error {
	switch begin, err := d.Token(); {
	case err != nil:
		return err
	case begin == nil:
		return nil
	case begin != json.Delim('['):
		return errors.New("a list's items are no array")
	}
	for d.More() {
		l.Items = append(l.Items, item{repository: l.repository})
		if err := d.Decode(&l.Items[len(l.Items)-1]); err != nil {
			return err
		}
	}
	return expect(d, ']')
}

// expect reads a bracket.
func expect(d *json.Decoder, bracket json.Delim) error {
	token, err := d.Token()
	switch {
	case errors.Is(err, io.EOF):
		return io.ErrUnexpectedEOF
	case err != nil:
		return err
	case token != bracket:
		return fmt.Errorf("the answer has %v where %v is expected", token, bracket)
	}
	return nil
}
