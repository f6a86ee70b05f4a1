package shopslo

import (
	"fmt"
	"math"
	"net"
	"net/http"
	"net/netip"
	"strconv"
	"sync"
	"time"

	"golang.org/x/time/rate"

	"github.com/shopslo/shopslo/internal/server"
)

// limits bound what each client may have logged, so that none fills the log.
type limits struct {
	perMinute int
	mu        sync.Mutex
	clients   map[string]*rate.Limiter
}

// mostClients is how many are told apart. Beyond that those that have rested are forgotten,
// which changes nothing for them, and new ones share a limit.
const mostClients = 10_000

func newLimits(perMinute int) *limits {
	return &limits{perMinute: perMinute, clients: map[string]*rate.Limiter{}}
}

// wait is how long a client has to wait; 0: it is let through, and that counts.
func (l *limits) wait(client string, now time.Time) time.Duration {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.clients[client] == nil && len(l.clients) >= mostClients {
		for name, c := range l.clients {
			if c.TokensAt(now) >= float64(l.perMinute) {
				delete(l.clients, name)
			}
		}
		if len(l.clients) >= mostClients {
			client = ""
		}
	}
	c := l.clients[client]
	if c == nil {
		c = rate.NewLimiter(rate.Limit(float64(l.perMinute)/60), l.perMinute)
		l.clients[client] = c
	}
	r := c.ReserveN(now, 1)
	wait := r.DelayFrom(now)
	if wait > 0 {
		r.CancelAt(now)
	}
	return wait
}

// clientOf names who sends a request: the user whose password it came with, else the
// address that it comes from; of IPv6 the network of 64 bits, of which one client has all.
func (s *service) clientOf(r *http.Request) string {
	if user := s.user(r); user != "" {
		return "user " + user
	}
	host, _, err := net.SplitHostPort(r.RemoteAddr)
	if err != nil {
		return r.RemoteAddr
	}
	if ip, err := netip.ParseAddr(host); err == nil && ip.Unmap().Is6() {
		if network, err := ip.WithZone("").Prefix(64); err == nil {
			return network.String()
		}
	}
	return host
}

// admit reports whether a client may have one more entry logged, or answers when it may.
func (s *service) admit(w http.ResponseWriter, r *http.Request) bool {
	if s.book.Log == nil {
		return true
	}
	client := s.clientOf(r)
	wait := s.limits.wait(client, s.Host.Now())
	if wait == 0 {
		return true
	}
	seconds := int(math.Ceil(wait.Seconds()))
	most := "1 decision"
	if s.limits.perMinute > 1 {
		most = fmt.Sprintf("%d decisions", s.limits.perMinute)
	}
	w.Header().Set("Retry-After", strconv.Itoa(seconds))
	server.WriteError(w, http.StatusTooManyRequests, fmt.Errorf("%s has asked for more than %s in a minute, the limit of gate.log.max_per_minute; try again in %ds", client, most, seconds))
	return false
}
