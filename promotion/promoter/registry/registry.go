// Package registry asks the registries of images whether they have one, over the OCI
// distribution API (HEAD of the manifest). It implements promoter.Registry.
//
// User and password come from Docker's configuration file and its credential helpers,
// as `docker login` leaves them.
package registry

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// Registry is a client of all registries. The zero value asks them without a user,
// over HTTPS with the system's authorities.
type Registry struct {
	// Keychain has the users and passwords; nil: none. authn.DefaultKeychain reads
	// what `docker login` leaves.
	Keychain authn.Keychain
	// Transport is what requests go through; nil is one of its own.
	Transport http.RoundTripper
	// Timeout of one question; 0 is 20 seconds.
	Timeout time.Duration
}

// Stored implements promoter.Registry.
func (r *Registry) Stored(ctx context.Context, image string) (digest string, ok bool, err error) {
	ref, err := name.ParseReference(image)
	if err != nil {
		return "", false, fmt.Errorf("%q is not an image reference", git.Printable(image))
	}
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = 20 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	options := []remote.Option{remote.WithContext(ctx), remote.WithUserAgent("shopslo"), remote.WithRetryStatusCodes()}
	if r.Keychain != nil {
		options = append(options, remote.WithAuthFromKeychain(r.Keychain))
	}
	if r.Transport != nil {
		options = append(options, remote.WithTransport(r.Transport))
	}
	got, err := remote.Head(ref, options...)
	if err == nil {
		return got.Digest.String(), true, nil
	}
	if ctx.Err() != nil {
		return "", false, fmt.Errorf("%s timed out: %w", ref.Context().RegistryStr(), ctx.Err())
	}
	return absent(ref, err)
}

// absent tells an image that is not there from a registry that does not say.
func absent(ref name.Reference, err error) (string, bool, error) {
	where := ref.Context().RegistryStr()
	var said *transport.Error
	if !errors.As(err, &said) {
		return "", false, fmt.Errorf("%s: %s", where, git.Printable(git.Redact(err.Error())))
	}
	switch said.StatusCode {
	case http.StatusNotFound:
		return "", false, nil
	case http.StatusUnauthorized, http.StatusForbidden:
		return "", false, fmt.Errorf("%s requires authentication for %s (HTTP %d); run docker login on this machine", where, ref.Context().RepositoryStr(), said.StatusCode)
	}
	return "", false, fmt.Errorf("%s returned HTTP %d", where, said.StatusCode)
}

var _ promoter.Registry = (*Registry)(nil)
