package relayfake

import (
	"net/http"
	"time"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// Announce sets what the status page says from now on.
func (f *Fake) Announce(n mailrelay.Notice) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.notice = n
}

// statuspage tells GET /api/v2/summary.json of a page with one incident or none.
// https://www.mongodb.com/docs/api/doc/cloud-status/operation/operation-getstatussummary
func statuspage(v view, w http.ResponseWriter, r *http.Request) {
	if r.URL.Path != "/api/v2/summary.json" {
		w.WriteHeader(http.StatusNotFound)
		return
	}
	level, description, incidents := mailrelay.LevelNone, "All Systems Operational", []any{}
	if n := v.notice; n.Level != "" && n.Level != mailrelay.LevelNone {
		level, description = n.Level, "Service Under Trouble"
		incidents = append(incidents, map[string]any{"id": "cp306tmzcl0y", "name": n.Text, "status": "investigating", "impact": n.Level,
			"created_at": n.Since.Format(time.RFC3339), "started_at": n.Since.Format(time.RFC3339), "resolved_at": nil, "incident_updates": []any{}, "components": []any{}})
	}
	answer(w, map[string]any{"page": map[string]any{"id": "y2j98763l56x", "name": "Relay", "url": "https://status.example.com", "updated_at": v.now.Format(time.RFC3339)},
		"status": map[string]any{"indicator": level, "description": description}, "components": []any{}, "incidents": incidents, "scheduled_maintenances": []any{}})
}
