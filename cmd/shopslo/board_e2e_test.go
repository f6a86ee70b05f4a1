//go:build e2e

package main

import (
	"flag"
	"testing"

	"github.com/shopslo/shopslo/board/browsertest"
)

var boardPicture = flag.String("picture", "", "`file` to write a picture of the board to that has lost its server")

func TestABoardOnTheWallFollowsServe(t *testing.T) {
	b := newBoardShops(t)
	s := startServe(t, b.config)
	s.waitReady(t)
	b.waitScraped(t)
	b.beta.add(1000, 10)
	b.prod.add(1000, 0)
	s.waitCounts(t, "cart", "b-1", 1010, 10)
	s.shows(t, "/board/", "90.0% left")

	tab := browsertest.Open(t, "ja")
	tab.Go(s.url + "/")
	tab.Wait(`location.pathname === "/board/" && document.body.innerText.includes("残り 90.0%")`)
	browsertest.Eval[int](tab, "window.mark = 1")

	b.beta.add(0, 150) // the budget is gone
	tab.Wait(`document.body.innerText.includes("バジェットが枯渇") && document.querySelector(".cell.bad a").textContent === "b-1"`)
	if !browsertest.Eval[bool](tab, "window.mark === 1") {
		t.Error("the page was loaded anew")
	}
	tab.Clean("while serve answers")

	s.stop(t)
	tab.Wait(`document.body.classList.contains("stale") && !document.getElementById("stale").hidden`)
	if text := browsertest.Eval[string](tab, `document.getElementById("stale").innerText`); len(text) < 20 {
		t.Errorf("it only says %q", text)
	}
	if !browsertest.Eval[bool](tab, `getComputedStyle(document.querySelector("main")).filter.includes("grayscale") && /\d:\d\d:\d\d/.test(document.querySelector("#stale time").textContent)`) {
		t.Error("it is not grey, or does not say since when it is old")
	}
	if *boardPicture != "" {
		tab.Size(1280, 800)
		tab.Picture(*boardPicture)
	}
}
