package main

import (
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestAPostmortemIsEditedAndSentBack(t *testing.T) {
	x := newTeam(t, "http", "alerts:\n  rules:\n    - {match: {severity: page}, severity: major}\napi: {token_file: api-token}\n")
	x.write("api-token", "l3t-me-read\n")
	address, _ := x.serve()
	ask := func(method, path, token, body string) (int, string) {
		t.Helper()
		r, err := http.NewRequest(method, address+path, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		r.Header.Set("Authorization", "Bearer "+token)
		resp, err := http.DefaultClient.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		text, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(text)
	}
	if code, text := ask("POST", "/alerts/alertmanager", "let-me-in", firing); code != http.StatusOK {
		t.Fatalf("an alert gives %d %s", code, text)
	}
	const path = "/api/v1/incidents/inc-1/postmortem.md?lang=ja"
	code, text := ask("GET", path, "l3t-me-read", "")
	if code != http.StatusOK || !strings.Contains(text, "## 概要\n\n_まだ書かれていません。_") {
		t.Fatalf("%d %s", code, text)
	}
	text = strings.Replace(text, "## 概要\n\n_まだ書かれていません。_", "## 概要\n\nカートが 15 分止まった。", 1)
	if code, answer := ask("PUT", path, "wrong", text); code != http.StatusUnauthorized {
		t.Errorf("a wrong token: %d %s", code, answer)
	}
	if code, answer := ask("PUT", path+"&by=mai", "l3t-me-read", text); code != http.StatusOK || !strings.Contains(answer, "カートが 15 分止まった。") {
		t.Errorf("%d %s", code, answer)
	}
	if code, out, errs := x.run("postmortem", "inc-1", "--lang", "ja"); code != 0 || !strings.Contains(out, "カートが 15 分止まった。") {
		t.Errorf("%d %s%s", code, out, errs)
	}
}
