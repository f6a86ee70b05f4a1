package main

import (
	"context"
	"fmt"
	"log/slog"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

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
		all, known.SecretsRefused = p.bySecrets(ctx, f, log, all)
	}
	known.Mapping, known.Namespace, known.Resources, known.Parts = mapping, f.argoNamespace, f.resources, f.applications
	known.MaxAge, known.Grace, known.Now, known.Log = f.maxAge, f.grace, p.now, log
	return kube.New(known, all)
}

// leastSecretsTimeout is how long cluster Secrets are waited for at least, with a grace that
// is shorter.
const leastSecretsTimeout = 5 * time.Second

// bySecrets adds the clusters that those of all know by cluster Secrets. Which of them do not
// tell is among refused: their Applications are read all the same, and only of which other
// clusters they know, nothing is known.
func (p *program) bySecrets(ctx context.Context, f *flags, log *slog.Logger, all []kube.Cluster) (more []kube.Cluster, refused []string) {
	type answer struct {
		clusters []kube.Cluster
		faults   []error
		err      error
	}
	within, cancel := context.WithTimeout(ctx, max(f.grace, leastSecretsTimeout))
	defer cancel()
	answers := make([]answer, len(all))
	var asking sync.WaitGroup
	for i, at := range all {
		asking.Go(func() {
			a := &answers[i]
			a.clusters, a.faults, a.err = kube.ArgoSecrets(within, at, f.argoNamespace)
		})
	}
	asking.Wait()
	for i, a := range answers {
		if a.err != nil {
			log.Error("clusters of an Argo CD are not known, and not read, until it is asked again by a restart; grant the right (deploy/rbac/cluster-secrets.yaml)",
				"cluster", all[i].Name, "error", a.err)
			refused = append(refused, all[i].Name)
		}
		for _, fault := range a.faults {
			log.Warn("a cluster Secret cannot be used", "error", fault)
		}
	}
	more = all[:len(all):len(all)]
	for i, a := range answers {
		for _, one := range others(a.clusters, all) {
			switch same := slices.IndexFunc(more, func(c kube.Cluster) bool { return c.Name == one.Name || address(c) == address(one) }); {
			case same < 0:
				more = append(more, one)
			case address(more[same]) != address(one):
				log.Error("a cluster of a cluster Secret is not read: another one has its name; give it a name of its own", "cluster", one.Name, "argocd", all[i].Name)
				refused = append(refused, all[i].Name)
			}
		}
	}
	return more, refused
}

// own is the address under which a cluster Secret means the cluster that it is in.
const own = "https://kubernetes.default.svc"

// others leaves out the clusters that are read already: an Argo CD may know the
// cluster that it runs in by a Secret, too, and its Applications count once.
func others(found, read []kube.Cluster) []kube.Cluster {
	return slices.DeleteFunc(found, func(c kube.Cluster) bool {
		return address(c) == own || slices.ContainsFunc(read, func(r kube.Cluster) bool { return address(r) == address(c) })
	})
}

func address(c kube.Cluster) string { return strings.TrimRight(c.Config.Host, "/") }

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

// unseen gives the ShopSets that nothing was seen of, where some clusters are lost: they may be
// in one of these. That of their FailureDomain's name is named before others.
func unseen(f *fleet.Fleet, lost map[string]string, seen []fleet.Observation) []fleet.Observation {
	if len(lost) == 0 {
		return seen
	}
	there := make(map[fleet.ShopSetName]bool, len(seen))
	for i := range seen {
		there[seen[i].ShopSet] = true
	}
	first := slices.Min(slices.Collect(maps.Keys(lost)))
	for _, set := range f.ShopSets() {
		if there[set.Name] {
			continue
		}
		reason, own := lost[string(set.FailureDomain)]
		switch {
		case own:
		case len(lost) > 1:
			reason = fmt.Sprintf("nothing was seen of it; %s; and others, %d in all", lost[first], len(lost))
		default:
			reason = "nothing was seen of it; " + lost[first]
		}
		seen = append(seen, fleet.Unknown(set.Name, reason))
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
