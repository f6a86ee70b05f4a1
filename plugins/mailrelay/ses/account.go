package ses

import (
	"bytes"
	"context"
	"errors"
	"io"
	"math"
	"net/http"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"
	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// account asks GetAccount for standing and quota.
func (s *session) account(ctx context.Context, out *mailrelay.Report) error {
	o := sesv2.Options{Region: s.region, Credentials: s.keys, HTTPClient: s, Retryer: aws.NopRetryer{}}
	if s.baseURL != "" {
		o.BaseEndpoint = &s.baseURL
	}
	a, err := sesv2.New(o).GetAccount(ctx, &sesv2.GetAccountInput{})
	var told *mailrelay.Error
	switch {
	case errors.As(err, &told): // our own, from Do
		return told
	case err != nil && ctx.Err() != nil:
		return &mailrelay.Error{Trouble: mailrelay.Unreachable, Doing: "ses: read GetAccount", Detail: "no answer in time"}
	case err != nil:
		return s.asker.Garbled("GetAccount", err)
	case a.EnforcementStatus == nil:
		// Without it one cannot tell whether SendingEnabled was told to be false.
		return s.asker.Garbled("GetAccount", errors.New("no EnforcementStatus"))
	}
	out.Status, out.StatusText = standing(*a.EnforcementStatus, a.SendingEnabled)
	out.Quota = quota(a.SendQuota)
	return nil
}

// Do lets the SDK ask as every relay is asked: its errors become ours, without secrets.
func (s *session) Do(req *http.Request) (*http.Response, error) {
	body, err := s.hiding(req).Ask(req.Context(), req)
	if err != nil {
		return nil, err
	}
	return &http.Response{Status: "200 OK", StatusCode: http.StatusOK, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1, Header: http.Header{},
		Body: io.NopCloser(bytes.NewReader(body)), ContentLength: int64(len(body)), Request: req}, nil
}

// standing reads the account's state. A word that is not known is shown as it is.
func standing(word string, sending bool) (mailrelay.AccountStatus, string) {
	switch {
	case word == "SHUTDOWN":
		return mailrelay.Paused, word
	case !sending:
		return mailrelay.Paused, word + ", sending is disabled"
	case word == "HEALTHY":
		return mailrelay.Healthy, word
	case word == "PROBATION":
		return mailrelay.Probation, word
	}
	return "", word
}

// quota reads how much may be sent in 24 hours. A limit of -1 is none.
func quota(q *types.SendQuota) mailrelay.Quota {
	if q == nil || !whole(q.SentLast24Hours) {
		return mailrelay.Quota{}
	}
	out := mailrelay.Quota{Used: aws.Int64(int64(math.Ceil(q.SentLast24Hours))), Per: 24 * time.Hour}
	if whole(q.Max24HourSend) {
		limit := int64(q.Max24HourSend)
		out.Limit, out.Left = &limit, aws.Int64(max(0, limit-*out.Used))
	}
	return out
}

func whole(f float64) bool { return f >= 0 && f < 1<<50 }

// hiding is the asker for a signed request: the signature is as good as a key for some
// minutes.
func (s *session) hiding(req *http.Request) interface {
	Ask(context.Context, *http.Request) ([]byte, error)
} {
	a := s.asker
	a.Secrets = append(slices.Clip(a.Secrets), req.Header.Get("Authorization"))
	return a
}
