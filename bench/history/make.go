package history

import (
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"github.com/prometheus/prometheus/model/labels"
	"github.com/prometheus/prometheus/storage"
)

var quiet = slog.New(slog.NewTextHandler(io.Discard, nil))

func storageRef(i int) storage.SeriesRef { return storage.SeriesRef(i + 1) }

// History is a finished history on disk.
type History struct {
	Params Params
	Dir    string // holds the blocks
	Truth  []Truth
	// Ends are the last pods' counters, for those who go on from there: of each
	// ShopSet's places in turn.
	Ends            []Last
	Series, Samples uint64
}

// Last is how a pod stood at the last scrape.
type Last struct {
	Pod       string
	Good, Bad float64
	HasBad    bool
	Started   float64 // Unix seconds
	At        int64
}

// version changes when the same Params would make another history.
const version = 5

// Open returns the history from the cache folder, or makes it. progress is told
// what is done.
func Open(cache string, p Params, progress func(string, ...any)) (*History, error) {
	name := fmt.Sprintf("v%d-%dx%dd-seed%d", version, p.ShopSets, p.Days, p.Seed)
	if p.Pods > 1 {
		name += fmt.Sprintf("-pods%d", p.Pods)
	}
	if p.Signs {
		name += "-signs"
	}
	if p.Labels {
		name += "-labels"
	}
	dir := filepath.Join(cache, name)
	file := filepath.Join(dir, "history.json")
	if text, err := os.ReadFile(file); err == nil {
		h := &History{}
		if err := json.Unmarshal(text, h); err != nil {
			return nil, fmt.Errorf("read %s: %w; delete the folder and run again", file, err)
		}
		h.Dir = filepath.Join(dir, "blocks")
		return h, nil
	}
	if err := os.RemoveAll(dir); err != nil {
		return nil, err
	}
	h := &History{Params: p, Dir: filepath.Join(dir, "blocks")}
	if err := os.MkdirAll(h.Dir, 0o777); err != nil {
		return nil, err
	}
	if err := h.write(progress); err != nil {
		return nil, fmt.Errorf("make history %s: %w", dir, err)
	}
	text, err := json.Marshal(h)
	if err != nil {
		return nil, err
	}
	return h, os.WriteFile(file, text, 0o666)
}

// write draws all ShopSets block by block.
func (h *History) write(progress func(string, ...any)) error {
	var places []*place
	for i := range h.Params.ShopSets {
		places = append(places, newPlaces(h.Params, i)...)
	}
	names := map[labels.Labels]bool{}
	spans := Blocks(h.Params)
	for n, span := range spans {
		progress("making data: block %d of %d", n+1, len(spans))
		all, err := drawAll(places, span[1])
		if err != nil {
			return err
		}
		for _, c := range all {
			names[c.Labels] = true
			h.Samples += uint64(c.n)
		}
		if err := WriteBlock(h.Dir, span[0], span[1], all); err != nil {
			return err
		}
	}
	h.Series = uint64(len(names))
	for _, s := range places {
		if s.number == 0 {
			h.Truth = append(h.Truth, Truth{ID: s.ID})
		}
		h.Truth[s.index].add(s.Truth)
		bad := s.pod.series[code500]
		h.Ends = append(h.Ends, Last{Pod: s.pod.name, Good: s.pod.series[code200].value,
			Bad: bad.value, HasBad: bad.exists, Started: s.pod.started, At: s.next - stepMillis})
	}
	return nil
}

// drawAll steps every place up to before, on all cores.
func drawAll(places []*place, before int64) ([]*Chunked, error) {
	var (
		mu    sync.Mutex
		all   []*Chunked
		first error
		next  int
		wg    sync.WaitGroup
	)
	for range runtime.GOMAXPROCS(0) {
		wg.Go(func() {
			for {
				mu.Lock()
				i := next
				next++
				mu.Unlock()
				if i >= len(places) {
					return
				}
				got, err := places[i].chunksUntil(before)
				mu.Lock()
				all = append(all, got...)
				if err != nil && first == nil {
					first = err
				}
				mu.Unlock()
			}
		})
	}
	wg.Wait()
	return all, first
}

// chunksUntil steps the place up to before and returns its series' chunks.
func (s *place) chunksUntil(before int64) ([]*Chunked, error) {
	var (
		all   []*Chunked
		first error
		of    *pod // whose series are open; a pod never comes back
		row   [kinds]*Chunked
	)
	emit := func(p *pod, kind int, t int64, v float64, stale bool) {
		if p != of {
			of, row = p, [kinds]*Chunked{}
		}
		c := row[kind]
		if c == nil {
			c = &Chunked{Labels: s.params.seriesLabels(s.ID, p.name, kind)}
			row[kind], all = c, append(all, c)
		}
		if stale {
			v = staleNaN
		}
		if err := c.Add(t, v); err != nil && first == nil {
			first = err
		}
	}
	for s.next < before {
		s.step(emit)
	}
	return all, first
}

// seriesLabels are the labels of a pod's series of a kind.
func (p Params) seriesLabels(shopset, pod string, kind int) labels.Labels {
	all := []string{"instance", pod + ":8080", "job", "shops", "shopset", shopset}
	if p.Labels {
		all = append(all, "container", "cart", "endpoint", "http", "namespace", "shops", "pod", pod, "service", "cart")
	}
	switch kind {
	case up:
		all = append(all, "__name__", "up")
	case startTime:
		all = append(all, "__name__", "process_start_time_seconds")
	default:
		code := map[int]string{code200: "200", code500: "500"}[kind]
		all = append(all, "__name__", "http_requests_total", "code", code, "component", "cart")
	}
	return labels.FromStrings(all...)
}

// add adds what happened in a part of the ShopSet.
func (t *Truth) add(part Truth) {
	t.Total, t.Bad = t.Total+part.Total, t.Bad+part.Bad
	t.SeenTotal, t.SeenBad = t.SeenTotal+part.SeenTotal, t.SeenBad+part.SeenBad
}
