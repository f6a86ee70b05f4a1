package mailrelay

import (
	"testing"
	"time"
)

func TestASendingThatIsToldAgainHasNotBegunSince(t *testing.T) {
	h, now := &History{Account: "shop"}, monday
	sum := int64(0)
	for _, told := range []map[string]Counts{
		{"1": {Delivered: 500}}, {"1": {Delivered: 520}}, {"2": {Delivered: 30}}, {"1": {Delivered: 520}, "2": {Delivered: 30}},
		{"1": {Delivered: 260}, "2": {Delivered: 30}}, {"1": {Delivered: 525}, "2": {Delivered: 30}}, // an old answer between
	} {
		now = now.Add(10 * time.Minute)
		fresh, err := h.Add(Poll{Span: Span{From: now.Add(-10 * time.Minute), To: now}, Report: Report{Sendings: told}}, minutely(time.Minute))
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range fresh {
			sum += b.Counts[Delivered]
		}
	}
	if sum != 20+30+5 {
		t.Errorf("%d mails, want 55", sum)
	}
}
