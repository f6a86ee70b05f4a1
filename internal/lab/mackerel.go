package lab

import (
	"context"
	"path/filepath"
)

// agentModule is Mackerel's agent, which runs the plugins.
var agentModule = toolModule{
	name: "mackerel-agent", ldflags: "-s -w",
	packages: map[string]string{"mackerel-agent": "github.com/mackerelio/mackerel-agent"},
}

// mkrModule is Mackerel's command line, which installs plugins.
var mkrModule = toolModule{
	name: "mkr", ldflags: "-s -w",
	packages: map[string]string{"mkr": "github.com/mackerelio/mkr"},
}

// Mkr gives the path of mkr, and builds it first where the cache lacks it. An empty
// root is the module around the working folder.
func Mkr(ctx context.Context, root string, log func(string)) (string, error) {
	root, err := moduleRoot(root)
	if err != nil {
		return "", err
	}
	dir, err := mkrModule.build(ctx, root, log)
	return filepath.Join(dir, "mkr"), err
}

// MackerelAgent gives the path of mackerel-agent, and builds it first where the cache
// lacks it. An empty root is the module around the working folder.
func MackerelAgent(ctx context.Context, root string, log func(string)) (string, error) {
	root, err := moduleRoot(root)
	if err != nil {
		return "", err
	}
	dir, err := agentModule.build(ctx, root, log)
	return filepath.Join(dir, "mackerel-agent"), err
}
