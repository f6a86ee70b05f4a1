package client

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/releases"
)

// AddRelease has the server write down that a release has come.
func (s Server) AddRelease(ctx context.Context, said releases.Said) (a releases.Added, err error) {
	data, err := json.Marshal(said)
	if err != nil {
		return a, err
	}
	body, err := s.send(ctx, ReleasesPath, nil, data)
	if err != nil {
		return a, err
	}
	if err := json.Unmarshal(body, &a); err != nil || a.Version != 1 {
		return a, fmt.Errorf("ask %s: its answer is none of a shopslo that takes releases (version %d, %v)", host.WithoutUser(s.address), a.Version, err)
	}
	return a, nil
}
