// Package board is the fleet board: the web page of `shopslo serve` on which everybody
// sees where a Release is on its way up the Tiers, what holds it, and which ShopSets are
// failing. It is for product developers and SREs, in English and Japanese.
//
// viewFleet, viewShopSet and viewGate are pure: they make of an Input and a filter what a page
// shows, without words of any language. Handler renders them with html/template; its
// pages work without scripts, ask nobody but this server, and change nothing. What is
// not known says so, and is never shown as 0 or as healthy.
package board

import (
	"context"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/status"
)

// Source gives what the board shows. Its methods are called by many requests at once.
type Source interface {
	// Input gives the newest that is known of the fleet. What could not be asked stands
	// in it with the reason. The error says why nothing at all can be shown.
	Input(ctx context.Context) (Input, error)
	// Histories give what was counted of each SLO that applies to a ShopSet, in the
	// order of the SLOs; none for a ShopSet without SLOs, and for an unknown one.
	Histories(name fleet.ShopSetName) []History
}

// Input is all that the board is made of. It is data only, and shared: it must not be
// changed.
type Input struct {
	At      time.Time    // when it was gathered
	Fleet   *fleet.Fleet // as declared
	Budgets status.Report
	// MaxAge is the age from which on figures are old; 0: none is.
	MaxAge time.Duration
	// Reading says how far the first reading of the source's history is; "": it is done.
	Reading string
	// Outage is why the source of the figures cannot be read; "": it can.
	Outage string
	// Outages are why some of several sources cannot be read.
	Outages []string
	// Unread is why the documents or witnesses of the gate cannot be asked at all; "":
	// they can.
	Unread string
	// Running is what the exporter sees.
	Running promotion.FleetView
	// Gates are the answers about each Tier of Fleet.Gated, in any order.
	Gates     []Gate
	Alerts    promotion.Found[promotion.Alert]
	Incidents promotion.Found[promotion.Incident]
	Freezes   promotion.Found[promotion.Freeze]
	Overrides promotion.Found[promotion.Override]
	// Moves are promotions and rollbacks that were logged, in any order.
	Moves promotion.Found[Move]
	// Subjects are the first lines of Releases' commit messages, where known.
	Subjects map[fleet.Release]string
}

// Gate is the gate's answer about a Tier.
type Gate struct {
	To     fleet.TierName
	Record *promotion.Record // nil: there is none
	Error  string            // why there is none
	// Changes is the address that shows what the Tier would get; "" where there is none.
	Changes string
}

// Move is a Release that came to a Tier's branch.
type Move struct {
	At      time.Time
	To      fleet.TierName
	Release fleet.Release
	Back    bool // a rollback
}

// History is what was counted of an SLO for a ShopSet.
type History struct {
	SLO     *slo.SLO
	Account slo.Account
}
