package subnetips

import (
	"context"
	"errors"
	"math"
	"slices"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/ec2"

	"github.com/shopslo/shopslo/internal/fakes/ec2fake"
)

var now = time.Date(2026, 10, 20, 12, 0, 0, 0, time.UTC)

func client(url string) Client {
	return ec2.New(ec2.Options{Region: "ap-northeast-1", BaseEndpoint: &url, RetryMaxAttempts: 1,
		Credentials: credentials.NewStaticCredentialsProvider("AKIDEXAMPLE", "secret", "")})
}

func TestSubnetsAreReadPageByPage(t *testing.T) {
	f, stop := ec2fake.Start(
		ec2fake.Subnet{ID: "subnet-3", VPC: "vpc-1", CIDR: "10.0.3.0/24", Free: 0},
		ec2fake.Subnet{ID: "subnet-1", VPC: "vpc-1", CIDR: "10.0.1.0/24", Free: 251, Tags: map[string]string{"use": "pods"}},
		ec2fake.Subnet{ID: "subnet-2", VPC: "vpc-2", CIDR: "10.0.16.0/20", Free: 4000, Tags: map[string]string{"use": "pods"}})
	defer stop()
	for _, c := range []struct {
		name string
		s    Selection
		want []Subnet
	}{
		{"all of them, sorted", Selection{}, []Subnet{{"subnet-1", 251, 251, false}, {"subnet-2", 4000, 4091, false}, {"subnet-3", 0, 251, false}}},
		{"those of a VPC", Selection{VPC: "vpc-2"}, []Subnet{{"subnet-2", 4000, 4091, false}}},
		{"those with a tag", Selection{Tags: map[string]string{"use": "pods"}}, []Subnet{{"subnet-1", 251, 251, false}, {"subnet-2", 4000, 4091, false}}},
		{"those named", Selection{IDs: []string{"subnet-3"}}, []Subnet{{"subnet-3", 0, 251, false}}},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, err := Read(context.Background(), client(f.URL), c.s)
			if err != nil || len(got) != len(c.want) {
				t.Fatalf("%v, %v", got, err)
			}
			for i := range got {
				if got[i] != c.want[i] {
					t.Errorf("got %v, want %v", got[i], c.want[i])
				}
			}
		})
	}
	gone := Selection{IDs: []string{"subnet-1", "subnet-9"}}
	if got, err := Read(context.Background(), client(f.URL), gone); err != nil || len(got) != 1 || gone.Missing(got) != "there is no subnet-9 that is selected" || gone.Missing(nil) != "no subnet is selected" {
		t.Errorf("one that is gone costs the others: %v, %v, %q", got, err, gone.Missing(got))
	}
	for _, fault := range []ec2fake.Fault{ec2fake.Throttled, ec2fake.Denied, ec2fake.Half} {
		f.Break(fault)
		if got, err := Read(context.Background(), client(f.URL), Selection{}); err == nil || got != nil || errors.Is(err, ErrRefused) != (fault == ec2fake.Denied) {
			t.Errorf("%s: %v, %v", fault, got, err)
		}
	}
	f.Break(ec2fake.Hang)
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if _, err := Read(ctx, client(f.URL), Selection{}); err == nil {
		t.Error("a hanging API is no error")
	}
}

func TestASubnetWithIPv6AloneHasNoIPv4Addresses(t *testing.T) {
	f, stop := ec2fake.Start(ec2fake.Subnet{ID: "subnet-4", VPC: "vpc-1", CIDR: "10.0.3.0/24", Free: 7},
		ec2fake.Subnet{ID: "subnet-6", VPC: "vpc-1", IPv6: "2001:db8:6::/64"},
		ec2fake.Subnet{ID: "subnet-46", VPC: "vpc-2", CIDR: "10.0.4.0/24", Free: 0, IPv6: "2001:db8:46::/64"})
	defer stop()
	all, err := Read(context.Background(), client(f.URL), Selection{})
	if err != nil || len(all) != 3 || all[0] != (Subnet{"subnet-4", 7, 251, false}) || all[1] != (Subnet{"subnet-46", 0, 251, false}) || all[2] != (Subnet{"subnet-6", 0, 0, true}) {
		t.Fatalf("%v, %v", all, err)
	}
	lows := Lows{}
	if lows.Add(now, all); len(lows) != 2 || lows["subnet-6"] != nil {
		t.Errorf("it has a low: %v", lows)
	}
	for _, c := range []struct {
		name string
		s    Selection
		n    int
	}{
		{"it is named", Selection{IDs: []string{"subnet-6", "subnet-4"}}, 1},
		{"it is among others", Selection{VPC: "vpc-1"}, 0},
		{"another one is named", Selection{IDs: []string{"subnet-4"}}, 0},
	} {
		found := slices.DeleteFunc(slices.Clone(all), func(s Subnet) bool { return c.s.IDs != nil && !slices.Contains(c.s.IDs, s.ID) })
		if ids := c.s.IPv6Only(found); len(ids) != c.n || c.s.Missing(found) != "" {
			t.Errorf("%s: %v, missing %q", c.name, ids, c.s.Missing(found))
		}
	}
	if ids := (Selection{VPC: "vpc-6"}).IPv6Only(all[2:]); len(ids) != 1 {
		t.Errorf("there is no other: %v", ids)
	}
}

func TestUsableAddressesLeaveOutThoseOfAWS(t *testing.T) {
	for cidr, want := range map[string]int64{"10.0.0.0/24": 251, "10.0.0.0/28": 11, "10.0.0.0/16": 65531, "10.0.0.0/32": 0, "": 0, "2001:db8::/64": 0} {
		if got := usable(cidr); got != want {
			t.Errorf("%q: %d, want %d", cidr, got, want)
		}
	}
	// Three /24 have 753 addresses; a node takes 240 of one subnet, so each fits one.
	if n := (Subnet{Free: 251}).Fits(240); n != 1 {
		t.Errorf("%d nodes fit", n)
	}
}

func TestDaysLeftFollowTheDailyLows(t *testing.T) {
	tests := []struct {
		name string
		lows []int64 // of the last days, today the last
		want float64 // -1: not known
	}{
		{"a steady fall", []int64{200, 190, 180, 170, 160}, 16},
		{"one odd day does not matter", []int64{200, 190, 10, 170, 160, 150, 140}, 14},
		{"no fall", []int64{100, 100, 100, 100}, -1},
		{"a rise", []int64{100, 110, 120, 130}, -1},
		{"too few days", []int64{200, 150, 100}, -1},
		{"nothing left", []int64{30, 20, 10, 0}, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			l := Lows{}
			for i, n := range tt.lows {
				day := now.AddDate(0, 0, i-len(tt.lows)+1)
				l.Add(day, []Subnet{{ID: "s", Free: n + 50}}) // the morning has more
				l.Add(day, []Subnet{{ID: "s", Free: n}})
				l.Add(day, []Subnet{{ID: "s", Free: n + 20}})
			}
			days, ok := l.DaysLeft("s", now)
			if ok != (tt.want >= 0) || ok && math.Abs(days-tt.want) > 0.01 {
				t.Errorf("%g, %v", days, ok)
			}
		})
	}
	l := Lows{}
	l.Add(now.AddDate(0, 0, -61), []Subnet{{ID: "gone", Free: 1}})
	l.Add(now, []Subnet{{ID: "s", Free: 1}})
	if len(l) != 1 {
		t.Errorf("old days are kept: %v", l)
	}
}

func FuzzParseLows(f *testing.F) {
	f.Add([]byte(`{"subnet-1":{"2026-10-19":5,"2026-10-18":6,"2026-10-17":7,"2026-10-16":9}}`))
	f.Add([]byte(`{"subnet-1":{"":-5,"x":6,"2026-99-17":7}}`))
	f.Add([]byte(`null`))
	f.Fuzz(func(t *testing.T, b []byte) {
		l, err := ParseLows(b)
		if err != nil {
			return
		}
		l.Add(now, []Subnet{{ID: "subnet-1", Free: aws.ToInt64(nil)}})
		if days, ok := l.DaysLeft("subnet-1", now); ok && (days < 0 || math.IsNaN(days)) {
			t.Errorf("%g days", days)
		}
	})
}
