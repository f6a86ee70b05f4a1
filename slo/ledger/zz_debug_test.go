package ledger_test

import (
	"fmt"
	"os"
	"strconv"
	"testing"

	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

func TestZZDump(t *testing.T) {
	seed, _ := strconv.ParseUint(os.Getenv("SEED"), 10, 64)
	var all []ledgertest.Series
	start := int64(0)
	if os.Getenv("WILD") != "" {
		w := ledgertest.Wild(seed)
		all, start = w.Series, w.Rules.Start
		fmt.Printf("%+v\n", w.Rules)
	} else {
		h := ledgertest.New(ledgertest.Tiny(seed, seed%2 == 0 || os.Getenv("EXACT") != ""))
		all, start = seriesOf(h, ledgertest.All), h.Start
	}
	for _, s := range all {
		fmt.Print(s.Labels)
		for _, x := range s.Samples {
			fmt.Printf(" %d:%v", x.T-start, x.V)
		}
		fmt.Println()
	}
}
