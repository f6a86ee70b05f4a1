package kube

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"

	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
)

// maxSecrets bounds the list of cluster Secrets, in bytes. One has some kilobytes, most
// of them certificates.
const maxSecrets = 64 << 20

// ArgoSecrets gives the clusters that an Argo CD knows by its cluster Secrets, in
// the namespace where it runs, by name. A Secret that cannot be used is left out,
// and among the faults; err says that they could not be listed at all.
func ArgoSecrets(ctx context.Context, at Cluster, namespace string) (clusters []Cluster, faults []error, err error) {
	secrets, err := listSecrets(ctx, at.Config, namespace)
	if err != nil {
		return nil, nil, fmt.Errorf("cluster %s: list Argo CD's cluster Secrets in namespace %s: %w", at.Name, namespace, err)
	}
	for i := range secrets {
		s := &secrets[i]
		one, err := s.cluster()
		if err != nil {
			faults = append(faults, fmt.Errorf("cluster %s: Secret %s/%s: %w", at.Name, s.Metadata.Namespace, s.Metadata.Name, err))
			continue
		}
		clusters = append(clusters, one)
	}
	slices.SortFunc(clusters, func(a, b Cluster) int { return cmp.Compare(a.Name, b.Name) })
	return clusters, faults, nil
}

// secret is what is read of a cluster Secret.
type secret struct {
	Metadata struct {
		Name      string `json:"name"`
		Namespace string `json:"namespace"`
	} `json:"metadata"`
	Data struct {
		Name   []byte `json:"name"`
		Server []byte `json:"server"`
		Config []byte `json:"config"`
	} `json:"data"`
}

// listSecrets asks for cluster Secrets. No error has a part of one.
func listSecrets(ctx context.Context, config *rest.Config, namespace string) ([]secret, error) {
	client, err := restClient(config, "/api", schema.GroupVersion{Version: "v1"})
	if err != nil {
		return nil, err
	}
	body, err := client.Get().Namespace(namespace).Resource("secrets").
		Param("labelSelector", "argocd.argoproj.io/secret-type=cluster").Stream(ctx)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxSecrets+1))
	switch {
	case err != nil:
		return nil, err
	case len(data) > maxSecrets:
		return nil, fmt.Errorf("the answer has more than %d MiB", maxSecrets>>20)
	}
	var list struct {
		Kind  string   `json:"kind"`
		Items []secret `json:"items"`
	}
	if json.Unmarshal(data, &list) != nil || list.Kind != "SecretList" {
		return nil, errors.New("the answer is no list of Secrets")
	}
	return list.Items, nil
}

// cluster reads a cluster Secret as Argo CD does. No error has a part of it.
func (s *secret) cluster() (Cluster, error) {
	server := string(s.Data.Server)
	if server == "" {
		return Cluster{}, errors.New("it has no server")
	}
	var c clusterConfig
	if data := s.Data.Config; len(data) > 0 {
		if err := json.Unmarshal(data, &c); err != nil {
			return Cluster{}, errors.New("its config is no JSON of a cluster's configuration") // err may quote it
		}
	}
	config, err := c.rest(server)
	if err != nil {
		return Cluster{}, errors.New("its config cannot be used; try it with argocd cluster get")
	}
	return Cluster{Name: cmp.Or(string(s.Data.Name), server), Config: config}, nil
}
