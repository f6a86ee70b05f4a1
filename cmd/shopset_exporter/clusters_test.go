package main

import (
	"testing"

	"k8s.io/client-go/rest"

	"github.com/shopslo/shopslo/fleet/kube"
)

func TestAClusterThatIsReadAlreadyIsNotReadAgainByItsSecret(t *testing.T) {
	at := func(name, host string) kube.Cluster { return kube.Cluster{Name: name, Config: &rest.Config{Host: host}} }
	read := []kube.Cluster{at("central", "https://10.0.0.1:6443")}
	found := []kube.Cluster{
		at("central", "https://10.0.0.1:6443/"), at("in-cluster", "https://kubernetes.default.svc"), at("eks-b", "https://10.0.0.2:6443"),
	}
	got := others(found, read)
	if len(got) != 1 || got[0].Name != "eks-b" {
		t.Errorf("%+v, want eks-b alone", got)
	}
}
