package decisionlog

import (
	"fmt"
	"io"
	"path/filepath"
	"strings"
)

// summary says in a sentence what was kept and what is lost.
func (r *Repaired) summary() string { return "The log was repaired: " + r.tally() }

func (r *Repaired) tally() string {
	lost := 0
	for _, l := range r.Lost {
		lost += l.To - l.From + 1
	}
	return fmt.Sprintf("%s kept, %d appended again, %d lost, %d without their record.", entries(r.Kept), len(r.Again), lost, len(r.LostRecords))
}

func entries(n int) string {
	if n == 1 {
		return "1 entry"
	}
	return fmt.Sprintf("%d entries", n)
}

// WriteText tells people what a repair has done.
func (r *Repaired) WriteText(w io.Writer, dir string, head Head) error {
	_, err := fmt.Fprintf(w, "%s\n%sWhat was there before is in %s.\nThe repair is entry %d, the head is %s.\n",
		r.summary(), r.list("was"), filepath.Join(dir, r.Aside), head.Index, head.Hash)
	return err
}

// WritePlan tells people what a repair would do.
func (r *Repaired) WritePlan(w io.Writer) error {
	_, err := fmt.Fprintf(w, "The log is broken. A repair would leave: %s\n%sNothing was changed.\n", r.tally(), r.list("would be"))
	return err
}

// list names each entry that does not stay as it is.
func (r *Repaired) list(is string) string {
	var b strings.Builder
	for _, l := range r.Lost {
		if l.From == l.To {
			fmt.Fprintf(&b, "  lost: entry %d: %s\n", l.From, l.Why)
		} else {
			fmt.Fprintf(&b, "  lost: entries %d to %d: %s\n", l.From, l.To, l.Why)
		}
	}
	for _, a := range r.Again {
		fmt.Fprintf(&b, "  entry %d %s appended again as entry %d\n", a.Was, is, a.Index)
	}
	for _, n := range r.LostRecords {
		fmt.Fprintf(&b, "  lost: the record of entry %d\n", n)
	}
	return b.String()
}
