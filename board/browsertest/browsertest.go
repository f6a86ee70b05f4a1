// Package browsertest opens pages in a real Chromium, for end-to-end tests. A test gets
// a tab that notes everything that the browser complains of: errors of scripts, requests
// that fail, and what a Content-Security-Policy has kept from happening.
package browsertest

import (
	"context"
	"os"
	"sync"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/network"
	"github.com/chromedp/chromedp"
)

// patience is how long a page may take to come to what is waited for.
const patience = 60 * time.Second

// Tab is a page in a browser of its own. Every failure of the browser ends the test.
type Tab struct {
	t   testing.TB
	ctx context.Context

	mu       sync.Mutex
	problems []string
	asked    []string // addresses that were requested
}

// Open starts a browser that speaks a language, such as "ja", until the test ends.
func Open(t testing.TB, language string) *Tab {
	t.Helper()
	options := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.NoSandbox, chromedp.DisableGPU, chromedp.UserDataDir(t.TempDir()),
		chromedp.Flag("disable-background-networking", true), chromedp.Flag("disable-component-update", true), chromedp.Flag("disable-sync", true),
		chromedp.Flag("lang", language), chromedp.Flag("accept-lang", language), chromedp.Env("TZ=UTC"))
	allocator, stop := chromedp.NewExecAllocator(context.Background(), options...)
	t.Cleanup(stop)
	ctx, cancel := chromedp.NewContext(allocator)
	t.Cleanup(cancel)
	tab := &Tab{t: t, ctx: ctx}
	messages := chromedp.Console(ctx)
	requests := chromedp.Events(ctx, network.RequestWillBeSent)
	Do(tab, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, network.Enable, network.EnableParams{})
		return chromedp.Void{}, err
	})
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			tab.note(&tab.problems, m.String())
		}
	}()
	go func() {
		for r, err := range requests {
			if err != nil {
				return
			}
			tab.note(&tab.asked, r.Request.URL)
		}
	}()
	return tab
}

func (tab *Tab) note(list *[]string, text string) {
	tab.mu.Lock()
	defer tab.mu.Unlock()
	*list = append(*list, text)
}

// Do runs an action of chromedp.
func Do[T any](tab *Tab, action chromedp.Action[T]) T {
	tab.t.Helper()
	ctx, cancel := context.WithTimeout(tab.ctx, patience)
	defer cancel()
	got, err := chromedp.Run(ctx, action)
	if err != nil {
		tab.t.Fatalf("browser: %v", err)
	}
	return got
}

// Eval evaluates JavaScript.
func Eval[T any](tab *Tab, script string) T {
	tab.t.Helper()
	return Do(tab, chromedp.Evaluate[T](script))
}

// Go opens an address.
func (tab *Tab) Go(address string) {
	tab.t.Helper()
	Do(tab, chromedp.Navigate(address))
}

// Wait waits until a condition in JavaScript holds.
func (tab *Tab) Wait(condition string) {
	tab.t.Helper()
	for deadline := time.Now().Add(patience); !Eval[bool](tab, condition); time.Sleep(100 * time.Millisecond) {
		if time.Now().After(deadline) {
			tab.t.Fatalf("browser: %s does not come true; the page shows\n%s", condition, Eval[string](tab, "document.body.innerText"))
		}
	}
}

// Press presses a key, such as kb.Tab.
func (tab *Tab) Press(key string) {
	tab.t.Helper()
	Do(tab, chromedp.KeyEvent(key))
}

// Size makes the page so many CSS pixels wide and high.
func (tab *Tab) Size(width, height int64) {
	tab.t.Helper()
	Do(tab, chromedp.EmulateViewport(width, height))
}

// Scheme prefers a colour scheme: light or dark.
func (tab *Tab) Scheme(name string) {
	tab.t.Helper()
	Do(tab, func(ctx context.Context, target *chromedp.Target) (chromedp.Void, error) {
		_, err := cdp.Call(ctx, target, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
		return chromedp.Void{}, err
	})
}

// Picture writes what the whole page looks like to a PNG file.
func (tab *Tab) Picture(file string) {
	tab.t.Helper()
	if err := os.WriteFile(file, Do(tab, chromedp.FullScreenshot(100)), 0o644); err != nil {
		tab.t.Fatal(err)
	}
}

// Problems gives what the browser has complained of since the last call.
func (tab *Tab) Problems() []string { return tab.take(&tab.problems) }

// Asked gives the addresses that the browser has requested since the last call.
func (tab *Tab) Asked() []string { return tab.take(&tab.asked) }

func (tab *Tab) take(list *[]string) []string {
	Eval[int](tab, "1") // what was sent before has come when this has
	tab.mu.Lock()
	defer tab.mu.Unlock()
	out := *list
	*list = nil
	return out
}

// Clean fails the test where the browser has complained.
func (tab *Tab) Clean(where string) {
	tab.t.Helper()
	for _, p := range tab.Problems() {
		tab.t.Errorf("%s: the browser says: %s", where, p)
	}
}
