// Package subnetips tells how many addresses subnets of a VPC have left, how many nodes
// or pods still fit, and in how many days none will be left. Clusters stop growing when
// addresses run out, however much CPU is free, and nothing else shows it before.
package subnetips

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"net/netip"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/ec2"
	"github.com/aws/aws-sdk-go-v2/service/ec2/types"
	"github.com/aws/smithy-go"
)

// reserved is how many addresses AWS keeps of each subnet.
// https://docs.aws.amazon.com/vpc/latest/userguide/subnet-sizing.html
const reserved = 5

// Prefix is how many addresses one delegated prefix takes, a /28 that is aligned: where
// single addresses lie between, fewer prefixes fit than the free ones divided by it.
// https://docs.aws.amazon.com/AWSEC2/latest/UserGuide/ec2-prefix-eni.html
const Prefix = 16

// Subnet is one subnet as EC2 tells it.
type Subnet struct {
	ID   string // subnet-…
	Free int64  // unused IPv4 addresses; 0 where there are none at all (IPv6Only)
	// Total is how many addresses can be used; 0 where the block cannot be read.
	Total int64
	// IPv6Only: it has no IPv4 addresses, so nothing of them runs out. EC2 tells 0 free.
	// IPv6 addresses are not counted; a /64 has more than will ever be used.
	IPv6Only bool
}

// Client is the part of the EC2 API that is needed.
type Client = ec2.DescribeSubnetsAPIClient

// Selection says which subnets: by id, of a VPC, or with tags. Empty means all of the
// account's in the region.
type Selection struct {
	IDs  []string
	VPC  string
	Tags map[string]string
}

// Read asks EC2 for the subnets, sorted by id. One that the API does not tell the free
// addresses of is left out. The error wraps ErrRefused where asking again will not help.
func Read(ctx context.Context, c Client, s Selection) ([]Subnet, error) {
	in := &ec2.DescribeSubnetsInput{}
	if len(s.IDs) > 0 { // as a filter, one that is gone does not cost the others
		in.Filters = append(in.Filters, types.Filter{Name: aws.String("subnet-id"), Values: s.IDs})
	}
	if s.VPC != "" {
		in.Filters = append(in.Filters, types.Filter{Name: aws.String("vpc-id"), Values: []string{s.VPC}})
	}
	for _, k := range slices.Sorted(maps.Keys(s.Tags)) {
		in.Filters = append(in.Filters, types.Filter{Name: aws.String("tag:" + k), Values: []string{s.Tags[k]}})
	}
	var out []Subnet
	for p := ec2.NewDescribeSubnetsPaginator(c, in); p.HasMorePages(); {
		page, err := p.NextPage(ctx)
		if err != nil {
			return nil, fmt.Errorf("ask EC2 for subnets: %w", plain(err))
		}
		for _, n := range page.Subnets {
			if n.SubnetId == nil || n.AvailableIpAddressCount == nil {
				continue
			}
			block := aws.ToString(n.CidrBlock)
			out = append(out, Subnet{
				ID: *n.SubnetId, Free: int64(*n.AvailableIpAddressCount), Total: usable(block),
				IPv6Only: aws.ToBool(n.Ipv6Native) || block == "" && len(n.Ipv6CidrBlockAssociationSet) > 0,
			})
		}
	}
	slices.SortFunc(out, func(a, b Subnet) int {
		if a.ID < b.ID {
			return -1
		}
		return 1
	})
	return out, nil
}

// ErrRefused is in the error of a request that EC2 does not grant.
var ErrRefused = errors.New("EC2 refuses")

// plain tells what went wrong without the SDK's way there.
func plain(err error) error {
	var api smithy.APIError
	if !errors.As(err, &api) {
		if op, ok := errors.AsType[*net.OpError](err); ok {
			return op
		}
		return err
	}
	var resp *awshttp.ResponseError
	if !errors.As(err, &resp) || resp.HTTPStatusCode() >= 500 || resp.HTTPStatusCode() == http.StatusTooManyRequests {
		return fmt.Errorf("%s: %s", api.ErrorCode(), api.ErrorMessage())
	}
	return fmt.Errorf("%w: %s: %s (check the credentials, and that they have the right ec2:DescribeSubnets)", ErrRefused, api.ErrorCode(), api.ErrorMessage())
}

// Missing says what was selected and is not there; "" where nothing is missing.
func (s Selection) Missing(found []Subnet) string {
	gone := slices.DeleteFunc(slices.Clone(s.IDs), func(id string) bool {
		return slices.ContainsFunc(found, func(f Subnet) bool { return f.ID == id })
	})
	switch {
	case len(found) == 0:
		return "no subnet is selected"
	case len(gone) > 0:
		return "there is no " + strings.Join(gone, ", ") + " that is selected"
	}
	return ""
}

// IPv6Only gives the ids of those that have no figures. Ones that were selected by VPC or
// tags beside others that have some are not among them: nobody asked for them.
func (s Selection) IPv6Only(found []Subnet) (ids []string) {
	figures := slices.ContainsFunc(found, func(f Subnet) bool { return !f.IPv6Only })
	for _, f := range found {
		if f.IPv6Only && (!figures || slices.Contains(s.IDs, f.ID)) {
			ids = append(ids, f.ID)
		}
	}
	return ids
}

// usable is how many addresses of a block can be used, 0 where it is none.
func usable(cidr string) int64 {
	p, err := netip.ParsePrefix(cidr)
	if err != nil || !p.Addr().Is4() || p.Bits() > 28 {
		return 0
	}
	return 1<<(32-p.Bits()) - reserved
}

// Fits is how many of something that takes some addresses each still fit.
func (s Subnet) Fits(each int64) int64 { return s.Free / each }

const (
	keepDays = 60
	// minDays is from how many days on a trend is told.
	minDays = 4
)

// Lows are the fewest free addresses of each day (YYYY-MM-DD, UTC) of each subnet: the
// peak of use is what runs out.
type Lows map[string]map[string]int64

// ParseLows reads what Lows are stored as (JSON). Nothing at all is no lows.
func ParseLows(b []byte) (Lows, error) {
	if len(b) == 0 {
		return Lows{}, nil
	}
	var l Lows
	if err := json.Unmarshal(b, &l); err != nil {
		return nil, fmt.Errorf("read the lows of free addresses: %w", err)
	}
	if l == nil {
		l = Lows{}
	}
	return l, nil
}

// Add remembers how many IPv4 addresses are free now, and forgets what is older than 60 days.
func (l Lows) Add(now time.Time, subnets []Subnet) {
	today, oldest := now.UTC().Format(time.DateOnly), now.UTC().AddDate(0, 0, -keepDays).Format(time.DateOnly)
	for _, s := range subnets {
		if s.IPv6Only {
			continue
		}
		days := l[s.ID]
		if days == nil {
			days = map[string]int64{}
			l[s.ID] = days
		}
		if low, known := days[today]; !known || s.Free < low {
			days[today] = s.Free
		}
	}
	for id, days := range l {
		maps.DeleteFunc(days, func(day string, _ int64) bool { return day < oldest || day > today })
		if len(days) == 0 {
			delete(l, id)
		}
	}
}

// DaysLeft is in how many days a subnet will have no address left if its daily lows go
// on as they did: the median of the slopes between any two days, which one odd day does
// not move. ok is false with fewer than four days of history, or where the lows do not
// fall. Today counts from its own low so far.
func (l Lows) DaysLeft(id string, now time.Time) (days float64, ok bool) {
	type point struct{ day, low float64 }
	var points []point
	today := now.UTC().Truncate(24 * time.Hour)
	for date, low := range l[id] {
		at, err := time.Parse(time.DateOnly, date)
		if err != nil || at.After(today) {
			continue
		}
		points = append(points, point{at.Sub(today).Hours() / 24, float64(low)})
	}
	if len(points) < minDays {
		return 0, false
	}
	var slopes []float64
	for i, a := range points {
		for _, b := range points[:i] {
			slopes = append(slopes, (a.low-b.low)/(a.day-b.day))
		}
	}
	slope := median(slopes)
	if slope >= 0 {
		return 0, false
	}
	var heights []float64
	for _, p := range points {
		heights = append(heights, p.low-slope*p.day)
	}
	return max(0, median(heights)/-slope), true
}

func median(v []float64) float64 {
	slices.Sort(v)
	n := len(v)
	return (v[(n-1)/2] + v[n/2]) / 2
}
