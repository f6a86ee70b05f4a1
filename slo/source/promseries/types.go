package promseries

import "strings"

// TypeOf finds the type of a metric: counter, gauge, histogram, summary, unknown (what is
// said of it is unclear), or "" where nothing is known. ask gives the types that targets
// state for a metric of that name. Series of a histogram or a summary, such as x_bucket
// and x_count of x, have its type; OpenMetrics names a counter without _total.
func TypeOf(name string, ask func(name string) ([]string, error)) (string, error) {
	t, err := oneType(name, ask)
	if t != "" || err != nil {
		return t, err
	}
	for _, suffix := range []string{"_bucket", "_count", "_sum", "_total"} {
		family, ok := strings.CutSuffix(name, suffix)
		if !ok || family == "" {
			continue
		}
		t, err := oneType(family, ask)
		if err != nil {
			return "", err
		}
		switch {
		case suffix == "_total" && t == "counter", suffix != "_total" && t == "histogram",
			t == "summary" && (suffix == "_count" || suffix == "_sum"):
			return t, nil
		}
	}
	return "", nil
}

// oneType is the type that all agree on.
func oneType(name string, ask func(name string) ([]string, error)) (string, error) {
	types, err := ask(name)
	if err != nil || len(types) == 0 {
		return "", err
	}
	for _, t := range types[1:] {
		if t != types[0] {
			return "unknown", nil
		}
	}
	switch t := types[0]; t {
	case "counter", "gauge", "histogram", "summary":
		return t, nil
	case "gaugehistogram", "info", "stateset":
		return "gauge", nil
	}
	return "unknown", nil
}
