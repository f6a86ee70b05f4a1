package main

import (
	"context"
	"errors"
	"fmt"
	"runtime/debug"
	"slices"
	"strconv"
	"time"

	"github.com/spf13/cobra"
	"golang.org/x/term"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/judge"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/promotion"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/slo"
)

// gateFlags are the flags of `gate` beside those that other commands have too.
type gateFlags struct {
	to, release, since, replay string
	fixFlags
	explain      bool
	slos         []string // whose checks are shown
	watch, every time.Duration
	out          gateOutput
}

// known refuses --slo of an SLO that no check is about.
func (f *gateFlags) known(a judged) error {
	var names []string
	for _, c := range a.Checks {
		if c.SLO != "" && !slices.Contains(names, c.SLO) {
			names = append(names, c.SLO)
		}
	}
	for _, name := range f.slos {
		if !slices.Contains(names, name) {
			return usage.Errorf("--slo: no check is about %q%s", name, usage.DidYouMean(name, names))
		}
	}
	return nil
}

func gateCommand(p *program) *cobra.Command {
	var f gateFlags
	cmd := &cobra.Command{
		Use:   "gate --to TIER",
		Short: "Decide whether a release may go to a Tier",
		Long:  p.lang.Long(longGate, serverHelp),
		Example: `  shopslo gate --to prod
  shopslo gate --to prod --explain
  shopslo gate --to prod --watch 30m --write json=decision.json --write markdown=summary.md
  shopslo gate --to prod --fix https://git.example/shops/pull/12
  shopslo gate --to prod --release v1.4.2 --since 2h
  shopslo gate --replay decision.json
  shopslo gate --to prod --server http://127.0.0.1:9876 && ./promote.sh prod`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	at := p.atFlag(cmd)
	server := serverFlag(cmd)
	f.out.flags(cmd)
	fs := cmd.Flags()
	fs.StringVar(&f.to, "to", "", "the `Tier` that the release would go to")
	p.complete(cmd, "to", documents.TargetNames)
	fs.StringVar(&f.release, "release", "", "the `commit` to promote, at least 7 digits (default: what the branch below points to)")
	fs.StringVar(&f.since, "since", "", "when the release arrived in the Tier below, or in a fleet of one Tier, the one that runs: a `time` in RFC 3339, or how long ago, such as 2h; for use without an exporter")
	f.fixFlags.register(fs)
	fs.BoolVar(&f.again, "again", false, "allow the release although it was rolled back from the Tier; recorded like an override")
	fs.BoolVar(&f.explain, "explain", false, "show every check, the policy, and where evidence was looked for")
	fs.StringSliceVar(&f.slos, "slo", nil, "show only the checks of these `SLOs`, in a table or Markdown; the decision is still about all")
	p.complete(cmd, "slo", documents.SLONames)
	lengthVar(fs, &f.watch, "watch", 0, "how long to wait for a decision while it is inconclusive: 30m, 12h, 2d")
	lengthVar(fs, &f.every, "every", 15*time.Second, "interval between checks while waiting")
	fs.StringVar(&f.replay, "replay", "", "repeat the decision of a `file` written with -o json, without contacting any source")
	cmd.MarkFlagFilename("replay", "json")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		when, err := at()
		if err != nil {
			return err
		}
		if err := f.check(cmd, *server, when); err != nil {
			return err
		}
		a, err := p.gate(cmd.Context(), *server, f, when)
		if err != nil {
			return err
		}
		if err := f.known(a); err != nil {
			return err
		}
		if err := p.answer(a, f); err != nil {
			return err
		}
		if code := a.ExitCode(); code != exitOK {
			return exitWith(code)
		}
		return nil
	}
	return cmd
}

// check refuses what cannot be asked together.
func (f *gateFlags) check(cmd *cobra.Command, server string, at when) error {
	if err := f.out.check(); err != nil {
		return err
	}
	switch {
	case f.replay != "":
		for _, name := range []string{"to", "release", "fix", "by", "accept-rules", "again", "since", "own-rules", "watch", "at", "server"} {
			if cmd.Flags().Changed(name) {
				return usage.Errorf("--%s does not go with --replay: all is in the record", name)
			}
		}
		return nil
	case f.to == "":
		return usage.Errorf("--to is missing; name the Tier to promote the release to")
	case f.watch < 0 || f.every < time.Second:
		return usage.Errorf("--watch must not be below 0s, nor --every below 1s")
	case f.watch > 0 && at.given:
		return usage.Errorf("--watch does not go with --at: the past does not change")
	}
	if err := promotion.CheckReleaseName(f.release); f.release != "" && err != nil {
		return usage.Errorf("--release: %v", err)
	}
	return f.fixFlags.check(server)
}

// gate makes the decision again that a file holds, or asks until there is one.
func (p *program) gate(ctx context.Context, server string, f gateFlags, at when) (judged, error) {
	if f.replay != "" {
		return replay(f.replay)
	}
	q := p.question(f.to, f.release, f.fixFlags)
	var err error
	if q.Since, err = timeOrAgo("--since", f.since, at.time); err != nil {
		return judged{}, err
	}
	var v judged
	if f.watch == 0 {
		v, err = judgement(ctx, p, server, q, at)
	} else {
		v, err = watchGate(ctx, p, server, q, f)
	}
	if err != nil || v.config == nil {
		return v, err
	}
	b, err := logbook.Open(p.Host, v.config)
	if err != nil {
		return v, err
	}
	v.Answer, err = b.KeepAndTell(ctx, p.Host, v.Answer)
	return v, err
}

func replay(file string) (judged, error) {
	data, err := disk.Read(file, decisionlog.MaxRecord)
	if err != nil {
		return judged{}, fmt.Errorf("--replay: %w; name a file that 'shopslo gate -o json' or 'shopslo decisions show' wrote", err)
	}
	r, err := promotion.DecodeRecord(data)
	if err != nil {
		return judged{}, fmt.Errorf("replay %s: %w; it has to be all that 'shopslo gate -o json' or 'shopslo decisions show' wrote", file, err)
	}
	if r.Decision, err = r.Replay(thisBuild().Shopslo); err != nil {
		return judged{}, fmt.Errorf("replay %s: %w", file, err)
	}
	return judged{Answer: logbook.Answer{Record: r, JSON: data}}, nil
}

// watchGate asks again while the decision is inconclusive, for so long. What cannot be
// reached may come back, so it is waited for as well.
func watchGate(ctx context.Context, p *program, server string, q judge.Question, f gateFlags) (judged, error) {
	deadline := p.Now().Add(f.watch)
	for {
		v, err := judgement(ctx, p, server, q, when{time: p.Now()})
		left := deadline.Sub(p.Now())
		if err == nil && v.Verdict != promotion.Inconclusive || err != nil && !errors.Is(err, slo.ErrUnavailable) || left <= 0 {
			p.progressLine("")
			return v, err
		}
		p.progressLine("waiting for a decision, %s left: %s", left.Round(time.Second), v.waitingFor(err))
		select {
		case <-ctx.Done():
			p.progressLine("")
			return judged{}, context.Cause(ctx)
		case <-time.After(min(f.every, left)):
		}
	}
}

// waitingFor is the first thing that is missing, shortened for a line of a terminal.
func (v judged) waitingFor(err error) string {
	said := "nothing was checked"
	if err != nil {
		said = err.Error()
	}
	for _, c := range v.Checks {
		if c.Result == promotion.Unknown {
			said = c.Check + ": " + c.Reason
			break
		}
	}
	return text.Cut(said, 70)
}

// judgement asks a server, or decides here. A source that cannot be reached is a
// decision too, one that says so.
func judgement(ctx context.Context, p *program, server string, q judge.Question, at when) (judged, error) {
	if server != "" {
		v, err := p.server(server).Gate(ctx, q, at.asked())
		return judged{Answer: v}, err
	}
	// To collect garbage takes longer than this process lives with it: it is done as usual
	// while samples are read only, of which there may be any number.
	usual := debug.SetGCPercent(800)
	defer debug.SetGCPercent(usual)
	d, err := p.load()
	if err != nil {
		return judged{}, err
	}
	book, err := logbook.Open(p.Host, d.Config)
	if err != nil {
		return judged{}, err
	}
	defer book.Close()
	q.Last, q.Moves = book.LastRules, book.Moves
	once, err := judge.Ask(ctx, p.Host, d, q, at.time)
	if err != nil {
		return judged{}, err
	}
	debug.SetGCPercent(usual)
	defer once.Close()
	if err := once.Read(ctx); err != nil {
		return judged{}, err
	}
	debug.SetGCPercent(800)
	r, err := once.Decide(ctx)
	return judged{logbook.Answer{Record: r}, d.Config}, err
}

// columns is the width that the environment's COLUMNS asks for, else the terminal's; 0
// where the answer goes elsewhere.
func (p *program) columns() int {
	if n, err := strconv.Atoi(p.Env["COLUMNS"]); err == nil && n > 0 {
		return n
	}
	type file interface{ Fd() uintptr }
	if f, ok := p.stdout.(file); ok && terminal(p.stdout) {
		if w, _, err := term.GetSize(int(f.Fd())); err == nil {
			return w
		}
	}
	return 0
}

// judged is a decision with the configuration of who made it; nil: a server did, or a
// file has it.
type judged struct {
	logbook.Answer
	config *config.Config
}
