package text

import (
	"cmp"
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
)

// Phrasebook says in Japanese what has been said in English already, such as an error that was
// made where nobody knew who would read it: it finds the Entry whose English text, with its
// arguments, is the message. Arguments are looked up, too.
type Phrasebook struct{ phrases []phrase }

type phrase struct {
	english  *regexp.Regexp
	literal  int // how much of it is no argument
	japanese Entry
}

var verb = regexp.MustCompile(`%[-+#0]*[0-9]*(?:\.[0-9]+)?(?:\[(\d+)\])?([a-zA-Z%])`)

// NewPhrasebook makes one of Entries. Those with more text of their own are tried first.
func NewPhrasebook(all ...Entry) *Phrasebook {
	b := &Phrasebook{}
	for _, e := range all {
		b.phrases = append(b.phrases, phraseOf(e))
	}
	slices.SortStableFunc(b.phrases, func(a, b phrase) int { return cmp.Compare(b.literal, a.literal) })
	return b
}

func phraseOf(e Entry) phrase {
	var pattern strings.Builder
	last, literal := 0, 0
	own := func(text string) {
		literal += len(text)
		pattern.WriteString(regexp.QuoteMeta(text))
	}
	group := map[string]int{} // of each verb, by its argument and letter
	eachVerb(e.english, func(from, to int, name string) {
		own(e.english[last:from])
		last = to
		switch name[len(name)-1] {
		case '%':
			own("%")
			return
		case 'd':
			pattern.WriteString(`(-?\d+)`)
		case 'q':
			pattern.WriteString(`("(?:[^"\\]|\\.)*"?)`)
		default:
			pattern.WriteString(`(.*?)`)
		}
		group[name] = len(group) + 1
	})
	own(e.english[last:])
	// What the verbs made of the arguments is filled in as it is.
	japanese, last := "", 0
	eachVerb(e.japanese, func(from, to int, name string) {
		japanese += e.japanese[last:from]
		last = to
		if japanese += "%%"; name != "%" {
			japanese = fmt.Sprintf("%s%%[%d]s", strings.TrimSuffix(japanese, "%%"), group[name])
		}
	})
	return phrase{regexp.MustCompile(`^` + pattern.String() + `$`), literal, Entry{e.english, japanese + e.japanese[last:]}}
}

// eachVerb gives where verbs stand, and each one's argument and letter: 1s, 2d, and %.
func eachVerb(format string, found func(from, to int, name string)) {
	next := 1
	for _, at := range verb.FindAllStringSubmatchIndex(format, -1) {
		letter := format[at[1]-1 : at[1]]
		if letter == "%" {
			found(at[0], at[1], letter)
			continue
		}
		if at[2] >= 0 {
			next, _ = strconv.Atoi(format[at[2]:at[3]])
		}
		found(at[0], at[1], strconv.Itoa(next)+letter)
		next++
	}
}

// Say gives a message in the language, line by line: as a whole, or else what stands behind
// one of its colons. What is not known stays as it is.
func (b *Phrasebook) Say(l Language, message string) string {
	if l != Japanese {
		return message
	}
	lines := strings.Split(message, "\n")
	for i, line := range lines {
		body := strings.TrimLeft(line, " ")
		lines[i] = line[:len(line)-len(body)] + b.behind(body, 0)
	}
	return strings.Join(lines, "\n")
}

// Texts are all English ones.
func (b *Phrasebook) Texts() (all []string) {
	for _, p := range b.phrases {
		all = append(all, p.japanese.english)
	}
	return all
}

// Row gives the cells of a table's row in the language.
func (b *Phrasebook) Row(l Language, cells []string) []string {
	out := make([]string, len(cells))
	for i, cell := range cells {
		out[i] = b.Say(l, cell)
	}
	return out
}

// behind looks for the whole, and for what stands behind each colon.
func (b *Phrasebook) behind(message string, depth int) string {
	for at := 0; ; {
		if said, ok := b.say(message[at:], depth); ok {
			return message[:at] + said
		}
		next := strings.Index(message[at:], ": ")
		if next < 0 {
			return message
		}
		at += next + len(": ")
	}
}

// deepest is how many arguments of arguments are looked up.
const deepest = 3

func (b *Phrasebook) say(message string, depth int) (string, bool) {
	if message == "" || depth > deepest {
		return message, false
	}
	for _, p := range b.phrases {
		found := p.english.FindStringSubmatch(message)
		if found == nil {
			continue
		}
		args := make([]any, len(found)-1)
		for i, arg := range found[1:] {
			args[i] = b.behind(arg, depth+1)
		}
		return fmt.Sprintf(p.japanese.japanese, args...), true
	}
	return message, false
}
