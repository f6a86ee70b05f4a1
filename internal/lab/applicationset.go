package lab

import (
	"context"
	"encoding/json"
	"fmt"
	"net/http"
	"path/filepath"
	"time"
)

// startApplicationSets starts the ApplicationSet controller and has it make the
// Applications. It leaves their syncPolicy as people set it, and their owner is the
// ApplicationSet: whoever deletes one sees it come back.
func (a *argoCD) startApplicationSets(ctx context.Context) error {
	l, name := a.home.lab, a.home.name
	if _, err := l.Kubectl(ctx, name, "apply", "--server-side", "--field-manager=lab",
		"-f", filepath.Join(l.tools.crds, "applicationset-crd.yaml")); err != nil {
		return err
	}
	if err := l.WaitEstablished(ctx, name, "applicationsets.argoproj.io"); err != nil {
		return err
	}
	ports, err := l.ports.list(3)
	if err != nil {
		return err
	}
	controller, err := l.procs.start(spec{name: name + ".applicationset-controller", exe: l.tools.argoCD,
		env: a.env("argocd-applicationset-controller"),
		args: []string{
			"--kubeconfig", a.home.argoKubeconfig(), "--namespace", ArgoCDNamespace,
			"--argocd-repo-server", local(a.repo), "--repo-server-plaintext",
			"--metrics-addr", local(ports[0]), "--probe-addr", local(ports[1]), "--webhook-addr", local(ports[2]),
			"--loglevel", "warn",
		}})
	if err != nil {
		return err
	}
	if err := controller.ready(ctx, http.DefaultClient, "http://"+local(ports[0])+"/metrics", upLimit); err != nil {
		return err
	}
	document, err := a.applicationSet()
	if err != nil {
		return err
	}
	if err := l.apply(ctx, name, document); err != nil {
		return err
	}
	return a.waitApplications(ctx)
}

// applicationSet makes the Applications of all ShopSets that this Argo CD manages, as
// JSON, which is YAML.
func (a *argoCD) applicationSet() ([]byte, error) {
	var elements []map[string]string
	for _, p := range a.parts() {
		elements = append(elements, map[string]string{"shopset": p.ShopSet, "component": p.Component, "branch": p.Branch, "server": p.Server})
	}
	type object = map[string]any
	return json.Marshal(object{
		"apiVersion": "argoproj.io/v1alpha1", "kind": "ApplicationSet",
		"metadata": object{"name": "shops", "namespace": ArgoCDNamespace},
		"spec": object{
			"goTemplate": true, "goTemplateOptions": []string{"missingkey=error"},
			"ignoreApplicationDifferences": []object{{"jsonPointers": []string{"/spec/syncPolicy"}}},
			"generators":                   []object{{"list": object{"elements": elements}}},
			"template": object{
				"metadata": object{
					"name":   "{{.shopset}}-{{.component}}",
					"labels": object{"shopset.dev/shopset": "{{.shopset}}", "shopset.dev/component": "{{.component}}"},
				},
				"spec": object{
					"project": "default",
					"source": object{
						"repoURL": a.home.lab.Repos.SystemURL, "targetRevision": "{{.branch}}", "path": "overlays/{{.shopset}}/{{.component}}",
					},
					"destination": object{"server": "{{.server}}", "namespace": "{{.shopset}}"},
					"syncPolicy":  object{"automated": object{"prune": true, "selfHeal": a.home.lab.options.SelfHeal}},
				},
			},
		},
	})
}

// waitApplications waits until the ApplicationSet controller has made them all.
func (a *argoCD) waitApplications(ctx context.Context) error {
	want := len(a.parts())
	for {
		apps, err := a.home.lab.Applications(ctx, a.home.name)
		if err != nil || len(apps) == want {
			return err
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("the ApplicationSet has made %d of %d Applications: %w", len(apps), want, context.Cause(ctx))
		case <-time.After(200 * time.Millisecond):
		}
	}
}
