package pluginflags_test

import (
	"regexp"
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
	"github.com/shopslo/shopslo/internal/cli/pluginflags"
)

func TestPhrasebooksSayWhatTheCodeSays(t *testing.T) {
	commandstest.Said(t, "../../..", commandstest.Own(pluginflags.Complaints), regexp.MustCompile(`^(unknown flag|is a directory|is to come from the environment|permission denied)`))
}
