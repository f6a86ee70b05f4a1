package main

import (
	"context"
	"log/slog"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/exporters/shopset"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/fleet/kube"
)

// openClusters makes the watch of all clusters that the flags name, in which known has what
// is known of fleet and git. That one cannot be reached is no error.
func (p *program) openClusters(ctx context.Context, f *flags, log *slog.Logger, known kube.Config) (*kube.Watcher, error) {
	kube.Quiet()
	mapping, err := kube.NewMapping(f.label, f.name, f.path)
	if err != nil {
		return nil, err
	}
	var all []kube.Cluster
	if f.kubeconfig != "" {
		if all, err = kube.Kubeconfig(f.kubeconfig, f.contexts...); err != nil {
			return nil, err
		}
	}
	if f.inCluster != "" {
		own, err := kube.InCluster(f.inCluster)
		if err != nil {
			return nil, err
		}
		all = append(all, own)
	}
	if f.argoSecrets {
		for _, at := range all[:len(all):len(all)] {
			more, faults, err := kube.ArgoSecrets(ctx, at, f.argoNamespace)
			if err != nil {
				// That one's Applications are read all the same: only of which other clusters it
				// knows, nothing is known.
				log.Error("clusters of an Argo CD are not known, and not read, until it is asked again by a restart; grant the right (deploy/rbac/cluster-secrets.yaml)",
					"cluster", at.Name, "error", err)
				known.SecretsRefused = append(known.SecretsRefused, at.Name)
			}
			for _, fault := range faults {
				log.Warn("a cluster Secret cannot be used", "error", fault)
			}
			all = append(all, others(more, all)...)
		}
	}
	known.Mapping, known.Namespace, known.Resources, known.Parts = mapping, f.argoNamespace, f.resources, f.applications
	known.MaxAge, known.Grace, known.Now, known.Log = f.maxAge, f.grace, p.now, log
	return kube.New(known, all)
}

// own is the address under which a cluster Secret means the cluster that it is in.
const own = "https://kubernetes.default.svc"

// others leaves out the clusters that are read already: an Argo CD may know the
// cluster that it runs in by a Secret, too, and its Applications count once.
func others(found, read []kube.Cluster) []kube.Cluster {
	address := func(c kube.Cluster) string { return strings.TrimRight(c.Config.Host, "/") }
	return slices.DeleteFunc(found, func(c kube.Cluster) bool {
		return address(c) == own || slices.ContainsFunc(read, func(r kube.Cluster) bool { return address(r) == address(c) })
	})
}

// placed makes Unknown what was seen of ShopSets whose FailureDomain is a cluster that
// is lost, although another cluster's Argo CD manages them: that one goes on saying
// what it saw last, with a fresh time stamp.
func placed(f *fleet.Fleet, lost map[string]string, seen []fleet.Observation) []fleet.Observation {
	for i := range seen {
		set, known := f.ShopSet(seen[i].ShopSet)
		reason, gone := lost[string(set.FailureDomain)]
		if !known || !gone || seen[i].Source == string(set.FailureDomain) {
			continue // it is as kube says
		}
		u := fleet.Unknown(seen[i].ShopSet, reason)
		u.Source, u.DriftedSince, u.DriftEvents = seen[i].Source, seen[i].DriftedSince, seen[i].DriftEvents
		seen[i] = u
	}
	return seen
}

// clusterHealth is how the clusters are doing, as the exporter tells it.
func clusterHealth(states []kube.ClusterState) []shopset.ClusterHealth {
	var all []shopset.ClusterHealth
	for _, s := range states {
		all = append(all, shopset.ClusterHealth{
			Name: s.Name, Up: s.Loaded && s.Err == nil, Reached: s.Reached, WatchErrors: s.Failures,
			Applications: s.Applications, Strangers: s.Strangers, Faulty: s.Faulty,
			Faults: s.Faults, Changes: s.Changes, ListTook: s.ListTook, SecretsRefused: s.SecretsRefused, Compared: s.Compared,
		})
	}
	return all
}
