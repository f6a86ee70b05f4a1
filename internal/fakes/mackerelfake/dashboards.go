package mackerelfake

import (
	"encoding/json"
	"fmt"
	"maps"
	"math"
	"regexp"
	"slices"
	"strconv"
)

// From https://mackerel.io/api-docs/entry/dashboards and …/graph-annotations.

var urlPath = regexp.MustCompile(`^([A-Za-z0-9_][-A-Za-z0-9_]*)(/[A-Za-z0-9_][-A-Za-z0-9_]*)*$`)

// widgets gives each type's fields and its least and greatest width and height.
var widgets = map[string]struct {
	fields []string
	sizes  [4]float64
}{
	"graph":       {[]string{"graph", "range", "referenceLines", "legendList"}, [4]float64{6, 24, 6, 32}},
	"value":       {[]string{"metric", "fractionSize", "suffix", "formatRules"}, [4]float64{4, 24, 4, 32}},
	"markdown":    {[]string{"markdown"}, [4]float64{4, 24, 2, 80}},
	"alertStatus": {[]string{"roleFullname"}, [4]float64{6, 24, 4, 32}},
}

// Dashboards are all dashboards, copied.
func (f *Fake) Dashboards() []map[string]any {
	f.mu.Lock()
	defer f.mu.Unlock()
	out := make([]map[string]any, len(f.dashboards))
	for i, d := range f.dashboards {
		out[i] = maps.Clone(d)
	}
	return out
}

// AddDashboard puts one there as if a person had made it, and gives its id.
func (f *Fake) AddDashboard(fields map[string]any) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := maps.Clone(fields)
	d["id"] = f.id()
	f.dashboards = append(f.dashboards, d)
	return d["id"].(string)
}

// listDashboards gives all of them; as Mackerel's own clients expect, without widgets.
func (f *Fake) listDashboards(*call) (any, *refusal) {
	list := []map[string]any{}
	for _, d := range f.dashboards {
		short := maps.Clone(d)
		delete(short, "widgets")
		list = append(list, short)
	}
	return map[string]any{"dashboards": list}, nil
}

func (f *Fake) dashboard(c *call) (int, *refusal) {
	i := slices.IndexFunc(f.dashboards, func(d map[string]any) bool { return d["id"] == c.PathValue("id") })
	if i < 0 {
		return 0, refuse(404, "dashboard not found")
	}
	return i, nil
}

func (f *Fake) getDashboard(_ *call, i int) (any, *refusal) {
	return f.dashboards[i], nil
}

func (f *Fake) createDashboard(c *call) (any, *refusal) {
	d, no := f.readDashboard(c, "")
	if no != nil {
		return nil, no
	}
	d["id"], d["createdAt"], d["updatedAt"] = f.id(), f.now().Unix(), f.now().Unix()
	f.dashboards = append(f.dashboards, d)
	return d, nil
}

func (f *Fake) updateDashboard(c *call, i int) (any, *refusal) {
	old := f.dashboards[i]
	d, no := f.readDashboard(c, old["id"].(string))
	if no != nil {
		return nil, no
	}
	d["id"], d["createdAt"], d["updatedAt"] = old["id"], old["createdAt"], f.now().Unix()
	f.dashboards[i] = d
	return d, nil
}

func (f *Fake) deleteDashboard(_ *call, i int) (any, *refusal) {
	d := f.dashboards[i]
	f.dashboards = slices.Delete(f.dashboards, i, i+1)
	return d, nil
}

func (f *Fake) readDashboard(c *call, own string) (map[string]any, *refusal) {
	var d map[string]any
	if err := json.Unmarshal(c.body, &d); err != nil || d == nil {
		return nil, refuse(400, "invalid JSON")
	}
	for name := range d {
		if !slices.Contains([]string{"id", "title", "memo", "urlPath", "widgets", "createdAt", "updatedAt"}, name) {
			return nil, refuse(400, "unknown field %q", name)
		}
	}
	path, _ := d["urlPath"].(string)
	if d["title"] == "" || d["title"] == nil || !urlPath.MatchString(path) {
		return nil, refuse(400, "title is missing or urlPath %q is invalid", path)
	}
	for _, other := range f.dashboards {
		if other["urlPath"] == path && other["id"] != own {
			return nil, refuse(409, "urlPath %q is taken", path)
		}
	}
	list, ok := d["widgets"].([]any)
	if !ok {
		return nil, refuse(400, "widgets is required")
	}
	return d, checkWidgets(list)
}

// checkWidgets checks types, fields, sizes, and that no two overlap.
func checkWidgets(list []any) *refusal {
	taken := map[[2]int]bool{}
	for i, x := range list {
		w, _ := x.(map[string]any)
		typ := fmt.Sprint(w["type"])
		k, ok := widgets[typ]
		if !ok {
			return refuse(400, "widget %d: type %q", i, typ)
		}
		for name, v := range w {
			// The client library sends null for what another type would have.
			if v != nil && !slices.Contains(append([]string{"type", "title", "layout"}, k.fields...), name) {
				return refuse(400, "widget %d: a %s has no field %q", i, typ, name)
			}
		}
		l, _ := w["layout"].(map[string]any)
		var n [4]float64
		for j, name := range []string{"x", "y", "width", "height"} {
			v, ok := l[name].(float64)
			if !ok || v < 0 || v != math.Trunc(v) {
				return refuse(400, "widget %d: layout.%s", i, name)
			}
			n[j] = v
		}
		if n[0]+n[2] > 24 || n[2] < k.sizes[0] || n[2] > k.sizes[1] || n[3] < k.sizes[2] || n[3] > k.sizes[3] {
			return refuse(400, "widget %d: a %s of %v x %v at x %v", i, typ, n[2], n[3], n[0])
		}
		for x := int(n[0]); x < int(n[0]+n[2]); x++ {
			for y := int(n[1]); y < int(n[1]+n[3]); y++ {
				if taken[[2]int{x, y}] {
					return refuse(400, "widget %d overlaps another", i)
				}
				taken[[2]int{x, y}] = true
			}
		}
		if lines, ok := w["referenceLines"].([]any); ok && len(lines) > 1 {
			return refuse(400, "widget %d: more than one reference line", i)
		}
	}
	return nil
}

// Annotation is a graph annotation.
type Annotation struct {
	ID          string   `json:"id,omitempty"`
	Title       string   `json:"title"`
	Description string   `json:"description,omitempty"`
	From        int64    `json:"from"`
	To          int64    `json:"to"`
	Service     string   `json:"service"`
	Roles       []string `json:"roles,omitempty"`
}

// Annotations are all of them.
func (f *Fake) Annotations() []Annotation {
	f.mu.Lock()
	defer f.mu.Unlock()
	return slices.Clone(f.annotations)
}

func (f *Fake) listAnnotations(c *call) (any, *refusal) {
	q := c.URL.Query()
	from, err1 := strconv.ParseInt(q.Get("from"), 10, 64)
	to, err2 := strconv.ParseInt(q.Get("to"), 10, 64)
	if err1 != nil || err2 != nil || f.services[q.Get("service")] == nil {
		return nil, refuse(400, "service, from and to are required")
	}
	list := []Annotation{}
	for _, a := range f.annotations {
		if a.Service == q.Get("service") && a.From <= to && a.To >= from {
			list = append(list, a)
		}
	}
	return map[string]any{"graphAnnotations": list}, nil
}

func (f *Fake) readAnnotation(c *call) (Annotation, *refusal) {
	var a Annotation
	if no := c.decode(&a); no != nil {
		return a, no
	}
	switch {
	case a.Title == "" || len([]rune(a.Title)) > 250 || len([]rune(a.Description)) > 1024:
		return a, refuse(400, "title of 1 to 250 and description of at most 1024 characters")
	case a.From == 0 || a.From > a.To:
		return a, refuse(400, "from is after to")
	case f.services[a.Service] == nil:
		return a, refuse(404, "service not found")
	}
	return a, nil
}

func (f *Fake) createAnnotation(c *call) (any, *refusal) {
	a, no := f.readAnnotation(c)
	if no != nil {
		return nil, no
	}
	a.ID = f.id()
	f.annotations = append(f.annotations, a)
	return a, nil
}

func (f *Fake) annotation(c *call) (int, *refusal) {
	i := slices.IndexFunc(f.annotations, func(a Annotation) bool { return a.ID == c.PathValue("id") })
	if i < 0 {
		return 0, refuse(404, "annotation not found")
	}
	return i, nil
}

func (f *Fake) updateAnnotation(c *call, i int) (any, *refusal) {
	a, no := f.readAnnotation(c)
	if no != nil {
		return nil, no
	}
	a.ID = f.annotations[i].ID
	f.annotations[i] = a
	return a, nil
}

func (f *Fake) deleteAnnotation(_ *call, i int) (any, *refusal) {
	a := f.annotations[i]
	f.annotations = slices.Delete(f.annotations, i, i+1)
	return a, nil
}
