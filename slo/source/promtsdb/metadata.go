package promtsdb

import (
	"context"

	"github.com/shopslo/shopslo/slo/source/promseries"
)

// MetricType is what the targets that are being scraped say of a metric: counter, gauge,
// histogram, summary, unknown (they say nothing clear), or "" where none has said
// anything, as before Run. The series of a histogram or a summary, such as x_bucket and
// x_count of x, have its type.
func (d *DB) MetricType(ctx context.Context, name string) (string, error) {
	if err := d.usable(ctx); err != nil {
		return "", err
	}
	d.mu.Lock()
	runs := d.runs
	d.mu.Unlock()
	if runs == nil {
		return "", nil
	}
	return promseries.TypeOf(name, func(name string) (types []string, err error) {
		for _, pool := range runs.scrape.TargetsActive() {
			for _, target := range pool {
				if m, ok := target.GetMetadata(name); ok {
					types = append(types, string(m.Type))
				}
			}
		}
		return types, nil
	})
}
