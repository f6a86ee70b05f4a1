package kube

import (
	"context"
	"encoding/json"
	"errors"
	"reflect"
	"sync"
	"time"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application"
	apierrors "k8s.io/apimachinery/pkg/api/errors"
	"k8s.io/client-go/rest"
)

// askProjects is how often AppProjects are read: their windows begin at a minute.
const askProjects = time.Minute

// maxProjects bounds the list of AppProjects, and the settings of Argo CD, in bytes.
const maxProjects = 64 << 20

// projects holds the sync windows of a cluster's AppProjects.
type projects struct {
	mu     sync.Mutex
	known  bool // they were read
	whole  bool // and so was what they inherit
	read   map[place][]window
	named  map[string][]place      // the same by name
	states map[place][]windowState // as they are in the minute
	minute time.Time
	told   map[place][]windowState // as they were when it was last read
}

// place is where a project is: those of two Argo CDs may have one name.
type place struct{ namespace, name string }

// of gives the windows of the project of an Application as they are now. It is in the
// Application's namespace, or in that of the Argo CD that looks after others. Not known:
// they, or those that it inherits, could not be read, or several Argo CDs have such a project.
func (p *projects) of(at place, now time.Time) (windows []windowState, known bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.judge(now)
	known = p.known && p.whole
	if _, there := p.states[at]; there {
		return p.states[at], known
	}
	switch there := p.named[at.name]; len(there) {
	case 0:
		return nil, known
	case 1:
		return p.states[there[0]], known
	}
	return nil, false
}

// judge finds out which windows are open, once in a minute.
func (p *projects) judge(now time.Time) {
	minute := now.Truncate(time.Minute)
	if minute.Equal(p.minute) {
		return
	}
	p.minute, p.states = minute, make(map[place][]windowState, len(p.read))
	for at, windows := range p.read {
		p.states[at] = statesOf(windows, now)
	}
}

// take takes what was read, and gives the projects of which other windows are open now
// than when it was last called, or there are others. first: more than that has changed, since
// they were never read, or whether all is known is another thing.
func (p *projects) take(read map[place][]window, whole bool, now time.Time) (changed map[string]bool, first bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	first, p.known, p.whole = !p.known || p.whole != whole, true, whole
	p.read, p.named, p.minute = read, map[string][]place{}, time.Time{}
	for at := range read {
		p.named[at.name] = append(p.named[at.name], at)
	}
	p.judge(now)
	changed = map[string]bool{}
	for _, all := range []map[place][]windowState{p.states, p.told} {
		for at := range all {
			_, is := p.states[at]
			if _, was := p.told[at]; is != was || !reflect.DeepEqual(p.states[at], p.told[at]) {
				changed[at.name] = true
			}
		}
	}
	p.told = p.states
	return changed, first
}

// watchProjects reads the AppProjects, and which of them others inherit from, again and
// again. They are asked for beside all else: where that is refused, nothing but sync windows
// is not known.
func (c *cluster) watchProjects(ctx context.Context) {
	told := map[string]bool{}
	tell := func(text string, err error) {
		if err != nil && !told[text] {
			told[text] = true
			c.log.Info(text, "error", oneLine(err.Error()))
		}
	}
	for {
		all, err := listProjects(ctx, c.plain, c.namespace)
		from, fault, unknown := globals(nil), error(nil), error(nil)
		if err == nil {
			from, fault, unknown = listGlobals(ctx, c.core, c.namespace)
		}
		if ctx.Err() != nil {
			return
		}
		if !apierrors.IsNotFound(err) {
			tell("sync windows are not known: AppProjects cannot be read (deploy/rbac grants it)", err)
		}
		tell("sync windows that AppProjects inherit are not known: the ConfigMap argocd-cm cannot be read (deploy/rbac grants it)", unknown)
		tell("Argo CD cannot use its setting of global AppProjects", fault)
		if err == nil {
			if changed, first := c.projects.take(inherited(all, from), unknown == nil, c.now()); len(changed) > 0 || first {
				c.store.touchProjects(changed, first)
				c.changed()
			}
		}
		select {
		case <-ctx.Done():
			return
		case <-time.After(askProjects):
		}
	}
}

func listProjects(ctx context.Context, client *rest.RESTClient, namespace string) ([]project, error) {
	data, err := bounded(ctx, client.Get().NamespaceIfScoped(namespace, namespace != "").Resource(application.AppProjectPlural))
	if err != nil {
		return nil, err
	}
	var list struct {
		Kind  string    `json:"kind"`
		Items []project `json:"items"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, err
	}
	if list.Kind != application.AppProjectKind+"List" {
		return nil, errors.New("the answer is no list of AppProjects")
	}
	return list.Items, nil
}
