package main

import (
	"bytes"
	"context"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	mackerelplugin "github.com/mackerelio/go-mackerel-plugin"

	"github.com/shopslo/shopslo/internal/fakes/ec2fake"
)

var noon = time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)

// try runs the plugin at a time against an API.
func try(t *testing.T, dir string, at time.Time, args ...string) (code int, out, errs string) {
	t.Helper()
	t.Setenv("AWS_ACCESS_KEY_ID", "AKIDEXAMPLE")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "SECRETEXAMPLE")
	t.Setenv("AWS_CONFIG_FILE", filepath.Join(dir, "none"))
	t.Setenv("AWS_MAX_ATTEMPTS", "1")
	var o, e bytes.Buffer
	p := &plugin{stdout: &o, stderr: &e, now: func() time.Time { return at }, workdir: dir}
	code = p.run(context.Background(), append([]string{"-region", "ap-northeast-1"}, args...))
	if strings.Contains(o.String()+e.String(), "SECRETEXAMPLE") {
		t.Errorf("the key shows: %s %s", o.String(), e.String())
	}
	return code, o.String(), e.String()
}

func TestFreeAddressesWhatFitsAndDaysLeftArePrinted(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-1", CIDR: "10.0.1.0/24", Free: 251})
	defer stop()
	dir := t.TempDir()
	var out string
	for day := range 5 {
		f.Set("subnet-1", int64(251-10*day))
		code, o, errs := try(t, dir, noon.AddDate(0, 0, day), "-endpoint", f.URL, "-ips-per-node", "100")
		if code != exitOK || errs != "" {
			t.Fatalf("code %d: %s", code, errs)
		}
		if has := strings.Contains(o, "days.subnet-1.left"); has != (day >= 3) {
			t.Errorf("day %d: %s", day, o)
		}
		out = o
	}
	want := "subnet.ips.subnet-1.free\t211\t1792843200\nsubnet.ips.subnet-1.used\t40\t1792843200\n" +
		"subnet.fits.subnet-1.pods\t211\t1792843200\nsubnet.fits.subnet-1.nodes\t2\t1792843200\nsubnet.days.subnet-1.left\t21.1\t1792843200\n"
	if out != want {
		t.Errorf("got  %q\nwant %q", out, want)
	}
}

func TestWhatIsNotKnownIsNotPrinted(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-1", CIDR: "10.0.1.0/24", Free: 251})
	defer stop()
	dir := t.TempDir()
	f.Break(ec2fake.Denied)
	if code, out, errs := try(t, dir, noon, "-endpoint", f.URL); code != exitUsage || out != "" || !strings.Contains(errs, "EC2 refuses: UnauthorizedOperation") || strings.Count(errs, "\n") != 1 {
		t.Errorf("code %d, %q, %s", code, out, errs)
	}
	f.Break(ec2fake.Throttled)
	if code, out, errs := try(t, dir, noon, "-endpoint", f.URL); code != exitReach || out != "" || !strings.Contains(errs, "RequestLimitExceeded") {
		t.Errorf("code %d, %q, %s", code, out, errs)
	}
	f.Break(ec2fake.None)
	for _, damaged := range []string{"{", ""} {
		if err := os.WriteFile(filepath.Join(dir, "mackerel-plugin-subnet-ips.subnet.json"), []byte(damaged), 0o600); err != nil {
			t.Fatal(err)
		}
		if code, out, errs := try(t, dir, noon, "-endpoint", f.URL); code != exitOK || !strings.Contains(out, "free\t251") || !strings.Contains(errs, "begin anew") {
			t.Errorf("with damaged lows %q: code %d, %q, %s", damaged, code, out, errs)
		}
	}
	if _, _, errs := try(t, dir, noon, "-endpoint", f.URL); errs != "" {
		t.Errorf("the next run: %s", errs)
	}
	for _, args := range [][]string{{"x"}, {"-tags", "a"}, {"-ips-per-pod", "0"}, {"-metric-key-prefix", "a b"}, {"-none"}, {"-endpoint", "ec2"}, {"-endpoint", "https://user:pw@ec2"}} {
		if code, out, errs := try(t, dir, noon, args...); code != exitUsage || out != "" || strings.Count(errs, "\n") != 1 || strings.Contains(errs, "pw@") {
			t.Errorf("%v: code %d, %q, %s", args, code, out, errs)
		}
	}
}

func TestPrefixesAreToldWhereTheyAreAskedFor(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-1", VPC: "vpc-1", CIDR: "10.0.0.0/24", Free: 211})
	defer stop()
	if code, out, errs := try(t, t.TempDir(), noon, "-endpoint", f.URL, "-prefixes"); code != exitOK || !strings.Contains(out, "subnet.fits.subnet-1.prefixes\t13\t") {
		t.Errorf("code %d, %q, %q", code, out, errs)
	}
}

func TestTheLowsAreWhereTempfileSays(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-1", VPC: "vpc-1", CIDR: "10.0.0.0/24", Free: 211})
	defer stop()
	path := filepath.Join(t.TempDir(), "own", "lows.json")
	if code, _, errs := try(t, t.TempDir(), noon, "-endpoint", f.URL, "-tempfile", path); code != exitOK || errs != "" {
		t.Fatal(code, errs)
	}
	if b, err := os.ReadFile(path); err != nil || !strings.Contains(string(b), "subnet-1") {
		t.Errorf("%s, %v", b, err)
	}
}

func TestLowsAreNotReadThroughALink(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-1", VPC: "vpc-1", CIDR: "10.0.0.0/24", Free: 211})
	defer stop()
	dir := t.TempDir()
	if err := os.Symlink("/etc/hostname", filepath.Join(dir, "mackerel-plugin-subnet-ips.subnet.json")); err != nil {
		t.Fatal(err)
	}
	if code, out, errs := try(t, dir, noon, "-endpoint", f.URL); code != exitOK || !strings.Contains(errs, "is a link") || !strings.Contains(out, "free\t211") {
		t.Errorf("code %d, %q, %q", code, out, errs)
	}
}

func TestASubnetWithIPv6AloneHasNoFigures(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-4", VPC: "vpc-1", CIDR: "10.0.1.0/24", Free: 200}, ec2fake.Subnet{ID: "subnet-6", VPC: "vpc-1", IPv6: "2001:db8:6::/64"},
		ec2fake.Subnet{ID: "subnet-46", VPC: "vpc-2", CIDR: "10.0.2.0/24", Free: 0, IPv6: "2001:db8:46::/64"})
	defer stop()
	for _, c := range []struct {
		name, flag, value string
		lines             int
		out, errs         string // "": nothing is said
	}{
		{"of a VPC", "-vpc", "vpc-1", 4, "ips.subnet-4.free\t200", ""},
		{"with both, the IPv4 addresses may run out", "-vpc", "vpc-2", 4, "ips.subnet-46.free\t0", ""},
		{"named", "-subnets", "subnet-6", 0, "", "in ap-northeast-1 no figures of subnet-6: no IPv4 addresses there"},
	} {
		code, out, errs := try(t, t.TempDir(), noon, "-endpoint", f.URL, "-ips-per-node", "16", c.flag, c.value)
		if code != exitOK || strings.Count(out, "\n") != c.lines || !strings.Contains(out, c.out) || strings.Contains(out, "subnet-6.") ||
			!strings.Contains(errs, c.errs) || (errs == "") != (c.errs == "") {
			t.Errorf("%s: code %d, %q, %q", c.name, code, out, errs)
		}
	}
}

func TestWhatIsSelectedAndNotThereIsSaid(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-1", CIDR: "10.0.1.0/24", Free: 251}, ec2fake.Subnet{ID: "subnet-2", CIDR: "10.0.2.0/24", Free: 17})
	defer stop()
	for _, c := range []struct {
		args      []string
		out, errs string
	}{
		{[]string{"-subnets", "subnet-2,subnet-9"}, "subnet.ips.subnet-2.free\t17", "in ap-northeast-1 there is no subnet-9 that is selected: check"},
		{[]string{"-vpc", "vpc-none"}, "", "in ap-northeast-1 no subnet is selected: check"},
	} {
		code, out, errs := try(t, t.TempDir(), noon, append(c.args, "-endpoint", f.URL)...)
		if code != exitUsage || !strings.Contains(out, c.out) || strings.Contains(out, "subnet-1") || !strings.Contains(errs, c.errs) {
			t.Errorf("%v: code %d, %q, %s", c.args, code, out, errs)
		}
	}
}

func TestWithoutRegionOrCredentialsItIsSaidWhereTheyGo(t *testing.T) {
	f, stop := ec2fake.Start()
	defer stop()
	for _, name := range []string{"AWS_REGION", "AWS_DEFAULT_REGION", "AWS_PROFILE"} {
		t.Setenv(name, "")
	}
	t.Setenv("AWS_SHARED_CREDENTIALS_FILE", filepath.Join(t.TempDir(), "none"))
	t.Setenv("AWS_EC2_METADATA_DISABLED", "true")
	if code, _, errs := try(t, t.TempDir(), noon, "-endpoint", f.URL, "-region", ""); code != exitUsage || !strings.Contains(errs, "give -region, or set AWS_REGION") {
		t.Errorf("code %d: %s", code, errs)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", "")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "")
	var out, errs bytes.Buffer
	code := run(context.Background(), []string{"-endpoint", f.URL, "-region", "ap-northeast-1"}, []string{"MACKEREL_PLUGIN_WORKDIR="}, &out, &errs)
	if code != exitUsage || out.Len() > 0 || !strings.Contains(errs.String(), "give the machine a role") || strings.Count(errs.String(), "\n") != 1 {
		t.Errorf("code %d: %s", code, errs.String())
	}
}

func TestGraphsAreDefinedWithoutAskingAnybody(t *testing.T) {
	var out, errs bytes.Buffer
	code := run(context.Background(), nil, []string{"MACKEREL_AGENT_PLUGIN_META=1"}, &out, &errs)
	head, body, _ := strings.Cut(out.String(), "\n")
	var def mackerelplugin.GraphDef
	if err := json.Unmarshal([]byte(body), &def); err != nil || code != exitOK || head != "# mackerel-agent-plugin" || len(def.Graphs["subnet.ips.#"].Metrics) != 2 {
		t.Errorf("code %d, %v: %s", code, err, out.String())
	}
}
