package kube

import (
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/go-logr/logr"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/clientcmd"
	"k8s.io/klog/v2"
)

// Kubeconfig gives the clusters of a kubeconfig's contexts, each named like its
// context; without names all of them. The error names the file and the context.
func Kubeconfig(file string, contexts ...string) ([]Cluster, error) {
	config, err := clientcmd.LoadFromFile(file)
	if err != nil {
		return nil, fmt.Errorf("kubeconfig %s: %w", file, err)
	}
	if len(contexts) == 0 {
		contexts = slices.Sorted(maps.Keys(config.Contexts))
	}
	var clusters []Cluster
	for _, name := range contexts {
		if config.Contexts[name] == nil {
			return nil, fmt.Errorf("kubeconfig %s: it has no context %q; it has %q", file, name, slices.Sorted(maps.Keys(config.Contexts)))
		}
		c, err := clientcmd.NewNonInteractiveClientConfig(*config, name, &clientcmd.ConfigOverrides{}, nil).ClientConfig()
		if err != nil {
			return nil, fmt.Errorf("kubeconfig %s: context %s: %w", file, name, err)
		}
		clusters = append(clusters, Cluster{Name: name, Config: c})
	}
	if len(clusters) == 0 {
		return nil, fmt.Errorf("kubeconfig %s: it has no context", file)
	}
	return clusters, nil
}

// InCluster gives the cluster that the program runs in as a pod.
func InCluster(name string) (Cluster, error) {
	c, err := rest.InClusterConfig()
	if err != nil {
		return Cluster{}, fmt.Errorf("the cluster that this runs in: %w", err)
	}
	return Cluster{Name: name, Config: c}, nil
}

// Quiet keeps the Kubernetes client from writing log lines of its own, for the
// whole program: what it complains of is in ClusterState. Only the first call does
// something, since a client may be at work by the second.
func Quiet() { quieted.Do(func() { klog.SetLogger(logr.Discard()) }) }

var quieted sync.Once
