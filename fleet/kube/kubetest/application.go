package kubetest

import (
	"fmt"
	"strings"
	"time"
)

// App says what an Application is like.
type App struct {
	Name, ShopSet string
	Sync, Health  string    // as Argo CD writes them
	Revision      string    // that was deployed
	Reconciled    time.Time // when Argo CD last compared
}

// JSON gives the Application as an API server does, with what Argo CD keeps of one that
// has lived for a while: ten deployments, twenty resources, managed fields. About 9 kB.
func (a App) JSON() []byte {
	var resources, history, result strings.Builder
	for i := range 20 {
		sync, comma := a.Sync, ","
		if i > 0 && sync == "OutOfSync" {
			sync = "Synced"
		}
		if i == 0 {
			comma = ""
		}
		fmt.Fprintf(&resources, `%s{"group":"apps","version":"v1","kind":"Deployment","namespace":"%s","name":"component-%d","status":%q,"health":{"status":%q}}`, comma, a.ShopSet, i, sync, a.Health)
		fmt.Fprintf(&result, `%s{"group":"apps","version":"v1","kind":"Deployment","namespace":"%s","name":"component-%d","status":"Synced","message":"deployment.apps/component-%d configured","hookPhase":"Running","syncPhase":"Sync"}`, comma, a.ShopSet, i, i)
	}
	for i := range 10 {
		revision := a.Revision
		if i < 9 {
			revision = fmt.Sprintf("%040x", 0xaaa000+i)
		}
		if i > 0 {
			history.WriteString(",")
		}
		fmt.Fprintf(&history, `{"id":%d,"revision":%q,"deployStartedAt":%q,"deployedAt":%q,"initiatedBy":{"automated":true},"source":{"repoURL":"https://git.example.com/system.git","path":"overlays/%s","targetRevision":"tier-3"}}`,
			i, revision, at(a.Reconciled, -24*(10-i)), at(a.Reconciled, -24*(10-i)), a.ShopSet)
	}
	return fmt.Appendf(nil, `{"apiVersion":"argoproj.io/v1alpha1","kind":"Application","metadata":{"name":%q,"namespace":"argocd","uid":"uid-%s","resourceVersion":"1",`+
		`"labels":{"shopset.dev/shopset":%q,"app.kubernetes.io/part-of":"shop"},"annotations":{"kubectl.kubernetes.io/last-applied-configuration":"%s"},`+
		`"managedFields":[{"manager":"argocd-application-controller","operation":"Update","apiVersion":"argoproj.io/v1alpha1","time":%q,"fieldsType":"FieldsV1","fieldsV1":{"f:status":{%s"f:sync":{}}}}]},`+
		`"spec":{"destination":{"server":"https://10.0.0.1:6443","namespace":%q},"project":"default","source":{"repoURL":"https://git.example.com/system.git","path":"overlays/%s","targetRevision":"tier-3"},"syncPolicy":{"automated":{"selfHeal":true}}},`+
		`"status":{"controllerNamespace":"argocd","health":{"status":%q,"lastTransitionTime":%q},"history":[%s],`+
		`"operationState":{"finishedAt":%q,"message":"successfully synced (all tasks run)","operation":{"initiatedBy":{"automated":true},"retry":{"limit":5},"sync":{"revision":%q}},"phase":"Succeeded","startedAt":%q,"syncResult":{"resources":[%s],"revision":%q,"source":{"repoURL":"https://git.example.com/system.git","path":"overlays/%s"}}},`+
		`"reconciledAt":%q,"resources":[%s],"sourceType":"Kustomize","summary":{"images":["registry.example.com/%s:v1.4.2","registry.example.com/proxy:latest"]},`+
		`"sync":{"status":%q,"revision":%q,"comparedTo":{"destination":{"server":"https://10.0.0.1:6443"},"source":{"repoURL":"https://git.example.com/system.git"}}}}}`,
		a.Name, a.Name, a.ShopSet, strings.Repeat("last applied ", 40), at(a.Reconciled, -24), strings.Repeat(`"f:history":{},`, 30), a.ShopSet, a.ShopSet,
		a.Health, at(a.Reconciled, -24), history.String(), at(a.Reconciled, -24), a.Revision, at(a.Reconciled, -24), result.String(), a.Revision, a.ShopSet,
		at(a.Reconciled, 0), resources.String(), a.ShopSet, a.Sync, a.Revision)
}

// at writes a time some hours away as JSON documents do.
func at(t time.Time, hours int) string {
	return t.Add(time.Duration(hours) * time.Hour).UTC().Format(time.RFC3339)
}
