package document

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// Roots gives the root of every document of a file that is YAML, and the faults of
// those that are not, with their texts in unread: one that is broken does not hide the
// others.
func Roots(file string, data []byte) (roots []*yaml.Node, unread [][]byte, faults Faults) {
	if len(data) > MaxSize {
		return nil, [][]byte{data}, Faults{{File: file, Message: fmt.Sprintf("is %d bytes long, which is more than %d; split it", len(data), MaxSize)}}
	}
	if line := notUTF8(data); line > 0 {
		return nil, [][]byte{data}, Faults{{File: file, Line: line, Message: "is not UTF-8 text; save the file as UTF-8"}}
	}
	chunks := split(data)
	parts := make([]parsed, min(runtime.GOMAXPROCS(0), len(chunks)))
	var all sync.WaitGroup
	for i := range parts { // a big fleet is one file of a thousand documents
		all.Go(func() {
			parts[i] = parseAll(file, chunks[i*len(chunks)/len(parts):(i+1)*len(chunks)/len(parts)])
		})
	}
	all.Wait()
	for _, p := range parts {
		roots, unread, faults = append(roots, p.roots...), append(unread, p.unread...), append(faults, p.faults...)
	}
	return roots, unread, faults
}

// parsed is what could be read of some chunks.
type parsed struct {
	roots  []*yaml.Node
	unread [][]byte
	faults Faults
}

// parseAll reads chunks that follow each other at once, which takes less time; each by
// itself only where one of them is no YAML.
func parseAll(file string, chunks []chunk) (p parsed) {
	var text []byte
	for _, c := range chunks {
		text = append(text, c.text...)
	}
	var err error
	if p.roots, err = parse(chunk{text, chunks[0].line}); err == nil {
		p.bound(file, text)
		return p
	}
	p.roots = nil
	defer p.bound(file, text)
	for _, c := range chunks {
		roots, err := parse(c)
		p.roots = append(p.roots, roots...)
		if err != nil {
			p.faults = append(p.faults, syntaxFault(file, c, err))
			p.unread = append(p.unread, c.text)
		}
	}
	return p
}

// bound leaves out the documents that are too large.
func (p *parsed) bound(file string, text []byte) {
	var b bounds
	p.roots = slices.DeleteFunc(p.roots, func(root *yaml.Node) bool {
		fault := b.check(root)
		if fault != nil {
			fault.File = file
			p.faults, p.unread = append(p.faults, *fault), append(p.unread, text)
		}
		return fault != nil
	})
}

// parse gives the roots of a text's documents, up to its error.
func parse(c chunk) (roots []*yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(c.text))
	for {
		var root yaml.Node
		err := decoder.Decode(&root)
		if errors.Is(err, io.EOF) {
			return roots, nil
		}
		if err != nil {
			return roots, err
		}
		shift(&root, c.line)
		if len(root.Content) == 1 && !IsNull(root.Content[0]) {
			roots = append(roots, root.Content[0])
		}
	}
}

// chunk is the text of one YAML document, from its "---" line to the next.
type chunk struct {
	text []byte
	line int // lines of the file before it
}

// split cuts a file at its "---" lines, which YAML allows nowhere else at the
// start of a line. So a document that is not YAML does not hide the faults of
// the others.
func split(data []byte) []chunk {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var chunks []chunk
	current := chunk{}
	start, directives := 0, false
	for offset, line := 0, 0; offset < len(data); line++ {
		end := len(data)
		if i := bytes.IndexByte(data[offset:], '\n'); i >= 0 {
			end = offset + i + 1
		}
		text := data[offset:end]
		if bytes.HasPrefix(text, []byte("%")) {
			directives = true // they belong to the "---" that follows
		} else if offset > start && marksDocument(text) && !directives {
			current.text = data[start:offset]
			chunks = append(chunks, current)
			current, start = chunk{line: line}, offset
		} else if len(bytes.TrimSpace(text)) > 0 && text[0] != '#' {
			directives = false
		}
		offset = end
	}
	current.text = data[start:]
	return append(chunks, current)
}

func marksDocument(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r\n"), rest[0]) >= 0)
}

// notUTF8 gives the line of the first byte that is no UTF-8; 0 where all is.
func notUTF8(data []byte) int {
	line := 1
	for len(data) > 0 {
		r, size := utf8.DecodeRune(data)
		if r == utf8.RuneError && size == 1 {
			return line
		}
		if r == '\n' {
			line++
		}
		data = data[size:]
	}
	return 0
}

var yamlError = regexp.MustCompile(`(?s)^yaml: (?:line (\d+): )?(.*)$`)

// syntaxFault makes a fault of what the YAML library says about a chunk.
func syntaxFault(file string, c chunk, err error) Fault {
	f := Fault{File: file, Line: c.line + 1, Message: "is not YAML: " + err.Error()}
	if m := yamlError.FindStringSubmatch(err.Error()); m != nil {
		if n, _ := strconv.Atoi(m[1]); n > 0 {
			f.Line = c.line + n
		}
		f.Message = "is not YAML: " + m[2]
	}
	if strings.HasPrefix(f.Message, "is not YAML: found character that cannot start any token") {
		f.Message += "; is it a tab? YAML takes spaces only"
	}
	if n := brokenLine(c.text); n > 0 {
		f.Line = c.line + n
	}
	return f
}

// brokenLine finds the line from which on a text is not YAML, whatever follows:
// the library names the beginning of what it was reading, which may be far above,
// and counts some lines from 0. It gives 0 for a long text, since each line is
// tried.
func brokenLine(text []byte) int {
	const most, long = 500, 64 << 10
	lines := bytes.SplitAfter(text, []byte("\n"))
	if len(lines) > most || len(text) > long {
		return 0
	}
	for n := len(lines) - 1; n > 0; n-- {
		text = text[:len(text)-len(lines[n])]
		if isYAML(text) {
			return n + 1
		}
	}
	return 1
}

func isYAML(text []byte) bool {
	decoder := yaml.NewDecoder(bytes.NewReader(text))
	for {
		var root yaml.Node
		if err := decoder.Decode(&root); err != nil {
			return errors.Is(err, io.EOF)
		}
	}
}

// shift moves the lines of a chunk's nodes to those of the file.
func shift(n *yaml.Node, lines int) {
	n.Line += lines
	for _, child := range n.Content {
		shift(child, lines)
	}
}
