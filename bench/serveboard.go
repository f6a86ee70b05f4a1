package main

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/shopslo/shopslo/bench/history"
	"github.com/shopslo/shopslo/bench/proc"
)

// boards measures the pages of the fleet board of a server that sees all of the fleet,
// as one who looks at them without a pause gets them: what is gathered anew every few
// seconds is part of it.
func (b *bench) boards(ctx context.Context, server *proc.Process) error {
	for _, path := range []string{"/board/", "/board/shopset/" + history.ID(3), "/board/gate/prod"} {
		b.progress("asking for %s", path)
		var took []time.Duration
		var cpu time.Duration
		var body []byte
		for i := range b.requests + 5 {
			if i == 5 { // the first ones warm up
				took, cpu = nil, server.CPU()
			}
			start := time.Now()
			var err error
			if body, err = get(ctx, server.URL+path); err != nil {
				return err
			}
			took = append(took, time.Since(start))
		}
		if !bytes.Contains(body, []byte("% left")) && path != "/board/gate/prod" || !bytes.Contains(body, []byte("All")) && path == "/board/gate/prod" {
			return fmt.Errorf("%s: the page shows no budget", path)
		}
		cpu = (server.CPU() - cpu) / time.Duration(len(took))
		slices.Sort(took)
		median, p95 := took[len(took)/2], took[len(took)*95/100]
		b.goal(fmt.Sprintf("GET %s, %d ShopSets × %d SLOs", path, b.params.ShopSets, len(served)), "< 100 ms, < 500 KB", p95 < 100*time.Millisecond && len(body) < 500_000,
			seconds(median), "median of %d requests, one after the other; p95 %s; %s CPU each in the server; %s before it is compressed", len(took), seconds(p95), seconds(cpu), kib(float64(len(body))))
	}
	return nil
}
