package monitors_test

import (
	"context"
	"encoding/json"
	"net/url"
)

// empty is an organization without monitors.
type empty struct{}

func (empty) Get(_ context.Context, _ string, _ url.Values, into any) error {
	return json.Unmarshal([]byte(`{"monitors": []}`), into)
}

func (empty) Send(context.Context, string, string, any, any) error { return nil }
