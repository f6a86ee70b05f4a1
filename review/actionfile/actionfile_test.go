package actionfile

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var tokyo = time.FixedZone("Asia/Tokyo", 9*3600)

const whole = `apiVersion: shopslo.dev/v1alpha1
kind: ActionItem
metadata: {name: timeouts}
spec:
  what: カートのタイムアウトを 3 秒に下げる
  owner: mai
  due: 2026-11-20
  doneAt: 2026-11-18T10:00:00+09:00
  link: https://git.example/shop/cart/issues/12
  from: 2026-W45
---
apiVersion: shopslo.dev/v1alpha1
kind: ActionItem
metadata: {name: runbook}
spec: {what: Write the runbook, owner: ken, due: "2026-12-01T18:00:00Z"}
`

func TestActionItemsAreRead(t *testing.T) {
	dir := t.TempDir()
	if err := os.WriteFile(filepath.Join(dir, "a.yaml"), []byte(whole), 0o600); err != nil {
		t.Fatal(err)
	}
	got, err := Load(dir, tokyo, "*.yaml")
	if err != nil || len(got) != 2 {
		t.Fatalf("%d items, %v", len(got), err)
	}
	a, b := got[0], got[1]
	if a.ID != "timeouts" || a.What != "カートのタイムアウトを 3 秒に下げる" || a.Owner != "mai" || a.Link != "https://git.example/shop/cart/issues/12" || a.From != "2026-W45" {
		t.Errorf("%+v", a)
	}
	if !a.Due.Equal(time.Date(2026, 11, 21, 0, 0, 0, 0, tokyo)) || !a.Done.Equal(time.Date(2026, 11, 18, 10, 0, 0, 0, tokyo)) {
		t.Errorf("due %v, which is the end of the day; done %v", a.Due, a.Done)
	}
	if b.Done != nil || !b.Due.Equal(time.Date(2026, 12, 1, 18, 0, 0, 0, time.UTC)) {
		t.Errorf("%+v", b)
	}
	if none, err := Load(dir, tokyo, "*.yml"); err != nil || len(none) != 0 {
		t.Errorf("no file: %v, %v", none, err)
	}
}

func TestAnActionItemThatCannotBeIsAFaultWithItsPlace(t *testing.T) {
	for name, test := range map[string]struct{ change, to, want string }{
		"a mistyped key":             {"owner: mai", "ownr: mai", `did you mean "owner"`},
		"nobody's":                   {"owner: mai", `owner: " "`, "a.yaml:6:10: ActionItem \"timeouts\": spec.owner"},
		"nothing said":               {"what: カートのタイムアウトを 3 秒に下げる", `what: ""`, "is empty"},
		"a day that is none":         {"due: 2026-11-20", "due: 2026-11-31", "is no day and no time"},
		"a time without a zone":      {"due: 2026-11-20", "due: 2026-11-20T10:00:00", "is no day and no time"},
		"a link that runs something": {"link: https://git.example/shop/cart/issues/12", "link: 'javascript:alert(1)'", "is not the address of a page"},
		"two of a name":              {"name: runbook", "name: timeouts", "is the name of another"},
		"another kind":               {"kind: ActionItem", "kind: ActionItems", `did you mean "ActionItem"`},
	} {
		t.Run(name, func(t *testing.T) {
			got, err := parse("a.yaml", []byte(strings.Replace(whole, test.change, test.to, 1)), tokyo)
			if err == nil || got != nil || !strings.Contains(err.Error(), test.want) {
				t.Errorf("error %v, want one with %q; %d items", err, test.want, len(got))
			}
		})
	}
}

// Whatever a file holds, reading it ends with faults or with items that say what and whose.
func FuzzParse(f *testing.F) {
	f.Add([]byte(whole))
	f.Add([]byte("apiVersion: shopslo.dev/v1alpha1\nkind: ActionItem\nmetadata: {name: x}\nspec: {what: y, owner: z, due: ~}\n"))
	f.Add([]byte("a: &a [*a]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		got, err := parse("a.yaml", data, tokyo)
		if err != nil && got != nil {
			t.Fatal("items beside faults")
		}
		for _, a := range got {
			if strings.TrimSpace(a.What) == "" || strings.TrimSpace(a.Owner) == "" || a.Due != nil && a.Due.IsZero() {
				t.Fatalf("%+v", a)
			}
		}
	})
}
