package promotion

import (
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// checkImages asks that what the Release brings cannot come to mean something else.
func (d *deciding) checkImages(t tier) []Check {
	return d.perShopSet(CheckImages, t, func(o *fleet.ShopSetState) (Result, string, Figures) {
		mutable := o.MutableImages()
		figures := Figures{{"images", len(o.Images)}, {"mutable", slices.Clone(mutable)}}
		switch {
		case len(mutable) > 0:
			return Fail, fmt.Sprintf("%s: %s; pin each to a unique tag or a digest.", count(len(mutable), "mutable image reference"), some(mutable, 3)), figures
		case len(o.Images) == 0:
			return Unknown, "Running images are unknown" + because(o) + ".", figures
		case !d.runs(o):
			return Unknown, "Not running the Release yet, so its images are unknown.", figures
		}
		return Pass, fmt.Sprintf("%s, each with a unique tag or a digest.", count(len(o.Images), "image")), figures
	})
}
