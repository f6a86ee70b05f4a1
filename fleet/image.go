package fleet

import "strings"

// mutableImage reports whether an image reference names no fixed content: it has
// no digest, and the tag latest or none.
func mutableImage(image string) bool {
	if image == "" || strings.Contains(image, "@") {
		return false
	}
	// A colon before the last slash belongs to the registry's port.
	name := image[strings.LastIndexByte(image, '/')+1:]
	_, tag, tagged := strings.Cut(name, ":")
	return !tagged || tag == "latest"
}
