package kube

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"sync"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/go-logr/logr"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/client-go/kubernetes"
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

// ArgoSecrets gives the clusters that an Argo CD knows by its cluster Secrets, in
// the namespace where it runs, by name. A Secret that cannot be used is left out,
// and among the faults; err says that they could not be listed at all.
func ArgoSecrets(ctx context.Context, at Cluster, namespace string) (clusters []Cluster, faults []error, err error) {
	c, err := kubernetes.NewForConfig(at.Config)
	if err != nil {
		return nil, nil, fmt.Errorf("cluster %s: %w", at.Name, err)
	}
	secrets, err := c.CoreV1().Secrets(namespace).List(ctx, metav1.ListOptions{LabelSelector: "argocd.argoproj.io/secret-type=cluster"})
	if err != nil {
		return nil, nil, fmt.Errorf("cluster %s: list Argo CD's cluster Secrets in namespace %s: %w", at.Name, namespace, err)
	}
	for i := range secrets.Items {
		s := &secrets.Items[i]
		one, err := fromSecret(s)
		if err != nil {
			faults = append(faults, fmt.Errorf("cluster %s: Secret %s/%s: %w", at.Name, s.Namespace, s.Name, err))
			continue
		}
		clusters = append(clusters, one)
	}
	slices.SortFunc(clusters, func(a, b Cluster) int { return cmp.Compare(a.Name, b.Name) })
	return clusters, faults, nil
}

// fromSecret reads a cluster Secret as Argo CD does. No error has a part of it.
func fromSecret(s *corev1.Secret) (Cluster, error) {
	c := v1alpha1.Cluster{Name: string(s.Data["name"]), Server: string(s.Data["server"])}
	if c.Server == "" {
		return Cluster{}, fmt.Errorf("it has no server")
	}
	if c.Name == "" {
		c.Name = c.Server
	}
	if data := s.Data["config"]; len(data) > 0 {
		if err := json.Unmarshal(data, &c.Config); err != nil {
			return Cluster{}, fmt.Errorf("its config is no JSON of a cluster's configuration") // err may quote it
		}
	}
	config, err := c.RawRestConfig()
	if err != nil {
		return Cluster{}, fmt.Errorf("its config cannot be used; try it with argocd cluster get")
	}
	return Cluster{Name: c.Name, Config: config}, nil
}

// Quiet keeps the Kubernetes client from writing log lines of its own, for the
// whole program: what it complains of is in ClusterState. Only the first call does
// something, since a client may be at work by the second.
func Quiet() { quieted.Do(func() { klog.SetLogger(logr.Discard()) }) }

var quieted sync.Once
