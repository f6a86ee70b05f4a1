// Package shopset exports a fleet to Prometheus: what is synced, what drifts and
// since when, whether the order of Tiers holds, how far each is behind, and
// whether redundancy is intact.
//
// What a ShopSet contributes to a scrape is written, and compressed, when the
// ShopSet changes, not when Prometheus asks (page.go). What Argo CD forgets is
// remembered across restarts (recorder.go). A figure that is not known has no
// series: never 0.
package shopset
