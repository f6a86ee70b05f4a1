package shopslo

import (
	"fmt"
	"net/http"
	"testing"
	"time"
)

func TestAClientMayAskAgainWhenItIsTold(t *testing.T) {
	l, now := newLimits(2), time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	for range 2 {
		if wait := l.wait("ci", now); wait != 0 {
			t.Fatal(wait)
		}
	}
	wait := l.wait("ci", now)
	if wait != 30*time.Second || l.wait("ci", now) != wait { // asking costs nothing
		t.Errorf("it waits %v", wait)
	}
	if l.wait("sre", now) != 0 {
		t.Error("another has to wait, too")
	}
	if again := l.wait("ci", now.Add(wait)); again != 0 {
		t.Errorf("it waits %v more", again)
	}
}

func TestManyClientsTakeNoMoreMemory(t *testing.T) {
	l, now := newLimits(1), time.Date(2026, 11, 1, 9, 0, 0, 0, time.UTC)
	let := 0
	for n := range mostClients + 500 {
		if l.wait(fmt.Sprint(n), now) == 0 {
			let++
		}
	}
	if len(l.clients) > mostClients+1 || let != mostClients+1 {
		t.Errorf("%d are known, %d were let through", len(l.clients), let)
	}
	if l.wait("new", now.Add(time.Minute)) != 0 || len(l.clients) > 2 {
		t.Errorf("those that have rested are not forgotten: %d", len(l.clients))
	}
}

func TestAClientWithoutAUserIsItsAddress(t *testing.T) {
	s := &service{user: func(*http.Request) string { return "" }}
	for address, want := range map[string]string{
		"192.0.2.7:1234": "192.0.2.7", "[2001:db8:1:2:3::4]:1": "2001:db8:1:2::/64", "[2001:db8:1:2:ffff::4]:2": "2001:db8:1:2::/64",
		"[::ffff:192.0.2.7]:1": "::ffff:192.0.2.7", "[fe80::1%eth0]:1": "fe80::/64", "@": "@",
	} {
		if got := s.clientOf(&http.Request{RemoteAddr: address}); got != want {
			t.Errorf("%s is %q, want %q", address, got, want)
		}
	}
}
