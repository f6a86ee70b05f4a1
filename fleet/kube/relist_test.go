package kube

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/client-go/rest"
)

func TestAListIsNotOlderThanWhatIsKnownInsteadOfTheSameAgain(t *testing.T) {
	var asked string
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked = r.URL.Query().Get("resourceVersionMatch")
		w.Header().Set("Content-Type", "application/json")
		fmt.Fprint(w, `{"apiVersion":"argoproj.io/v1alpha1","kind":"ApplicationList","metadata":{"resourceVersion":"9"},"items":[]}`)
	}))
	defer server.Close()
	mapping, err := NewMapping("", "", "")
	if err != nil {
		t.Fatal(err)
	}
	w, err := New(Config{Mapping: mapping, Now: time.Now}, []Cluster{{Name: "x", Config: &rest.Config{Host: server.URL}}})
	if err != nil {
		t.Fatal(err)
	}
	c := w.clusters[0]
	lists := c.watch(t.Context(), c.argo, applications, "argocd", func() runtime.Object { return &itemList{} })
	for _, one := range []struct {
		options metav1.ListOptions
		want    string
	}{
		{metav1.ListOptions{ResourceVersion: "7", Limit: pageSize}, "NotOlderThan"},
		{metav1.ListOptions{ResourceVersion: "0", Limit: pageSize}, "NotOlderThan"},
		{metav1.ListOptions{Limit: pageSize}, ""},
		{metav1.ListOptions{Limit: pageSize, Continue: "page 2"}, ""},
	} {
		if _, err := lists.List(one.options); err != nil || asked != one.want {
			t.Errorf("%+v: it asked for %q (%v), want %q", one.options, asked, err, one.want)
		}
	}
}
