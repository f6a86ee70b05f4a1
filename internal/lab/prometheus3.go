package lab

import (
	"context"
	"path/filepath"
)

// prometheusModule is Prometheus 3.6: Debian's is of version 2.
var prometheusModule = toolModule{
	name: "prometheus", ldflags: "-s -w -X github.com/prometheus/common/version.Version=3.6.0",
	packages: map[string]string{"prometheus": "github.com/prometheus/prometheus/cmd/prometheus"},
}

// Prometheus3 gives the path of Prometheus 3.6, and builds it first where the cache lacks
// it. It has no web pages. An empty root is the module around the working folder.
func Prometheus3(ctx context.Context, root string, log func(string)) (string, error) {
	root, err := moduleRoot(root)
	if err != nil {
		return "", err
	}
	dir, err := prometheusModule.build(ctx, root, log)
	return filepath.Join(dir, "prometheus"), err
}
