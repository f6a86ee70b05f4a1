package main

import (
	"testing"

	"github.com/shopslo/shopslo/internal/fakes/ec2fake"
	"github.com/shopslo/shopslo/internal/scripttest"
)

func TestMain(m *testing.M) { scripttest.Main(m, "mackerel-plugin-subnet-ips", main) }

func TestScripts(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-1", CIDR: "10.0.1.0/24", Free: 51})
	t.Cleanup(stop)
	scripttest.Run(t, map[string]string{"EC2": f.URL, "AWS_ACCESS_KEY_ID": "AKIDEXAMPLE", "AWS_SECRET_ACCESS_KEY": "SECRETEXAMPLE",
		"AWS_CONFIG_FILE": "none", "AWS_MAX_ATTEMPTS": "1"})
}
