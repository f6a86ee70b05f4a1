package document

import (
	"errors"
	"fmt"
	"io/fs"
	"reflect"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Secret says where a secret is, which never stands in the document itself: in an
// environment variable or in a file. It is written
//
//	token: {env: NAME}
//	token: {file: PATH}      # or token_file: PATH, in documents with such keys tokenFile
//
// The zero value is no secret.
type Secret struct{ Env, File string }

// Surroundings are what a Secret may point to. Only cmd knows them.
type Surroundings struct {
	// Env looks up an environment variable.
	Env func(name string) (string, bool)
	// ReadFile reads a file that holds a secret.
	ReadFile func(path string) ([]byte, error)
}

const wantSecret = "a secret does not stand in this file: write {env: NAME} or {file: PATH}"

var secretType = reflect.TypeFor[Secret]()

// Read gives the secret, one line without blanks around it; "" for the zero value. The
// error tells where it was looked for, and never repeats it.
func (s Secret) Read(from Surroundings) (string, error) {
	var value string
	switch {
	case s.Env != "":
		v, ok := from.Env(s.Env)
		if value = v; !ok || strings.TrimSpace(v) == "" {
			return "", fmt.Errorf("is to come from the environment variable %s, which is not set", s.Env)
		}
	case s.File != "":
		b, err := from.ReadFile(s.File)
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("is to come from the file %s, which does not exist", s.File)
		} else if err != nil {
			return "", fmt.Errorf("is to come from a file that cannot be read: %w", err)
		}
		value = string(b)
	default:
		return "", nil
	}
	value = strings.TrimSpace(value)
	if value == "" || strings.ContainsFunc(value, func(r rune) bool { return r < ' ' || r == 0x7f }) {
		return "", errors.New("is empty or has more than one line")
	}
	return value, nil
}

// decodeSecret reads {env: NAME} or {file: PATH}. What else stands there may be the
// secret itself, and is not repeated.
func (o *Object) decodeSecret(path string, at Position, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		o.Refuse(path, at, wantSecret)
		return
	}
	given := o.Mapping(path, n)
	if len(given.Keys) != 1 || given.Keys[0] != "env" && given.Keys[0] != "file" {
		o.Refuse(path, at, wantSecret)
		return
	}
	value := Target(given.Values[given.Keys[0]])
	if value.Kind != yaml.ScalarNode || IsNull(value) || strings.TrimSpace(value.Value) == "" {
		o.Refuse(path, at, wantSecret)
		return
	}
	s := Secret{File: o.beside(value.Value)}
	if given.Keys[0] == "env" {
		s = Secret{Env: value.Value}
	}
	into.Set(reflect.ValueOf(s))
}

// Secret reads the secret of a mapping's key, or of the key that names its file; ok is
// false where neither is given.
func (o *Object) Secret(path string, given Mapping, key string) (s Secret, ok bool) {
	var at Position
	path, value := Join(path, key), given.Values[key]
	for _, suffix := range fileSuffixes {
		if file := given.Values[key+suffix]; file != nil && !IsNull(file) {
			var name string
			if o.Decode(path, file, reflect.ValueOf(&name).Elem()); name != "" {
				s.File = o.beside(name)
			}
			at, ok = o.at[path], true
		}
	}
	switch {
	case value == nil || IsNull(value):
	case ok:
		o.Refuse(path, at, "is given twice, as a file as well; choose one")
	default:
		o.Decode(path, value, reflect.ValueOf(&s).Elem())
		ok = true
	}
	return s, ok
}

// fileSuffixes make of a secret's key that of the file which holds it.
var fileSuffixes = []string{"_file", "File"}

// namesSecret reports whether a key names the file of a secret.
func namesSecret(key string, fields map[string]Field) bool {
	return slices.ContainsFunc(fileSuffixes, func(suffix string) bool {
		base, ok := strings.CutSuffix(key, suffix)
		return ok && fields[base].secret
	})
}
