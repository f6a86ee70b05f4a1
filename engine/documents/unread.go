package documents

import (
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/internal/document"
)

// documentsOf tells documents of a setting from other YAML files beside and below them.
var documentsOf = map[string]*regexp.Regexp{
	"fleet":          regexp.MustCompile(`\bapiVersion['"]?\s*:\s*['"]?shopset\.dev/`),
	"slos":           regexp.MustCompile(`\bapiVersion['"]?\s*:\s*['"]?openslo/`),
	"gate.calendar":  regexp.MustCompile(`\bkind['"]?\s*:\s*['"]?(Freeze|Override|Exclusion)\b`),
	"gate.incidents": regexp.MustCompile(`\bkind['"]?\s*:\s*['"]?Incident\b`),
}

// mostBelow is how many files are looked at below a folder.
const mostBelow = 10_000

// unread refuses documents of a setting that none of the patterns matches, though their names are
// what a pattern asks for but for .yml, capitals or a folder below: a Freeze that nobody reads
// holds nothing.
func unread(c *config.Config, key string, patterns []string) error {
	for _, pattern := range patterns {
		dir, ok := FolderBelow(pattern)
		if documentsOf[key] == nil || !ok {
			continue
		}
		found := NotRead(key, full(c, pattern), below(full(c, dir)), fulls(c, Patterns(c)))
		for _, file := range found {
			if data, fault := document.ReadFile(file); fault == nil && IsOf(key, data) {
				return NobodyReads(c, key, pattern, file)
			}
		}
	}
	return nil
}

// FolderBelow is the folder of a pattern of several files; not ok: it is of a single file, of
// several folders, or of the configuration's own, below which lies anything.
func FolderBelow(pattern string) (dir string, ok bool) {
	dir = filepath.Dir(pattern)
	return dir, strings.Contains(filepath.Base(pattern), "*") && !strings.ContainsAny(dir, `*?[\`) && dir != "."
}

// full is a pattern or a file from the configuration's folder on.
func full(c *config.Config, name string) string {
	if filepath.IsAbs(name) {
		return name
	}
	return filepath.Join(c.Dir, name)
}

func fulls(c *config.Config, patterns []string) (out []string) {
	for _, p := range patterns {
		out = append(out, full(c, p))
	}
	return out
}

// Patterns are those of all documents.
func Patterns(c *config.Config) []string {
	return slices.Concat(c.Fleet, c.SLOs, c.Gate.Calendar, c.Gate.Incidents)
}

// below lists the files below a folder, but hidden ones: a mounted ConfigMap keeps its files in
// such folders, too.
func below(dir string) (files []string) {
	filepath.WalkDir(dir, func(file string, e fs.DirEntry, err error) error {
		switch {
		case len(files) >= mostBelow:
			return fs.SkipAll
		case err != nil: // lost+found is nobody's
			return fs.SkipDir
		case file != dir && strings.HasPrefix(e.Name(), "."):
			if e.IsDir() {
				return fs.SkipDir
			}
		case e.Type().IsRegular():
			files = append(files, file)
		}
		return nil
	})
	return files
}

// NotRead gives of some files those that a pattern is likely to be meant for and none of
// all patterns matches. Fleet and SLOs may have other files, such as drafts, in folders below.
func NotRead(key, pattern string, files, patterns []string) (out []string) {
	pattern = filepath.ToSlash(pattern)
	twin, _ := Twin(pattern)
	names := []string{strings.ToLower(path.Base(pattern)), strings.ToLower(path.Base(twin))}
	deep := strings.HasPrefix(key, "gate.")
	for _, file := range files {
		slashed := filepath.ToSlash(file)
		meant := func(name string) bool { ok, _ := path.Match(name, strings.ToLower(path.Base(slashed))); return ok }
		matched := func(p string) bool { ok, _ := path.Match(filepath.ToSlash(p), slashed); return ok }
		if (deep || path.Dir(slashed) == path.Dir(pattern)) && slices.ContainsFunc(names, meant) && !slices.ContainsFunc(patterns, matched) {
			out = append(out, file)
		}
	}
	return out
}

// IsOf reports whether a file looks like a document of a setting.
func IsOf(key string, data []byte) bool { return documentsOf[key].Match(data) }

// NobodyReads is the error of a document that NotRead gives.
func NobodyReads(c *config.Config, key, pattern, file string) error {
	return fmt.Errorf("%s: %s: %q: nobody reads %s; move or rename it, or add a pattern for it", c.Path, key, pattern, file)
}
