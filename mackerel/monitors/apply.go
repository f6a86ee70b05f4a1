package monitors

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/url"

	"github.com/shopslo/shopslo/internal/mackerelhttp"
	"github.com/shopslo/shopslo/slo"
)

// Apply does what a plan says, in its order, and tells done of each change that is made.
// Before it deletes, it reads the monitor once more, and leaves it where it is no longer
// ours. It stops at the first error that says that Mackerel cannot be reached; what was
// sent then may be done or not, and the next plan shows it: a monitor is created only
// where none of that name is there.
func (p *Plan) Apply(ctx context.Context, m Mackerel, done func(Change)) error {
	var errs error
	for _, c := range p.Changes {
		var err error
		switch c.Action {
		case Create:
			err = m.Send(ctx, http.MethodPost, "/api/v0/monitors", c.want, nil)
		case Update, Adopt:
			err = m.Send(ctx, http.MethodPut, "/api/v0/monitors/"+url.PathEscape(c.ID), c.want, nil)
		case Delete:
			err = p.delete(ctx, m, c)
		default:
			continue
		}
		if err == nil {
			done(c)
			continue
		}
		errs = errors.Join(errs, fmt.Errorf("%s monitor %q: %w", c.Action, c.Name, err))
		if errors.Is(err, slo.ErrUnavailable) || ctx.Err() != nil {
			break
		}
	}
	return errs
}

func (p *Plan) delete(ctx context.Context, m Mackerel, c Change) error {
	var now struct {
		Monitor struct {
			Memo string `json:"memo"`
		} `json:"monitor"`
	}
	path := "/api/v0/monitors/" + url.PathEscape(c.ID)
	err := m.Get(ctx, path, nil, &now)
	if mackerelhttp.Refused(err, http.StatusNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	if _, owner, _, _ := unmark(now.Monitor.Memo); owner != p.Owner {
		return errors.New("its mark is gone since the plan was made: it is not ours any more, and stays")
	}
	err = m.Send(ctx, http.MethodDelete, path, struct{}{}, nil)
	if mackerelhttp.Refused(err, http.StatusNotFound) {
		return nil
	}
	return err
}
