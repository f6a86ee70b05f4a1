package gitops

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"time"
)

// git runs the program in an environment that does not depend on who starts it.
type git struct {
	program string
	env     []string
	timeout time.Duration
}

// quiet is what keeps git from asking, from reading somebody's settings, from
// speaking another language and from running what a URL names.
var quiet = []string{
	"GIT_TERMINAL_PROMPT=0",
	"GIT_ASKPASS=",
	"SSH_ASKPASS=",
	"GIT_CONFIG_NOSYSTEM=1",
	"GIT_CONFIG_GLOBAL=/dev/null",
	"GIT_ALLOW_PROTOCOL=" + protocols,
	"GIT_LITERAL_PATHSPECS=1",
	"GIT_NO_REPLACE_OBJECTS=1",
	"GIT_OPTIONAL_LOCKS=0",
	"GIT_HTTP_LOW_SPEED_LIMIT=1", // bytes per second, for
	"GIT_HTTP_LOW_SPEED_TIME=30", // seconds
	"LC_ALL=C",
	"LANGUAGE=",
}

// unattended is how ssh runs where the caller does not say.
const unattended = "GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=15"

func newGit(c Config) *git {
	g := &git{program: c.Git, timeout: c.Timeout}
	if g.program == "" {
		g.program = "git"
	}
	if g.timeout <= 0 {
		g.timeout = 2 * time.Minute
	}
	ssh := false
	for _, e := range c.Env {
		name, _, _ := strings.Cut(e, "=")
		ssh = ssh || name == "GIT_SSH_COMMAND" || name == "GIT_SSH"
		g.env = append(g.env, e)
	}
	if !ssh {
		g.env = append(g.env, unattended)
	}
	g.env = append(g.env, quiet...) // the last of a name counts
	return g
}

// run gives what git prints. The error has the first lines of what it complains
// of, without secrets.
func (g *git) run(ctx context.Context, env []string, args ...string) (string, error) {
	within, cancel := context.WithTimeout(ctx, g.timeout)
	defer cancel()
	cmd := exec.CommandContext(within, g.program, args...)
	cmd.Env = slices.Concat(g.env, env)
	cmd.WaitDelay = 2 * time.Second
	killChildren(cmd)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	what := "git " + args[0]
	switch {
	case err == nil:
		return stdout.String(), nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s: %w", what, ctx.Err())
	case within.Err() != nil:
		return "", fmt.Errorf("%s: took longer than %s", what, g.timeout)
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("%s: the git program is not there; install it, or name it", what)
	}
	return "", &gitError{what: what, text: complaint(stderr.String()), err: err}
}

// gitError is what git itself complains of.
type gitError struct {
	what, text string
	err        error
}

func (e *gitError) Error() string {
	if e.text == "" {
		return e.what + ": " + e.err.Error()
	}
	return e.what + ": " + e.text
}

func (e *gitError) Unwrap() error { return e.err }

// exitCode gives that of git; -1 where it did not get as far.
func exitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// complaint makes one line of what git prints to its standard error.
func complaint(text string) string {
	const most = 400
	var lines []string
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "hint:") || strings.HasPrefix(line, "From ") {
			continue
		}
		lines = append(lines, line)
	}
	all := printable(redact(strings.Join(lines, "; ")))
	if len(all) > most {
		all = strings.ToValidUTF8(all[:most], "") + "…"
	}
	return all
}

// userinfo is the part of a URL that may hold a secret. A password may itself have
// an @ that nobody escaped, so the last one before the path counts.
var userinfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^/\s]*@`)

// query is the other part that may.
var query = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s?']*)\?[^\s']*`)

// redact takes what may be a secret out of the URLs in a text.
func redact(text string) string {
	return query.ReplaceAllString(userinfo.ReplaceAllString(text, "$1***@"), "$1?***")
}

// printable replaces control characters, which a remote may send to a terminal.
func printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r == 0x7f {
			return ' '
		}
		return r
	}, text)
}

var commitID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// isCommit reports whether a text is a full commit id, of SHA-1 or SHA-256.
func isCommit(text string) bool { return commitID.MatchString(text) }

// short cuts a text that somebody else wrote.
func short(text string) string {
	if len(text) > 80 {
		return strings.ToValidUTF8(text[:80], "") + "…"
	}
	return text
}
