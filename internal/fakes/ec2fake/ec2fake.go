// Package ec2fake is EC2's DescribeSubnets as its Query API shows it: XML, pages,
// filters, and the errors that it has.
//
// Shapes: https://docs.aws.amazon.com/AWSEC2/latest/APIReference/API_DescribeSubnets.html
// and https://docs.aws.amazon.com/AWSEC2/latest/APIReference/errors-overview.html
package ec2fake

import (
	"encoding/xml"
	"fmt"
	"net/http"
	"net/http/httptest"
	"slices"
	"strconv"
	"strings"
	"sync"
)

// Subnet is one that the fake knows.
type Subnet struct {
	ID, VPC, CIDR string
	Free          int64
	Tags          map[string]string
	// IPv6 is its IPv6 block; one without a CIDR has no IPv4 addresses.
	IPv6 string
}

// Fault is what is wrong with the API.
type Fault string

// The faults.
const (
	None      Fault = ""
	Throttled Fault = "RequestLimitExceeded"
	Denied    Fault = "UnauthorizedOperation"
	Half      Fault = "half an answer"
	Hang      Fault = "no answer"
)

// PageSize is how many subnets a page has, so that there is more than one.
const PageSize = 2

// Fake is the API of one account and region. Its methods may be called while it serves.
type Fake struct {
	URL string

	mu      sync.Mutex
	subnets []Subnet
	fault   Fault
}

// Start serves until stop is called.
func Start(subnets ...Subnet) (f *Fake, stop func()) {
	f = &Fake{subnets: subnets}
	s := httptest.NewServer(http.HandlerFunc(f.serve))
	f.URL = s.URL
	return f, s.Close
}

// Set changes how many addresses of a subnet are free.
func (f *Fake) Set(id string, free int64) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for i := range f.subnets {
		if f.subnets[i].ID == id {
			f.subnets[i].Free = free
		}
	}
}

// Break sets what is wrong from now on.
func (f *Fake) Break(fault Fault) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.fault = fault
}

type tag struct {
	Key   string `xml:"key"`
	Value string `xml:"value"`
}

type item struct {
	ID        string `xml:"subnetId"`
	State     string `xml:"state"`
	VPC       string `xml:"vpcId"`
	CIDR      string `xml:"cidrBlock,omitempty"`
	IPv6      []ipv6 `xml:"ipv6CidrBlockAssociationSet>item"`
	IPv6Only  bool   `xml:"ipv6Native"`
	Free      int64  `xml:"availableIpAddressCount"`
	Zone      string `xml:"availabilityZone"`
	MapPublic bool   `xml:"mapPublicIpOnLaunch"`
	Tags      []tag  `xml:"tagSet>item"`
}

type ipv6 struct {
	Block string `xml:"ipv6CidrBlock"`
	State string `xml:"ipv6CidrBlockState>state"`
}

type reply struct {
	XMLName xml.Name `xml:"http://ec2.amazonaws.com/doc/2016-11-15/ DescribeSubnetsResponse"`
	ID      string   `xml:"requestId"`
	Items   []item   `xml:"subnetSet>item"`
	Next    string   `xml:"nextToken,omitempty"`
}

func (f *Fake) serve(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	subnets, fault := slices.Clone(f.subnets), f.fault
	f.mu.Unlock()
	auth := r.Header.Get("Authorization")
	switch {
	case fault == Hang:
		_ = r.ParseForm() // or the server does not notice that the client left
		<-r.Context().Done()
	case fault == Throttled:
		refuse(w, http.StatusServiceUnavailable, "RequestLimitExceeded", "Request limit exceeded.")
	case fault == Denied || !strings.HasPrefix(auth, "AWS4-HMAC-SHA256 Credential="):
		refuse(w, http.StatusForbidden, "UnauthorizedOperation", "You are not authorized to perform this operation.")
	case r.PostFormValue("Action") != "DescribeSubnets":
		refuse(w, http.StatusBadRequest, "InvalidAction", "The action is not valid for this web service.")
	default:
		f.describe(w, r, subnets, fault == Half)
	}
}

func (f *Fake) describe(w http.ResponseWriter, r *http.Request, all []Subnet, half bool) {
	for i := 1; r.PostFormValue(fmt.Sprintf("SubnetId.%d", i)) != ""; i++ {
		id := r.PostFormValue(fmt.Sprintf("SubnetId.%d", i))
		if !slices.ContainsFunc(all, func(s Subnet) bool { return s.ID == id }) {
			refuse(w, http.StatusBadRequest, "InvalidSubnetID.NotFound", fmt.Sprintf("The subnet ID '%s' does not exist", id))
			return
		}
	}
	all = slices.DeleteFunc(all, func(s Subnet) bool { return !wanted(s, r) })
	from, _ := strconv.Atoi(r.PostFormValue("NextToken"))
	out := reply{ID: "59dbff89-35bd-4eac-99ed-be587EXAMPLE"}
	for _, s := range all[min(from, len(all)):min(from+PageSize, len(all))] {
		i := item{ID: s.ID, State: "available", VPC: s.VPC, CIDR: s.CIDR, Free: s.Free, Zone: "ap-northeast-1a"}
		if s.IPv6 != "" {
			i.IPv6, i.IPv6Only = []ipv6{{s.IPv6, "associated"}}, s.CIDR == ""
		}
		for k, v := range s.Tags {
			i.Tags = append(i.Tags, tag{k, v})
		}
		out.Items = append(out.Items, i)
	}
	if from+PageSize < len(all) {
		out.Next = strconv.Itoa(from + PageSize)
	}
	b, err := xml.Marshal(out)
	if err != nil {
		w.WriteHeader(http.StatusInternalServerError)
		return
	}
	if half {
		b = b[:len(b)/2]
	}
	w.Header().Set("Content-Type", "text/xml;charset=UTF-8")
	fmt.Fprintf(w, "%s%s", xml.Header, b)
}

// wanted applies the ids and filters of a request.
func wanted(s Subnet, r *http.Request) bool {
	var ids []string
	for i := 1; r.PostFormValue(fmt.Sprintf("SubnetId.%d", i)) != ""; i++ {
		ids = append(ids, r.PostFormValue(fmt.Sprintf("SubnetId.%d", i)))
	}
	if len(ids) > 0 && !slices.Contains(ids, s.ID) {
		return false
	}
	for i := 1; r.PostFormValue(fmt.Sprintf("Filter.%d.Name", i)) != ""; i++ {
		name, value := r.PostFormValue(fmt.Sprintf("Filter.%d.Name", i)), r.PostFormValue(fmt.Sprintf("Filter.%d.Value.1", i))
		key, isTag := strings.CutPrefix(name, "tag:")
		if name == "vpc-id" && s.VPC != value || isTag && s.Tags[key] != value || name == "subnet-id" && !slices.Contains(values(r, i), s.ID) {
			return false
		}
	}
	return true
}

// values are those of a filter.
func values(r *http.Request, filter int) (out []string) {
	for i := 1; ; i++ {
		v := r.PostFormValue(fmt.Sprintf("Filter.%d.Value.%d", filter, i))
		if v == "" {
			return out
		}
		out = append(out, v)
	}
}

func refuse(w http.ResponseWriter, code int, word, text string) {
	w.WriteHeader(code)
	fmt.Fprintf(w, "%s<Response><Errors><Error><Code>%s</Code><Message>%s</Message></Error></Errors><RequestID>ea966190-f9aa-478e-9ede-example</RequestID></Response>", xml.Header, word, text)
}
