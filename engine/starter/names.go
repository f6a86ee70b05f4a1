package starter

import (
	"cmp"
	"regexp"
	"slices"
	"strings"
)

// mostAsked is how many metrics are looked at of those whose names promise something.
const mostAsked = 8

// ranked are the names of what may be a counter of requests, the likeliest first. Those of tooling
// come only where nothing else is there, as on a Prometheus that scrapes itself.
func ranked(names []string) []string {
	scores := map[string]int{}
	var out, tools []string
	for _, name := range names {
		switch n := score(name); {
		case n <= 0:
			continue
		case tooling.MatchString(name):
			tools = append(tools, name)
			scores[name] = n
		default:
			out = append(out, name)
			scores[name] = n
		}
	}
	if len(out) == 0 {
		out = tools
	}
	slices.SortStableFunc(out, func(a, b string) int { return cmp.Or(scores[b]-scores[a], strings.Compare(a, b)) })
	return out[:min(len(out), mostAsked)]
}

// tooling are the beginnings of metrics that servers, agents and clients have of themselves:
// nobody's customers send those requests.
var tooling = regexp.MustCompile(`^(prometheus|promhttp|alertmanager|grafana|loki|thanos|cortex|mimir|vm|vmagent|go|process|scrape|up|node|container|kube|kubelet|apiserver|etcd|coredns|rest_client|workqueue|net_conntrack|shopslo|shopset|incidentbot|argocd|otelcol|fluentbit|cadvisor|authentication|authorization)_`)

// counter is how names of counters end: by convention, and those of ingress-nginx and Envoy.
var counter = regexp.MustCompile(`(_total|_count|_requests|_rq|_rq_xx)$`)

// score is how likely a metric counts requests; 0: it does not.
func score(name string) int {
	if !counter.MatchString(name) {
		return 0
	}
	n := 0
	for word, worth := range map[string]int{"request": 4, "http": 3, "grpc": 3, "rpc": 2, "response": 2, "server": 2, "handled": 2, "ingress": 1, "_rq": 4, "downstream": 1, "orders": 1, "jobs": 1} {
		if strings.Contains(name, word) {
			n += worth
		}
	}
	for _, word := range []string{"client", "bytes", "size", "started", "retry", "upstream", "cache", "db_", "sql", "in_flight"} {
		if strings.Contains(name, word) {
			n -= 3
		}
	}
	if strings.HasSuffix(name, "_count") {
		n--
	}
	return n
}

// bucketOf is the histogram whose count a metric may be.
func bucketOf(name string) string { return strings.TrimSuffix(name, "_count") + "_bucket" }

// histogramOf finds the histogram that times what a counter counts; "" where there is none.
func histogramOf(counter string, names []string) string {
	if b := bucketOf(counter); strings.HasSuffix(counter, "_count") && slices.Contains(names, b) {
		return b
	}
	stem := strings.TrimSuffix(strings.TrimSuffix(strings.TrimSuffix(counter, "_total"), "_count"), "s") // http_request
	for _, name := range names {
		if strings.HasPrefix(name, stem) && strings.HasSuffix(name, "_bucket") && times.MatchString(name) {
			return name
		}
	}
	return ""
}

var times = regexp.MustCompile(`(duration|latency|seconds|time|millis)`)

// codeLabels may say whether a request was bad.
var codeLabels = []string{"code", "status", "status_code", "http_status_code", "http_response_status_code", "response_code", "http_code", "statusCode", "grpc_code", "grpc_status",
	"rpc_grpc_status_code", "envoy_response_code", "envoy_response_code_class", "outcome", "result"}

var (
	httpCode  = regexp.MustCompile(`^[1-5](\d\d|xx|XX)$`)
	codeClass = regexp.MustCompile(`^[1-5]$`) // Envoy's
	grpcCode  = regexp.MustCompile(`^(OK|Canceled|Unknown|InvalidArgument|DeadlineExceeded|NotFound|AlreadyExists|PermissionDenied|ResourceExhausted|FailedPrecondition|Aborted|OutOfRange|Unimplemented|Internal|Unavailable|DataLoss|Unauthenticated)$`)
	badWord   = regexp.MustCompile(`^(?i:error|errors|fail|failed|failure|server_error|exception|timeout)$`)
	goodWord  = regexp.MustCompile(`^(?i:ok|success|succeeded|successful|good)$`)
	badOfGRPC = "Unknown|DeadlineExceeded|Unimplemented|Internal|Unavailable|DataLoss"
)

// badOf is a regular expression of the values that are bad; "" where the values say nothing of
// that.
func badOf(values []string) string {
	var words []string
	good := false
	for _, v := range values {
		switch {
		case httpCode.MatchString(v):
			return "5.."
		case codeClass.MatchString(v):
			return "5"
		case grpcCode.MatchString(v):
			return badOfGRPC
		case badWord.MatchString(v):
			words = append(words, v)
		}
		good = good || goodWord.MatchString(v)
	}
	if !good {
		return ""
	}
	return cmp.Or(strings.Join(words, "|"), "error|failed|failure")
}

// cellLabels are those that tell ShopSets apart, the likeliest first.
var cellLabels = []string{"shopset", "shop_set", "cell", "shard", "stack", "swimlane", "unit", "shop", "store", "site", "tenant",
	"cluster", "kubernetes_cluster", "k8s_cluster_name", "failure_domain", "region", "cloud_region", "dc", "datacenter", "zone", "availability_zone", "az",
	"namespace", "kubernetes_namespace", "k8s_namespace_name"}

// tierLabels may tell Tiers apart.
var tierLabels = []string{"tier", "env", "environment", "stage", "deployment_environment", "deployment_environment_name"}

// noCells are labels of a request, a process or the monitoring.
var noCells = regexp.MustCompile(`^(__.*|le|quantile|job|instance|pod|pod_name|pod_template_hash|container.*|endpoint|host|hostname|node|nodename|.*method.*|path|uri|url|handler|route|.*_route|operation|query|` +
	`code|status.*|.*_code|.*status|outcome|result|reason|error|exception|protocol|scheme|version|.*_version|image|commit|revision|release|replica|prometheus.*|app|application|component|service|service_name|grpc_.*|rpc_.*|http_.*|server.*|client.*|type|kind|name|envoy_.*)$`)

// looksLikeCell is a value such as a-1, eks-b, shard03 or ap-northeast-1a.
var looksLikeCell = regexp.MustCompile(`^[a-z]+([-_]?[a-z0-9]+)*[-_]?([0-9]+[a-z]?|[a-c])$`)

// How many ShopSets a label may tell apart.
const (
	fewestCells = 2
	mostCells   = 60
)

// tierOrder is how near to customers a Tier of this name is.
var tierOrder = map[string]int{"dev": 1, "development": 1, "test": 2, "testing": 2, "ci": 2, "qa": 3, "int": 3, "integration": 3, "uat": 4,
	"alpha": 4, "beta": 5, "stage": 6, "staging": 6, "stg": 6, "canary": 7, "pre": 7, "preprod": 7, "pre-prod": 7, "beta-prod": 7, "prod": 8, "production": 8, "prd": 8, "live": 8, "prod-ha": 9}

// unknownTier is how near one is that no word tells.
const unknownTier = 6

// byTier orders Tiers, the lowest first.
func byTier(a, b string) int {
	near := func(t string) int { return cmp.Or(tierOrder[strings.ToLower(t)], unknownTier) }
	return cmp.Or(near(a)-near(b), strings.Compare(a, b))
}

var unfit = regexp.MustCompile(`[^a-z0-9]+`)

// slug makes a name that documents may have.
func slug(text string) string {
	return cmp.Or(strings.Trim(unfit.ReplaceAllString(strings.ToLower(text), "-"), "-"), "shop")
}
