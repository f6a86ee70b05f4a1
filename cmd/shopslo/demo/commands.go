package demo

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"
)

// answer is what a command printed, and its exit code.
type answer struct {
	shown string // the command as it is shown
	text  string
	code  int
}

// narrator writes the transcript. It may be used by several goroutines at once.
type narrator struct {
	out   io.Writer
	begun time.Time
	mu    sync.Mutex
}

// say writes a line of the story, with the seconds since it began.
func (n *narrator) say(format string, args ...any) {
	n.write(fmt.Sprintf("── %3.0f s  %s\n", time.Since(n.begun).Seconds(), fmt.Sprintf(format, args...)))
}

// show writes a command without what is the same in all of them.
func (n *narrator) show(args ...string) { n.write("$ shopslo " + strings.Join(args, " ") + " &\n") }

func (n *narrator) print(a answer) {
	text := strings.TrimRight(a.text, "\n")
	n.write(fmt.Sprintf("$ %s\n%s\n", a.shown, text))
}

func (n *narrator) write(text string) {
	n.mu.Lock()
	defer n.mu.Unlock()
	fmt.Fprint(n.out, text)
}

// run runs a command of shopslo against the server. The codes are those that
// are an answer; with another one the command failed.
func (s *story) run(codes []int, args ...string) (string, int, error) {
	all := append(slices.Clone(args), "--config", configFile, "--server", s.server)
	stdout, stderr, code, err := s.children.output(s.ctx, s.dir, s.o.Exe, all...)
	if err != nil {
		return "", 0, err
	}
	if !slices.Contains(codes, code) {
		return "", 0, fmt.Errorf("shopslo %s: exit code %d: %s", strings.Join(all, " "), code, strings.TrimSpace(stderr+"\n"+stdout))
	}
	return stdout, code, nil
}

// gate asks the gate.
func (s *story) gate() (answer, error) {
	args := []string{"gate", "--to", gateTo}
	text, code, err := s.run([]int{exitPromote, exitHold, exitInconclusive}, args...)
	return answer{
		shown: "shopslo " + strings.Join(args, " ") + `; echo "exit code $?"`,
		text:  strings.TrimRight(text, "\n") + fmt.Sprintf("\nexit code %d", code),
		code:  code,
	}, err
}

// gateSays asks the gate until it answers with one of the codes.
func (s *story) gateSays(what string, codes ...int) (answer, error) {
	var a answer
	err := s.until(s.pace.patience, "the gate does not say "+what, func() (done bool, err error) {
		a, err = s.gate()
		return slices.Contains(codes, a.code), err
	})
	if err != nil && a.text != "" {
		err = fmt.Errorf("%w; it said last:\n%s", err, a.text)
	}
	return a, err
}

// status prints the budgets; with a ShopSet's name only the lines about it and
// the heading.
func (s *story) status(shopset string) error {
	text, _, err := s.run([]int{0}, "status")
	if err != nil {
		return err
	}
	a := answer{shown: "shopslo status", text: text}
	if shopset != "" {
		a.shown += fmt.Sprintf(" | grep -w -e SHOPSET -e %s", shopset)
		a.text = grepWords(text, "SHOPSET", shopset)
	}
	s.print(a)
	return nil
}

// grepWords keeps the lines that have one of the words as a field.
func grepWords(text string, words ...string) string {
	var kept []string
	for line := range strings.Lines(text) {
		if slices.ContainsFunc(strings.Fields(line), func(f string) bool { return slices.Contains(words, f) }) {
			kept = append(kept, line)
		}
	}
	return strings.Join(kept, "")
}

// budget is what the story reads of a budget in status -o json.
type budget struct {
	SLO      string   `json:"slo"`
	ShopSet  string   `json:"shopset"`
	Coverage float64  `json:"coverage"`
	Good     *float64 `json:"good"`
	Total    *float64 `json:"total"`
}

// budgets asks for all budgets.
func (s *story) budgets() ([]budget, error) {
	text, _, err := s.run([]int{0}, "status", "-o", "json")
	if err != nil {
		return nil, err
	}
	var a struct {
		Budgets []budget `json:"budgets"`
	}
	if err := json.Unmarshal([]byte(text), &a); err != nil {
		return nil, fmt.Errorf("read what shopslo status -o json printed: %w", err)
	}
	return a.Budgets, nil
}

// until polls f until it is true. When the limit has passed, the error says what
// is still so.
func (s *story) until(limit time.Duration, still string, f func() (bool, error)) error {
	end := time.Now().Add(limit)
	for {
		done, err := f()
		if err != nil || done {
			return err
		}
		if time.Now().After(end) {
			return fmt.Errorf("%s after %s", still, limit)
		}
		if err := s.sleep(s.pace.poll); err != nil {
			return err
		}
	}
}

func (s *story) sleep(d time.Duration) error {
	select {
	case <-s.ctx.Done():
		return context.Cause(s.ctx)
	case <-time.After(d):
		return nil
	}
}
