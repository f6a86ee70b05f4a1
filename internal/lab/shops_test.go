package lab

import (
	"fmt"
	"testing"
)

func TestWhatAConfigMapAsksAShopFor(t *testing.T) {
	for want, c := range map[string]shopConfig{
		"[-version 1.0.0]":                           {version: "1.0.0"},
		"[-version 1.1.0 -fail-one-in 20 -slow 0.1]": {version: "1.1.0", failOneIn: "20", slow: "0.1"},
	} {
		if got := fmt.Sprint(c.args()); got != want {
			t.Errorf("%+v: %s, want %s", c, got, want)
		}
	}
}
