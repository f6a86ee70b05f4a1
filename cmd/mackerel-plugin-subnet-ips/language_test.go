package main

import (
	"testing"

	"github.com/shopslo/shopslo/internal/cli/commandstest"
)

func TestHelpAndFaultsAreInTheLanguageOfTheLocale(t *testing.T) {
	commandstest.Plugin(t, "mackerel-plugin-subnet-ips", flagged, run)
	commandstest.Refused(t, run, "-ips-per-node x", `-ips-per-node: "x" is not a whole number, or too large`, `-ips-per-node: "x" は整数ではないか、大きすぎます`)
	commandstest.Refused(t, run, "-ips-per-node -1", "-ips-per-node must be 0 or more", "-ips-per-node は 0 以上にしてください")
	commandstest.Refused(t, run, "-ips-per-pod 0", "-ips-per-pod must be 1 or more", "-ips-per-pod は 1 以上にしてください")
	commandstest.Refused(t, run, "-tags a", `-tags has "a"`, `-tags: "a" は キー=値`)
	commandstest.Refused(t, run, "-endpoint x", "-endpoint is no address", "-endpoint は https:// とホスト名で")
	commandstest.Refused(t, run, "-metric-key-prefix=a:b", `-metric-key-prefix is "a:b"`, `-metric-key-prefix: "a:b" ではなく`)
}
