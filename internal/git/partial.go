package git

import (
	"context"
	"maps"
	"slices"
	"strings"
)

// Lacks gives the ids of the blobs that a partial clone has not, of those that revisions
// name as rev-list does. Nothing is fetched for it.
func (r *Runner) Lacks(ctx context.Context, revisions ...string) (map[string]bool, error) {
	out, err := r.Run(ctx, Call{Args: append([]string{"rev-list", "--objects", "--no-object-names", "--missing=print"}, append(revisions, "--")...)})
	if err != nil {
		return nil, err
	}
	lacks := map[string]bool{}
	for line := range strings.Lines(out) {
		if id, ok := strings.CutPrefix(strings.TrimSpace(line), "?"); ok {
			lacks[id] = true
		}
	}
	return lacks, nil
}

// Bring fetches those of the blobs that are lacking from Origin at once, where git itself would
// fetch one after the other, and takes them off lacking. whole fetches without a filter: it is
// called where the remote gives no single blobs.
func (r *Runner) Bring(ctx context.Context, lacking map[string]bool, blobs []string, whole func() error) error {
	wanted := map[string]bool{}
	for _, id := range blobs {
		if lacking[id] {
			wanted[id] = true
		}
	}
	if len(wanted) == 0 {
		return nil
	}
	_, err := r.Run(ctx, Call{Input: strings.Join(slices.Sorted(maps.Keys(wanted)), "\n") + "\n", Args: []string{
		"-c", "fetch.negotiationAlgorithm=noop", "fetch", "--quiet", "--filter=blob:none", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules", "--stdin", Origin,
	}})
	if err != nil {
		if whole() != nil || ctx.Err() != nil {
			return err
		}
		wanted = maps.Clone(lacking)
	}
	maps.DeleteFunc(lacking, func(id string, _ bool) bool { return wanted[id] })
	return nil
}
