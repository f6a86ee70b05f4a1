package promoter

import (
	"context"
	"fmt"
	"slices"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/plain"
)

// remembering is the History with what the Memory knows besides; its notes go into out.
// One that cannot be asked keeps nobody who insists from anything.
func (p *Promoter) remembering(out *Promotion, o Options) History {
	if p.Memory == nil {
		return p.History
	}
	return remembering{p.History, p.Memory, out, o.Again}
}

type remembering struct {
	History
	memory  Memory
	out     *Promotion
	insists bool
}

// Past is that of History.
func (h remembering) Past(ctx context.Context, branch string) ([]fleet.Release, error) {
	past, err := h.History.Past(ctx, branch)
	if err != nil {
		return nil, err
	}
	had, notes, err := h.memory(ctx, h.out.To)
	if err != nil && h.insists {
		notes, err = append(notes, sentence(fmt.Sprintf("What was rolled back from %s could not be looked up: %v", h.out.To, err))), nil
	}
	if err != nil {
		return nil, fmt.Errorf("look up what was rolled back from %s: %w", h.out.To, err)
	}
	for _, note := range notes {
		if !slices.Contains(h.out.Notes, note) { // it is asked twice
			h.out.Notes = append(h.out.Notes, note)
		}
	}
	return slices.Concat(past, had), nil
}

// comesAgain is the clause that says on whose word a Release brings back what was
// rolled back; "" where it does not.
func comesAgain(plan planned, o Options) string {
	switch {
	case plan.RolledBack == "":
		return ""
	case o.Fix != "" && plan.RolledBack != plan.Release:
		return fmt.Sprintf(", which contains %s, rolled back before, and mends %s (--fix)", Short(plan.RolledBack), plain.OneLine(o.Fix))
	case plan.RolledBack == plan.Release:
		return ", which was rolled back before (--again)"
	}
	return fmt.Sprintf(", which brings back what was rolled back with %s (--again)", Short(plan.RolledBack))
}
