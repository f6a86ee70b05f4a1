package main

import (
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/shopslo/shopslo/engine/recount"
	"github.com/shopslo/shopslo/slo/ledger/ledgertest"
)

// Samples of one ShopSet come late, after the ledger has counted their time: verify tells where,
// recount shows it, and takes it over.
func TestALedgerIsComparedWithItsSourceAndRecounted(t *testing.T) {
	h := restless(time.Now())
	all := seriesOf(h)
	at := func(d time.Duration) time.Time { return time.UnixMilli(h.Start).Add(d).UTC() }
	from := at(3 * time.Hour).Truncate(time.Hour).Add(30 * time.Minute)
	to := from.Add(time.Hour) // in two hours of the ledger
	missing := slices.Clone(all)
	for i, s := range missing {
		if s.Labels.Get("shopset") == "busy" {
			missing[i].Samples = slices.DeleteFunc(slices.Clone(s.Samples), func(x ledgertest.Sample) bool {
				return x.T > from.UnixMilli() && x.T <= to.UnixMilli()
			})
		}
	}
	dir := t.TempDir()
	config := filepath.Join(dir, "shopslo.yaml")
	const text = embeddedHere + "ledger: {dir: ledger}\n"
	writeFiles(t, dir, map[string]string{"shopslo.yaml": text, "fleet.yaml": fleetOf("beta: busy sparse nostart", "prod: noup odd down"), "slo.yaml": yamlOf(ofHistory)})
	for name, samples := range map[string][]ledgertest.Series{"tsdb": missing, "late": all, "gone": slices.DeleteFunc(slices.Clone(all), func(s ledgertest.Series) bool { return s.Labels.Get("shopset") == "busy" })} {
		fill(t, filepath.Join(dir, name), dataOf(samples))
	}
	if err := os.Mkdir(filepath.Join(dir, "ledger"), 0o750); err != nil {
		t.Fatal(err)
	}
	source := func(name string) {
		writeFiles(t, dir, map[string]string{"shopslo.yaml": strings.Replace(text, "dir: tsdb", "dir: "+name, 1)})
	}
	shopslo := func(code int, args ...string) string {
		t.Helper()
		got, stdout, stderr := runWith(t, nil, append(args, "--config", config)...)
		if got != code {
			t.Fatalf("%v: exit code %d, want %d: %s%s", args, got, code, stdout, stderr)
		}
		return stdout + stderr
	}
	compared := func(text string) (a recount.Answer) {
		t.Helper()
		valid(t, "recount", text)
		if err := json.Unmarshal([]byte(text), &a); err != nil {
			t.Fatal(err)
		}
		return a
	}
	end := time.UnixMilli(h.End).UTC().Format(time.RFC3339)
	shopslo(exitOK, "status", "--at", end, "-o", "json")
	since := []string{"--from", at(2 * time.Hour).Format(time.RFC3339)}
	verify := append([]string{"ledger", "verify"}, since...)
	if a := compared(shopslo(exitOK, append(verify, "-o", "json")...)); a.Equal == 0 || a.Different+a.NoData+a.Failed > 0 {
		t.Errorf("the same source: %+v", a)
	}
	files := func() string {
		var all []string
		found, _ := filepath.Glob(filepath.Join(dir, "ledger", "*-*"))
		for _, f := range found {
			b, _ := os.ReadFile(f)
			all = append(all, f, string(b))
		}
		return strings.Join(all, "\n")
	}
	before := files()

	source("late")
	if out := shopslo(exitNo, verify...); !strings.Contains(out, "busy") || !strings.Contains(out, "different") || strings.Contains(out, "sparse") || !strings.Contains(out, "ledger recount") {
		t.Errorf("verify:\n%s", out)
	}
	narrow := append([]string{"ledger", "recount", "--from", from.Format(time.RFC3339), "--to", from.Add(time.Minute).Format(time.RFC3339)}, "--slo", "bad-of-total", "--shopset", "busy")
	a := compared(shopslo(exitOK, append(narrow, "-o", "json")...))
	if len(a.Accounts) != 1 || a.Applied || a.Different < 2 || a.Accounts[0].ShopSet != "busy" || !slices.Contains(a.Accounts[0].SLOs, "bad-of-total") {
		t.Errorf("recount of the first hour must go on to where its growth was counted: %+v", a)
	}
	source("gone")
	if a := compared(shopslo(exitInconclusive, append(append(verify, "--shopset", "busy"), "-o", "json")...)); a.NoData == 0 || a.Different > 0 {
		t.Errorf("a source that has lost a ShopSet: %+v", a)
	}
	if out := shopslo(exitOK, append([]string{"ledger", "recount", "--apply"}, since...)...); !strings.Contains(out, "Nothing is to be changed.") {
		t.Errorf("recount from a source that has lost a ShopSet:\n%s", out)
	}
	source("late")
	lock, err := os.Open(filepath.Join(dir, "ledger", "lock"))
	if err != nil {
		t.Fatal(err)
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		t.Fatal(err)
	}
	recount := append([]string{"ledger", "recount"}, since...)
	if out := shopslo(3, append(recount, "--apply")...); !strings.Contains(out, "is in use by another process") || !strings.Contains(out, "stop 'shopslo serve'") {
		t.Errorf("a ledger in use:\n%s", out)
	}
	if out := shopslo(exitOK, recount...); !strings.Contains(out, "Nothing was written.") || files() != before {
		t.Errorf("a preview beside a server:\n%s", out)
	}
	lock.Close()

	if out := shopslo(exitOK, append(recount, "--apply")...); !strings.Contains(out, "as the source has it") {
		t.Errorf("recount:\n%s", out)
	}
	shopslo(exitOK, verify...)
	code, stdout, stderr := runWith(t, nil, "status", "--config", config, "--at", end, "-o", "json")
	if code != exitOK {
		t.Fatalf("status: %d %s", code, stderr)
	}
	checkReport(t, decodeStatus(t, stdout), ofHistory, 15*time.Second, all)
}
