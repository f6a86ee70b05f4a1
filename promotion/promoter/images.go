package promoter

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// Images looks for what a Release runs.
type Images interface {
	// Needed gives the image references that the manifests of a Release name, with
	// what the Tier's overlays make of them, each once and sorted. None is an answer:
	// the manifests name no image. The error wraps ErrUnknown where the Release is
	// not in the app repository.
	Needed(ctx context.Context, tier fleet.Tier, release fleet.Release) ([]string, error)
	// Stored asks the image's registry for it. digest is that of what is there now;
	// ok is false where the registry says that there is no such image. The error says
	// why it could not be asked: nothing is known then.
	Stored(ctx context.Context, image string) (digest string, ok bool, err error)
}

// ImageVerdict says whether an image can still be had.
type ImageVerdict string

// The verdicts.
const (
	ImageStored  ImageVerdict = "stored"  // there, under a digest or a tag of its own
	ImageMissing ImageVerdict = "missing" // the registry does not have it
	ImageMutable ImageVerdict = "mutable" // the reference may mean something else by now
	ImageUnknown ImageVerdict = "unknown" // the registry could not be asked
)

// ImageState is an image that a Release needs.
type ImageState struct {
	Image   string       `json:"image"`
	Verdict ImageVerdict `json:"verdict"`
	// Digest of what is there now; "" where that is not known.
	Digest string `json:"digest,omitempty"`
	Reason string `json:"reason"` // one sentence
}

// lookForImages asks for each image that the Release needs.
func (p *Promoter) lookForImages(ctx context.Context, out *Promotion, tier fleet.Tier) error {
	if p.Images == nil {
		return nil
	}
	needed, err := p.Images.Needed(ctx, tier, out.Release)
	if err != nil {
		return fmt.Errorf("read the images of Release %s: %w", Short(out.Release), err)
	}
	out.Images = []ImageState{}
	for _, image := range slices.Compact(slices.Sorted(slices.Values(needed))) {
		out.Images = append(out.Images, p.imageState(ctx, image))
		if err := ctx.Err(); err != nil {
			return err
		}
	}
	return nil
}

func (p *Promoter) imageState(ctx context.Context, image string) ImageState {
	s := ImageState{Image: image}
	if len((fleet.Observation{Images: []string{image}}).MutableImages()) > 0 {
		s.Verdict, s.Reason = ImageMutable, "It has no tag of its own, so what it was then cannot be told."
		return s
	}
	digest, ok, err := p.Images.Stored(ctx, image)
	switch {
	case err != nil:
		s.Verdict, s.Reason = ImageUnknown, sentence("The registry could not be asked: "+err.Error())
	case !ok:
		s.Verdict, s.Reason = ImageMissing, "The registry does not have it."
	case strings.Contains(image, "@"):
		s.Verdict, s.Digest, s.Reason = ImageStored, digest, "It is there, under its digest."
	default:
		s.Verdict, s.Digest, s.Reason = ImageStored, digest, "It is there, under a tag of its own; whether somebody pushed over that tag, only its digest could tell."
	}
	return s
}
