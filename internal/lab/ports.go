package lab

import (
	"fmt"
	"math/rand/v2"
	"net"
	"strconv"
	"sync"
)

// Free ports are looked for below the range that Linux takes for outgoing
// connections (from 32768 on), so that none is gone before its server starts.
const lowestPort, highestPort = 20000, 32000

// ports hands out ports on which nobody listens, each once.
type ports struct {
	mu   sync.Mutex
	used map[int]bool
}

func newPorts() *ports { return &ports{used: map[int]bool{}} }

// free gives a port that is free on all addresses: Argo CD's controller serves its
// metrics on all of them, and has no setting for it.
func (p *ports) free() (int, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	for range 1000 {
		port := lowestPort + rand.IntN(highestPort-lowestPort)
		if p.used[port] {
			continue
		}
		l, err := net.Listen("tcp", ":"+strconv.Itoa(port))
		if err != nil {
			continue
		}
		l.Close()
		p.used[port] = true
		return port, nil
	}
	return 0, fmt.Errorf("no free port found between %d and %d", lowestPort, highestPort)
}

// list gives n free ports.
func (p *ports) list(n int) ([]int, error) {
	var list []int
	for range n {
		port, err := p.free()
		if err != nil {
			return nil, err
		}
		list = append(list, port)
	}
	return list, nil
}

func local(port int) string { return "127.0.0.1:" + strconv.Itoa(port) }
