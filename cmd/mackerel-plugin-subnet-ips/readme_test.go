package main

import (
	"strings"
	"testing"

	"github.com/shopslo/shopslo/internal/fakes/ec2fake"
	"github.com/shopslo/shopslo/plugins/plugintest"
)

func TestWhatTheREADMESaysToCopyIsUnderstood(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-1", CIDR: "10.0.0.0/22", VPC: "vpc-0abc", Free: 753}, ec2fake.Subnet{ID: "subnet-2", VPC: "vpc-other"})
	defer stop()
	args := plugintest.Args(t, "plugin.metrics.subnet-ips", "mackerel-plugin-subnet-ips")
	code, out, errs := try(t, t.TempDir(), noon, append(args, "-endpoint", f.URL)...)
	if code != exitOK || errs != "" || !strings.Contains(out, "subnet.fits.subnet-1.nodes\t3\t") || strings.Contains(out, "subnet-2") {
		t.Errorf("code %d: %s%s", code, out, errs)
	}
}
