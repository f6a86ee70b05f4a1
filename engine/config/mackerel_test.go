package config

import (
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/shopslo/shopslo/internal/document"
)

const inMackerel = `source: {mackerel: {api_key_file: secrets/mackerel}}
fleet: [f]
slos: [s]
`

func TestMackerelAsASourceAndAsATarget(t *testing.T) {
	c, err := Parse("conf/shopslo.yaml", []byte(inMackerel+"mackerel: {api_key_file: /run/key, service: shops, every: 5m, spool: spool, url: \"http://127.0.0.1:1\", timeout: 5s}\n"))
	if err != nil {
		t.Fatal(err)
	}
	source := &Mackerel{URL: "https://api.mackerelio.com/", APIKey: document.Secret{File: "conf/secrets/mackerel"}, Timeout: 30 * time.Second}
	push := &MackerelPush{Mackerel: Mackerel{URL: "http://127.0.0.1:1", APIKey: document.Secret{File: "/run/key"}, Timeout: 5 * time.Second}, Service: "shops", Every: 5 * time.Minute, Spool: "conf/spool"}
	if !reflect.DeepEqual(c.Default.Mackerel, source) || !reflect.DeepEqual(c.Mackerel, push) || c.Ledger.Delay != 3*time.Minute || c.Default.ScrapeInterval() != time.Minute {
		t.Errorf("got %+v %+v %+v", c.Default.Mackerel, c.Mackerel, c.Ledger)
	}
	if c, err = Parse("shopslo.yaml", []byte(inMackerel+"mackerel: {service: shops}\n")); err != nil || c.Mackerel.Every != time.Minute || c.Mackerel.Spool != "data/mackerel" {
		t.Errorf("%v %+v", err, c)
	}
}

func TestFaultsOfMackerel(t *testing.T) {
	for text, want := range map[string]string{
		"mackerel: {}\n":                       "mackerel.service: is missing",
		"mackerel: {service: s, every: 30s}\n": "whole minutes",
		"mackerel: {service: s, every: 3h}\n":  "whole minutes",
		"mackerel: {service: s, every: 1m}\nledger: {dir: d, resolution: 2m}\n": "multiple of ledger.resolution",
		"mackerel: {service: s, url: \"http://api.example\"}\n":                 "must begin with https://",
		"mackerel: {service: s, url: \"https://u:p@api.example\"}\n":            "has a user name",
		"mackerel: {service: s, api_key: abc}\n":                                "a secret does not stand in this file",
	} {
		_, err := Parse("c.yaml", []byte(inMackerel+text))
		if err == nil || !strings.Contains(err.Error(), want) || strings.Contains(err.Error(), "abc") || strings.Contains(err.Error(), "u:p") {
			t.Errorf("%s: %v, want %q", text, err, want)
		}
	}
	if _, err := Parse("c.yaml", []byte("source: {mackerel: {}, prometheus: {url: \"http://p\"}}\nfleet: [f]\nslos: [s]\n")); err == nil || !strings.Contains(err.Error(), "choose one") {
		t.Errorf("two sources: %v", err)
	}
}
