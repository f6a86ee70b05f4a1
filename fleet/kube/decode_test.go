package kube

import (
	"encoding/json"
	"testing"

	"github.com/shopslo/shopslo/fleet/kube/kubetest"
)

// BenchmarkDecode reads one Application as it comes.
func BenchmarkDecode(b *testing.B) {
	data := kubetest.App{Name: "app-1", ShopSet: "a-1", Sync: "Synced", Health: "Healthy", Revision: "r1", Reconciled: noon}.JSON()
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		var i item
		if err := json.Unmarshal(data, &i); err != nil {
			b.Fatal(err)
		}
	}
}
