// Command mutate changes one thing at a time in a package's code and sees whether its
// tests notice: a condition, an operator, an error that is returned, a statement. It
// takes a sample at random, prints what survived, and exits with 1 where fewer were
// killed than -at-least. What does not compile does not count. Maintained tools of this
// kind take no sample, and a package here has up to a thousand mutants.
package main

import (
	"bytes"
	"context"
	"encoding/json"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"time"
)

func main() {
	n := flag.Int("n", 40, "how many mutants")
	seed := flag.Uint64("seed", 1, "seed of the sample")
	atLeast := flag.Float64("at-least", 90, "percent that have to be killed")
	dir := flag.String("dir", ".", "root of the module")
	tests := flag.String("tests", "", "packages, separated by spaces, whose tests may notice (default the package's own)")
	only := flag.String("only", "", "mutate this file alone")
	pattern := flag.String("run", "", "tests that may notice, as go test takes it (default all)")
	flag.Parse()
	if flag.NArg() != 1 {
		fmt.Fprintln(os.Stderr, "mutate: give one package, as in: make mutate PKG=./slo")
		os.Exit(3)
	}
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	r := run{ctx: ctx, dir: *dir, pkg: flag.Arg(0), pattern: *pattern, tests: strings.Fields(*tests)}
	if len(r.tests) == 0 {
		r.tests = []string{r.pkg}
	}
	killed, survived, err := r.sample(*n, *seed, *only)
	all := killed + survived
	if err == nil && all == 0 {
		err = fmt.Errorf("there is nothing to change in %s", r.pkg)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "mutate:", err)
		os.Exit(4)
	}
	rate := 100 * float64(killed) / float64(all)
	fmt.Printf("%s, seed %d: %d of %d mutants killed (%.0f %%)\n", r.pkg, *seed, killed, all, rate)
	if rate < *atLeast {
		os.Exit(1)
	}
}

// run is a package that is mutated, and the tests that may notice.
type run struct {
	ctx      context.Context
	dir, pkg string
	pattern  string // of tests' names; "": all
	tests    []string
	timeout  time.Duration // of one mutant
}

// sample tries n mutants that compile.
func (r *run) sample(n int, seed uint64, only string) (killed, survived int, err error) {
	all, err := r.mutants(only)
	if err != nil {
		return 0, 0, err
	}
	began := time.Now()
	r.timeout = 10 * time.Minute
	if out, err := r.test(); err != nil {
		return 0, 0, fmt.Errorf("the tests fail without a mutant: %w\n%s", err, out)
	}
	r.timeout = 3*time.Since(began) + 20*time.Second
	tmp, err := os.MkdirTemp("", "mutate")
	if err != nil {
		return 0, 0, err
	}
	defer os.RemoveAll(tmp)
	rng := rand.New(rand.NewPCG(seed, 0))
	rng.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
	for _, m := range all {
		if killed+survived == n {
			break
		}
		overlay, err := m.overlay(tmp)
		if err != nil {
			return killed, survived, err
		}
		out, err := r.test("-overlay", overlay)
		switch {
		case r.ctx.Err() != nil:
			return killed, survived, r.ctx.Err()
		case err == nil:
			survived++
			fmt.Println(m.diff(r.dir))
		case !bytes.Contains(out, []byte("[build failed]")) && !bytes.Contains(out, []byte("[setup failed]")):
			killed++
		}
	}
	return killed, survived, nil
}

// mutants are all of the package's, file by file.
func (r *run) mutants(only string) ([]mutant, error) {
	cmd := exec.CommandContext(r.ctx, "go", "list", "-json=Dir,GoFiles", r.pkg)
	cmd.Dir, cmd.Stderr = r.dir, os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("go list %s: %w", r.pkg, err)
	}
	var p struct {
		Dir     string
		GoFiles []string
	}
	if err := json.Unmarshal(out, &p); err != nil {
		return nil, err
	}
	var all []mutant
	for _, name := range p.GoFiles {
		if only != "" && name != only {
			continue
		}
		found, err := mutantsOf(filepath.Join(p.Dir, name))
		if err != nil {
			return nil, err
		}
		all = append(all, found...)
	}
	return all, nil
}

// test runs the tests; they are ended, too, where they hang.
func (r *run) test(args ...string) ([]byte, error) {
	ctx, cancel := context.WithTimeout(r.ctx, r.timeout+5*time.Minute) // for the build
	defer cancel()
	args = slices.Concat([]string{"test", "-vet=off", "-count=1", "-failfast", "-run", r.pattern, "-timeout", r.timeout.String()}, args, r.tests)
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = r.dir
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	cmd.Cancel = func() error { return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) }
	return cmd.CombinedOutput()
}
