package presence_test

import (
	"fmt"
	"reflect"
	"strings"
	"testing"

	"github.com/shopslo/shopslo/slo"
	"github.com/shopslo/shopslo/slo/presence"
)

func TestWhatIsGoneIsJudgedByWhatThereWas(t *testing.T) {
	target := func(job, instance string, up bool) presence.Target {
		return presence.Target{Labels: slo.Labels{{Name: "instance", Value: instance}, {Name: "job", Value: job}}, Up: up}
	}
	had := []string{"r_total job=cart instance=1 code=200", "r_total job=cart instance=1 code=500"}
	bad, total := `bad r_total{code=~"5.."}`, `total r_total`
	others := map[string]presence.Elsewhere{`{__name__="r_total"}`: {Others: true}}
	for _, tt := range []struct {
		name    string
		queries []string
		now     presence.Live
		series  []string // now
		was     []string
		missed  float64
		want    []string // side kind label
	}{
		{name: "its pods are gone", was: had, missed: 1e6, want: []string{" subject "}},
		{name: "its pods are gone, and those of another job are not", now: presence.Live{Targets: []presence.Target{target("lb", "1", true)}}, was: had, missed: 1e6, want: []string{" subject "}},
		{name: "a job's pods are gone, and another job has the metric", queries: []string{`bad r_total{job="cart",code=~"5.."}`, `total r_total{job="cart"}`},
			now: presence.Live{Targets: []presence.Target{target("lb", "1", true)}}, series: []string{"r_total job=lb code=500"}, was: had, missed: 1e6, want: []string{" subject "}},
		{name: "its pods do not answer", now: presence.Live{Targets: []presence.Target{target("cart", "1", false)}}, was: had, missed: 1e6, want: []string{" subject "}},
		{name: "a new pod has counted nothing yet", now: presence.Live{Targets: []presence.Target{target("cart", "2", true)}}, was: had, missed: 99, want: []string{"note r_total"}},
		{name: "new pods count something else", now: presence.Live{Targets: []presence.Target{target("cart", "2", true)}}, was: had, missed: 100, want: []string{"bad metric ", "total metric "}},
		{name: "without up, what it sends counts", now: presence.Live{Sends: true, Elsewhere: others}, was: had, missed: 100, want: []string{"bad metric ", "total metric "}},
		{name: "and a restart is as with it", now: presence.Live{Sends: true, Elsewhere: others}, was: had, missed: 99, want: []string{"note r_total"}},
		{name: "what could not be told then is not told by its end", queries: []string{`bad r_total{status=~"5.."}`, total}, was: had, want: []string{"bad label status"}},
		{name: "nor by a restart", queries: []string{`bad r_total{status=~"5.."}`, total}, now: presence.Live{Targets: []presence.Target{target("cart", "2", true)}}, was: had, want: []string{"bad label status"}},
		{name: "nothing bad had happened then", was: had[:1], want: []string{" subject "}},
		{name: "the source no longer has what there was", now: presence.Live{Targets: []presence.Target{target("cart", "2", true)}}, want: []string{"bad metric ", "total metric "}},
	} {
		t.Run(tt.name, func(t *testing.T) {
			if tt.queries == nil {
				tt.queries = []string{bad, total}
			}
			ask, labels := sides(t, tt.queries...), []string{"job", "instance"}
			tt.now.Series, tt.now.TargetLabels = series(t, tt.series...), labels
			if !presence.Gone(ask, tt.now) {
				t.Fatal("it is not gone")
			}
			was := presence.Past{Live: presence.Live{Series: series(t, tt.was...), TargetLabels: labels}, Missed: tt.missed}
			var got []string
			absent, notes := presence.JudgePast(ask, tt.now, was)
			for _, a := range absent {
				got = append(got, fmt.Sprintf("%s %s %s", a.Side, a.Kind, a.Label))
			}
			for _, n := range notes {
				name, _, _ := strings.Cut(n, ":")
				got = append(got, "note "+name)
			}
			if !reflect.DeepEqual(got, tt.want) {
				t.Errorf("got %q, want %q", got, tt.want)
			}
		})
	}
}

func TestOneSeriesIsNotGone(t *testing.T) {
	ask := sides(t, `bad err_total`, `total r_total`)
	if presence.Gone(ask, presence.Live{Series: series(t, "r_total code=200")}) {
		t.Error("what total asks for is there")
	}
	if !presence.Gone(ask, presence.Live{Series: series(t, "x_total code=200")}) {
		t.Error("neither is there")
	}
}
