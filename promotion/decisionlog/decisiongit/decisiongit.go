// Package decisiongit keeps a decision log in a branch of a git repository, for gates
// that run where nothing stays, such as a CI runner. It implements decisionlog.Reader
// and decisionlog.Appender.
//
// Each commit of the branch is one entry: its tree holds entry.json and record.json and
// nothing else, so that whoever appends fetches one commit only, and `git log` and
// `git show BRANCH~3:record.json` read the log. An entry is appended by a plain push: of
// two at once git lets one win, and the other stands behind it. Nothing is ever forced.
//
// Credentials come from where git itself finds them: a credential helper, SSH, the
// environment and the user's own git configuration.
package decisiongit

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/shopslo/shopslo/fleet"
	"github.com/shopslo/shopslo/internal/git"
	"github.com/shopslo/shopslo/promotion/decisionlog"
)

// Config says where the log is.
type Config struct {
	// Repository is its URL. Branch is of the log alone; the first entry makes it.
	Repository, Branch string
	// Git is the program; "" is git.
	Git string
	// Env is the environment of git, NAME=value each: all of the caller's.
	Env []string
	// Timeout of one call of git; 0 is two minutes.
	Timeout time.Duration
	// Patience bounds the attempts to append where others do so at the same time; 0 is
	// one minute.
	Patience time.Duration
	// Now tells the time; nil: folders that killed processes have left stay.
	Now func() time.Time
}

// Log is a log in a branch. It is safe for concurrent use.
type Log struct {
	config Config
	turn   chan struct{} // holds one while somebody appends: two of one process need not race
}

// The files of a commit.
const (
	entryFile  = "entry.json"
	recordFile = "record.json"
)

// New checks the configuration, and reaches for nothing.
func New(c Config) (*Log, error) {
	if err := git.CheckRemote(c.Repository); err != nil {
		return nil, fmt.Errorf("decision log: the repository %w", err)
	}
	if err := fleet.CheckBranch(c.Branch); err != nil {
		return nil, fmt.Errorf("decision log: branch %w", err)
	}
	c.Patience = cmp.Or(c.Patience, time.Minute)
	return &Log{config: c, turn: make(chan struct{}, 1)}, nil
}

func (l *Log) where() string {
	return fmt.Sprintf("branch %s of %s", l.config.Branch, git.Redact(l.config.Repository))
}

// Append implements decisionlog.Appender. An append that was killed, or whose answer got
// lost, may stand in the log although nobody was told.
func (l *Log) Append(ctx context.Context, e decisionlog.Entry, record []byte) (head decisionlog.Head, err error) {
	select {
	case l.turn <- struct{}{}:
		defer func() { <-l.turn }()
	case <-ctx.Done():
		return head, fmt.Errorf("append to the decision log, %s: %w", l.where(), context.Cause(ctx))
	case <-time.After(l.config.Patience):
		return head, fmt.Errorf("append to the decision log, %s: another append has been under way for %s", l.where(), l.config.Patience)
	}
	err = l.with(ctx, func(r *repository) error {
		patient, cancel := context.WithTimeout(ctx, l.config.Patience)
		defer cancel()
		for n := 1; ; n++ {
			var again bool
			if head, again, err = r.append(ctx, e, record); err == nil || !again {
				return err
			}
			// The more were faster, the longer: of many at once each has its turn.
			wait := time.Duration(rand.IntN(100*min(n, 20))) * time.Millisecond
			select {
			case <-patient.Done():
				return errors.Join(err, ctx.Err())
			case <-time.After(wait):
			}
		}
	})
	if err != nil {
		return decisionlog.Head{}, fmt.Errorf("append to the decision log, %s: %w", l.where(), err)
	}
	return head, nil
}

// Read implements decisionlog.Reader. The error names the commit of the first entry that
// is broken.
func (l *Log) Read(ctx context.Context, each func(decisionlog.Line) error) (head decisionlog.Head, err error) {
	err = l.with(ctx, func(r *repository) error {
		head, err = r.read(ctx, each)
		return err
	})
	if err != nil {
		return head, fmt.Errorf("read the decision log, %s: %w", l.where(), err)
	}
	return head, nil
}

// with makes a repository for as long as do takes: nothing stays on this machine.
func (l *Log) with(ctx context.Context, do func(*repository) error) (err error) {
	var now time.Time
	if l.config.Now != nil {
		now = l.config.Now()
	}
	dir, err := git.Temporary("shopslo-decisions-", now)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	settings := append(git.URLOf(l.config.Repository), [][2]string{
		{"core.hooksPath", os.DevNull},
		{"core.logAllRefUpdates", "false"},
		{"gc.auto", "0"}, // it would go on after the command
		{"fetch.recurseSubmodules", "false"},
		{"push.recurseSubmodules", "no"},
		{"push.followTags", "false"},
		{"log.showSignature", "false"},
	}...)
	r := &repository{dir: dir, branch: "refs/heads/" + l.config.Branch, git: &git.Runner{
		Program: l.config.Git, Timeout: l.config.Timeout, Env: append(git.Environment(l.config.Env, settings...), "GIT_DIR="+dir),
	}}
	if _, err := r.run(ctx, "init", "--quiet", "--bare", "--template="); err != nil {
		return err
	}
	return do(r)
}

// repository is what is fetched of the log's.
type repository struct {
	git    *git.Runner
	dir    string
	branch string // with refs/heads/
	// rehashed: it was made anew with the hash function that the log's has.
	rehashed bool
}

func (r *repository) run(ctx context.Context, args ...string) (string, error) {
	return r.git.Run(ctx, git.Call{Args: args})
}

// tip gives the commit that the branch points to at the remote; "" where there is none
// yet.
func (r *repository) tip(ctx context.Context) (string, error) {
	out, err := r.run(ctx, "ls-remote", "--quiet", git.Origin, r.branch)
	if err != nil {
		return "", unreachable(ctx, err)
	}
	for line := range strings.Lines(out) {
		if id, name, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok && name == r.branch && git.IsCommit(id) {
			return id, nil
		}
	}
	return "", nil
}

// fetch brings the branch; options say how much of it.
func (r *repository) fetch(ctx context.Context, options ...string) error {
	args := append([]string{"fetch", "--quiet", "--no-tags", "--no-write-fetch-head", "--no-recurse-submodules"}, options...)
	return unreachable(ctx, r.git.OfAnyHash(ctx, r.dir, func() error {
		_, err := r.run(ctx, append(args, git.Origin, "+"+r.branch+":"+r.branch)...)
		return err
	}))
}

func unreachable(ctx context.Context, err error) error {
	if err == nil || ctx.Err() != nil {
		return err
	}
	return fmt.Errorf("%w: %w", decisionlog.ErrUnreachable, err)
}

var (
	_ decisionlog.Reader   = (*Log)(nil)
	_ decisionlog.Appender = (*Log)(nil)
)
