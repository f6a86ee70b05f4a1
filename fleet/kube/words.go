package kube

import (
	"github.com/argoproj/argo-cd/v2/pkg/apis/application"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// Where Argo CD's Applications are in a cluster's API. Argo CD's package of their whole
// types has the version, too, but links 1,200 packages.
var argoVersion = schema.GroupVersion{Group: application.Group, Version: "v1alpha1"}

const applications = application.ApplicationPlural

// The words of Argo CD that are read. Another one is as good as none: what it says is
// Unknown. (TestArgoCDSaysTheSameWords)
const (
	syncSynced    = "Synced"
	syncOutOfSync = "OutOfSync"

	healthHealthy     = "Healthy"
	healthProgressing = "Progressing"
	healthSuspended   = "Suspended"
	healthDegraded    = "Degraded"
	healthMissing     = "Missing"

	// phases of an operation, and of a hook or a resource in one
	phaseRunning     = "Running"
	phaseTerminating = "Terminating"
	phaseSucceeded   = "Succeeded"
	phaseFailed      = "Failed"
	phaseError       = "Error"

	resultSyncFailed = "SyncFailed" // of a resource

	preSync = "PreSync" // a type of hooks, and the part of a sync in which they run

	hydrated = "Hydrated" // a phase of the source hydrator
)
