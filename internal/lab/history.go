package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"time"
)

// Deployment is a Release that Argo CD has applied.
type Deployment struct {
	Release string // the app repository's commit
	// Begun and Done say when it was applied, to the second.
	Begun, Done time.Time
}

// Deployments are the Releases that Argo CD says it has applied to one component of a
// ShopSet, the oldest first: its Application's history, which holds the last ten. A
// Release that changes nothing of the component is none of them.
func (l *Lab) Deployments(ctx context.Context, cluster, shopSet, component string) ([]Deployment, error) {
	argo, err := l.argoOf(cluster)
	if err != nil {
		return nil, err
	}
	out, err := l.Kubectl(ctx, argo.home.name, "get", "applications.argoproj.io", shopSet+"-"+component, "--namespace", ArgoCDNamespace, "-o", "json")
	if err != nil {
		return nil, err
	}
	history, err := decodeHistory([]byte(out))
	if err != nil {
		return nil, fmt.Errorf("read the history of %s-%s: %w", shopSet, component, err)
	}
	var list []Deployment
	for _, h := range history {
		release, err := l.Repos.Git(ctx, l.Repos.SystemDir, "rev-parse", h.Revision+":"+submodule)
		if err != nil {
			return nil, err
		}
		list = append(list, Deployment{Release: release, Begun: h.Begun, Done: h.Done})
	}
	return list, nil
}

// applied is an entry of an Application's history.
type applied struct {
	Revision string    `json:"revision"` // the system repository's commit
	Begun    time.Time `json:"deployStartedAt"`
	Done     time.Time `json:"deployedAt"`
}

func decodeHistory(data []byte) ([]applied, error) {
	var application struct {
		Status struct {
			History []applied `json:"history"`
		} `json:"status"`
	}
	err := json.Unmarshal(data, &application)
	return application.Status.History, err
}
