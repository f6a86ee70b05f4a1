package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"time"

	"github.com/spf13/cobra"

	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/host"
	"github.com/shopslo/shopslo/engine/logbook"
	"github.com/shopslo/shopslo/engine/promote"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/promotion/decisionlog"
	"github.com/shopslo/shopslo/promotion/promoter"
)

// promoteFlags are the flags of `promote` and `rollback` that both have.
type promoteFlags struct {
	fixFlags // of promote alone
	server   string
	out      *format
	wait     time.Duration
	every    time.Duration
	tell     bool
	body     string
	o        promoter.Options
	waits    string // the help text of --wait
}

func (f *promoteFlags) register(p *program, cmd *cobra.Command) {
	p.configFlag(cmd)
	f.out = outputFlag(cmd)
	fs := cmd.Flags()
	fs.BoolVar(&f.o.DryRun, "dry-run", false, "show what would be done, and do nothing")
	fs.BoolVar(&f.o.PullRequest, "pull-request", false, "push a branch for a pull request, instead of updating the Tier's branch")
	fs.StringVar(&f.body, "body-file", "", "`file` for the pull request's text")
	lengthVar(fs, &f.wait, "wait", 0, f.waits)
	lengthVar(fs, &f.every, "every", 15*time.Second, "interval between checks while waiting")
	fs.BoolVar(&f.tell, "tell", false, "notify Slack and Mackerel when the Tier matches its branch; 'shopslo serve' does so automatically")
	cmd.MarkFlagFilename("body-file", "md")
}

func (f *promoteFlags) check(all bool) error {
	switch {
	case f.wait < 0 || f.every < time.Second:
		return usage.Errorf("--wait must not be below 0s, nor --every below 1s")
	case f.tell && f.wait == 0 && !all:
		return usage.Errorf("--tell needs --wait: a Tier does not match its branch at once")
	case f.body != "" && !f.o.PullRequest:
		return usage.Errorf("--body-file is for --pull-request")
	case f.body != "":
		if err := checkFile("--body-file", f.body); err != nil {
			return err
		}
	}
	return f.fixFlags.check(f.server)
}

func promoteCommand(p *program) *cobra.Command {
	var f promoteFlags
	var to, release, request string
	var all bool
	cmd := &cobra.Command{
		Use:   "promote --to TIER | --all",
		Short: "Promote the release of the Tier below, if the gate allows it",
		Long:  p.lang.Long(longPromote, serverHelp),
		Example: `  shopslo promote --to prod
  shopslo promote --to prod --dry-run
  shopslo promote --to prod --pull-request --body-file body.md
  shopslo promote --to prod --check-pull-request "$COMMIT"
  shopslo promote --to beta --fix https://git.example/shop/app/pull/12 --wait 1h
  shopslo promote --all --wait 48h`,
		Args: noArgs,
	}
	f.waits = "how long to wait for the gate, and then for the Tier to match its branch: 30m, 2h, 2d"
	f.register(p, cmd)
	server := serverFlag(cmd)
	fs := cmd.Flags()
	fs.StringVar(&to, "to", "", "the `Tier` to promote the release to")
	p.complete(cmd, "to", documents.TargetNames)
	fs.BoolVar(&all, "all", false, "move the release up from the lowest Tier, as each Tier is verified")
	fs.StringVar(&release, "release", "", "the only `commit` that may be promoted, at least 7 digits (default: what the Tier below runs)")
	fs.BoolVar(&f.again, "again", false, "also promote a release that was rolled back there, or contains one that was")
	f.fixFlags.register(fs)
	fs.StringVar(&request, "check-pull-request", "", "check whether this `branch` or commit of the system repository may be merged into the Tier's branch")
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		switch {
		case to == "" && !all:
			return usage.Errorf("--to is missing; name the Tier to promote the release to, or --all")
		case fs.Changed("check-pull-request"):
			f.server, f.o.Fix, f.o.Again = *server, f.fix, f.again
			return checkPullRequest(cmd, p, f, fleet.TierName(to), request)
		case all && release != "":
			return usage.Errorf("--release does not go with --all, which carries what the lowest Tier runs")
		case all && f.acceptRules != "":
			return usage.Errorf("--accept-rules does not go with --all: it is the hash of one Tier's rules")
		case all && f.o.PullRequest:
			return usage.Errorf("--pull-request does not go with --all: a person merges each")
		}
		f.server, f.o.Release, f.o.Fix, f.o.Again = *server, fleet.Release(release), f.fix, f.again
		if err := errors.Join(f.check(all), checkRelease("--release", release)); err != nil {
			return err
		}
		return promoteTo(cmd.Context(), p, f, fleet.TierName(to), all, all && !fs.Changed("wait"))
	}
	return cmd
}

// mover is the promoter that the flags ask for.
func (p *program) mover(ctx context.Context, f promoteFlags) (*promote.Mover, error) {
	d, err := p.load()
	if err != nil {
		return nil, err
	}
	o := promote.Options{Options: f.o, Server: f.server, Wait: f.wait, Every: f.every, Tell: f.tell}
	o.Gate = func(ctx context.Context, to fleet.TierName, release fleet.Release) (logbook.Answer, error) {
		v, err := judgement(ctx, p, f.server, p.question(string(to), string(release), f.fixFlags), when{time: p.Now()})
		return v.Answer, err
	}
	return promote.Open(ctx, p.Host, d, o)
}

// promoteTo moves a release to a Tier, or up to it, and answers. endless: it waits for
// as long as it takes.
func promoteTo(ctx context.Context, p *program, f promoteFlags, to fleet.TierName, all, endless bool) error {
	m, err := p.mover(ctx, f)
	if err != nil {
		return err
	}
	deadline := p.Now().Add(f.wait)
	if endless {
		deadline = time.Time{}
	}
	var unseen error
	patience := promoter.Patience{
		Sleep: promoter.Every(f.every, p.Now, deadline),
		Waiting: func(one promoter.Promotion, err error) {
			if err != nil {
				one.Reason = err.Error()
			}
			p.progressLine("waiting for the gate of %s: %.80s", one.To, one.Reason)
		},
	}
	var done []promoter.Promotion
	if all {
		if tiers := m.Fleet.Tiers(); to == "" && len(tiers) > 0 {
			to = tiers[len(tiers)-1].Name
		}
		patience.Done = func(one promoter.Promotion) error {
			p.progressLine("")
			if last := len(done) - 1; last >= 0 { // the gate has seen to it that it matched by now
				_, err := m.Look(ctx, &done[last])
				unseen = errors.Join(unseen, err)
			}
			m.Record(ctx, decisionlog.Promote, &one)
			done = append(done, one)
			return nil
		}
		_, err = m.Carry(ctx, to, f.o, patience)
	} else {
		var one promoter.Promotion
		if one, err = m.Await(ctx, to, f.o, patience); err == nil {
			m.Record(ctx, decisionlog.Promote, &one)
			done = append(done, one)
		}
		p.progressLine("")
	}
	if last := len(done) - 1; err == nil && last >= 0 {
		unseen = errors.Join(unseen, m.Arrival(ctx, &done[last], deadline))
	}
	if ctx.Err() != nil {
		p.say(stopped)
	}
	if answered := answerMoved(p, m, f, done); answered != nil || err != nil {
		return errors.Join(answered, moveError("--to", err))
	}
	return moved(done, unseen)
}

// stopped is said where a move was interrupted.
const stopped = "nothing is half done that the same command, run again, would not finish"

// answerMoved writes what was done, also where an error ended it.
func answerMoved(p *program, m *promote.Mover, f promoteFlags, done []promoter.Promotion) error {
	if len(done) == 0 {
		return nil
	}
	var unwritten error
	if last := done[len(done)-1]; f.body != "" && last.Proposal != nil {
		if err := os.WriteFile(f.body, []byte(last.Proposal.Body), 0o666); err != nil {
			unwritten = fmt.Errorf("--body-file: %w; the answer has the text as well, with -o json", err)
		}
	}
	r := promoter.Report{At: p.Now(), Promotions: done, Fleet: m.Fleet, Compare: m.CompareURL, Gate: gateAsked(p, f.server)}
	if *f.out == asJSON {
		return errors.Join(p.printJSON(r), unwritten)
	}
	return errors.Join(printSaid(p, r.WriteText), unwritten)
}

// gateAsked is the command that asks the same gate.
func gateAsked(p *program, server string) string {
	switch {
	case server != "":
		return "shopslo gate --server " + host.WithoutUser(server)
	case p.configFile != "shopslo.yaml":
		return "shopslo gate --config " + p.configFile
	}
	return "shopslo gate"
}

// moved gives the exit code of what was done.
func moved(done []promoter.Promotion, unseen error) error {
	for _, one := range done {
		if code := one.ExitCode(); code != exitOK {
			return exitWith(code)
		}
	}
	if unseen != nil {
		return &codeError{code: exitInconclusive, err: unseen}
	}
	return nil
}

// moveError gives an error the exit code that it means. flag is what names a Tier.
func moveError(flag string, err error) error {
	switch {
	case errors.Is(err, fleet.ErrUnknownTier), errors.Is(err, fleet.ErrLowestTier):
		return usage.Errorf("%s: %v", flag, err)
	case errors.Is(err, promoter.ErrUnreachable):
		return &codeError{code: exitUnavailable, err: err}
	case errors.Is(err, promoter.ErrForbidden), errors.Is(err, promoter.ErrMoved):
		return &codeError{code: exitNo, err: err}
	}
	return err
}
