package kube

import (
	"slices"
	"time"
)

// meaning is what was read of an Application, in the golden files' words.
func meaning(i *item, c *contents) doc {
	s := &c.Status
	out := doc{
		"APIVersion": i.APIVersion, "Kind": i.Kind, "Name": i.Name, "Namespace": i.Namespace,
		"UID": string(i.UID), "Version": i.ResourceVersion, "Labels": i.Labels,
		"Sources": places(c.Spec.Sources), "Paths": slices.Sorted(slices.Values(i.paths)),
		"Sync":       revisions(s.Sync.synced, s.Sync.ComparedTo.origin),
		"ComparedTo": toMeaning(s.Sync.ComparedTo.Destination), "SyncStatus": s.Sync.Status, "Health": s.Health.Status, "ReconciledAt": when(s.ReconciledAt),
		"Images": s.images(), "Operation": operationMeaning(s.OperationState),
		"Hydration": hydrationMeaning(&s.SourceHydrator), "Deleting": when(i.app.present.deleting),
		"To":      toMeaning(c.Spec.Destination),
		"Project": c.Spec.Project, "HealthSince": when(s.Health.Since), "HealthSource": s.HealthSource,
	}
	if w := wantedOf(c, ""); w.auto {
		out["Auto"] = doc{"On": true, "Prune": w.prune, "SelfHeal": w.selfHeal}
	}
	if h := c.Spec.SourceHydrator; h != nil {
		out["Hydrator"] = doc{"DryRepo": h.DrySource.RepoURL, "DryPath": h.DrySource.Path, "DryTarget": h.DrySource.Target, "SyncBranch": h.SyncSource.Branch, "SyncPath": h.SyncSource.Path}
	}
	if s := c.Spec.Source; s != nil {
		out["Source"] = places([]source{*s})[0]
	}
	var history, conditions []doc
	for _, h := range s.History {
		one := revisions(h.synced, h.origin)
		one["At"] = when(h.DeployedAt)
		history = append(history, one)
	}
	for _, c := range s.Conditions {
		conditions = append(conditions, doc{"Type": c.Type, "Message": c.Message, "IsError": c.isError()})
	}
	var resources []doc
	for _, r := range s.Resources {
		resources = append(resources, doc{"Kind": r.Kind, "Name": r.Name, "Status": r.Status, "Health": r.Health.Status, "Hook": r.Hook, "Prune": r.Prune})
	}
	out["History"], out["Conditions"], out["Resources"] = history, conditions, resources
	return out
}

func toMeaning(d destination) doc {
	return doc{"Server": d.Server, "Name": d.Name, "Namespace": d.Namespace}
}

func places(sources []source) (all []doc) {
	for _, s := range sources {
		all = append(all, doc{"RepoURL": s.RepoURL, "Path": s.Path, "Chart": s.Chart, "Ref": s.Ref, "Target": s.Target,
			"Helm": s.Helm.Sum != 0, "Files": s.Helm.Files, "Kustomize": s.Kustomize != 0, "Directory": s.Directory != 0, "Plugin": s.Plugin != 0})
	}
	return all
}

func revisions(s synced, from origin) doc {
	return doc{"Revision": s.Revision, "Revisions": s.Revisions, "From": places([]source{from.Source})[0], "Of": places(from.Sources)}
}

func operationMeaning(o *operationState) doc {
	if o == nil {
		return nil
	}
	out := doc{"Phase": o.Phase, "Message": o.Message, "StartedAt": when(o.StartedAt), "EndedAt": when(o.EndedAt), "Retries": o.RetryCount, "Automated": o.Operation.InitiatedBy.Automated}
	if s := o.Operation.Sync; s != nil {
		asked := revisions(s.synced, origin{})
		asked["Dry"], asked["Some"] = s.DryRun, len(s.Resources) > 0
		out["Asked"] = asked
	}
	if r := o.SyncResult; r != nil {
		result := revisions(r.synced, r.origin)
		var failed []doc
		for _, one := range r.Resources {
			if one.failed() {
				failed = append(failed, doc{
					"Kind": one.Kind, "Name": one.Name, "Message": one.Message,
					"HookType": one.HookType, "Status": one.Status, "HookPhase": one.HookPhase,
				})
			}
		}
		result["Failed"], result["Any"] = failed, len(r.Resources) > 0
		result["OnlyPreSync"] = r.Resources.onlyPreSync()
		out["Result"] = result
	}
	return out
}

func hydrationMeaning(h *hydratorStatus) doc {
	return doc{
		"Phase": h.Current.Phase, "Message": h.Current.Message, "StartedAt": when(h.Current.StartedAt), "FinishedAt": when(h.Current.FinishedAt),
		"Dry": h.Current.Dry, "Hydrated": h.Current.Hydrated,
		"LastDry": h.LastSuccessful.Dry, "LastHydrated": h.LastSuccessful.Hydrated,
	}
}

func when(t time.Time) string {
	if t.IsZero() {
		return ""
	}
	return t.UTC().Format(time.RFC3339Nano)
}
