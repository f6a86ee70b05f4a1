package fleetbench

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"
)

type object = map[string]any

// resource is one that an Application consists of.
type resource struct {
	group, version, kind string
	health               bool // Argo CD judges it
}

var resources = []resource{
	{"", "v1", "ConfigMap", false},
	{"", "v1", "Service", true},
	{"", "v1", "ServiceAccount", false},
	{"apps", "v1", "Deployment", true},
	{"autoscaling", "v2", "HorizontalPodAutoscaler", true},
	{"monitoring.coreos.com", "v1", "ServiceMonitor", false},
	{"networking.k8s.io", "v1", "NetworkPolicy", false},
	{"policy", "v1", "PodDisruptionBudget", true},
}

// historyLength is how many syncs Argo CD keeps.
const historyLength = 10

// JSON gives the i-th Application as an API server does: its shape is that of
// Applications that Argo CD 2.14 has synced from a kustomize overlay on a real API
// server, managed fields included.
func (f *Fleet) JSON(i int) []byte {
	f.mu.Lock()
	s, differ := f.states[i], f.outOfSync(i)
	f.mu.Unlock()
	a := app{f: f, i: i, set: i / len(components), component: components[i%len(components)], state: s, differ: differ}
	a.name, a.tier, a.health = f.shopSetName(a.set), tier(a.set), health(i)
	text, err := json.Marshal(a.object())
	if err != nil {
		panic(err) // maps of texts and numbers
	}
	return text
}

func health(i int) string {
	switch {
	case i%100 == 13:
		return "Degraded"
	case i%50 == 21:
		return "Progressing"
	}
	return "Healthy"
}

// app is an Application that is being written.
type app struct {
	f                       *Fleet
	i, set, tier, differ    int
	name, component, health string
	state                   state
}

// ago is a time before now's hour, so that only what changes moves.
func (a *app) ago(hours int) string {
	return a.state.compared.Truncate(24 * time.Hour).Add(-time.Duration(hours*3600+a.i%3600) * time.Second).UTC().Format(time.RFC3339)
}

func (a *app) source() object {
	return object{"path": "overlays/" + a.name + "/" + a.component, "repoURL": "https://git.example.com/platform/system.git", "targetRevision": "tier-" + strconv.Itoa(a.tier)}
}

func (a *app) destination() object {
	return object{"namespace": a.name, "server": "https://" + clusterName(a.f.cluster(a.set)) + ".example.com:6443"}
}

func (a *app) object() object {
	return object{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "Application",
		"metadata": object{
			"name": a.name + "-" + a.component, "namespace": "argocd", "generation": 700 + a.state.changes,
			"creationTimestamp": a.ago(4000), "resourceVersion": strconv.FormatInt(a.state.version, 10),
			"uid":           fmt.Sprintf("4c80aeb7-b193-4a8a-a1c4-%012x", a.i),
			"labels":        object{"shopset.dev/shopset": a.name, "shopset.dev/component": a.component},
			"annotations":   object{"notifications.argoproj.io/subscribe.on-sync-failed.slack": "releases"},
			"finalizers":    []string{"resources-finalizer.argocd.argoproj.io"},
			"managedFields": managed(a.ago(4000), a.state.compared.UTC().Format(time.RFC3339)),
		},
		"spec": object{
			"destination": a.destination(), "project": "default", "source": a.source(),
			"syncPolicy": object{"automated": object{"prune": true}, "syncOptions": []string{"CreateNamespace=true", "ServerSideApply=true"}},
		},
		"status": a.status(),
	}
}

// revision is the n-th before the one that the Tier's branch points to.
func (a *app) revision(n int) string { return a.f.revisions[len(a.f.revisions)-1-a.tier-n] }

func (a *app) status() object {
	s := object{
		"controllerNamespace": "argocd", "sourceType": "Kustomize", "sourceHydrator": object{},
		"health":       object{"status": a.health, "lastTransitionTime": a.ago(20)},
		"history":      a.history(),
		"reconciledAt": a.state.compared.UTC().Format(time.RFC3339),
		"resources":    a.resources(),
		"summary":      object{"images": a.images()},
		"sync": object{
			"status": a.sync(), "revision": a.revision(0),
			"comparedTo": object{"destination": a.destination(), "source": a.source()},
		},
		"operationState": a.operation(),
	}
	if unknown(a.i) {
		s["conditions"] = []object{{
			"type": "ComparisonError", "lastTransitionTime": a.ago(1),
			"message": "Failed to load target state: failed to generate manifest for source 1 of 1: rpc error: code = Unknown desc = `kustomize build <path to cached source>/overlays/" + a.name + "` failed exit status 1: accumulating resources",
		}}
	}
	return s
}

func (a *app) sync() string {
	switch {
	case unknown(a.i):
		return "Unknown"
	case a.differ > 0:
		return "OutOfSync"
	}
	return "Synced"
}

func (a *app) images() []string {
	tag := "v1." + strconv.Itoa(len(a.f.revisions)-a.tier)
	if a.i%150 == 3 {
		tag = "latest"
	}
	return []string{"registry.example.com/platform/" + a.component + ":" + tag, "registry.example.com/mirror/envoy:v1.34.1"}
}

func (a *app) history() []object {
	var all []object
	for n := historyLength - 1; n >= 0; n-- {
		all = append(all, object{
			"id": 40 - n, "revision": a.revision(n), "source": a.source(), "initiatedBy": object{"automated": true},
			"deployStartedAt": a.ago(30 + 24*n), "deployedAt": a.ago(30 + 24*n),
		})
	}
	return all
}

func (a *app) resources() []object {
	var all []object
	for n, r := range resources {
		o := object{"version": r.version, "kind": r.kind, "name": a.component, "namespace": a.name, "status": "Synced"}
		if r.group != "" {
			o["group"] = r.group
		}
		if n < a.differ {
			o["status"] = "OutOfSync"
		}
		if r.health {
			o["health"] = object{"status": "Healthy"}
		}
		if r.kind == "Deployment" {
			o["health"] = object{"status": a.health, "message": "Deployment \"" + a.component + "\" was looked at"}
		}
		all = append(all, o)
	}
	return all
}

func (a *app) operation() object {
	var results []object
	for _, r := range resources {
		results = append(results, object{
			"group": r.group, "version": r.version, "kind": r.kind, "name": a.component, "namespace": a.name,
			"status": "Synced", "hookPhase": "Running", "syncPhase": "Sync", "message": r.kind + "/" + a.component + " configured",
		})
	}
	return object{
		"phase": "Succeeded", "message": "successfully synced (all tasks run)", "startedAt": a.ago(30), "finishedAt": a.ago(30),
		"operation": object{
			"initiatedBy": object{"automated": true}, "retry": object{"limit": 5},
			"sync": object{"prune": true, "revision": a.revision(0), "syncOptions": []string{"CreateNamespace=true", "ServerSideApply=true"}},
		},
		"syncResult": object{"resources": results, "revision": a.revision(0), "source": a.source()},
	}
}

// managed are the fields that whoever made an Application, and Argo CD, have set.
func managed(made, compared string) []object {
	set := func(names ...string) object {
		o := object{}
		for _, n := range names {
			o["f:"+n] = object{}
		}
		return o
	}
	with := func(o object, name string, inner object) object { o["f:"+name] = inner; return o }
	source := func() object { return set("path", "repoURL", "targetRevision") }
	entry := func(manager, operation, at string, fields object) object {
		return object{"apiVersion": "argoproj.io/v1alpha1", "fieldsType": "FieldsV1", "fieldsV1": fields, "manager": manager, "operation": operation, "time": at}
	}
	spec := with(with(with(set("project"), "destination", set("namespace", "server")), "source", source()), "syncPolicy", set("automated", "syncOptions"))
	operation := with(with(set("finishedAt", "message", "phase", "startedAt"), "operation", set("initiatedBy", "retry", "sync")),
		"syncResult", with(set("resources", "revision"), "source", source()))
	status := set("controllerNamespace", "history", "reconciledAt", "resources", "sourceHydrator", "sourceType", "summary")
	with(with(status, "health", set("lastTransitionTime", "status")), "operationState", operation)
	with(status, "sync", with(set("revision", "status"), "comparedTo", with(with(object{}, "destination", set("namespace", "server")), "source", source())))
	return []object{
		entry("shopset-controller", "Apply", made, object{"f:metadata": object{"f:labels": set("shopset.dev/component", "shopset.dev/shopset")}, "f:spec": spec}),
		entry("argocd-application-controller", "Update", compared, object{"f:status": status}),
	}
}
