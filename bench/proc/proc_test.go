package proc

import (
	"context"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"testing"
	"time"
)

func TestCPUOfAnotherProcessIsCounted(t *testing.T) {
	ok := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {}))
	defer ok.Close()
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Fatal(err)
	}
	p, err := Start(context.Background(), ok.URL, "/", sh, "-c", "i=0; while [ $i -lt 300000 ]; do i=$((i+1)); done; sleep 60")
	if err != nil {
		t.Fatal(err)
	}
	defer p.Stop()
	for deadline := time.Now().Add(20 * time.Second); p.CPU() < 20*time.Millisecond; time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("a busy process has used %v", p.CPU())
		}
	}
	if now, peak, err := p.RSS(); err != nil || now <= 0 || peak < now {
		t.Errorf("resident memory %d, peak %d, %v", now, peak, err)
	}
}

func TestSelfCountsWhatThisProcessBurns(t *testing.T) {
	before, x := Self(), uint64(1)
	for start := time.Now(); time.Since(start) < 30*time.Millisecond; {
		x = x*6364136223846793005 + 1
	}
	if used := Self() - before; used <= 0 || used > 10*time.Second {
		t.Errorf("used %v (%d)", used, x)
	}
}
