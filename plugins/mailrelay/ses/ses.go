// Package ses reads one region of an Amazon SES account: the counts that SES keeps in
// CloudWatch, or without the right to those the ones of GetSendStatistics (API v1: spans of
// 15 minutes, two weeks back, and no deliveries); and the account's standing and quota of
// GetAccount (API v2, with the AWS SDK).
//
// Shapes: https://docs.aws.amazon.com/AmazonCloudWatch/latest/APIReference/API_GetMetricData.html,
// https://docs.aws.amazon.com/ses/latest/APIReference/API_GetSendStatistics.html
// and https://docs.aws.amazon.com/ses/latest/APIReference-V2/API_GetAccount.html.
//
// That a period in CloudWatch is complete five minutes after its end is not documented.
//
// What the pages do not say was taken from answers that others recorded: the points
// come in no order; each account has its own minute at which a span begins (:01, :10,
// :23 …), not the quarter of the hour. That a time is the start of its span, and that
// a point is complete five minutes after its end, is not documented and was not seen:
// if the time is the end, buckets come 15 minutes late and are otherwise right.
package ses

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"

	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relayhttp"
)

// Account is SES in one region. Without AccessKey and SecretKey the credentials come
// from where the AWS SDK looks for them: environment, shared files, the machine's role.
type Account struct {
	AccessKey, SecretKey string
	SessionToken         string       // with temporary keys
	Profile              string       // of the shared files, where there are no keys
	Region               string       // e.g. "ap-northeast-1"; "" is the SDK's own
	BaseURL              string       // "" is the region's
	Client               *http.Client // nil is a plain one
	// Now is the time that requests are signed with.
	Now func() time.Time
}

// Relay is a mailrelay.Relay.
type Relay struct {
	account Account
	asker   relayhttp.Asker
}

const (
	grain = 5 * time.Minute
	// span15 is the length of the spans of GetSendStatistics.
	span15 = 15 * time.Minute
	// again is how far back is asked each time: it is one question whatever the span, and
	// periods that came late are right from then on.
	again = time.Hour
	// back is how far back a first poll looks: as far as GetSendStatistics remembers.
	back = 14 * 24 * time.Hour
	// settle is how long after its end a span may still be counted into.
	settle = 5 * time.Minute
)

// New makes a relay. It asks nothing yet, and does not look for credentials.
func New(a Account) *Relay {
	return &Relay{a, relayhttp.Asker{Vendor: "ses", Client: a.Client, Secrets: []string{a.SecretKey, a.SessionToken}}}
}

// Traits implements mailrelay.Relay.
func (r *Relay) Traits() mailrelay.Traits {
	return mailrelay.Traits{Vendor: "ses", Account: relayhttp.Of(r.account.BaseURL, "region", r.account.Region, "profile", r.account.Profile), Grain: grain, Settle: settle, Again: again, Sparse: true, Back: back, Tells: []mailrelay.Figure{
		mailrelay.Accepted, mailrelay.Delivered, mailrelay.Bounced, mailrelay.Dropped, mailrelay.Complaints}}
}

// Read implements mailrelay.Relay. Both questions are asked at once.
func (r *Relay) Read(ctx context.Context, span mailrelay.Span) (mailrelay.Report, error) {
	s, err := r.session(ctx)
	if err != nil {
		return mailrelay.Report{}, err
	}
	var (
		wg                 sync.WaitGroup
		out                mailrelay.Report
		points             []mailrelay.Bucket
		errAccount, errSum error
	)
	wg.Go(func() { errAccount = s.account(ctx, &out) })
	wg.Go(func() { points, errSum = s.cloudWatch(ctx, span) })
	wg.Wait()
	if errAccount != nil {
		return mailrelay.Report{}, errAccount
	}
	if mailrelay.TroubleOf(errSum) == mailrelay.Refused && errSum != nil {
		out.Notes = append(out.Notes, fmt.Sprintf("%v: deliveries are not known; give the key the right cloudwatch:GetMetricData", errSum))
		points, errSum = s.statistics(ctx)
	}
	if errSum != nil {
		return mailrelay.Report{}, errSum
	}
	for _, b := range points {
		if !b.Start.Before(span.From) && !b.End.Add(settle).After(span.To) {
			out.Buckets, out.DataTo = append(out.Buckets, b), b.End
		}
	}
	return out, nil
}

// session is what one poll asks with.
type session struct {
	asker   relayhttp.Asker
	region  string
	baseURL string
	keys    aws.CredentialsProvider
	now     func() time.Time
}

// session finds region and credentials. With keys of the account's own nothing is
// looked up, neither in files nor on the network.
func (r *Relay) session(ctx context.Context) (*session, error) {
	a := r.account
	s := &session{asker: r.asker, region: a.Region, baseURL: a.BaseURL, now: a.Now}
	if a.AccessKey != "" {
		s.keys = credentials.NewStaticCredentialsProvider(a.AccessKey, a.SecretKey, a.SessionToken)
	} else if err := s.lookUp(ctx, a); err != nil {
		return nil, err
	}
	if s.region == "" {
		return nil, r.refused("find the region", errors.New("none is set: write region: ap-northeast-1, or where your account is"))
	}
	return s, nil
}

// lookUp takes region and credentials from the SDK's places.
func (s *session) lookUp(ctx context.Context, a Account) error {
	opts := []func(*config.LoadOptions) error{config.WithRetryer(func() aws.Retryer { return aws.NopRetryer{} })}
	if a.Region != "" {
		opts = append(opts, config.WithRegion(a.Region))
	}
	if a.Profile != "" {
		opts = append(opts, config.WithSharedConfigProfile(a.Profile))
	}
	c, err := config.LoadDefaultConfig(ctx, opts...)
	if err != nil {
		return s.refused("find credentials", err)
	}
	keys, err := c.Credentials.Retrieve(ctx)
	if err != nil {
		return s.refused("find credentials", err)
	}
	s.region, s.keys = c.Region, c.Credentials
	s.asker.Secrets = append(slices.Clip(s.asker.Secrets), keys.SecretAccessKey, keys.SessionToken)
	return nil
}

func (s *session) refused(doing string, err error) error {
	return &mailrelay.Error{Trouble: mailrelay.Refused, Doing: "ses: " + doing, Detail: mailrelay.Hide(err.Error(), s.asker.Secrets...)}
}

func (r *Relay) refused(doing string, err error) error {
	return (&session{asker: r.asker}).refused(doing, err)
}
