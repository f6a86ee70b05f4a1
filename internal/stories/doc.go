// Package stories holds end-to-end tests of a release on its way through the fleet, as
// its users live it: in the lab, with shops whose version is what Argo CD has really
// applied, customers, Prometheus, and shopslo and shopset_exporter as processes. It has
// nothing but tests (go test -tags e2e).
package stories
