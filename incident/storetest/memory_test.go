package storetest

import "testing"

func TestMemory(t *testing.T) {
	Run(t, func(*testing.T) (Store, Store) {
		var m Memory
		return &m, &m
	})
}
