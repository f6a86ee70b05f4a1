// Command argocd2 tells what Argo CD 2's own types read from recorded Applications and
// cluster Secrets: fleet/kube, which has smaller types, is held to it. (golden.go and
// meaning.go are the same files in argocd2 and argocd3.)
package main

import (
	"strings"

	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/argoproj/gitops-engine/pkg/health"
	"github.com/argoproj/gitops-engine/pkg/sync/common"
)

const (
	argoCD = "github.com/argoproj/argo-cd/v2"
	output = "argocd2.json"
)

// others are fixtures that Argo CD 2 reads in another way, having fewer fields.
const others = ".argocd3."

type (
	application = v1alpha1.Application
	source      = v1alpha1.ApplicationSource
	status      = v1alpha1.ApplicationStatus
	operation   = v1alpha1.OperationState
	results     = v1alpha1.ResourceResults
	cluster     = v1alpha1.Cluster
)

// words are those that fleet/kube knows.
var words = map[string]any{
	"syncSynced": v1alpha1.SyncStatusCodeSynced, "syncOutOfSync": v1alpha1.SyncStatusCodeOutOfSync,
	"healthHealthy": health.HealthStatusHealthy, "healthProgressing": health.HealthStatusProgressing,
	"healthSuspended": health.HealthStatusSuspended, "healthDegraded": health.HealthStatusDegraded,
	"healthMissing": health.HealthStatusMissing,
	"phaseRunning":  common.OperationRunning, "phaseTerminating": common.OperationTerminating,
	"phaseSucceeded": common.OperationSucceeded, "phaseFailed": common.OperationFailed, "phaseError": common.OperationError,
	"resultSyncFailed": common.ResultCodeSyncFailed, "preSync": common.HookTypePreSync,
	"hydrated": v1alpha1.HydrateOperationPhaseHydrated, "version": v1alpha1.SchemeGroupVersion.String(),
	"appTree": v1alpha1.ResourceHealthLocationAppTree,
	"conditions": strings.Join([]string{
		v1alpha1.ApplicationConditionComparisonError, v1alpha1.ApplicationConditionDeletionError, v1alpha1.ApplicationConditionInvalidSpecError,
		v1alpha1.ApplicationConditionSyncError, v1alpha1.ApplicationConditionUnknownError, v1alpha1.ApplicationConditionExcludedResourceWarning,
		v1alpha1.ApplicationConditionOrphanedResourceWarning, v1alpha1.ApplicationConditionRepeatedResourceWarning, v1alpha1.ApplicationConditionSharedResourceWarning,
	}, " "),
}

// failed tells a hook or a resource that failed, isPreSync one that comes before a sync.
func failed(r *v1alpha1.ResourceResult) bool {
	return r.Status == common.ResultCodeSyncFailed || r.HookPhase == common.OperationFailed || r.HookPhase == common.OperationError
}

func isPreSync(r *v1alpha1.ResourceResult) bool {
	return r.HookType == common.HookTypePreSync || r.SyncPhase == common.SyncPhasePreSync
}

// automatic tells what Argo CD does by itself; nil: nothing.
func automatic(p *v1alpha1.SyncPolicyAutomated) *auto {
	return &auto{true, p.Prune, p.SelfHeal}
}
