package mackerel

import (
	"encoding/json"
	"testing"
)

// FuzzDecodeBatch: what is taken from a damaged file can be sent and written again.
func FuzzDecodeBatch(f *testing.F) {
	f.Add([]byte(`{"version":1,"points":[{"name":"slo.cart.sli.a-1","time":1763640000,"value":0.5}]}`))
	f.Add([]byte(`{"version":2}`))
	f.Add([]byte(`{"version":1,"points":[{"name":"","time":0}]}`))
	f.Fuzz(func(t *testing.T, data []byte) {
		points, err := decodeBatch(data)
		if err != nil {
			return
		}
		again, err := json.Marshal(batch{spoolVersion, points})
		if err != nil {
			t.Fatal(err)
		}
		if got, err := decodeBatch(again); err != nil || len(got) != len(points) {
			t.Fatalf("%v: %d of %d points", err, len(got), len(points))
		}
	})
}
