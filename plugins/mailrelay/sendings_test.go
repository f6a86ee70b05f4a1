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
	if sum != 20+30 {
		t.Errorf("%d mails, want 50", sum)
	}
}
