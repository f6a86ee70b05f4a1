package cli

import (
	"log/slog"

	"github.com/KimMachineGun/automemlimit/memlimit"
)

// ofLimit is how much of the memory that it may have a server's heap is to keep within: what
// is not of the heap needs some, too.
const ofLimit = 0.9

// LimitMemory has Go's runtime collect garbage before the limit of the process' cgroup, of a
// container or a unit of systemd, has it killed. GOMEMLIMIT of the environment comes first;
// without a limit nothing is done.
func LimitMemory(log *slog.Logger) {
	limit, err := memlimit.Set(memlimit.WithRatio(ofLimit), memlimit.WithProvider(memlimit.FromCgroup))
	if err == nil && limit > 0 {
		log.Debug("memory is limited", "bytes", limit)
	}
}
