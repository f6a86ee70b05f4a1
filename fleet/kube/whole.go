package kube

import (
	"cmp"
	"hash/fnv"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
)

// sumPresent tells what of the Applications of a ShopSet is not there: components that none
// of them is of, Applications that are being deleted, resources. What is known to be
// missing makes the whole Missing. components are those that the ShopSet should have.
func sumPresent(o *fleet.Observation, parts []part, components []fleet.ComponentName) {
	var why []string
	say := func(p part, text string) {
		if len(parts) > 1 {
			text = "Application " + p.key + ": " + text
		}
		why = append(why, text)
	}
	missing := new(int)
	for _, p := range parts {
		have := &p.app.present
		if missing != nil && have.missing != nil {
			*missing += *have.missing
		} else {
			missing = nil
		}
		if !have.deleting.IsZero() {
			say(p, "it is being deleted since "+have.deleting.Format(time.RFC3339))
		}
		if have.named != "" {
			say(p, "not there: "+have.named)
		}
	}
	o.Missing, o.Absent = missing, absent(parts, components)
	for _, c := range o.Absent {
		why = append(why, "component "+string(c)+" has no Application")
	}
	if len(why) == 0 {
		return
	}
	slices.Sort(why)
	o.Health = fleet.WorstHealth(o.Health, fleet.Missing)
	o.Reason = joined(o.Reason, strings.Join(why, "; "))
}

// joined puts two clauses into one; either may be "".
func joined(a, b string) string {
	if a == "" || b == "" {
		return cmp.Or(a, b)
	}
	return a + "; " + b
}

// absent are the components that no Application is of; none where no Application is of one
// at all: then one may have all of them.
func absent(parts []part, components []fleet.ComponentName) []fleet.ComponentName {
	if len(components) == 0 {
		return nil
	}
	var seen []fleet.ComponentName
	for _, p := range parts {
		seen = append(seen, p.components(components)...)
	}
	if len(seen) == 0 {
		return nil
	}
	var out []fleet.ComponentName
	for _, c := range components {
		if !slices.Contains(seen, c) {
			out = append(out, c)
		}
	}
	return out
}

// components are those that the Application is of: as its label says, or the pattern for
// its name or path; else the one that is all of its name beside the ShopSet's, or that
// stands in its path.
func (e *entry) components(all []fleet.ComponentName) []fleet.ComponentName {
	if e.component != "" {
		var own []fleet.ComponentName
		for c := range strings.SplitSeq(e.component, ".") { // a label's value may have dots, a component's name none
			own = append(own, fleet.ComponentName(c))
		}
		return own
	}
	best := fleet.ComponentName("")
	name := strings.Trim(strings.Replace("-"+e.name()+"-", "-"+string(e.shopSet)+"-", "-", 1), "-")
	if c := fleet.ComponentName(name); slices.Contains(all, c) {
		return []fleet.ComponentName{c}
	}
	for element := range strings.SplitSeq(e.app.wanted.path, "/") {
		if slices.Contains(all, fleet.ComponentName(element)) {
			best = fleet.ComponentName(element)
		}
	}
	if best == "" {
		return nil
	}
	return []fleet.ComponentName{best}
}

// sumPending tells what waits to be deployed, where all that differs does.
func sumPending(o *fleet.Observation, parts []part, tree Tree, releases Releases) {
	if o.Sync != fleet.OutOfSync {
		return
	}
	for _, p := range parts {
		if p.app.Sync != fleet.OutOfSync {
			continue
		}
		revision := p.pending(tree, releases)
		if revision == "" || p.drifting {
			o.Pending, o.PendingSince = "", time.Time{}
			return
		}
		if o.Pending == "" || p.pendingSince.Before(o.PendingSince) {
			o.Pending, o.PendingSince = revision, p.pendingSince
		}
	}
}

// pending is the revision that waits to be deployed; "": none does, or what the ShopSet is
// deployed from is the same in it, so that something else differs.
func (e *entry) pending(tree Tree, releases Releases) string {
	to := e.app.awaited
	if to == "" || tree == nil || e.app.facts.hydrates || len(e.app.facts.history) == 0 {
		return to
	}
	from, path := e.app.facts.history[0].Revision, e.app.wanted.path
	_, before, _ := strings.Cut(e.app.facts.newest, parametersMark)
	_, after, _ := strings.Cut(e.app.facts.target, parametersMark)
	if from == to || path == "" || before != after {
		return to // another of its sources has moved, or it was not compared since; or of no folder; or other parameters
	}
	old, now := tree(from, path), tree(to, path)
	if old != "" && old == now && releases(from) != "" && releases(from) == releases(to) {
		return ""
	}
	return to
}

// sumServing tells why a ShopSet is not taken to answer customers although its Health may be
// good: some part of it does not.
func sumServing(o *fleet.Observation, parts []part, now time.Time) {
	for _, p := range parts {
		drifting := p.app.Sync == fleet.OutOfSync && o.Pending == ""
		why, from := p.app.present.away(p.app.Health, drifting, p.healthSince)
		if why == "" || trusted(from, now, progressTime) {
			continue
		}
		if len(parts) > 1 {
			why = "Application " + p.key + ": " + why
		}
		if o.Unserved == "" || why < o.Unserved {
			o.Unserved = why
		}
	}
}

// sumHeld tells what keeps an OutOfSync ShopSet from being synced.
func sumHeld(o *fleet.Observation, parts []part) {
	if o.Sync != fleet.OutOfSync {
		return
	}
	var texts []string
	for _, p := range parts {
		if p.app.Sync != fleet.OutOfSync {
			continue
		}
		window := p.window
		if !p.app.facts.last.ended() && !p.stopped {
			window = ""
		}
		cause, text := p.held(o.Pending != "", window)
		if cause == "" {
			continue
		}
		if !slices.Contains(o.Causes, cause) {
			o.Causes = append(o.Causes, cause)
		}
		if len(parts) > 1 {
			text = "Application " + p.key + ": " + text
		}
		texts = append(texts, text)
	}
	slices.Sort(o.Causes)
	slices.Sort(texts)
	if len(texts) > 0 {
		o.Held = texts[0]
	}
}

// held says what keeps Argo CD from syncing an OutOfSync Application.
func (e *entry) held(pending bool, window string) (cause fleet.HoldCause, why string) {
	w, last := &e.app.wanted, &e.app.facts.last
	switch goesOn := !last.ended() && !last.dry; {
	case goesOn && window == "":
		return "", "" // it is being synced
	case goesOn:
		return fleet.SyncWindow, window
	case !w.auto && last.phase != "" && !last.manual:
		return fleet.AutoSyncOff, "auto-sync is off, but the last sync was automated: its ApplicationSet may sync it in steps (RollingSync)"
	case !w.auto:
		return fleet.AutoSyncOff, "auto-sync is off"
	case e.app.present.prunes && !w.prune:
		return fleet.PruneOff, "all that differs is to be removed, and prune is off"
	case window != "":
		return fleet.SyncWindow, window
	case last.ended() && !last.dry && !last.succeeded() && last.to != "" && last.to == e.app.facts.compared:
		return fleet.OperationIsOver, last.String() + "; Argo CD does not try the same revision again by itself"
	case !pending && !w.selfHeal:
		return fleet.SelfHealOff, "self-heal is off"
	}
	return "", ""
}

// workings tells what Argo CD does with the Applications of a ShopSet.
func workings(parts []part) *fleet.Workings {
	w := &fleet.Workings{Applications: len(parts), AutoSync: true, SelfHeal: true, Prune: true}
	conditions := map[string]int{}
	known, blocked := true, false
	for _, p := range parts {
		is := &p.app.wanted
		w.AutoSync, w.SelfHeal, w.Prune = w.AutoSync && is.auto, w.SelfHeal && is.selfHeal, w.Prune && is.prune
		if !p.app.present.deleting.IsZero() {
			w.Deleting++
		}
		for _, c := range is.conditions {
			conditions[c]++
		}
		if is.target != "" {
			w.Targets = append(w.Targets, is.target)
		}
		addOperation(w, is)
		known = known && p.windows
		blocked = blocked || p.window != ""
	}
	if known || blocked {
		w.Window = &blocked
	}
	slices.Sort(w.Targets)
	w.Targets = slices.Compact(w.Targets)
	for _, t := range slices.Sorted(maps.Keys(conditions)) {
		w.Conditions = append(w.Conditions, fleet.ConditionCount{Type: t, Count: conditions[t]})
	}
	return w
}

// healthSince is since when the whole has had its health: as bad as the first of its parts,
// or as good as the last. Zero: not known.
func healthSince(health fleet.Health, parts []part) (since time.Time) {
	for _, p := range parts {
		switch at := p.healthSince; {
		case p.app.Health != health:
		case since.IsZero() || at.IsZero():
			since = at
		case at.Before(since) != (health == fleet.Healthy):
			since = at
		}
	}
	return since
}

// addOperation adds the last operation of an Application.
func addOperation(w *fleet.Workings, is *wanted) {
	phase := fleet.OperationPhase(is.phase)
	if slices.Index(fleet.OperationPhases, phase) > slices.Index(fleet.OperationPhases, w.Phase) {
		w.Phase = phase
	}
	switch goesOn := phase == fleet.OperationRunning || phase == fleet.OperationTerminating; {
	case is.began.IsZero():
	case goesOn:
		if w.Running.IsZero() || is.began.Before(w.Running) {
			w.Running = is.began
		}
	case !is.ended.IsZero():
		if is.ended.After(w.Ended) {
			w.Ended = is.ended
		}
		w.Took = max(w.Took, is.ended.Sub(is.began))
	}
}

// sumChanged tells since when the folders that a ShopSet is deployed from have been as they
// are: since the last of them was.
func sumChanged(o *fleet.Observation, parts []part, tree Tree) {
	if tree == nil {
		return
	}
	hash := fnv.New64a()
	keys := make([]string, 0, len(parts))
	var since, notBefore time.Time
	known := true
	for _, p := range parts {
		is, at, earliest := p.changed(tree)
		if is == "" {
			return
		}
		keys = append(keys, p.app.wanted.path+"="+is)
		known = known && !at.IsZero()
		since, notBefore = latest(since, at), latest(notBefore, earliest)
	}
	slices.Sort(keys)
	for _, k := range keys {
		io.WriteString(hash, k+"\n")
	}
	o.Tree = strconv.FormatUint(hash.Sum64(), 16)
	if known {
		o.ChangedSince, o.ChangedNotBefore = since, notBefore
	}
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// changed gives what an Application is made of (the folders of its repository, parameters,
// other sources) and since when that is deployed: deployments of the same in a row are one.
// "": not known.
func (e *entry) changed(tree Tree) (is string, since, notBefore time.Time) {
	notBefore = e.app.present.notBefore()
	for i, d := range e.app.Deployed {
		switch here := d.is(e.app.wanted.path, tree); {
		case i == 0 && here == "":
			return "", since, notBefore
		case i == 0:
			is = here
		case here == "":
			return is, since, notBefore
		case here != is:
			return is, since, latest(since, notBefore)
		}
		if !d.At.IsZero() {
			since = d.At
		}
	}
	return is, since, notBefore
}
