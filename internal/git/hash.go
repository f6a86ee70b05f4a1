package git

import (
	"context"
	"errors"
	"os"
	"regexp"
)

// otherHash is what fetch complains of where the remote has another hash function.
var otherHash = regexp.MustCompile(`mismatched algorithms: client \w+; server (sha1|sha256)`)

// OfAnyHash fetches into a bare repository in a folder. Where the remote has another hash
// function, of which no object can be in it, the repository is made anew with that one, and
// fetch is called again.
func (r *Runner) OfAnyHash(ctx context.Context, dir string, fetch func() error) error {
	err := fetch()
	var failed *Error
	if !errors.As(err, &failed) {
		return err
	}
	found := otherHash.FindStringSubmatch(failed.Text)
	if found == nil {
		return err
	}
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return err
	}
	if _, err := r.Run(ctx, Call{Args: []string{"init", "--quiet", "--bare", "--template=", "--object-format=" + found[1]}}); err != nil {
		return err
	}
	return fetch()
}
