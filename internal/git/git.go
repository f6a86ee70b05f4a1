// Package git runs the git program without a person in front of it: it asks
// nothing, speaks English, is killed together with what it starts, and what it
// complains of comes back as one line without secrets.
//
// Credentials are git's own business: a credential helper, SSH, or what the
// environment names. They are in no argument.
package git

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"net/url"
	"os/exec"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/shopslo/shopslo/internal/text"
)

// Runner runs git.
type Runner struct {
	Program string        // "" is git
	Env     []string      // NAME=value each; see Environment
	Timeout time.Duration // of one call; 0 is two minutes
}

// quiet is what keeps git from asking and from running what a URL names.
var quiet = []string{
	"GIT_TERMINAL_PROMPT=0",
	"GIT_ALLOW_PROTOCOL=" + protocols,
	"GIT_LITERAL_PATHSPECS=1",
	"GIT_NO_REPLACE_OBJECTS=1",
	"GIT_HTTP_LOW_SPEED_LIMIT=1", // bytes per second, for
	"GIT_HTTP_LOW_SPEED_TIME=30", // seconds
	"LC_ALL=C",
	"LANGUAGE=",
}

// unattended is how ssh runs where nobody says.
const unattended = "GIT_SSH_COMMAND=ssh -o BatchMode=yes -o ConnectTimeout=15"

// ofRepository are the variables that tie git to a repository or to settings of the
// caller's, such as those of a hook or an alias that shopslo runs in.
var ofRepository = []string{
	"GIT_DIR", "GIT_WORK_TREE", "GIT_COMMON_DIR", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY", "GIT_ALTERNATE_OBJECT_DIRECTORIES",
	"GIT_NAMESPACE", "GIT_PREFIX", "GIT_QUARANTINE_PATH", "GIT_PUSH_OPTION_COUNT", "GIT_CURL_VERBOSE",
	"GIT_CONFIG_PARAMETERS", "GIT_CONFIG", "GIT_GRAFT_FILE", "GIT_SHALLOW_FILE", "GIT_IMPLICIT_WORK_TREE", "GIT_REPLACE_REF_BASE",
	"GIT_ICASE_PATHSPECS", "GIT_GLOB_PATHSPECS", "GIT_NOGLOB_PATHSPECS", "GIT_ATTR_SOURCE", "GIT_EXTERNAL_DIFF", "GIT_DIFF_OPTS",
	"GIT_DEFAULT_HASH", "GIT_DEFAULT_REF_FORMAT",
}

// tracing is what makes git write all that it does into its complaints.
const tracing = "GIT_TRACE"

// Origin is the name of the remote of a repository that shopslo makes: not git's own name
// for one, since settings of a user may have other URLs for that.
const Origin = "shopslo-origin"

// URLOf are the settings that make a URL that of Origin, to fetch from and to push to. They
// are no arguments, since the URL may hold a secret. pushInsteadOf is not heard: it would
// have pushes go to where nothing was read.
func URLOf(remote string) [][2]string {
	return [][2]string{{"remote." + Origin + ".url", remote}, {"remote." + Origin + ".pushurl", remote}}
}

// Environment is git's environment: that of a process with its credential helpers,
// proxies and keys, without what ties it to a repository, with settings, which win
// over those of any file, and with what keeps git quiet.
func Environment(env []string, settings ...[2]string) []string {
	var out []string
	ssh, count := false, 0
	for _, e := range env {
		name, value, _ := strings.Cut(e, "=")
		switch {
		case slices.Contains(ofRepository, name), strings.HasPrefix(name, tracing):
			continue
		case name == "GIT_CONFIG_COUNT":
			count, _ = strconv.Atoi(value)
			continue
		case name == "GIT_SSH_COMMAND", name == "GIT_SSH":
			ssh = true
		}
		out = append(out, e)
	}
	if !ssh {
		out = append(out, unattended)
	}
	count = max(count, 0)
	for i, s := range settings {
		out = append(out, fmt.Sprintf("GIT_CONFIG_KEY_%d=%s", count+i, s[0]), fmt.Sprintf("GIT_CONFIG_VALUE_%d=%s", count+i, s[1]))
	}
	out = append(out, fmt.Sprintf("GIT_CONFIG_COUNT=%d", count+len(settings)))
	return append(out, quiet...) // the last of a name counts
}

// Isolated is the environment of a git that reads only: Environment without anybody's
// settings or helpers, so that it does not depend on who starts it.
func Isolated(env []string, settings ...[2]string) []string {
	env = slices.DeleteFunc(slices.Clone(env), func(e string) bool { return strings.HasPrefix(e, "GIT_CONFIG_COUNT=") })
	return append(Environment(env, settings...),
		"GIT_CONFIG_NOSYSTEM=1", "GIT_CONFIG_GLOBAL=/dev/null", "GIT_ASKPASS=", "SSH_ASKPASS=", "GIT_OPTIONAL_LOCKS=0")
}

// Call is one call of git.
type Call struct {
	Args  []string // never a secret: every user of the machine can read them
	Env   []string // added to the runner's
	Input string
}

// Run gives what git prints. The error is an *Error where git ran and failed, or
// wraps that of ctx.
func (r *Runner) Run(ctx context.Context, c Call) (string, error) {
	timeout := r.Timeout
	if timeout <= 0 {
		timeout = 2 * time.Minute
	}
	program := r.Program
	if program == "" {
		program = "git"
	}
	within, cancel := context.WithTimeout(ctx, timeout)
	defer cancel()
	cmd := exec.CommandContext(within, program, c.Args...)
	cmd.Env = slices.Concat(r.Env, c.Env)
	cmd.WaitDelay = 2 * time.Second
	cmd.Stdin = strings.NewReader(c.Input)
	killChildren(cmd)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	err := cmd.Run()
	what := "git " + c.Args[0]
	switch {
	case err == nil:
		return stdout.String(), nil
	case ctx.Err() != nil:
		return "", fmt.Errorf("%s: %w", what, ctx.Err())
	case within.Err() != nil:
		return "", fmt.Errorf("%s: took longer than %s", what, timeout)
	case errors.Is(err, exec.ErrNotFound):
		return "", fmt.Errorf("%s: the git program is not there; install it, or name it", what)
	}
	return "", &Error{What: what, Text: complaint(stderr.String()), Output: stdout.String(), err: err}
}

// Error is what git itself complains of.
type Error struct {
	What   string // git and its command
	Text   string // one line, without secrets; may be empty
	Output string // what git printed all the same
	err    error
}

func (e *Error) Error() string {
	if e.Text == "" {
		return e.What + ": " + e.err.Error()
	}
	return e.What + ": " + e.Text
}

func (e *Error) Unwrap() error { return e.err }

// ExitCode gives that of git; -1 where it did not get as far, or was killed.
func ExitCode(err error) int {
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exit.ExitCode()
	}
	return -1
}

// complaint makes one line of what git prints to its standard error: a clause, without
// a full stop.
func complaint(printed string) string {
	const most = 400
	var lines []string
	for line := range strings.Lines(printed) {
		line = strings.TrimSpace(line)
		if line == "" || strings.HasPrefix(line, "hint:") || strings.HasPrefix(line, "From ") || strings.HasPrefix(line, "To ") {
			continue
		}
		lines = append(lines, strings.TrimRight(strings.TrimSpace(strings.TrimPrefix(line, "remote:")), "."))
	}
	all := Printable(Redact(strings.Join(lines, "; ")))
	return text.Cut(all, most)
}

// userinfo is the part of a URL that may hold a secret. A password may itself have
// an @ or a / that nobody escaped, so all before the last @ counts.
var userinfo = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://)[^\s'"]*@`)

// query is the other part that may.
var query = regexp.MustCompile(`([a-zA-Z][a-zA-Z0-9+.-]*://[^\s?']*)\?[^\s']*`)

// Redact takes what may be a secret out of the URLs in a text.
func Redact(text string) string {
	return query.ReplaceAllString(userinfo.ReplaceAllString(text, "$1***@"), "$1?***")
}

// Printable replaces control characters, which somebody may send to a terminal.
func Printable(text string) string {
	return strings.Map(func(r rune) rune {
		if r < ' ' || r >= 0x7f && r < 0xa0 {
			return ' '
		}
		return r
	}, text)
}

var commitID = regexp.MustCompile(`^([0-9a-f]{40}|[0-9a-f]{64})$`)

// IsCommit reports whether a text is a full commit id, of SHA-1 or SHA-256.
func IsCommit(text string) bool { return commitID.MatchString(text) }

// protocols are the ways to a repository that git may take. The others, such as
// ext, run programs that the URL names.
const protocols = "file:git:http:https:ssh"

// CheckRemote says what makes a text unfit to be the URL of a repository that is
// pushed to: also a password in it, which git's own helpers are to know.
func CheckRemote(remote string) error {
	if err := CheckURL(remote); err != nil {
		return err
	}
	if u, err := url.Parse(remote); err == nil && strings.Contains(remote, "://") {
		if _, secret := u.User.Password(); secret {
			return fmt.Errorf("%s holds a password; leave it to git's credential helper", Redact(remote))
		}
	}
	return nil
}

// CheckURL says what makes a text unfit to be the URL of a repository.
func CheckURL(remote string) error {
	list := strings.ReplaceAll(protocols, ":", ", ")
	scheme, _, ok := strings.Cut(remote, "://")
	shown := Redact(remote)
	if at := strings.LastIndex(remote, "@"); ok && at > 0 { // where nobody escaped the / of a password
		shown = Redact(scheme + "://***" + remote[at:])
	}
	switch {
	case remote == "":
		return errors.New("is missing; give the URL of a repository")
	case strings.HasPrefix(remote, "-") || strings.ContainsAny(remote, "\x00\n\r"):
		return errors.New("begins with - or has a line break; write the URL of a repository")
	case strings.Contains(remote, "::"):
		return fmt.Errorf("%s names a remote helper; write a URL with one of %s", shown, list)
	case ok && !strings.Contains(":"+protocols+":", ":"+scheme+":"):
		return fmt.Errorf("%s: protocol %q is not one of %s", shown, scheme, list)
	case ok:
		if _, err := url.Parse(remote); err != nil {
			return fmt.Errorf("%s is no URL", shown)
		}
	}
	return nil
}
