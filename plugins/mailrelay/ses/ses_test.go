package ses

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/sesv2/types"

	"github.com/shopslo/shopslo/internal/fakes/relayfake"
	"github.com/shopslo/shopslo/plugins/mailrelay"
	"github.com/shopslo/shopslo/plugins/mailrelay/relaytest"
)

func relay(url string) *Relay {
	return New(Account{AccessKey: relayfake.User, SecretKey: relayfake.Key, Region: "ap-northeast-1", BaseURL: url, Now: time.Now})
}

func TestConformance(t *testing.T) {
	relaytest.Run(t, relaytest.Adapter{Vendor: "ses", Standing: true, New: func(url string) mailrelay.Relay { return relay(url) }})
}

// recorded is an answer of 2018, off the quarters of the hour and out of order, in the
// test of a public client: github.com/aws-beam/ex_aws_ses, parsers_test.exs.
const recorded = `<GetSendStatisticsResponse xmlns="http://ses.amazonaws.com/doc/2010-12-01/"><GetSendStatisticsResult><SendDataPoints>
<member><Complaints>0</Complaints><Rejects>0</Rejects><Bounces>0</Bounces><DeliveryAttempts>2</DeliveryAttempts><Timestamp>2018-12-18T17:55:00Z</Timestamp></member>
<member><Complaints>0</Complaints><Rejects>0</Rejects><Bounces>0</Bounces><DeliveryAttempts>5</DeliveryAttempts><Timestamp>2018-12-18T18:10:00Z</Timestamp></member>
<member><Complaints>0</Complaints><Rejects>0</Rejects><Bounces>0</Bounces><DeliveryAttempts>2</DeliveryAttempts><Timestamp>2018-12-16T18:55:00Z</Timestamp></member>
</SendDataPoints></GetSendStatisticsResult><ResponseMetadata><RequestId>12c706f8-0487-11e9-9129-897ed4cc1009</RequestId></ResponseMetadata></GetSendStatisticsResponse>`

func TestParseSortsThePointsAndKnowsTheSilenceBetweenThem(t *testing.T) {
	b, err := parse([]byte(recorded))
	if err != nil {
		t.Fatal(err)
	}
	// From 18:55 on the 16th to 18:25 on the 18th are 190 spans of 15 minutes.
	if len(b) != 190 || b[0].Start.Format(time.RFC3339) != "2018-12-16T18:55:00Z" || b[189].Counts[mailrelay.Accepted] != 5 {
		t.Fatalf("%d buckets, %+v", len(b), b[0])
	}
	sum := int64(0)
	for i, x := range b {
		if i > 0 && !x.Start.Equal(b[i-1].End) {
			t.Fatalf("a gap before %s", x.Start)
		}
		sum += x.Counts[mailrelay.Accepted]
	}
	if sum != 9 {
		t.Errorf("%d mails", sum)
	}
}

func TestParseRefusesWhatIsNoAnswer(t *testing.T) {
	const p = `<GetSendStatisticsResponse><GetSendStatisticsResult><SendDataPoints>`
	const q = `</SendDataPoints></GetSendStatisticsResult></GetSendStatisticsResponse>`
	for name, body := range map[string]string{
		"nothing": ``, "another answer": `<GetSendQuotaResponse/>`, "no result": `<GetSendStatisticsResponse/>`,
		"a point without a time": p + `<member><Bounces>1</Bounces></member>` + q,
		"a count below 0":        p + `<member><Timestamp>2018-12-18T17:55:00Z</Timestamp><Bounces>-1</Bounces></member>` + q,
		"points that overlap":    p + `<member><Timestamp>2018-12-18T17:55:00Z</Timestamp></member><member><Timestamp>2018-12-18T18:00:00Z</Timestamp></member>` + q,
		"half":                   recorded[:len(recorded)/2],
	} {
		if b, err := parse([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", name, b)
		}
	}
	// A figure that a point does not tell stays absent.
	b, err := parse([]byte(p + `<member><Timestamp>2018-12-18T17:55:00Z</Timestamp><DeliveryAttempts>1</DeliveryAttempts></member>` + q))
	if err != nil || len(b) != 1 || len(b[0].Counts) != 1 {
		t.Errorf("%v, %v", b, err)
	}
}

// Without the right to CloudWatch the old API tells all but deliveries, and somebody is told.
func TestWithoutTheRightToCloudWatchTheStatisticsAreRead(t *testing.T) {
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	f, stop, err := relayfake.Start("ses", now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	for at := now.Add(-20 * time.Hour); at.Before(now); at = at.Add(time.Minute) {
		f.Count(at, mailrelay.Counts{mailrelay.Accepted: 10, mailrelay.Delivered: 9, mailrelay.Bounced: 1})
	}
	span := mailrelay.Span{From: now.Add(-12 * time.Hour), To: now}
	r, err := relay(f.URL).Read(context.Background(), span)
	if n := len(r.Buckets); err != nil || n != 143 || r.Buckets[n-1].Counts[mailrelay.Delivered] != 45 || len(r.Notes) != 0 {
		t.Fatalf("%d buckets, %v, %q", len(r.Buckets), err, r.Notes)
	}
	f.Break(relayfake.NoMetrics)
	r, err = relay(f.URL).Read(context.Background(), span)
	if err != nil || len(r.Buckets) == 0 || r.Buckets[0].Counts[mailrelay.Accepted] != 150 || len(r.Notes) != 1 || !strings.Contains(r.Notes[0], "cloudwatch:GetMetricData") {
		t.Fatalf("%d buckets, %v, %q", len(r.Buckets), err, r.Notes)
	}
	if _, told := r.Buckets[0].Counts[mailrelay.Delivered]; told {
		t.Error("deliveries are told that nobody told us")
	}
	// The long spans of the old API are no old data.
	h := &mailrelay.History{}
	for at := now; !at.After(now.Add(2 * time.Hour)); at = at.Add(5 * time.Minute) {
		f.Set(at)
		for m := range time.Duration(5) {
			f.Count(at.Add(m*time.Minute), mailrelay.Counts{mailrelay.Accepted: 10, mailrelay.Delivered: 9, mailrelay.Bounced: 1})
		}
		s := h.Ask(at, relay(f.URL).Traits())
		r, err := relay(f.URL).Read(context.Background(), s)
		if _, err := h.Add(mailrelay.Poll{Span: s, Report: r, Err: err}, relay(f.URL).Traits()); err != nil {
			t.Fatal(err)
		}
		if v := h.Judge(at, relay(f.URL).Traits(), mailrelay.Settings{}); v.Severity != mailrelay.OK {
			t.Fatalf("%s: %+v", at, v.Findings)
		}
	}
}

func TestHalfAnAnswerOfCloudWatchIsRefused(t *testing.T) {
	const member = `<member><Id>m%d</Id><Label>x</Label><StatusCode>Complete</StatusCode><Timestamps><member>2026-10-05T01:00:00Z</member></Timestamps><Values><member>%s</member></Values></member>`
	answer := func(n int, value, tail string) string {
		out := `<GetMetricDataResponse xmlns="http://monitoring.amazonaws.com/doc/2010-08-01/"><GetMetricDataResult><MetricDataResults>`
		for i := range n {
			out += fmt.Sprintf(member, i, value)
		}
		return out + `</MetricDataResults>` + tail + `</GetMetricDataResult></GetMetricDataResponse>`
	}
	if b, err := parseMetrics([]byte(answer(5, "12.0", ""))); err != nil || len(b) != 1 || b[0].Counts[mailrelay.Delivered] != 12 || len(b[0].Counts) != 5 {
		t.Fatalf("%+v, %v", b, err)
	}
	for name, body := range map[string]string{"a metric is missing": answer(4, "1", ""), "more is to come": answer(5, "1", "<NextToken>x</NextToken>"),
		"a count below 0": answer(5, "-1", ""), "no number": answer(5, "NaN", ""), "a part of it": strings.Replace(answer(5, "1", ""), "Complete", "PartialData", 1),
		"between two edges": strings.Replace(answer(5, "1", ""), "01:00:00Z", "01:01:00Z", 1), "another answer": recorded} {
		if b, err := parseMetrics([]byte(body)); err == nil {
			t.Errorf("%s was read as %v", name, b)
		}
	}
}

func TestStandingAndQuotaAreReadAsToldAndNoLimitIsAbsent(t *testing.T) {
	for _, tt := range []struct {
		word    string
		sending bool
		want    mailrelay.AccountStatus
	}{
		{"HEALTHY", true, mailrelay.Healthy}, {"PROBATION", true, mailrelay.Probation}, {"SHUTDOWN", true, mailrelay.Paused},
		{"HEALTHY", false, mailrelay.Paused}, {"SOMETHING", true, ""},
	} {
		if got, text := standing(tt.word, tt.sending); got != tt.want || text == "" {
			t.Errorf("%s, sending %v: %q (%s)", tt.word, tt.sending, got, text)
		}
	}
	if q := quota(&types.SendQuota{Max24HourSend: -1, SentLast24Hours: 12}); q.Limit != nil || q.Left != nil || *q.Used != 12 {
		t.Errorf("no limit: %+v", q)
	}
	if q := quota(&types.SendQuota{Max24HourSend: 200, SentLast24Hours: 220}); *q.Left != 0 || *q.Limit != 200 {
		t.Errorf("over the limit: %+v", q)
	}
	if q := quota(nil); q != (mailrelay.Quota{}) {
		t.Errorf("not told: %+v", q)
	}
}

func TestAThrottledRequestIsLimitedAlsoWhereItIsAnswered400(t *testing.T) {
	err := throttled(&mailrelay.Error{Trouble: mailrelay.Refused, Detail: "400 Bad Request: <Code>Throttling</Code>"})
	if mailrelay.TroubleOf(err) != mailrelay.Limited {
		t.Error(err)
	}
}

func TestWithoutKeysThePlacesOfTheSDKAreLookedUpAndAFailureSaysSo(t *testing.T) {
	for k, v := range map[string]string{"AWS_ACCESS_KEY_ID": "", "AWS_SECRET_ACCESS_KEY": "", "AWS_REGION": "", "AWS_PROFILE": "", "AWS_EC2_METADATA_DISABLED": "true",
		"AWS_CONFIG_FILE": t.TempDir() + "/none", "AWS_SHARED_CREDENTIALS_FILE": t.TempDir() + "/none"} {
		t.Setenv(k, v)
	}
	r := New(Account{Region: "ap-northeast-1", Now: time.Now})
	_, err := r.Read(context.Background(), mailrelay.Span{From: time.Now().Add(-time.Hour), To: time.Now()})
	var e *mailrelay.Error
	if !errors.As(err, &e) || e.Trouble != mailrelay.Refused || e.Doing != "ses: find credentials" {
		t.Errorf("got %v", err)
	}
	t.Setenv("AWS_ACCESS_KEY_ID", relayfake.User)
	t.Setenv("AWS_SECRET_ACCESS_KEY", relayfake.Key)
	now := time.Date(2026, 10, 5, 1, 0, 0, 0, time.UTC)
	f, stop, err := relayfake.Start("ses", now)
	if err != nil {
		t.Fatal(err)
	}
	defer stop()
	r = New(Account{Region: "ap-northeast-1", BaseURL: f.URL, Now: time.Now})
	if rep, err := r.Read(context.Background(), mailrelay.Span{From: now.Add(-time.Hour), To: now}); err != nil || rep.Status != mailrelay.Healthy {
		t.Errorf("with keys in the environment: %+v, %v", rep, err)
	}
}

func FuzzParse(f *testing.F) {
	f.Add([]byte(recorded))
	f.Add([]byte(`<GetSendStatisticsResponse><GetSendStatisticsResult><SendDataPoints/></GetSendStatisticsResult></GetSendStatisticsResponse>`))
	f.Fuzz(func(t *testing.T, b []byte) {
		buckets, _ := parse(b)
		for i, b := range buckets {
			if b.End.Sub(b.Start) != span15 || i > 0 && b.Start.Before(buckets[i-1].End) {
				t.Errorf("%s overlaps or is no span", b.Start)
			}
			for f, n := range b.Counts {
				if n < 0 {
					t.Errorf("%s is %d", f, n)
				}
			}
		}
	})
}
