package main

import (
	"bytes"
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/smithy-go/logging"
	mackerelplugin "github.com/mackerelio/go-mackerel-plugin"

	"github.com/shopslo/shopslo/internal/cli"
	"github.com/shopslo/shopslo/internal/cli/pluginflags"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/internal/text"
	"github.com/shopslo/shopslo/plugins/subnetips"
)

// enough is when EC2 is not waited for any longer: the agent ends a plugin after 30 s.
const enough = 20 * time.Second

const (
	exitOK    = 0
	exitUsage = 3 // wrong usage, or EC2 refuses
	exitReach = 4 // EC2 could not be asked
)

// plugin is one run.
type plugin struct {
	env            map[string]string
	stdout, stderr io.Writer
	now            func() time.Time
	workdir        string
	meta           bool

	lang                     text.Language // of errors
	prefix, region, endpoint string
	file                     string
	perNode, perPod          int64
	prefixes                 bool
	selection                subnetips.Selection
}

func run(ctx context.Context, args, env []string, stdout, stderr io.Writer) int {
	around := cli.Env(env)
	p := &plugin{env: around, stdout: stdout, stderr: stderr, now: time.Now}
	p.workdir, p.meta = cmp.Or(around["MACKEREL_PLUGIN_WORKDIR"], os.TempDir()), around["MACKEREL_AGENT_PLUGIN_META"] != ""
	return p.run(ctx, args)
}

func (p *plugin) run(ctx context.Context, args []string) int {
	if err := p.parse(args); errors.Is(err, flag.ErrHelp) {
		return exitOK
	} else if err != nil {
		return p.fail(fmt.Errorf("mackerel-plugin-subnet-ips: %w", err), exitUsage)
	}
	if p.meta {
		return p.definitions()
	}
	ctx, cancel := context.WithTimeout(ctx, enough)
	defer cancel()
	// Credentials come from where the AWS SDK finds them: environment, shared files, or
	// the machine's role; never from arguments.
	cfg, err := config.LoadDefaultConfig(ctx, func(o *config.LoadOptions) error {
		o.Region = p.region
		o.Logger = logging.Nop{} // errors tell what it would
		return nil
	})
	if err != nil {
		return p.fail(fmt.Errorf("find AWS settings: %w", err), exitUsage)
	}
	if cfg.Region == "" {
		return p.fail(errors.New("no AWS region is known: give -region, or set AWS_REGION in mackerel-agent.conf (env = { AWS_REGION = … })"), exitUsage)
	}
	if _, err := cfg.Credentials.Retrieve(ctx); err != nil {
		return p.fail(fmt.Errorf("find AWS credentials: %w; give the machine a role with the right ec2:DescribeSubnets, or set AWS_PROFILE or AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY in mackerel-agent.conf (env = { … })", err), exitUsage)
	}
	client := ec2.NewFromConfig(cfg, func(o *ec2.Options) {
		if p.endpoint != "" {
			o.BaseEndpoint = &p.endpoint
		}
	})
	subnets, err := subnetips.Read(ctx, client, p.selection)
	switch {
	case errors.Is(err, subnetips.ErrRefused):
		return p.fail(err, exitUsage)
	case err != nil:
		return p.fail(err, exitReach)
	}
	lows, err := p.remember(subnets)
	if err != nil {
		fmt.Fprintln(p.stderr, err) // the figures of now are right without it
	}
	for _, s := range subnets {
		if !s.IPv6Only {
			p.print(s, lows)
		}
	}
	if ids := p.selection.IPv6Only(subnets); len(ids) > 0 {
		fmt.Fprintf(p.stderr, "in %s no figures of %s: no IPv4 addresses there, only IPv6, which do not run out\n", cfg.Region, strings.Join(ids, ", "))
	}
	if missing := p.selection.Missing(subnets); missing != "" {
		return p.fail(fmt.Errorf("in %s %s: check -region, -vpc, -subnets and -tags", cfg.Region, missing), exitUsage)
	}
	return exitOK
}

func (p *plugin) fail(err error, code int) int {
	fmt.Fprintln(p.stderr, pluginflags.Complaints.Say(p.lang, err.Error()))
	return code
}

func (p *plugin) parse(args []string) error {
	flags := pluginflags.New("mackerel-plugin-subnet-ips", does, flagged)
	flags.StringVar(&p.prefix, "metric-key-prefix", "subnet", "the `prefix` of metric names")
	flags.StringVar(&p.file, "tempfile", "", "the `file` of the daily lows, instead of one in the agent's working folder")
	flags.StringVar(&p.region, "region", "", "the AWS `region`; without it, the SDK's")
	flags.StringVar(&p.endpoint, "endpoint", "", "another `URL` of the EC2 API, such as a VPC endpoint's")
	flags.StringVar(&p.selection.VPC, "vpc", "", "only subnets of this VPC `id`")
	ids := flags.String("subnets", "", "only these `ids`, separated by commas")
	tags := flags.String("tags", "", "only subnets with these tags: `key=value,…`")
	flags.Int64Var(&p.perNode, "ips-per-node", 0, "how many addresses one more node takes")
	flags.Int64Var(&p.perPod, "ips-per-pod", 1, "how many addresses one more pod takes")
	flags.BoolVar(&p.prefixes, "prefixes", false, "also how many prefixes of 16 addresses fit at most, for nodes that take those")
	err := flags.Parse(args, p.env, p.stderr)
	if p.lang = flags.Lang.Language; err != nil {
		return err
	}
	if u, err := url.Parse(p.endpoint); p.endpoint != "" && (err != nil || u.Host == "" || u.User != nil || u.Scheme != "https" && u.Scheme != "http") {
		return errors.New("-endpoint is no address: it starts with https:// and a host")
	}
	switch {
	case p.perNode < 0:
		return errors.New("-ips-per-node must be 0 or more")
	case p.perPod < 1:
		return errors.New("-ips-per-pod must be 1 or more")
	}
	if *ids != "" {
		p.selection.IDs = strings.Split(*ids, ",")
	}
	if *tags != "" {
		p.selection.Tags = map[string]string{}
		for t := range strings.SplitSeq(*tags, ",") {
			k, v, ok := strings.Cut(t, "=")
			if !ok || k == "" {
				return fmt.Errorf("-tags has %q; write key=value", t)
			}
			p.selection.Tags[k] = v
		}
	}
	return pluginflags.CheckPrefix(p.prefix)
}

// maxLows is more than any file of lows has.
const maxLows = 16 << 20

// remember keeps the lows of each day in a file that is replaced as a whole. Two runs
// at once may lose one of two lows of the same minute, which the next run mends.
func (p *plugin) remember(subnets []subnetips.Subnet) (subnetips.Lows, error) {
	path := cmp.Or(p.file, filepath.Join(p.workdir, "mackerel-plugin-subnet-ips."+p.prefix+".json"))
	dir := filepath.Dir(path)
	old, err := disk.ReadOwn(path, maxLows)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("read the lows of free addresses: %w", err)
	}
	lows, damage := subnetips.ParseLows(old)
	if err == nil && len(old) == 0 { // as a power cut leaves one
		damage = errors.New("is empty")
	}
	if damage != nil {
		lows = subnetips.Lows{}
		damage = fmt.Errorf("%s: %w; they begin anew", path, damage)
	}
	lows.Add(p.now(), subnets)
	b, err := json.Marshal(lows)
	if err != nil || bytes.Equal(b, old) { // seldom another low: then it is worth a flush
		return lows, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return lows, fmt.Errorf("keep the lows of free addresses: %w; set MACKEREL_PLUGIN_WORKDIR to a folder that the agent may write", err)
	}
	f, err := os.CreateTemp(dir, ".subnet-ips-*")
	if err != nil {
		return lows, fmt.Errorf("keep the lows of free addresses: %w; set MACKEREL_PLUGIN_WORKDIR to a folder that the agent may write", err)
	}
	_, err = f.Write(b)
	if err = errors.Join(err, f.Sync(), f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		_ = os.Remove(f.Name())
		return lows, fmt.Errorf("keep the lows of free addresses: %w", err)
	}
	return lows, damage
}

// print writes a subnet's figures; what is not known is left out.
func (p *plugin) print(s subnetips.Subnet, lows subnetips.Lows) {
	now := p.now()
	line := func(graph, name, value string) {
		fmt.Fprintf(p.stdout, "%s.%s.%s.%s\t%s\t%d\n", p.prefix, graph, s.ID, name, value, now.Unix())
	}
	line("ips", "free", fmt.Sprint(s.Free))
	if s.Total > 0 {
		line("ips", "used", fmt.Sprint(max(0, s.Total-s.Free)))
	}
	line("fits", "pods", fmt.Sprint(s.Fits(p.perPod)))
	if p.prefixes {
		line("fits", "prefixes", fmt.Sprint(s.Fits(subnetips.Prefix)))
	}
	if p.perNode > 0 {
		line("fits", "nodes", fmt.Sprint(s.Fits(p.perNode)))
	}
	if days, ok := lows.DaysLeft(s.ID, now); ok {
		line("days", "left", fmt.Sprintf("%.1f", days))
	}
}

// definitions prints the graphs, # being the subnet's id.
func (p *plugin) definitions() int {
	m := func(name, label string, stacked bool) mackerelplugin.Metrics {
		return mackerelplugin.Metrics{Name: name, Label: label, Stacked: stacked}
	}
	b, err := json.Marshal(mackerelplugin.GraphDef{Graphs: map[string]mackerelplugin.Graphs{
		p.prefix + ".ips.#":  {Label: "Subnet: addresses", Unit: mackerelplugin.UnitInteger, Metrics: []mackerelplugin.Metrics{m("used", "Used", true), m("free", "Free", true)}},
		p.prefix + ".fits.#": {Label: "Subnet: what still fits", Unit: mackerelplugin.UnitInteger, Metrics: []mackerelplugin.Metrics{m("nodes", "Nodes", false), m("pods", "Pods", false), m("prefixes", "Prefixes (/28), at most", false)}},
		p.prefix + ".days.#": {Label: "Subnet: days until exhausted", Unit: mackerelplugin.UnitFloat, Metrics: []mackerelplugin.Metrics{m("left", "Days", false)}},
	}})
	if err == nil {
		_, err = fmt.Fprintf(p.stdout, "# mackerel-agent-plugin\n%s\n", b)
	}
	if err != nil {
		fmt.Fprintln(p.stderr, fmt.Errorf("write the graph definitions: %w", err))
		return exitUsage
	}
	return exitOK
}
