package shopset

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/racetest"
)

// A page to which things are put in any order, longer, shorter and empty, is what the
// lines are that were put last; what a scrape was given before does not change.
func TestAPageIsTheLinesThatWerePutLast(t *testing.T) {
	for seed := range racetest.Fewer(uint64(30)) {
		rng := rand.New(rand.NewPCG(seed, 8))
		things := 1 + rng.IntN(3*segmentSize)
		p, slow := newPage(), make([][perShopSet]string, things)
		p.resize(things, 0)
		var lent [][]byte
		var was string
		for step := range 400 {
			i := rng.IntN(things)
			b := &block{}
			for f := range perShopSet {
				if rng.IntN(3) > 0 {
					slow[i][f] = strings.Repeat(fmt.Sprintf("f%d_%d %d\n", f, i, step), rng.IntN(3))
				}
				b.text = append(b.text, slow[i][f]...)
				b.ends[f] = uint32(len(b.text))
			}
			p.put(&p.shopSets, i, b)
			if rng.IntN(20) > 0 {
				continue
			}
			want := obvious(slow)
			if got := unpacked(t, p); got != want {
				t.Fatalf("seed %d, step %d: compressed it differs from byte %d on", seed, step, differ(t, got, want))
			}
			if got := string(slices.Concat(lent...)); got != was {
				t.Fatalf("seed %d, step %d: what was given to a scrape has changed", seed, step)
			}
			var size int
			lent, size = p.plain(false, nil)
			if was = string(slices.Concat(lent...)); was != want || size != len(want) {
				t.Fatalf("seed %d, step %d: %d bytes, announced %d, want %d", seed, step, len(was), size, len(want))
			}
		}
	}
}

// obvious writes the lines of all things by family.
func obvious(things [][perShopSet]string) string {
	var all strings.Builder
	for f := range perShopSet {
		var lines strings.Builder
		for i := range things {
			lines.WriteString(things[i][f])
		}
		if lines.Len() > 0 {
			all.Write(heads[0][f])
			all.WriteString(lines.String())
		}
	}
	return all.String()
}

func unpacked(t *testing.T, p *page) string {
	var answer gzipAnswer
	answer.reset()
	p.compressed(false, &answer)
	answer.end(nil)
	r, err := gzip.NewReader(bytes.NewReader(answer.bytes))
	if err != nil {
		t.Fatal(err)
	}
	text, err := io.ReadAll(r)
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}
