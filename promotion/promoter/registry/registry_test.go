package registry

import (
	"context"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

// server is a real registry, in this process, with one image in it.
func server(t *testing.T, around func(http.Handler) http.Handler) (host, digest string) {
	t.Helper()
	handler := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	open := httptest.NewServer(handler)
	t.Cleanup(open.Close)
	u, _ := url.Parse(open.URL)
	ref, err := name.ParseReference(u.Host + "/shop/cart:1.2.3")
	if err != nil {
		t.Fatal(err)
	}
	image, err := random.Image(64, 1)
	if err != nil {
		t.Fatal(err)
	}
	if err := remote.Write(ref, image); err != nil {
		t.Fatal(err)
	}
	id, err := image.Digest()
	if err != nil {
		t.Fatal(err)
	}
	guarded := httptest.NewServer(around(handler))
	t.Cleanup(guarded.Close)
	u, _ = url.Parse(guarded.URL)
	return u.Host, id.String()
}

func TestARegistryIsAskedForAnImage(t *testing.T) {
	heads := 0
	host, digest := server(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if strings.Contains(r.URL.Path, "/manifests/") && r.Method == http.MethodHead {
				heads++
			}
			h.ServeHTTP(w, r)
		})
	})
	for image, want := range map[string]bool{
		"/shop/cart:1.2.3":                              true,
		"/shop/cart@" + digest:                          true,
		"/shop/cart:1.2.3@" + digest:                    true,
		"/shop/cart:1.2.4":                              false,
		"/shop/other:1.2.3":                             false,
		"/shop/cart@sha256:" + strings.Repeat("0", 64):  false,
		"/shop/other@sha256:" + strings.Repeat("0", 64): false,
	} {
		got, ok, err := (&Registry{}).Stored(context.Background(), host+image)
		if err != nil || ok != want || ok && got != digest {
			t.Errorf("%s: %q, %v, %v", image, got, ok, err)
		}
	}
	if heads != 7 {
		t.Errorf("%d HEAD requests, want one for each image", heads)
	}
}

func TestWhatARegistryDoesNotSayIsNotKnown(t *testing.T) {
	for name, c := range map[string]struct {
		around func(http.Handler) http.Handler
		want   string
	}{
		"it asks for a user": {func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
				w.WriteHeader(http.StatusUnauthorized)
			})
		}, "docker login"},
		"it fails": {func(http.Handler) http.Handler {
			return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) })
		}, "HTTP 502"},
		"it does not answer": {func(http.Handler) http.Handler {
			return http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
		}, "timed out"},
	} {
		t.Run(name, func(t *testing.T) {
			host, _ := server(t, c.around)
			_, ok, err := (&Registry{Timeout: 300 * time.Millisecond}).Stored(context.Background(), host+"/shop/cart:1.2.3")
			if ok || err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), host) {
				t.Errorf("%v, %v", ok, err)
			}
		})
	}
	for _, image := range []string{"", "127.0.0.1:1/shop/cart:1", "UPPER/x:1", "a b"} {
		if _, ok, err := (&Registry{Timeout: 5 * time.Second}).Stored(context.Background(), image); ok || err == nil {
			t.Errorf("%q: %v, %v", image, ok, err)
		}
	}
}

// keys is a Keychain with one user.
type keys struct{}

func (keys) Resolve(authn.Resource) (authn.Authenticator, error) {
	return &authn.Basic{Username: "shop", Password: "hunter2"}, nil
}

func TestAUserIsKnownAndThePasswordIsInNoError(t *testing.T) {
	host, digest := server(t, func(h http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if user, password, _ := r.BasicAuth(); user != "shop" || password != "hunter2" {
				w.Header().Set("WWW-Authenticate", `Basic realm="x"`)
				w.WriteHeader(http.StatusUnauthorized)
				return
			}
			h.ServeHTTP(w, r)
		})
	})
	got, ok, err := (&Registry{Keychain: keys{}}).Stored(context.Background(), host+"/shop/cart:1.2.3")
	if got != digest || !ok || err != nil {
		t.Errorf("%q, %v, %v", got, ok, err)
	}
	denied, _ := server(t, func(http.Handler) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusForbidden) })
	})
	if _, _, err := (&Registry{Keychain: keys{}}).Stored(context.Background(), denied+"/shop/cart:1"); err == nil || strings.Contains(err.Error(), "hunter2") {
		t.Errorf("error %v", err)
	}
}
