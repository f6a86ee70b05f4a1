// Command labctl starts and ends a lab for people: make lab and make lab-down.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/signal"
	"path/filepath"
	"slices"
	"syscall"
	"time"

	"github.com/shopslo/shopslo/internal/lab"
)

func main() {
	os.Exit(run(context.Background(), os.Args[1:], os.Environ(), os.Stdout, os.Stderr))
}

const usage = `usage: labctl build | up [-dir DIR] [-self-heal] [-rbac] [-central] [-town] | info [-dir DIR] | down [-dir DIR]
  build  builds the programs that the lab runs, once; takes minutes
  up     starts a lab, leaves it running, and says how to reach it
  info   says how to reach the lab that runs
  down   ends it and removes its files
`

// run gives 0 for done, 1 for failed, 3 for wrong usage, 130 for interrupted.
func run(ctx context.Context, args, _ []string, stdout, stderr io.Writer) int {
	ctx, stop := signal.NotifyContext(ctx, os.Interrupt, syscall.SIGTERM)
	defer stop()
	if len(args) == 0 {
		fmt.Fprint(stderr, usage)
		return 3
	}
	flags := flag.NewFlagSet("labctl "+args[0], flag.ContinueOnError)
	flags.SetOutput(stderr)
	c := command{args: args[1:], stdout: stdout, stderr: stderr}
	c.options.Log = func(line string) { fmt.Fprintln(stderr, "lab: "+line) }
	flags.StringVar(&c.options.Dir, "dir", filepath.Join(".cache", "lab"), "folder of the lab's files")
	flags.BoolVar(&c.options.SelfHeal, "self-heal", false, "Argo CD undoes what is changed by hand")
	flags.BoolVar(&c.options.RBAC, "rbac", false, "the API servers check rights")
	flags.BoolVar(&c.town, "town", false, "with shops, customers, shopset_exporter and shopslo serve")
	flags.BoolFunc("central", "one Argo CD manages all clusters", func(string) error {
		c.options.Layout = lab.Central
		return nil
	})
	do := map[string]func(context.Context) error{
		"build": func(ctx context.Context) error { return lab.Build(ctx, "", c.options.Log) },
		"up":    c.up, "hold": c.hold, "info": c.info, "down": c.down,
	}[args[0]]
	if do == nil {
		fmt.Fprint(stderr, usage)
		return 3
	}
	if err := flags.Parse(args[1:]); errors.Is(err, flag.ErrHelp) {
		return 0
	} else if err != nil {
		return 3
	}
	if flags.NArg() > 0 {
		fmt.Fprint(stderr, usage)
		return 3
	}
	if err := do(ctx); err != nil {
		if ctx.Err() != nil {
			fmt.Fprintln(stderr, "lab: interrupted; nothing is left")
			return 130
		}
		fmt.Fprintln(stderr, "lab:", err)
		return 1
	}
	return 0
}

type command struct {
	args           []string // after the command's name
	options        lab.Options
	town           bool
	stdout, stderr io.Writer
}

// up has another process hold the lab, so that this one can end, and waits until
// the lab is there.
func (c *command) up(ctx context.Context) error {
	if lab.Running(c.options.Dir) {
		fmt.Fprintln(c.stderr, "lab: it is running already; make lab-down ends it")
		return c.info(ctx)
	}
	// Built here, where progress is seen and a Ctrl-C ends it.
	if err := lab.Build(ctx, "", c.options.Log); err != nil {
		return err
	}
	exe, err := os.Executable()
	if err != nil {
		return err
	}
	news, err := os.CreateTemp("", "shopslo-lab-news-")
	if err != nil {
		return err
	}
	defer os.Remove(news.Name())
	defer news.Close()
	holder := exec.Command(exe, append([]string{"hold"}, c.args...)...)
	holder.Stdout, holder.Stderr = news, news
	lab.Detach(holder) // the terminal's Ctrl-C is not for it
	if err := holder.Start(); err != nil {
		return err
	}
	ended := make(chan error, 1)
	go func() { ended <- holder.Wait() }()
	for {
		if lab.Running(c.options.Dir) {
			if i, err := lab.ReadInfo(c.options.Dir); err == nil && (i.Town != "" || !c.town) {
				return c.info(ctx)
			}
		}
		select {
		case <-ended:
			text, err := os.ReadFile(news.Name())
			return errors.Join(err, fmt.Errorf("it did not come up:\n%s", text))
		case <-ctx.Done():
			err := holder.Process.Signal(syscall.SIGTERM)
			<-ended
			return errors.Join(context.Cause(ctx), err)
		case <-time.After(100 * time.Millisecond):
		}
	}
}

// hold starts a lab and ends it when it is told to.
func (c *command) hold(ctx context.Context) error {
	l, err := lab.Start(ctx, c.options)
	if err != nil {
		return err
	}
	if c.town {
		if _, err := l.StartTown(ctx); err != nil {
			return errors.Join(err, l.Stop())
		}
	}
	<-ctx.Done()
	return l.Stop()
}

func (c *command) info(context.Context) error {
	i, err := lab.ReadInfo(c.options.Dir)
	if errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("no lab is up in %s; make lab starts one", c.options.Dir)
	}
	if err != nil {
		return err
	}
	var clusters []string
	for name := range i.APIServers {
		clusters = append(clusters, name)
	}
	slices.Sort(clusters)
	w := c.stdout
	fmt.Fprintf(w, "The lab is up. Kubernetes, with a context per cluster:\n  export KUBECONFIG=%s\n", i.Kubeconfig)
	for _, name := range clusters {
		fmt.Fprintf(w, "  %s --context %s get applications -n %s\n", i.Kubectl, name, lab.ArgoCDNamespace)
	}
	fmt.Fprintf(w, "Prometheus (a file in %s adds a target):\n  %s\n", i.Targets, i.Prometheus)
	fmt.Fprintf(w, "Git, with a branch per Tier, tier-0 to tier-4; anybody may push:\n  git clone --recurse-submodules -b tier-0 %s\n  git clone -b tier-0 %s\n", i.SystemRepo, i.AppRepo)
	if i.Town != "" {
		fmt.Fprintf(w, "Shops, customers, shopset_exporter and shopslo serve run; budgets have windows of a minute. Ask the gate, and move a release up:\n  cd %s\n", i.Town)
		for _, command := range []string{"status", "gate --to beta", "promote --all --wait 10m --every 1s"} {
			fmt.Fprintf(w, "  %s %s --server %s\n", i.Shopslo, command, i.Server)
		}
		fmt.Fprintf(w, "A release is a commit on tier-0 of both repositories; with failOneIn: \"50\" in its cart/configmap.yaml it fails 2 %% of the payments.\n")
	} else {
		fmt.Fprintf(w, "Shops, customers, shopset_exporter and shopslo serve come with make lab-down && make lab ARGS=-town.\n")
	}
	fmt.Fprintf(w, "Logs are in %s. make lab-down ends it.\n", i.Logs)
	return nil
}

func (c *command) down(context.Context) error {
	found, err := lab.Down(c.options.Dir)
	if err != nil {
		return err
	}
	if !found {
		fmt.Fprintf(c.stdout, "no lab is running in %s\n", c.options.Dir)
		return nil
	}
	fmt.Fprintln(c.stdout, "the lab has ended")
	return nil
}
