package promoter

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/shopslo/shopslo/fleet"
)

// Manifests finds the images that a Release runs.
type Manifests interface {
	// Images gives the image references that a Tier's manifests name with a Release,
	// each once. notes say, a sentence each, what could not be read: then there may
	// be more. None without a note is an answer: no manifest names an image. The
	// error wraps ErrUnknown where the Release is not in the app repository.
	Images(ctx context.Context, tier fleet.Tier, release fleet.Release) (images, notes []string, err error)
}

// Registry asks for images where they are stored.
type Registry interface {
	// Stored gives the digest of what the image's reference means now; ok is false
	// where its registry says that there is no such image. The error says why it
	// could not be asked: nothing is known then.
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

// lookForImages asks for each image that the Release needs. What cannot be read is
// noted: an unreadable manifest must not keep a Tier from going back.
func (p *Promoter) lookForImages(ctx context.Context, out *Promotion, tier fleet.Tier) error {
	if p.Manifests == nil || p.Registry == nil {
		return nil
	}
	needed, notes, err := p.Manifests.Images(ctx, tier, out.Release)
	if err != nil {
		return fmt.Errorf("read the images of Release %s: %w", Short(out.Release), err)
	}
	out.Images, out.ImageNotes = []ImageState{}, notes
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
		s.Verdict, s.Reason = ImageMutable, "The tag is mutable, so the original image is unknown."
		return s
	}
	digest, ok, err := p.Registry.Stored(ctx, image)
	switch {
	case err != nil:
		s.Verdict, s.Reason = ImageUnknown, sentence("The registry could not be queried: "+err.Error())
	case !ok:
		s.Verdict, s.Reason = ImageMissing, "Not found in the registry."
	case strings.Contains(image, "@"):
		s.Verdict, s.Digest, s.Reason = ImageStored, digest, "Found by digest."
	default:
		s.Verdict, s.Digest, s.Reason = ImageStored, digest, "Found by unique tag; without a digest, an overwritten tag goes unnoticed."
	}
	return s
}
