package slackbot

import (
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"

	"github.com/shopslo/shopslo/incident"
)

// maxName is how long a channel's name may be; Slack takes lower case letters, digits,
// hyphens and underscores. docs.slack.dev/reference/methods/conversations.create
const maxName = 80

// channelName is the name of an Incident's channel: prefix, date, number, and words that
// say what it is about. A title that has no Latin word gives the severity and what is
// hurt instead. try counts from 0; later ones differ.
func channelName(prefix string, i incident.Incident, day time.Time, try int) string {
	about := words(i.Title)
	if about == "" {
		about = string(i.Severity)
		switch hurt := append(append([]string{}, i.Scope.ShopSets...), i.Scope.Tiers...); {
		case i.Scope.Fleet:
			about += "-fleet"
		case len(hurt) > 0:
			about += "-" + latin(strings.Join(hurt, "-"))
		}
	}
	name := latin(prefix) + day.Format("-20060102-") + strings.TrimPrefix(latin(i.ID), "inc-") + "-"
	end := ""
	if try > 0 {
		end = "-" + strconv.Itoa(try+1)
	}
	room := maxName - len(name) - len(end)
	if len(about) > room {
		about = about[:room]
		if at := strings.LastIndexByte(about, '-'); at > room/2 {
			about = about[:at]
		}
	}
	return name + strings.Trim(about, "-") + end
}

var noName = regexp.MustCompile(`[^a-z0-9_]+`)

// latin writes a text with the letters that a name may have.
func latin(text string) string {
	return strings.Trim(noName.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

// words gives a title's Latin words, "" where they say nothing: a word needs three
// letters in a row, and most of the title's letters have to be in such words.
func words(title string) string {
	slug := latin(title)
	if !regexp.MustCompile(`[a-z]{3}`).MatchString(slug) {
		return ""
	}
	letters, kept := 0, 0
	for _, r := range title {
		if unicode.IsLetter(r) {
			letters++
			if r < unicode.MaxASCII {
				kept++
			}
		}
	}
	if kept*2 < letters {
		return ""
	}
	return slug
}
