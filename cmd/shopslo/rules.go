package main

import (
	"bytes"
	"errors"
	"fmt"
	"net/url"
	"os"
	"slices"
	"time"

	"github.com/spf13/cobra"
	"k8s.io/apimachinery/pkg/util/validation"

	"github.com/shopslo/shopslo/engine/config"
	"github.com/shopslo/shopslo/engine/documents"
	"github.com/shopslo/shopslo/engine/usage"
	"github.com/shopslo/shopslo/internal/disk"
	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/rules"
)

// rulesFlags are the flags of `rules`.
type rulesFlags struct {
	output, to, name string
	runbooks, compat string
	check            bool
	source           string
	operator         bool
	labels           map[string]string
	stale, drift     time.Duration
}

func rulesCommand(p *program) *cobra.Command {
	var f rulesFlags
	cmd := &cobra.Command{
		Use:   "rules",
		Short: "Write Prometheus alerting rules for SLOs and fleet",
		Long:  p.lang.Long(longRules),
		Example: `  shopslo rules --to /etc/prometheus/rules/shopslo.yaml
  shopslo rules --to rules/shopslo.yaml --check
  shopslo rules --source tokyo --to rules/tokyo.yaml
  shopslo rules --operator --label release=prometheus | kubectl apply -n monitoring -f -
  shopslo rules --compat sloth --to /etc/prometheus/rules/sloth.yaml`,
		Args: noArgs,
	}
	p.configFlag(cmd)
	fs := cmd.Flags()
	fs.StringVarP(&f.output, "output", "o", "yaml", "`format` of the rules: yaml")
	fs.StringVar(&f.to, "to", "", "`file` to replace with the rules (default: standard output)")
	fs.StringVar(&f.source, "source", "", "only the ShopSets of this `source`")
	p.complete(cmd, "source", documents.SourceNames)
	fs.BoolVar(&f.operator, "operator", false, "write PrometheusRule resources for the Prometheus Operator: one per SLO, and one for everything else")
	fs.StringVar(&f.name, "name", "shopslo", "`name` prefix of the resources of --operator")
	fs.StringToStringVar(&f.labels, "label", nil, "`key=value` label for the resources of --operator; may be repeated")
	fs.Lookup("label").DefValue = "" // else the help says (default [])
	lengthVar(fs, &f.stale, "stale-after", 0, "how long a ShopSet may be silent, or budgets old, before a page (default 10m, more for a slow ledger)")
	lengthVar(fs, &f.drift, "drift-after", rules.DefaultDrift, "how long a ShopSet may differ from git before a ticket alert")
	fs.StringVar(&f.runbooks, "runbooks", "", "`URL` of a page with a section for each alert (default docs/runbooks.md of shopslo)")
	fs.BoolVar(&f.check, "check", false, "write nothing, and check that the file of --to is up to date")
	fs.StringVar(&f.compat, "compat", "", "write recording rules with the names of this `tool` instead: sloth")
	cmd.RegisterFlagCompletionFunc("compat", cobra.FixedCompletions([]string{"sloth"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.MarkFlagFilename("to", "yaml", "yml")
	cmd.RegisterFlagCompletionFunc("output", cobra.FixedCompletions([]string{"yaml"}, cobra.ShellCompDirectiveNoFileComp))
	cmd.RunE = func(cmd *cobra.Command, _ []string) error {
		if err := f.validate(cmd); err != nil {
			return err
		}
		text, err := p.rules(f)
		if err != nil {
			return err
		}
		switch {
		case f.check:
			return same(f.to, text)
		case f.to == "":
			return p.print(string(text))
		}
		return replace("--to", f.to, text)
	}
	return cmd
}

func (f *rulesFlags) validate(cmd *cobra.Command) error {
	if f.output != "yaml" {
		return usage.Errorf("--output: %q is not yaml, the format of Prometheus' rules", f.output)
	}
	if problems := validation.IsDNS1123Subdomain(f.name); len(problems) > 0 {
		return usage.Errorf("--name: %q is not a resource name; use lower-case letters, digits and \"-\"", f.name)
	}
	for key, value := range f.labels {
		if len(validation.IsQualifiedName(key)) > 0 || len(validation.IsValidLabelValue(value)) > 0 {
			return usage.Errorf("--label: %q is not a valid Kubernetes label; write it like release=prometheus", key+"="+value)
		}
	}
	for _, name := range []string{"name", "label"} {
		if cmd.Flags().Changed(name) && !f.operator {
			return usage.Errorf("--%s is about the resource: it takes --operator", name)
		}
	}
	if f.check && f.to == "" {
		return usage.Errorf("--check needs --to: the file with the rules")
	}
	if f.to != "" {
		if err := checkFile("--to", f.to); err != nil {
			return err
		}
	}
	if f.compat != "" && f.compat != "sloth" {
		return usage.Errorf("--compat: %q is not sloth", f.compat)
	}
	if cmd.Flags().Changed("stale-after") && f.stale <= 0 {
		return usage.Errorf("--stale-after: %v must be above 0", f.stale)
	}
	if u, err := url.Parse(f.runbooks); f.runbooks != "" && (err != nil || u.Host == "") {
		return usage.Errorf("--runbooks: %q is not a URL like %s", f.runbooks, rules.DefaultRunbooks)
	}
	if f.drift <= 0 {
		return usage.Errorf("--drift-after: %v must be above 0", f.drift)
	}
	return nil
}

// rules makes them from the documents.
func (p *program) rules(f rulesFlags) ([]byte, error) {
	d, err := p.load()
	if err != nil {
		return nil, err
	}
	if names := documents.SourceNames(d); f.source != "" && !slices.Contains(names, f.source) {
		return nil, usage.Errorf("--source: no source is named %q%s", f.source, usage.DidYouMean(f.source, names))
	}
	s := rules.Settings{Alerts: d.Alerts(), Stale: f.stale, Drift: f.drift, Runbooks: f.runbooks, Exporter: d.Config.Gate.Fleet != nil, Only: f.source != ""}
	if s.Stale == 0 {
		s.Stale = staleAfter(d.Config.Ledger)
	}
	for i := range d.SLOs.SLOs {
		o := &d.SLOs.SLOs[i]
		ruled := rules.SLO{Name: o.Name, Service: o.Service, Labels: o.Labels, Annotations: o.Annotations, Objective: o.Objective, Window: o.Window}
		if o.Method != slo.Occurrences {
			ruled.Slice = o.Slice
		}
		for _, set := range d.ShopSetsOf(o) {
			if f.source != "" && d.Config.SourceOf(set) != f.source {
				continue
			}
			ruled.ShopSets = append(ruled.ShopSets, rules.ShopSet{Name: string(set.Name), Tier: string(set.Tier)})
		}
		s.SLOs = append(s.SLOs, ruled)
	}
	made := rules.Make
	if f.compat != "" {
		made = rules.Sloth
	}
	groups, err := made(s)
	if err != nil {
		return nil, err
	}
	var text []byte
	if f.operator {
		text, err = rules.Resources(f.name, f.labels, groups)
	} else {
		text, err = rules.File(groups)
	}
	return bytes.Replace(text, []byte(rules.Head), []byte(p.lang.Say(sayRulesHead)+"\n"), 1), err
}

// largestRules is more bytes than the rules of any fleet have.
const largestRules = 64 << 20

// same reports whether a file has these rules: exit code 1 where it has others.
func same(path string, text []byte) error {
	there, err := disk.Read(path, largestRules)
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return fmt.Errorf("--to: %s cannot be read: %w", path, err)
	}
	if bytes.Equal(withoutHead(there), withoutHead(text)) {
		return nil
	}
	return &codeError{exitNo, fmt.Errorf("%s does not match these documents; regenerate it: the same command without --check", path)}
}

// withoutHead is a file without its first line, which may be in another language.
func withoutHead(text []byte) []byte {
	if head, rest, ok := bytes.Cut(text, []byte("\n")); ok && bytes.HasPrefix(head, []byte("# ")) {
		return rest
	}
	return text
}

// staleAfter is how old counts may grow: a healthy ledger's newest edge is up to its
// delay and a resolution old.
func staleAfter(l config.Ledger) time.Duration {
	return max(rules.DefaultStale, 3*(l.Delay+l.Resolution))
}
