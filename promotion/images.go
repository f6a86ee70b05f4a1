package promotion

import (
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// checkImages asks that what the Release brings cannot come to mean something else.
func (d *deciding) checkImages(t tier) []Check {
	return d.perShopSet(CheckImages, t, "whether the Release's images are immutable", func(o *fleet.ShopSetState) (Result, string, Figures) {
		mutable := o.MutableImages()
		figures := Figures{{"images", len(o.Images)}, {"mutable", slices.Clone(mutable)}}
		switch {
		case len(mutable) > 0:
			return Fail, fmt.Sprintf("%s can come to mean another image: %s; give each a tag of its own or a digest.", count(len(mutable), "name"), some(mutable, 3)), figures
		case len(o.Images) == 0:
			return Unknown, "Which images it runs is not known" + because(o) + ".", figures
		case !d.runs(o):
			return Unknown, "It does not run the Release yet, so its images are of another.", figures
		}
		return Pass, fmt.Sprintf("%s, each with a tag of its own or a digest.", count(len(o.Images), "image")), figures
	})
}
