package main

import (
	"strings"
	"testing"
)

func TestWhoseAnSLOIsStandsEverywhere(t *testing.T) {
	t.Parallel()
	x := newShops(t)
	writeFiles(t, x.dir, map[string]string{"slos/shop.yaml": `apiVersion: openslo/v1
kind: Service
metadata: {name: shop, labels: {team: checkout}, annotations: {runbook: "https://wiki.example/shop"}}
spec: {description: Sells things.}
`})
	s := startServe(t, x.config)
	s.waitReady(t)
	x.waitScraped(t)
	x.beta.add(10, 1)
	s.waitCounts(t, "cart", "b-1", 11, 1)
	code, stdout, stderr := runWith(t, nil, "status", "--server", s.url, "-o", "json")
	valid(t, "status", stdout)
	if code != exitOK || !strings.Contains(stdout, `"owner": "checkout", "runbook": "https://wiki.example/shop"`) {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	if _, page := s.get(t, "/board/shopset/b-1"); !strings.Contains(page, "<bdi>checkout</bdi>") || !strings.Contains(page, `<a href="https://wiki.example/shop"`) {
		t.Errorf("the page of b-1 does not say whose it is:\n%s", page)
	}
	code, stdout, stderr = runWith(t, nil, "rules", "--config", x.config)
	if code != exitOK || !strings.Contains(stdout, "team: checkout") || !strings.Contains(stdout, "runbook_url: https://wiki.example/shop") {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
	code, stdout, stderr = runWith(t, nil, "report", "--server", s.url, "-o", "json")
	valid(t, "review", stdout)
	if code != exitOK || !strings.Contains(stdout, `"owner": "checkout"`) && !strings.Contains(stdout, `"owner":"checkout"`) {
		t.Errorf("exit code %d: %s%s", code, stdout, stderr)
	}
}
