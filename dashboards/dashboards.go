// Package dashboards makes the Grafana dashboards of fleet, budgets and `shopslo serve`, in
// English and Japanese: grafana/*.json are what it writes, to be imported as they are. They show
// what `shopslo serve` and shopset_exporter export, and compute nothing of their own:
// a figure that has no series is an empty cell, never 0.
package dashboards

//lint:file-ignore SA1019 every Grafana imports the classic schema; its successor takes Grafana 12

import (
	"encoding/json"
	"fmt"

	"github.com/grafana/grafana-foundation-sdk/go/cog"
	"github.com/grafana/grafana-foundation-sdk/go/common"
	"github.com/grafana/grafana-foundation-sdk/go/dashboard"

	"github.com/shopslo/shopslo/internal/text"
)

//go:generate go test -run ^TestTheFilesAreWhatIsMadeNow$ . -update

// Files gives every dashboard as JSON, by the name of its file.
func Files() (map[string][]byte, error) {
	out := map[string][]byte{}
	for _, l := range text.Languages {
		for name, build := range map[string]func(text.Language) *board{"fleet": fleet, "slo": slo, "serve": serve} {
			made, err := build(l).builder.Build()
			if err != nil {
				return nil, fmt.Errorf("make dashboard %s (%s): %w", name, l, err)
			}
			data, err := json.MarshalIndent(made, "", "  ")
			if err != nil {
				return nil, fmt.Errorf("make dashboard %s (%s): %w", name, l, err)
			}
			out[name+suffix(l)+".json"] = append(data, '\n')
		}
	}
	return out, nil
}

func suffix(l text.Language) string {
	if l == text.English {
		return ""
	}
	return "." + string(l)
}

// uid is a dashboard's fixed address, so that an import replaces what was imported
// before, and dashboards can link to each other.
func uid(name string, l text.Language) string {
	if l == text.English {
		return "shopslo-" + name
	}
	return "shopslo-" + name + "-" + string(l)
}

// board is a dashboard that is being made.
type board struct {
	language text.Language
	builder  *dashboard.DashboardBuilder
	panels   uint32
}

func newBoard(name string, l text.Language, title, about text.Entry, from string) *board {
	b := &board{language: l, builder: dashboard.NewDashboardBuilder(l.Say(title))}
	b.builder.Uid(uid(name, l)).Description(l.Say(about)).Tags([]string{"shopslo", string(l)}).
		Timezone("browser").Time("now-"+from, "now").Refresh("1m").Readonly().
		WithVariable(dashboard.NewDatasourceVariableBuilder("datasource").Label(l.Say(titlePrometheus)).Type("prometheus"))
	return b
}

// source is the Prometheus that the reader chooses.
func source() common.DataSourceRef {
	return common.DataSourceRef{Type: cog.ToPtr("prometheus"), Uid: cog.ToPtr("${datasource}")}
}

// choice adds a variable of the values that a label has.
func (b *board) choice(name string, label text.Entry, series string, several bool) {
	v := dashboard.NewQueryVariableBuilder(name).Label(b.language.Say(label)).Datasource(source()).
		Query(dashboard.StringOrMap{String: cog.ToPtr("label_values(" + series + ", " + name + ")")}).
		Refresh(dashboard.VariableRefreshOnTimeRangeChanged).Sort(dashboard.VariableSortNaturalAsc)
	if several {
		v.Multi(true).IncludeAll(true).AllValue(".*").
			Current(dashboard.VariableOption{Text: all("All"), Value: all("$__all")})
	}
	b.builder.WithVariable(v)
}

func all(s string) dashboard.StringOrArrayOfString {
	return dashboard.StringOrArrayOfString{ArrayOfString: []string{s}}
}

// link leads to another dashboard of the same language.
func (b *board) link(title text.Entry, to string) {
	b.builder.Link(dashboard.NewDashboardLinkBuilder(b.language.Say(title)).Type(dashboard.DashboardLinkTypeLink).
		Url("/d/" + uid(to, b.language)).KeepTime(true))
}

func (b *board) row(title text.Entry) {
	b.builder.WithRow(dashboard.NewRowBuilder(b.language.Say(title)))
}
