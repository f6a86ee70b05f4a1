package git

import (
	"context"
	"errors"
	"os"
	"regexp"
	"strings"
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
	if err := r.remake(ctx, dir, found[1]); err != nil {
		return err
	}
	return fetch()
}

// remake makes the bare repository in a folder anew, with a hash function.
func (r *Runner) remake(ctx context.Context, dir, hash string) error {
	if err := errors.Join(os.RemoveAll(dir), os.Mkdir(dir, 0o700)); err != nil {
		return err
	}
	_, err := r.Run(ctx, Call{Args: []string{"init", "--quiet", "--bare", "--template=", "--object-format=" + hash}})
	return err
}

// unlikeHash is what push complains of there. The remote does not say which one it has.
const unlikeHash = "does not support this repository's hash algorithm"

// Rehash makes the bare repository in a folder anew with git's other hash function, where a push
// failed since the remote has that; done is false where it failed for another reason.
func (r *Runner) Rehash(ctx context.Context, dir string, push error) (done bool, err error) {
	var failed *Error
	if !errors.As(push, &failed) || !strings.Contains(failed.Text, unlikeHash) {
		return false, nil
	}
	has, err := r.Run(ctx, Call{Args: []string{"rev-parse", "--show-object-format"}})
	if err != nil {
		return false, err
	}
	other := map[string]string{"sha1": "sha256", "sha256": "sha1"}[strings.TrimSpace(has)]
	return true, r.remake(ctx, dir, other)
}
