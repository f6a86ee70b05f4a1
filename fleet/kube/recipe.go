package kube

import (
	"bytes"
	"fmt"
	"hash/fnv"
	"path"
	"slices"
	"strconv"
	"strings"
	"unique"

	"k8s.io/apimachinery/pkg/util/json"
)

// parameters are what an Application itself says of how a source's manifests are made, such
// as images and values: the same number while they are the same, 0 where there are none.
type parameters uint64

// UnmarshalJSON reads them.
func (p *parameters) UnmarshalJSON(data []byte) error {
	if *p = 0; string(data) != "null" {
		hash := fnv.New64a()
		hash.Write(data)
		*p = parameters(hash.Sum64())
	}
	return nil
}

// helm are those of a Helm chart.
type helm struct {
	Sum   parameters
	Files string // of another source ($name/file) that it takes values from, one a line
}

// UnmarshalJSON reads them.
func (h *helm) UnmarshalJSON(data []byte) error {
	if *h = (helm{}); !bytes.Contains(data, []byte(`"$`)) {
		return h.Sum.UnmarshalJSON(data)
	}
	var from struct {
		Values []string                `json:"valueFiles"`
		Files  []struct{ Path string } `json:"fileParameters"`
	}
	if err := json.Unmarshal(data, &from); err != nil {
		return err
	}
	for _, f := range from.Files {
		from.Values = append(from.Values, f.Path)
	}
	h.Files = strings.Join(slices.DeleteFunc(from.Values, func(f string) bool { return !strings.HasPrefix(f, "$") }), "\n")
	return h.Sum.UnmarshalJSON(data)
}

// parameters gives those of a source as one.
func (s *source) parameters() uint64 {
	all := [...]parameters{s.Helm.Sum, s.Kustomize, s.Directory, s.Plugin}
	if all == [len(all)]parameters{} {
		return 0
	}
	hash := fnv.New64a()
	fmt.Fprintln(hash, all)
	return hash.Sum64()
}

// parametersMark stands between revisions and the sum of parameters.
const parametersMark = " with "

// of are the revisions as one text, with the parameters of what they are from.
func (s *synced) of(from origin) string {
	hash, some := fnv.New64a(), false
	for i, one := range from.all() {
		if sum := one.parameters(); sum != 0 {
			some = true
			fmt.Fprintln(hash, i, sum)
		}
	}
	if !some {
		return s.all()
	}
	return s.all() + parametersMark + strconv.FormatUint(hash.Sum64(), 16)
}

// at is the revision of the i-th source.
func (s *synced) at(i int) string {
	if len(s.Revisions) > 0 {
		return s.Revisions[i]
	}
	return s.Revision
}

// all gives the sources.
func (o origin) all() []source {
	if len(o.Sources) > 0 || o.Source == (source{}) {
		return o.Sources
	}
	return []source{o.Source}
}

// recipe is what something was made of beside the revision of the source that it is deployed
// from.
type recipe = unique.Handle[ingredients]

type ingredients struct {
	// folders of the repository that it is deployed from, one a line; "": none that is known.
	folders string
	// rest is the same while parameters and other repositories' revisions are; 0: there are
	// none.
	rest uint64
}

// recipe gives what was made of sources at their revisions; zero: nobody says.
func (c chosen) recipe(s synced, from origin) recipe {
	sources := from.all()
	if len(sources) == 0 || len(s.Revisions) != len(sources) && len(sources)+len(s.Revisions) != 1 {
		return recipe{}
	}
	own := sources[best(sources, c.repository).place]
	if i := slices.IndexFunc(sources, c.source.same); i >= 0 {
		own = sources[i]
	}
	inside := func(one source) bool { return one.Chart == "" && plainURL(one.RepoURL) == plainURL(own.RepoURL) }
	var folders []string
	hash, some := fnv.New64a(), false
	for i, one := range sources {
		switch {
		case inside(one):
			if one.Path != "" {
				folders = append(folders, one.Path)
			}
			lent, ok := one.lent(sources)
			folders = append(folders, lent...)
			if !ok {
				some = true
				fmt.Fprintln(hash, i, s.at(i))
			}
		default:
			some = true
			fmt.Fprintln(hash, i, plainURL(one.RepoURL), one.Path, one.Chart, s.at(i))
		}
		if sum := one.parameters(); sum != 0 {
			some = true
			fmt.Fprintln(hash, i, sum)
		}
	}
	slices.Sort(folders)
	out := ingredients{folders: strings.Join(slices.Compact(folders), "\n")}
	if some {
		out.rest = hash.Sum64()
	}
	return unique.Make(out)
}

// lent gives the folders of the files that others take from a source by its name. Not ok: one
// is in no folder, so that it cannot be told apart from the whole repository.
func (s source) lent(to []source) (folders []string, ok bool) {
	if ok = true; s.Ref == "" {
		return nil, ok
	}
	for _, other := range to {
		for file := range strings.SplitSeq(other.Helm.Files, "\n") {
			if inside, is := strings.CutPrefix(file, "$"+s.Ref+"/"); is {
				folder := path.Dir(path.Clean(inside))
				if folder == "." || folder == "/" {
					ok = false
					continue
				}
				folders = append(folders, folder)
			}
		}
	}
	return folders, ok
}

// is tells what was deployed at a revision apart; "": not known. folder is the one that it is
// from where its recipe has none.
func (d deployment) is(folder string, tree Tree) string {
	var of ingredients
	if d.recipe != (recipe{}) {
		of = d.recipe.Value()
	}
	if of.folders == "" {
		of.folders = folder
	}
	var all []string
	if of.folders != "" {
		for one := range strings.SplitSeq(of.folders, "\n") {
			here := tree(d.Revision, one)
			if here == "" {
				return ""
			}
			if one != folder {
				here = one + "=" + here
			}
			all = append(all, here)
		}
	}
	if of.rest != 0 {
		all = append(all, strconv.FormatUint(of.rest, 16))
	}
	return strings.Join(all, " ")
}
