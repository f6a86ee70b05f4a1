package promseries

import "testing"

func TestACollectorsMemoryIsHandedOutOnce(t *testing.T) {
	var c Collector
	for request, pieces := range []int{3000, 4000, 10, 4000} {
		c.Reset(0, 1)
		if kept := len(c.bytes.blocks); request == 3 && kept > 1 {
			t.Errorf("after a small request %d blocks are kept", kept)
		}
		var all [][]byte
		for i := range pieces {
			b := c.Bytes(1 + i%1000*100)
			for k := range b {
				b[k] = byte(i)
			}
			all = append(all, b)
		}
		for i, b := range all {
			if b[0] != byte(i) || b[len(b)-1] != byte(i) || cap(b) != len(b) {
				t.Fatalf("request %d: piece %d was handed out again", request, i)
			}
		}
	}
}
