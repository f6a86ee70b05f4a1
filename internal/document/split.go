package document

import (
	"bytes"
	"errors"
	"io"
	"regexp"
	"strconv"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"
)

// nodes gives the root of every document of a file that is YAML, and the faults of
// those that are not: one that is broken does not hide the others.
func nodes(file string, data []byte) ([]*yaml.Node, Faults) {
	if line := notUTF8(data); line > 0 {
		return nil, Faults{{File: file, Line: line, Message: "is not UTF-8 text; save the file as UTF-8"}}
	}
	var roots []*yaml.Node
	var faults Faults
	for _, c := range split(data) {
		decoder := yaml.NewDecoder(bytes.NewReader(c.text))
		for {
			var root yaml.Node
			err := decoder.Decode(&root)
			if errors.Is(err, io.EOF) {
				break
			}
			if err != nil {
				faults = append(faults, syntaxFault(file, c, err))
				break
			}
			shift(&root, c.line)
			if len(root.Content) == 1 && !isNull(root.Content[0]) {
				roots = append(roots, root.Content[0])
			}
		}
	}
	return roots, faults
}

// chunk is the text of one YAML document, from its "---" line to the next.
type chunk struct {
	text []byte
	line int // lines of the file before it
}

// split cuts a file at its "---" lines, which YAML allows nowhere else at the
// start of a line.
func split(data []byte) []chunk {
	data = bytes.TrimPrefix(data, []byte("\xef\xbb\xbf"))
	var chunks []chunk
	begin, line := chunk{}, 0
	for rest := data; len(rest) > 0; line++ {
		text, after, _ := bytes.Cut(rest, []byte("\n"))
		if marksDocument(text) && line > begin.line {
			begin.text = data[:len(data)-len(rest)]
			chunks = append(chunks, begin)
			data, begin = rest, chunk{line: line}
		}
		rest = after
	}
	begin.text = data
	return append(chunks, begin)
}

func marksDocument(line []byte) bool {
	rest, ok := bytes.CutPrefix(line, []byte("---"))
	return ok && (len(rest) == 0 || bytes.IndexByte([]byte(" \t\r"), rest[0]) >= 0)
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
	return f
}

// shift moves the lines of a chunk's nodes to those of the file.
func shift(n *yaml.Node, lines int) {
	n.Line += lines
	for _, child := range n.Content {
		shift(child, lines)
	}
}
