package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"
	"sync"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
)

// askProjects is how often AppProjects are read: their windows begin at a minute.
const askProjects = time.Minute

// maxProjects bounds the list of AppProjects, in bytes.
const maxProjects = 64 << 20

// projects holds the sync windows of a cluster's AppProjects.
type projects struct {
	mu     sync.Mutex
	known  bool // they were read
	read   map[string][]window
	states map[string][]windowState // as they are in the minute
	minute time.Time
	told   map[string][]windowState // as they were when it was last read
}

// of gives the windows of a project as they are now. Not known: they could not be read.
func (p *projects) of(project string, now time.Time) (windows []windowState, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.judge(now)
	return p.states[project], p.known
}

// judge finds out which windows are open, once in a minute.
func (p *projects) judge(now time.Time) {
	minute := now.Truncate(time.Minute)
	if minute.Equal(p.minute) {
		return
	}
	p.minute, p.states = minute, make(map[string][]windowState, len(p.read))
	for name, windows := range p.read {
		p.states[name] = statesOf(windows, now)
	}
}

// take takes what was read, and gives the projects of which other windows are open now
// than when it was last called, or there are others.
func (p *projects) take(read map[string][]window, now time.Time) (changed map[string]bool, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first, p.known = !p.known, true
	p.read, p.minute = read, time.Time{}
	p.judge(now)
	changed = map[string]bool{}
	for _, all := range []map[string][]windowState{p.states, p.told} {
		for name := range all {
			if !reflect.DeepEqual(p.states[name], p.told[name]) {
				changed[name] = true
			}
		}
	}
	p.told = p.states
	return changed, first
}

// watchProjects reads the AppProjects again and again. They are asked for beside all else:
// where that is refused, nothing but sync windows is not known.
func (c *cluster) watchProjects(ctx context.Context) {
	told := false
	for {
		read, err := listProjects(ctx, c.plain, c.namespace)
		switch {
		case ctx.Err() != nil:
			return
		case err == nil:
			if changed, first := c.projects.take(read, c.now()); len(changed) > 0 || first {
				c.store.touchProjects(changed, first)
				c.changed()
			}
		case !told && !apierrors.IsNotFound(err):
			told = true
			c.log.Info("sync windows are not known: AppProjects cannot be read (deploy/rbac grants it)", "error", oneLine(err.Error()))
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(askProjects):
		}
	}
}

func listProjects(ctx context.Context, client *rest.RESTClient, namespace string) (map[string][]window, error) {
	within, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	body, err := client.Get().NamespaceIfScoped(namespace, namespace != "").Resource(application.AppProjectPlural).Stream(within)
	if err != nil {
		return nil, err
	}
	defer body.Close()
	data, err := io.ReadAll(io.LimitReader(body, maxProjects+1))
	if err != nil {
		return nil, err
	}
	if len(data) > maxProjects {
		return nil, fmt.Errorf("the answer has more than %d MiB", maxProjects>>20)
	}
	var list struct {
		Kind  string `json:"kind"`
		Items []struct {
			Metadata struct {
				Name string `json:"name"`
			} `json:"metadata"`
			Spec struct {
				Windows []window `json:"syncWindows"`
			} `json:"spec"`
		} `json:"items"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	if list.Kind != application.AppProjectKind+"List" {
		return nil, errors.New("the answer is no list of AppProjects")
	}
	out := map[string][]window{}
	for _, p := range list.Items {
		if len(p.Spec.Windows) > 0 {
			out[p.Metadata.Name] = p.Spec.Windows
		}
	}
	return out, nil
}
