package ses

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/xml"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/sesv2"

	"github.com/shopslo/shopslo/plugins/mailrelay"
)

// statistics asks GetSendStatistics, which only API v1 has.
func (s *session) statistics(ctx context.Context) ([]mailrelay.Bucket, error) {
	req, err := s.signed(ctx, sending, url.Values{"Action": {"GetSendStatistics"}, "Version": {"2010-12-01"}}.Encode())
	if err != nil {
		return nil, err
	}
	body, err := s.hiding(req).Ask(ctx, req)
	if err != nil {
		return nil, throttled(err)
	}
	points, err := parse(body)
	if err != nil {
		return nil, s.asker.Garbled("GetSendStatistics", err)
	}
	return points, nil
}

// The services that are asked, by their names in a signature.
const (
	sending    = "ses"
	monitoring = "monitoring"
)

// signed is a request with a form to a service, signed for the account.
func (s *session) signed(ctx context.Context, service, form string) (*http.Request, error) {
	base := s.baseURL
	if base == "" && service == monitoring {
		// https://docs.aws.amazon.com/general/latest/gr/cw_region.html
		base = "https://monitoring." + s.region + ".amazonaws.com"
		if strings.HasPrefix(s.region, "cn-") {
			base += ".cn"
		}
	}
	if base == "" {
		e, err := sesv2.NewDefaultEndpointResolverV2().ResolveEndpoint(ctx, sesv2.EndpointParameters{Region: &s.region})
		if err != nil {
			return nil, s.refused("find the region's address", err)
		}
		base = e.URI.String()
	}
	req, err := http.NewRequest(http.MethodPost, base+"/", strings.NewReader(form))
	if err != nil {
		return nil, s.asker.Garbled("its address", err)
	}
	req.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	keys, err := s.keys.Retrieve(ctx)
	if err != nil {
		return nil, s.refused("find credentials", err)
	}
	sum := sha256.Sum256([]byte(form))
	if err := v4.NewSigner().SignHTTP(ctx, keys, req, hex.EncodeToString(sum[:]), service, s.region, s.now()); err != nil {
		return nil, s.refused("sign a request", err)
	}
	return req, nil
}

// throttled knows the refusal that means too many requests: API v1 answers it with 400.
// https://docs.aws.amazon.com/ses/latest/APIReference/CommonErrors.html
func throttled(err error) error {
	var e *mailrelay.Error
	if errors.As(err, &e) && e.Trouble == mailrelay.Refused && strings.Contains(e.Detail, "Throttling") {
		e.Trouble = mailrelay.Limited
	}
	return err
}

// point is one span as the vendor tells it.
type point struct {
	Timestamp                                      string
	DeliveryAttempts, Rejects, Bounces, Complaints *int64
}

// parse reads an answer: points in any order, told apart by their times. Points that
// overlap are refused. Between two points there is silence that was told: the vendor's
// page says that a span without mails has no point; so it becomes buckets of 0. After
// the last point nothing is known.
func parse(body []byte) ([]mailrelay.Bucket, error) {
	var a struct {
		XMLName xml.Name `xml:"GetSendStatisticsResponse"`
		Result  *struct {
			Points []point `xml:"SendDataPoints>member"`
		} `xml:"GetSendStatisticsResult"`
	}
	if err := xml.Unmarshal(body, &a); err != nil {
		return nil, err
	}
	if a.Result == nil {
		return nil, errors.New("no GetSendStatisticsResult")
	}
	var told []mailrelay.Bucket
	for _, p := range a.Result.Points {
		b, err := p.bucket()
		if err != nil {
			return nil, err
		}
		told = append(told, b)
	}
	slices.SortFunc(told, func(a, b mailrelay.Bucket) int { return a.Start.Compare(b.Start) })
	var out []mailrelay.Bucket
	for i, b := range told {
		if i > 0 {
			if b.Start.Before(told[i-1].End) {
				return nil, fmt.Errorf("the points of %s and %s overlap", told[i-1].Start.Format(time.RFC3339), b.Start.Format(time.RFC3339))
			}
			out = append(out, silence(told[i-1].End, b.Start)...)
		}
		out = append(out, b)
	}
	return out, nil
}

func (p point) bucket() (mailrelay.Bucket, error) {
	at, err := time.Parse(time.RFC3339, p.Timestamp)
	if err != nil || at.Year() < 2000 || at.Year() > 2200 {
		return mailrelay.Bucket{}, fmt.Errorf("%.40q is no time of a point", p.Timestamp)
	}
	c := mailrelay.Counts{}
	at = at.UTC()
	return mailrelay.Bucket{Start: at, End: at.Add(span15), Counts: c}, errors.Join(c.Add(mailrelay.Accepted, p.DeliveryAttempts),
		c.Add(mailrelay.Bounced, p.Bounces), c.Add(mailrelay.Dropped, p.Rejects), c.Add(mailrelay.Complaints, p.Complaints))
}

// memory is how long the vendor remembers: no answer has a longer silence in it.
const memory = 15 * 24 * time.Hour

// silence are the whole spans from one time to another, without a mail.
func silence(from, to time.Time) []mailrelay.Bucket {
	var out []mailrelay.Bucket
	if to.Sub(from) > memory {
		return nil
	}
	for at := from; !at.Add(span15).After(to); at = at.Add(span15) {
		out = append(out, mailrelay.Bucket{Start: at, End: at.Add(span15), Counts: mailrelay.Counts{
			mailrelay.Accepted: 0, mailrelay.Bounced: 0, mailrelay.Dropped: 0, mailrelay.Complaints: 0}})
	}
	return out
}
