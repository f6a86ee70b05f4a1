package promotion

import (
	"regexp"
	"slices"

	"github.com/shopslo/shopslo/fleet"
)

// imageReference is what a container runtime takes for an image: printable, without spaces, with
// something behind the last sign.
var imageReference = regexp.MustCompile(`^[][A-Za-z0-9]([A-Za-z0-9._:/\[\]-]*[A-Za-z0-9_-])?(@[a-z0-9+._-]+:[0-9a-fA-F]+)?$`)

// checkImages asks that what the Release brings cannot come to mean something else.
func (d *deciding) checkImages(t tier) []Check {
	return d.perShopSet(CheckImages, t, func(o *fleet.ShopSetState) (Result, string, Figures) {
		mutable := o.MutableImages()
		odd := slices.DeleteFunc(slices.Clone(o.Images), func(i string) bool { return i == "" || imageReference.MatchString(i) })
		figures := Figures{{"images", len(o.Images)}, {"mutable", slices.Clone(mutable)}}
		switch {
		case len(mutable) > 0:
			return Fail, d.say("%s: %s; pin each to a unique tag or a digest.", d.count(len(mutable), "mutable image reference"), d.some(mutable, 3)), figures
		case len(odd) > 0:
			return Unknown, d.say("%q is not a valid image reference.", odd[0]), figures
		case len(o.Images) == 0:
			return Unknown, d.say("Running images are unknown%s.", d.because(o)), figures
		case !d.runs(o):
			return Unknown, d.say("Not running the Release yet, so its images are unknown."), figures
		}
		return Pass, d.say("%s, each with a unique tag or a digest.", d.count(len(o.Images), "image")), figures
	})
}
