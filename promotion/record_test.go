package promotion_test

import (
	"os"
	"path/filepath"
	"regexp"
	"testing"

	"github.com/shopslo/shopslo/promotion"
)

// reasons are the sentences of checks. They may be worded better; all else stays.
var reasons = regexp.MustCompile(`"reason": "(?:[^"\\]|\\.)*"`)

// The files were written by an earlier version. Whoever kept such a record can have it
// decided again, and a decision is still written byte for byte in the same shape. They
// are not to be rewritten unless Rules has grown.
func TestRecordsOfBeforeReplay(t *testing.T) {
	files, err := filepath.Glob("testdata/records/*.json")
	if err != nil || len(files) < 8 {
		t.Fatal(files, err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			old, err := os.ReadFile(file)
			if err != nil {
				t.Fatal(err)
			}
			r, err := promotion.DecodeRecord(old)
			if err != nil {
				t.Fatal(err)
			}
			if d, err := r.Replay(); err != nil || d.Verdict != r.Verdict {
				t.Errorf("replayed it is %s, %v", d.Verdict, err)
			}
			again, err := promotion.Judge(r.Program, r.Policy, r.Evidence, r.At).AppendJSON(nil)
			if err != nil {
				t.Fatal(err)
			}
			validate(t, again)
			if was, is := reasons.ReplaceAllString(string(old), ""), reasons.ReplaceAllString(string(again)+"\n", ""); was != is {
				t.Errorf("it was\n%s\nit is\n%s", was, is)
			}
		})
	}
}
