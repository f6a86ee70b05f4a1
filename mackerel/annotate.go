package mackerel

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
)

// Release is a release that reached a Tier, as it is noted on the graphs.
type Release struct {
	// What is noted of it, such as "hold for"; "" is that it came: "release".
	What     string
	Tier     string
	Release  string // the commit, or what else names it
	Previous string // what was there before; may be empty
	Compare  string // link that shows the difference; may be empty
	Note     string // one more sentence; may be empty
	At       time.Time
}

// CompareURL is the page of a repository on GitHub, GitLab or alike that shows what is
// between two commits, "" where one of the three is missing.
func CompareURL(repository, previous, release string) (string, error) {
	if repository == "" || previous == "" || release == "" {
		return "", nil
	}
	u, err := url.Parse(repository)
	if err != nil || u.Scheme != "https" && u.Scheme != "http" || u.Host == "" || u.User != nil {
		return "", errors.New("the repository must be a link like https://github.com/shops/app, without a user name")
	}
	base := strings.TrimSuffix(strings.TrimSuffix(u.String(), "/"), ".git")
	return base + "/compare/" + url.PathEscape(previous) + "..." + url.PathEscape(release), nil
}

// The limits of https://mackerel.io/api-docs/entry/graph-annotations, in characters.
const (
	maxTitle       = 250
	maxDescription = 1024
)

// annotation is one as the API has it.
type annotation struct {
	Title       string `json:"title"`
	Description string `json:"description,omitempty"`
	From        int64  `json:"from"`
	To          int64  `json:"to"`
	Service     string `json:"service"`
}

// title is what tells a release's annotation from others.
func (r Release) title() string {
	name := r.Release
	if hexadecimal(name) && len(name) == 40 {
		name = name[:10]
	}
	return text.Cut(fmt.Sprintf("%s: %s %s", r.Tier, cmp.Or(r.What, "release"), name), maxTitle)
}

func hexadecimal(s string) bool { return strings.Trim(s, "0123456789abcdef") == "" }

func (r Release) description() string {
	lines := []string{}
	if r.Previous != "" {
		lines = append(lines, "from "+r.Previous+" to "+r.Release)
	}
	for _, line := range []string{r.Compare, r.Note} {
		if line != "" {
			lines = append(lines, line)
		}
	}
	return text.Cut(strings.Join(lines, "\n"), maxDescription)
}

// sameRelease is how far apart two notes of one release to one Tier are the same note,
// sent twice.
const sameRelease = 10 * time.Minute

// Annotate notes a release on a service's graphs. It looks first, so that a second
// call, after one whose answer got lost, makes no second note; made tells which it was.
func (c *Client) Annotate(ctx context.Context, service string, r Release) (made bool, err error) {
	a := annotation{Title: r.title(), Description: r.description(), From: r.At.Unix(), To: r.At.Unix(), Service: service}
	var near struct {
		List []annotation `json:"graphAnnotations"`
	}
	q := url.Values{"service": {service}, "from": {strconv.FormatInt(r.At.Add(-sameRelease).Unix(), 10)}, "to": {strconv.FormatInt(r.At.Add(sameRelease).Unix(), 10)}}
	const path = "/api/v0/graph-annotations"
	if err := c.Get(ctx, path, q, &near); err != nil {
		return false, fmt.Errorf("look for notes of this release: %w", err)
	}
	for _, other := range near.List {
		if other.Title == a.Title {
			return false, nil
		}
	}
	if err := c.Send(ctx, http.MethodPost, path, a, nil); err != nil {
		return false, fmt.Errorf("note the release %s: %w", r.Release, err)
	}
	return true, nil
}
