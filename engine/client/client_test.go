package client

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
)

func TestAnAnswerIsReadWholeOrRefused(t *testing.T) {
	const most = 1 << 20
	for size, want := range map[int]string{most: "", most + 1: "the answer has more than 1 MiB, so nothing of it is used"} {
		resp := &http.Response{Body: io.NopCloser(strings.NewReader(strings.Repeat("x", size))), Request: &http.Request{URL: &url.URL{Host: "shopslo.example"}}}
		body, err := whole(resp, most)
		if want == "" && (err != nil || len(body) != size) || want != "" && (err == nil || body != nil || !strings.Contains(err.Error(), want)) {
			t.Errorf("%d bytes: %d come, %v", size, len(body), err)
		}
	}
}
