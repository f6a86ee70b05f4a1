package document

import (
	"errors"
	"fmt"
	"github.com/shopslo/shopslo/internal/disk"
	"os"
	"path/filepath"

	"go.yaml.in/yaml/v3"
)

// The limits of a file and of each document in it: what is beyond them is an attack or
// an accident.
const (
	// MaxSize is the length of a file in bytes.
	MaxSize = 16 << 20
	// maxAdded is how many nodes aliases may add to those that are written, maxDepth how
	// deep they may stand in each other.
	maxAdded = 200_000
	maxDepth = 100
)

// File is a file that is read already, such as one of a git branch.
type File struct {
	Name string // for messages
	Data []byte
}

// ReadFile reads a file of at most MaxSize.
func ReadFile(file string) ([]byte, *Fault) {
	fail := func(format string, args ...any) ([]byte, *Fault) {
		return nil, &Fault{File: file, Message: fmt.Sprintf(format, args...)}
	}
	if info, err := os.Stat(file); err == nil && info.IsDir() {
		return fail("is a folder; name its files, such as %s", filepath.Join(file, "*.yaml"))
	}
	data, err := disk.Read(file, MaxSize)
	var long disk.TooLong
	switch {
	case errors.As(err, &long):
		return fail("is longer than %d bytes; split it", long.Most)
	case err != nil:
		return fail("cannot be read: %v", err)
	}
	return data, nil
}

// bounds measures a document as it is with its aliases written out.
type bounds struct {
	known   map[*yaml.Node]extent // of anchors
	open    map[*yaml.Node]bool   // anchors around what is looked at
	written int
	fault   *Fault
}

// extent is how many nodes a part has, itself included, and how deep they are.
type extent struct{ nodes, depth int }

// check tells what is wrong with the size of a document; nil where it is well.
func (b *bounds) check(root *yaml.Node) *Fault {
	b.known, b.open, b.written, b.fault = map[*yaml.Node]extent{}, map[*yaml.Node]bool{}, 0, nil
	size := b.measure(root, 1)
	at := Fault{Line: root.Line, Column: root.Column}
	switch {
	case b.fault != nil:
		return b.fault
	case size.depth > maxDepth:
		at.Message = fmt.Sprintf("is nested more than %d deep; split it", maxDepth)
	case size.nodes-b.written > maxAdded:
		at.Message = fmt.Sprintf("grows by more than %d nodes when its aliases are written out; split it", maxAdded)
	default:
		return nil
	}
	return &at
}

func (b *bounds) measure(n *yaml.Node, depth int) extent {
	const most = 1 << 40 // far beyond all limits, far from an overflow
	b.written++
	if n.Kind == yaml.AliasNode {
		if b.open[n.Alias] && b.fault == nil {
			b.fault = &Fault{Line: n.Line, Column: n.Column, Message: fmt.Sprintf("*%s stands inside of what it names; write it out", n.Value)}
		}
		return b.known[n.Alias]
	}
	sum := extent{1, 1}
	if depth > maxDepth {
		return extent{1, maxDepth + 1}
	}
	if n.Anchor != "" {
		b.open[n] = true
	}
	for _, child := range n.Content {
		e := b.measure(child, depth+1)
		sum = extent{min(sum.nodes+e.nodes, most), max(sum.depth, e.depth+1)}
	}
	if n.Anchor != "" {
		delete(b.open, n)
		b.known[n] = sum
	}
	return sum
}
