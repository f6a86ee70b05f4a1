package kube

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
	"time"
)

// source is where manifests come from.
type source struct {
	RepoURL string `json:"repoURL"`
	Path    string `json:"path"`
	Chart   string `json:"chart"`
	Ref     string `json:"ref"` // the name under which another source reads its files
	Target  string `json:"targetRevision"`

	Helm      helm       `json:"helm"`
	Kustomize parameters `json:"kustomize"`
	Directory parameters `json:"directory"`
	Plugin    parameters `json:"plugin"`
}

// synced is the revision of a single source, or those of several.
type synced struct {
	Revision  string   `json:"revision"`
	Revisions []string `json:"revisions"`
}

// all are the revisions as one text.
func (s *synced) all() string {
	if len(s.Revisions) > 0 {
		return strings.Join(s.Revisions, " ")
	}
	return s.Revision
}

// origin is where a revision is from, or several are, one each.
type origin struct {
	Source  source   `json:"source"`
	Sources []source `json:"sources"`
}

// hydrator writes manifests of a dry source into branches, which are synced.
type hydrator struct {
	DrySource struct {
		RepoURL string `json:"repoURL"`
		Path    string `json:"path"`
		Target  string `json:"targetRevision"`
	} `json:"drySource"`
	SyncSource struct {
		Branch string `json:"targetBranch"`
		Path   string `json:"path"`
	} `json:"syncSource"`
}

// sources gives those that are synced, the one that is deployed from first; repository is
// the fleet's, "" where nobody says. As in Argo CD, a hydrator comes before others, and
// several before a single one.
func (d desired) sources(repository string) []source {
	switch {
	case d.SourceHydrator != nil:
		h := d.SourceHydrator
		return []source{{RepoURL: h.DrySource.RepoURL, Path: cmp.Or(h.SyncSource.Path, h.DrySource.Path)}}
	case len(d.Sources) > 0:
		return slices.SortedStableFunc(slices.Values(d.Sources), func(a, b source) int { return a.rank(repository) - b.rank(repository) })
	case d.Source != nil:
		return []source{*d.Source}
	}
	return nil
}

// same reports whether two are one source, whichever revision and parameters it is asked for.
func (s source) same(other source) bool {
	s.Target, s.Helm, s.Kustomize, s.Directory, s.Plugin = other.Target, other.Helm, other.Kustomize, other.Directory, other.Plugin
	return s == other
}

// deployedFrom is the source that a ShopSet is deployed from, and the one that is written:
// a hydrator's is the dry one.
func (d desired) deployedFrom(repository string) (path, target string) {
	if h := d.SourceHydrator; h != nil {
		return h.DrySource.Path, h.DrySource.Target
	}
	if all := d.sources(repository); len(all) > 0 {
		return all[0].Path, all[0].Target
	}
	return "", ""
}

// rank says how likely a ShopSet is deployed from a source among several, the lowest
// first: those of the fleet's repository before all others, and of these a folder of a git repository; one that lends its files to others (ref), too;
// files alone; a chart.
func (s source) rank(repository string) int {
	rank := s.likeness()
	if repository == "" || plainURL(s.RepoURL) != plainURL(repository) {
		rank += 10
	}
	return rank
}

// plainURL is what the ways of writing a repository's URL have in common: host and path.
func plainURL(url string) string {
	url = strings.TrimSuffix(strings.TrimSuffix(strings.TrimSpace(url), "/"), ".git")
	if _, after, ok := strings.Cut(url, "://"); ok {
		url = after
	} else if host, path, ok := strings.Cut(url, ":"); ok && !strings.Contains(host, "/") {
		url = host + "/" + path // git@host:path
	}
	if before, after, ok := strings.Cut(url, "@"); ok && !strings.Contains(before, "/") {
		url = after
	}
	return strings.ToLower(url)
}

func (s source) likeness() int {
	switch {
	case s.Chart != "" || strings.HasPrefix(s.RepoURL, "oci://"):
		return 3
	case s.Path == "":
		return 2
	case s.Ref != "":
		return 1
	}
	return 0
}

// chosen is the source that a ShopSet is deployed from.
type chosen struct {
	source
	place      int // among several; -1: it is a single one
	repository string
}

func chooseSource(d desired, repository string) chosen {
	switch {
	case d.SourceHydrator == nil && len(d.Sources) > 0:
		return best(d.Sources, repository)
	case d.SourceHydrator == nil && d.Source != nil:
		return chosen{*d.Source, -1, repository}
	}
	return chosen{place: -1, repository: repository}
}

func best(sources []source, repository string) chosen {
	place := 0
	for i := range sources {
		if sources[i].rank(repository) < sources[place].rank(repository) {
			place = i
		}
	}
	return chosen{sources[place], place, repository}
}

// revision gives the chosen source's revision; "" where it is not among them. Where it
// is said which sources they are from, these count: their order may have been another.
func (c chosen) revision(s synced, from origin) string {
	switch {
	case len(s.Revisions) == 0:
		return c.single(s.Revision, from.Source)
	case c.place < 0 && len(from.Sources) == 0:
		return s.Revision
	}
	place := c.place
	if len(from.Sources) == len(s.Revisions) {
		place = slices.IndexFunc(from.Sources, c.source.same)
		if place < 0 {
			place = best(from.Sources, c.repository).place
		}
	}
	if place >= len(s.Revisions) {
		return ""
	}
	return s.Revisions[place]
}

// single gives the revision of what was the only source, from. "": now there are several, and
// it may be of another one.
func (c chosen) single(revision string, from source) string {
	switch {
	case c.place < 0:
		return revision
	case from.RepoURL == "" && c.place == 0:
		return revision
	case plainURL(from.RepoURL) != plainURL(c.RepoURL) || from.Chart != c.Chart:
		return ""
	}
	return revision
}

// hydratorStatus is what Argo CD says of its hydrator.
type hydratorStatus struct {
	Current struct {
		Phase      string    `json:"phase"`
		Message    string    `json:"message"`
		StartedAt  time.Time `json:"startedAt"`
		FinishedAt time.Time `json:"finishedAt"`
		commits
	} `json:"currentOperation"`
	LastSuccessful commits `json:"lastSuccessfulOperation"`
}

type commits struct {
	Dry      string `json:"drySHA"`
	Hydrated string `json:"hydratedSHA"`
}

// hydration says of which commit a commit of manifests was made.
type hydration struct {
	commits
	at time.Time // zero: not known
}

// maxHydrations bounds what is remembered of an Application, as Argo CD's history is.
const maxHydrations = 10

// hydrations gives the last successful one. Argo CD tells of no other.
func (h *hydratorStatus) hydrations() []hydration {
	last, current := hydration{commits: h.LastSuccessful}, &h.Current
	if current.Phase == hydrated {
		switch {
		case last.Hydrated == "":
			last.commits = current.commits
			fallthrough
		case last.commits == current.commits:
			if last.at = current.FinishedAt.UTC(); last.at.IsZero() {
				last.at = current.StartedAt.UTC()
			}
		}
	}
	if last.Dry == "" || last.Hydrated == "" {
		return nil
	}
	return []hydration{last}
}

// failure says in a clause why the last commit that people wrote has no manifests; "": it has,
// or they are being made.
func (h *hydratorStatus) failure() string {
	if h.Current.Phase != phaseFailed {
		return ""
	}
	text := "the manifests of " + cmp.Or(h.Current.Dry, "the last commit") + " could not be made (source hydrator)"
	if h.Current.Message != "" {
		text += ": " + oneLine(h.Current.Message)
	}
	return text
}

// remember puts new hydrations before those that are known already.
func remember(all, before []hydration) []hydration {
	for _, h := range before {
		known := slices.ContainsFunc(all, func(other hydration) bool { return other.Hydrated == h.Hydrated })
		if !known && len(all) < maxHydrations {
			all = append(all, h)
		}
	}
	return all
}

// dry gives the commits that people wrote in place of those with the manifests, as far
// back as they are known; why says why not even that of what runs is.
func (f *facts) dry(runs []deployment) (dry []deployment, why string) {
	for _, d := range runs {
		i := slices.IndexFunc(f.hydrations, func(h hydration) bool { return h.Hydrated == d.Revision })
		if i < 0 {
			break
		}
		h := f.hydrations[i]
		if !d.At.IsZero() && h.at.After(d.At) {
			d.At = h.at // manifests that stayed the same
		}
		dry = append(dry, deployment{Revision: h.Dry, At: d.At})
	}
	if len(dry) == 0 && len(runs) > 0 {
		return nil, fmt.Sprintf("Argo CD does not say of which commit the manifests of %s were made", runs[0].Revision)
	}
	return dry, ""
}
