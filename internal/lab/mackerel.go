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
