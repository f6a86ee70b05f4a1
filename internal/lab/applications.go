package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"time"
)

// Application is what Argo CD says of one component of one ShopSet.
type Application struct {
	Name         string
	Cluster      string // where the Application is; with a Central layout not where its ShopSet is
	ShopSet      string
	Component    string
	Sync, Health string // Argo CD's words; empty before it looked
	Revision     string // the system repository's commit that it compared with
	ReconciledAt time.Time
	Conditions   []string // what is wrong, as type and message
}

// Settled tells whether Argo CD found the Application as it should be.
func (a Application) Settled() bool { return a.Sync == "Synced" && a.Health == "Healthy" }

// Applications reads those of one cluster's Argo CD, by name. There are none where
// another cluster's manages this one.
func (l *Lab) Applications(ctx context.Context, cluster string) ([]Application, error) {
	c, err := l.cluster(cluster)
	if err != nil || c.argo == nil {
		return nil, err
	}
	out, err := l.Kubectl(ctx, cluster, "get", "applications.argoproj.io", "--namespace", ArgoCDNamespace, "-o", "json")
	if err != nil {
		return nil, err
	}
	return decodeApplications(cluster, []byte(out))
}

func decodeApplications(cluster string, data []byte) ([]Application, error) {
	var list struct {
		Items []struct {
			Metadata struct {
				Name   string            `json:"name"`
				Labels map[string]string `json:"labels"`
			} `json:"metadata"`
			Status struct {
				Sync struct {
					Status   string `json:"status"`
					Revision string `json:"revision"`
				} `json:"sync"`
				Health struct {
					Status string `json:"status"`
				} `json:"health"`
				ReconciledAt time.Time `json:"reconciledAt"`
				Conditions   []struct {
					Type    string `json:"type"`
					Message string `json:"message"`
				} `json:"conditions"`
			} `json:"status"`
		} `json:"items"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, fmt.Errorf("read the Applications of %s: %w", cluster, err)
	}
	var apps []Application
	for _, i := range list.Items {
		a := Application{
			Name: i.Metadata.Name, Cluster: cluster,
			ShopSet: i.Metadata.Labels["shopset.dev/shopset"], Component: i.Metadata.Labels["shopset.dev/component"],
			Sync: i.Status.Sync.Status, Health: i.Status.Health.Status,
			Revision: i.Status.Sync.Revision, ReconciledAt: i.Status.ReconciledAt,
		}
		for _, c := range i.Status.Conditions {
			a.Conditions = append(a.Conditions, c.Type+": "+c.Message)
		}
		apps = append(apps, a)
	}
	return apps, nil
}

// Refresh asks Argo CD to look at the repositories and all Applications at once, as
// its page's button does, and as it does by itself after Options.Resync.
func (l *Lab) Refresh(ctx context.Context) error {
	return together(each(l.clusters, func(c *cluster) error {
		if c.argo == nil {
			return nil
		}
		_, err := l.Kubectl(ctx, c.name, "annotate", "applications.argoproj.io", "--namespace", ArgoCDNamespace, "--all", "--overwrite", "argocd.argoproj.io/refresh=normal")
		return err
	})...)
}

// waitSynced waits until every Application is Synced to its Tier's system branch as
// it is now, and Healthy. It does not ask Argo CD for anything: see Refresh. The
// error says what is missing.
func (l *Lab) waitSynced(ctx context.Context) error {
	want := map[string]string{} // system commit by ShopSet
	for _, s := range l.Fleet.ShopSets() {
		_, system, err := l.Repos.Deployed(ctx, s.Tier)
		if err != nil {
			return err
		}
		want[string(s.Name)] = system
	}
	for {
		open, err := l.unsettled(ctx, want)
		if err == nil && len(open) == 0 {
			return nil
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w; not synced:\n%s", errors.Join(context.Cause(ctx), err), strings.Join(open, "\n"))
		case <-time.After(500 * time.Millisecond):
		}
	}
}

// unsettled lists the Applications that are not yet as wanted.
func (l *Lab) unsettled(ctx context.Context, want map[string]string) ([]string, error) {
	found, open := 0, []string(nil)
	for _, c := range l.clusters {
		apps, err := l.Applications(ctx, c.name)
		if err != nil {
			return open, err
		}
		found += len(apps)
		for _, a := range apps {
			if !a.Settled() || a.Revision != want[a.ShopSet] {
				open = append(open, fmt.Sprintf("%s in %s: %q, %q at %.8s, want %.8s %s",
					a.Name, a.Cluster, a.Sync, a.Health, a.Revision, want[a.ShopSet], strings.Join(a.Conditions, "; ")))
			}
		}
	}
	expected := 0
	for _, s := range l.Fleet.ShopSets() {
		expected += len(s.Components)
	}
	if found != expected {
		open = append(open, fmt.Sprintf("%d Applications, want %d", found, expected))
	}
	return open, nil
}

// Version is what runs: the version of a ShopSet's component in its cluster.
func (l *Lab) Version(ctx context.Context, shopSet, component string) (string, error) {
	for _, s := range l.Fleet.ShopSets() {
		if string(s.Name) == shopSet {
			return l.Kubectl(ctx, string(s.FailureDomain), "get", "configmap", component, "--namespace", shopSet, "-o", "jsonpath={.data.version}")
		}
	}
	return "", fmt.Errorf("lab: there is no ShopSet %q", shopSet)
}
