package kube

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	apierrors "k8s.io/apimachinery/pkg/api/errors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"k8s.io/client-go/rest"
	"sigs.k8s.io/yaml"
)

// globals are AppProjects from which others inherit, by the namespace of the Argo CD that
// has them in its settings (argocd-cm), in their order.
type globals map[string][]global

type global struct {
	project  string
	selector labels.Selector
}

// coreVersion is that of ConfigMaps.
var coreVersion = schema.GroupVersion{Version: "v1"}

// listGlobals reads them of the ConfigMap argocd-cm. That there is none is no error; settings
// that Argo CD cannot read are as good as none for it, and fault says so.
func listGlobals(ctx context.Context, client *rest.RESTClient, namespace string) (out globals, fault, err error) {
	data, err := bounded(ctx, client.Get().NamespaceIfScoped(namespace, namespace != "").Resource("configmaps").
		Param("fieldSelector", "metadata.name=argocd-cm"))
	if apierrors.IsNotFound(err) {
		return globals{}, nil, nil
	}
	if err != nil {
		return nil, nil, err
	}
	var list struct {
		Kind  string `json:"kind"`
		Items []struct {
			Metadata identified `json:"metadata"`
			Data     struct {
				Global string `json:"globalProjects"`
			} `json:"data"`
		} `json:"items"`
	}
	if err := json.Unmarshal(data, &list); err != nil {
		return nil, nil, err
	}
	if list.Kind != "ConfigMapList" {
		return nil, nil, errors.New("the answer is no list of ConfigMaps")
	}
	out = globals{}
	for _, m := range list.Items {
		if m.Metadata.Name != "argocd-cm" {
			continue
		}
		if out[m.Metadata.Namespace], err = readGlobals(m.Data.Global); err != nil {
			fault = fmt.Errorf("globalProjects of ConfigMap %s/argocd-cm: %w", m.Metadata.Namespace, err)
		}
	}
	return out, fault, nil
}

// readGlobals reads the setting as Argo CD does: what comes after one that cannot be used is
// left out.
func readGlobals(text string) (all []global, err error) {
	var settings []struct {
		Project  string               `json:"projectName"`
		Selector metav1.LabelSelector `json:"labelSelector"`
	}
	if err := yaml.Unmarshal([]byte(text), &settings); err != nil {
		return nil, err
	}
	for _, s := range settings {
		selector, err := metav1.LabelSelectorAsSelector(&s.Selector)
		if err != nil {
			return all, err
		}
		all = append(all, global{s.Project, selector})
	}
	return all, nil
}

// project is what is read of an AppProject.
type project struct {
	Metadata struct {
		Name      string            `json:"name"`
		Namespace string            `json:"namespace"`
		Labels    map[string]string `json:"labels"`
	} `json:"metadata"`
	Spec struct {
		Windows []window `json:"syncWindows"`
	} `json:"spec"`
}

// inherited gives the sync windows of each project, its own and those of the global projects
// that are for it.
func inherited(all []project, from globals) map[place][]window {
	own := make(map[place][]window, len(all))
	for i := range all {
		m := &all[i].Metadata
		own[place{m.Namespace, m.Name}] = all[i].Spec.Windows
	}
	out := make(map[place][]window, len(all))
	for i := range all {
		m := &all[i].Metadata
		windows := all[i].Spec.Windows
		for _, g := range from[m.Namespace] {
			if g.project == m.Name || !g.selector.Matches(labels.Set(m.Labels)) {
				continue
			}
			more, there := own[place{m.Namespace, g.project}]
			if !there {
				break // nor does Argo CD go on
			}
			windows = append(windows[:len(windows):len(windows)], more...)
		}
		out[place{m.Namespace, m.Name}] = windows
	}
	return out
}

// bounded reads a whole answer, which is not asked for again within listTimeout.
func bounded(ctx context.Context, r *rest.Request) ([]byte, error) {
	within, cancel := context.WithTimeout(ctx, listTimeout)
	defer cancel()
	body, err := r.Stream(within)
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
	return data, nil
}
