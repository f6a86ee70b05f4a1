package shopslo

import (
	"fmt"
	"net/http"
	"net/url"

	"github.com/shopslo/shopslo/internal/nearest"
)

// checkParameters refuses a query of which a part would not count, so that another
// question would be answered: a parameter that is unknown, empty, there twice, or cannot
// be decoded.
func checkParameters(r *http.Request, known ...string) error {
	q, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil {
		return fmt.Errorf("the query cannot be read: %w; encode the values of its parameters", err)
	}
	allowed := map[string]bool{}
	for _, name := range known {
		allowed[name] = true
		switch values := q[name]; {
		case len(values) > 1:
			return fmt.Errorf("%s is given %d times; give it once", name, len(values))
		case len(values) == 1 && values[0] == "":
			return fmt.Errorf("%s is empty; give it a value, or leave it out", name)
		}
	}
	for name := range q {
		if !allowed[name] {
			return fmt.Errorf("unknown parameter %.100q%s; it may be of another version of shopslo than this server", name, nearest.Hint(name, known))
		}
	}
	return nil
}
