// Command argocd serves the metrics of Argo CD's application controller, and
// nothing else of it: its own handler (controller/metrics) over an informer of its
// own client, made as its controller makes them. It is what shopset_exporter is
// compared with.
//
// It is a module of its own because Argo CD 2.14 builds with other versions of
// Kubernetes' libraries than shopslo does. So the two are two programs, on the
// same Applications of the same API server.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"net/http"
	"os"
	"time"

	"github.com/argoproj/argo-cd/v2/controller/metrics"
	"github.com/argoproj/argo-cd/v2/pkg/apis/application/v1alpha1"
	"github.com/argoproj/argo-cd/v2/pkg/client/clientset/versioned"
	applisters "github.com/argoproj/argo-cd/v2/pkg/client/listers/application/v1alpha1"
	"github.com/prometheus/client_golang/prometheus/collectors"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/watch"
	"k8s.io/client-go/rest"
	"k8s.io/client-go/tools/cache"
	ctrlmetrics "sigs.k8s.io/controller-runtime/pkg/metrics"
)

func main() {
	server := flag.String("server", "", "`URL` of the API server")
	namespace := flag.String("namespace", "argocd", "`namespace` of the Applications")
	listen := flag.String("listen", "", "`host:port` to serve metrics on")
	flag.Parse()
	if err := run(*server, *namespace, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "argocd:", err)
		os.Exit(1)
	}
}

// resync is the controller's default pace of comparing (timeout.reconciliation).
const resync = 3 * time.Minute

func run(server, namespace, listen string) error {
	client, err := versioned.NewForConfig(&rest.Config{Host: server})
	if err != nil {
		return err
	}
	applications := client.ArgoprojV1alpha1().Applications(namespace)
	informer := cache.NewSharedIndexInformer(&cache.ListWatch{
		ListFunc: func(o metav1.ListOptions) (runtime.Object, error) {
			return applications.List(context.Background(), o)
		},
		WatchFunc: func(o metav1.ListOptions) (watch.Interface, error) {
			return applications.Watch(context.Background(), o)
		},
	}, &v1alpha1.Application{}, resync, cache.Indexers{cache.NamespaceIndex: cache.MetaNamespaceIndexFunc})
	every := func(any) bool { return true } // one shard, and all projects
	ready := func(*http.Request) error {
		if !informer.HasSynced() {
			return errors.New("the Applications are not listed yet")
		}
		return nil
	}
	m, err := metrics.NewMetricsServer(listen, applisters.NewApplicationLister(informer.GetIndexer()), every, ready, nil, nil)
	if err != nil {
		return err
	}
	// The real program has these from controller-runtime's controllers.
	ctrlmetrics.Registry.MustRegister(collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	go informer.Run(nil)
	return m.ListenAndServe()
}
