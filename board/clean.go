package board

import (
	"net/url"
	"strings"
	"unicode"
)

// clean takes out of what others wrote what could make a page say something else than
// it does: control characters, and those that turn the direction of text round. What
// remains is still to be escaped.
func clean(s string) string {
	return strings.Map(func(r rune) rune {
		switch {
		case r == '\n' || r == '\t' || r == '\r':
			return ' '
		case unicode.IsControl(r) || unicode.Is(unicode.Cf, r) || r == unicode.ReplacementChar:
			return -1
		}
		return r
	}, strings.ToValidUTF8(s, ""))
}

// link gives an address that may be linked to; "" for one that is no web page's.
func link(address string) string {
	u, err := url.Parse(strings.TrimSpace(address))
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return ""
	}
	return u.String()
}

// digits is how many of a Release's digits are shown.
const digits = 8

// abbreviated is a Release as people read it.
func abbreviated(release string) string {
	release = clean(release)
	if r := []rune(release); len(r) > digits {
		return string(r[:digits])
	}
	return release
}
