package lab

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"sync"
	"syscall"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/customers"
)

// ShopComponent is the component whose ConfigMap says what a ShopSet's shop runs: its
// keys version, failOneIn (of so many cart requests one fails) and slow (the share of
// requests that take over half a second, 0–1). See Repos.ReleaseWith.
const ShopComponent = "cart"

// Shops are one shop for each ShopSet: a process that answers customers at /, /cart
// and /api, and Prometheus at /metrics (job shop, label shopset). No kubelet runs in
// the lab, so Shops do what one would: they watch what is in the clusters, whoever
// put it there, and replace a shop whose ConfigMap has changed. Where an API server is
// gone, its shops go on.
type Shops struct {
	lab     *Lab
	exe     string
	cancel  context.CancelFunc
	watches sync.WaitGroup
	client  *http.Client

	mu      sync.Mutex
	shops   map[fleet.ShopSetName]*shop
	changed chan struct{} // closed and replaced when a shop was replaced
	err     error         // the first that kept one from being replaced
}

// shop is what runs for a ShopSet.
type shop struct {
	address string
	runs    shopConfig
	process *Process // nil: nothing was applied yet
	count   int      // of the processes that it had
}

// shopConfig is what a ConfigMap asks for.
type shopConfig struct{ version, failOneIn, slow string }

func (c shopConfig) args() []string {
	args := []string{"-version", c.version}
	if c.failOneIn != "" {
		args = append(args, "-fail-one-in", c.failOneIn)
	}
	if c.slow != "" {
		args = append(args, "-slow", c.slow)
	}
	return args
}

// startShops starts a shop for each ShopSet as soon as Argo CD has applied it. exe is
// the shopslo program, as Build gives it. They end with Stop, or with the lab.
func (l *Lab) startShops(exe string) (*Shops, error) {
	ctx, cancel := context.WithCancel(context.Background())
	s := &Shops{lab: l, exe: exe, cancel: cancel, client: l.secrets.client(), shops: map[fleet.ShopSetName]*shop{}, changed: make(chan struct{})}
	for _, set := range l.Fleet.ShopSets() {
		address, err := l.FreeAddress()
		if err == nil {
			err = l.AddTarget("shop", "http://"+address+"/metrics", map[string]string{"shopset": string(set.Name)})
		}
		if err != nil {
			cancel()
			return nil, err
		}
		s.shops[set.Name] = &shop{address: address}
	}
	for _, c := range l.clusters {
		s.watches.Go(func() { s.watch(ctx, c) })
	}
	return s, nil
}

// Stop ends all shops at once.
func (s *Shops) Stop() {
	s.cancel()
	s.watches.Wait()
	for _, shop := range s.shops {
		if shop.process != nil {
			shop.process.Kill()
		}
	}
}

// URLs are the addresses of the shops by ShopSet.
func (s *Shops) URLs() map[fleet.ShopSetName]string {
	urls := map[fleet.ShopSetName]string{}
	for name, shop := range s.shops {
		urls[name] = "http://" + shop.address
	}
	return urls
}

// customers sends so many requests a second to each shop, until they are stopped.
func (s *Shops) customers(perSecond float64) (*customers.Load, error) {
	var to []customers.Shop
	for name, url := range s.URLs() {
		to = append(to, customers.Shop{ShopSet: string(name), URL: url, Peak: perSecond})
	}
	l, err := customers.New(to, nil, 1)
	if err == nil {
		l.Start(context.Background())
	}
	return l, err
}

// WaitVersion waits until these ShopSets' shops, without names all, run a version and
// answer. The error says which do not.
func (s *Shops) WaitVersion(ctx context.Context, version string, names ...fleet.ShopSetName) error {
	for {
		s.mu.Lock()
		other, changed, err := map[fleet.ShopSetName]string{}, s.changed, s.err
		for name, shop := range s.shops {
			other[name] = shop.runs.version
		}
		s.mu.Unlock()
		if len(names) > 0 {
			maps.DeleteFunc(other, func(n fleet.ShopSetName, _ string) bool { return !slices.Contains(names, n) })
		}
		maps.DeleteFunc(other, func(_ fleet.ShopSetName, v string) bool { return v == version })
		if len(other) == 0 || err != nil {
			return err
		}
		select {
		case <-changed:
		case <-ctx.Done():
			return fmt.Errorf("%w; these shops do not run %s: %v", context.Cause(ctx), version, other)
		}
	}
}

// watch follows a cluster's ConfigMaps until ctx ends: all that there are, then what
// changes, and all again when a watch has ended or the API server was away.
func (s *Shops) watch(ctx context.Context, c *cluster) {
	path := c.url() + "/api/v1/configmaps?" + url.Values{"fieldSelector": {"metadata.name=" + ShopComponent}}.Encode()
	for ctx.Err() == nil {
		version, err := s.list(ctx, path)
		if err == nil {
			err = s.follow(ctx, path+"&watch=true&resourceVersion="+version)
		}
		if err != nil {
			select {
			case <-ctx.Done():
			case <-time.After(300 * time.Millisecond):
			}
		}
	}
}

// configMap is as much of one as is needed.
type configMap struct {
	Metadata struct {
		Namespace       string `json:"namespace"`
		ResourceVersion string `json:"resourceVersion"`
	} `json:"metadata"`
	Data map[string]string `json:"data"`
}

func (s *Shops) list(ctx context.Context, url string) (version string, err error) {
	body, err := s.get(ctx, url)
	if err != nil {
		return "", err
	}
	defer body.Close()
	var all struct {
		configMap             // of which a list has the version
		Items     []configMap `json:"items"`
	}
	if err := json.NewDecoder(body).Decode(&all); err != nil {
		return "", err
	}
	for _, one := range all.Items {
		s.take(ctx, one)
	}
	return all.Metadata.ResourceVersion, nil
}

// follow takes changes in. It ends with an error or, as watches do after some
// minutes, without.
func (s *Shops) follow(ctx context.Context, url string) error {
	body, err := s.get(ctx, url)
	if err != nil {
		return err
	}
	defer body.Close()
	for events := json.NewDecoder(body); ; {
		var e struct {
			Type   string    `json:"type"`
			Object configMap `json:"object"`
		}
		if err := events.Decode(&e); errors.Is(err, io.EOF) {
			return nil
		} else if err != nil {
			return err
		}
		switch e.Type {
		case "ADDED", "MODIFIED":
			s.take(ctx, e.Object)
		case "ERROR":
			return errors.New("the watch cannot go on") // its version is too old
		}
	}
}

func (s *Shops) get(ctx context.Context, url string) (io.ReadCloser, error) {
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		return nil, err
	}
	resp, err := s.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode != http.StatusOK {
		resp.Body.Close()
		return nil, errors.New(resp.Status)
	}
	return resp.Body, nil
}

func (s *Shops) take(ctx context.Context, c configMap) {
	if c.Data["version"] != "" {
		s.roll(ctx, fleet.ShopSetName(c.Metadata.Namespace), shopConfig{c.Data["version"], c.Data["failOneIn"], c.Data["slow"]})
	}
}

// roll replaces a ShopSet's shop where it is to run something else: the new one is
// started, and takes the port over when the old one leaves it.
func (s *Shops) roll(ctx context.Context, name fleet.ShopSetName, want shopConfig) {
	shop := s.shops[name]
	if shop == nil || shop.runs == want {
		return // a namespace that is no ShopSet's, or nothing new
	}
	next, err := s.lab.Run(Program{Name: fmt.Sprintf("shop.%s.%d", name, shop.count), Path: s.exe,
		Args: append([]string{"shop", "-shopset", string(name), "-listen", shop.address}, want.args()...)})
	if err == nil {
		if shop.process != nil && shop.process.alive() {
			shop.process.Signal(syscall.SIGTERM)
			shop.process.Wait(ctx)
		}
		err = next.p.ready(ctx, http.DefaultClient, "http://"+shop.address+"/metrics", upLimit)
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if err != nil && s.err == nil && ctx.Err() == nil {
		s.err = fmt.Errorf("shop %s: %w", name, err)
	}
	shop.runs, shop.process, shop.count = want, next, shop.count+1
	close(s.changed)
	s.changed = make(chan struct{})
}
