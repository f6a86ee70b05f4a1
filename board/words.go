package board

import (
	"fmt"
	"strings"
	"time"

	"golang.org/x/text/language"
)

// Language is one that the board speaks.
type Language string

// The languages.
const (
	English  Language = "en"
	Japanese Language = "ja"
)

// Languages lists them, the default first.
var Languages = []Language{English, Japanese}

var matcher = language.NewMatcher([]language.Tag{language.English, language.Japanese})

// LanguageOf picks the language that was asked for, or else the one that the browser
// likes best (the header Accept-Language).
func LanguageOf(asked, accept string) Language {
	for _, l := range Languages {
		if asked == string(l) {
			return l
		}
	}
	_, i := language.MatchStrings(matcher, accept)
	return Languages[i]
}

// say gives a phrase, with its figures filled in.
func (l Language) say(key string, figures ...any) string {
	p, ok := phrases[key]
	if !ok {
		return key // a test keeps this from happening to our own
	}
	text := p.en
	if l == Japanese {
		text = p.ja
	}
	if len(figures) == 0 {
		return text
	}
	return fmt.Sprintf(text, figures...)
}

// length writes a length of time with its two biggest units: 3 d 4 h, 3日4時間.
func (l Language) length(d time.Duration) string {
	units := []struct {
		d      time.Duration
		en, ja string
	}{{24 * time.Hour, "d", "日"}, {time.Hour, "h", "時間"}, {time.Minute, "min", "分"}, {time.Second, "s", "秒"}}
	d = d.Abs()
	var parts []string
	for i, u := range units {
		n := d / u.d
		d -= n * u.d
		if n == 0 && !(i == len(units)-1 && len(parts) == 0) {
			if len(parts) > 0 {
				break
			}
			continue
		}
		if l == Japanese {
			parts = append(parts, fmt.Sprintf("%d%s", n, u.ja))
		} else {
			parts = append(parts, fmt.Sprintf("%d %s", n, u.en))
		}
		if len(parts) == 2 {
			break
		}
	}
	if l == Japanese {
		return strings.Join(parts, "")
	}
	return strings.Join(parts, " ")
}

// spans are the units of an SLO's window (OpenSLO), in words.
var spans = map[byte]phrase{'m': {" min", "分"}, 'h': {" h", "時間"}, 'd': {" d", "日"}, 'w': {" weeks", "週"},
	'M': {" months", "か月"}, 'Q': {" quarters", "四半期"}, 'Y': {" years", "年"}}

// window writes an SLO's window as people do: 28 d, 28日. What is written otherwise
// stays as it is.
func (l Language) window(text string) string {
	if text == "" {
		return text
	}
	n, unit := text[:len(text)-1], text[len(text)-1]
	p, ok := spans[unit]
	if !ok || strings.Trim(n, "0123456789") != "" || n == "" {
		return clean(text)
	}
	if l == Japanese {
		return n + p.ja
	}
	if n == "1" {
		return n + strings.TrimSuffix(p.en, "s")
	}
	return n + p.en
}

// list joins names.
func (l Language) list(names []string) string {
	if l == Japanese {
		return strings.Join(names, "、")
	}
	return strings.Join(names, ", ")
}
