package openslo

import (
	"encoding/json"
	"fmt"
	"reflect"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/OpenSLO/go-sdk/pkg/openslo"
	v1 "github.com/OpenSLO/go-sdk/pkg/openslo/v1"
	"go.yaml.in/yaml/v3"

	"github.com/shopslo/shopslo/internal/document"
)

// dialect is that of OpenSLO: the sdk says what is missing, and writes free keys as
// metadata.annotations['a/b'].
var dialect = document.Dialect{Optional: true, Quoted: true, Readers: map[reflect.Type]document.Reader{
	reflect.TypeFor[v1.DurationShorthand](): readDuration,
	reflect.TypeFor[v1.Label]():             readLabel,
	reflect.TypeFor[v1.SLOAlertPolicy]():    readAlertPolicy,
	reflect.TypeFor[json.RawMessage]():      readRaw,
	reflect.TypeFor[map[string]any]():       readFree,
	reflect.TypeFor[openslo.Version](): func(_ *document.Object, _ string, _ *yaml.Node, into reflect.Value) {
		into.Set(reflect.ValueOf(openslo.VersionV1)) // that it may be read was asked before
	},
}}

// kubernetes is the dialect of the same documents as custom resources.
var kubernetes = func() document.Dialect {
	d := dialect
	d.Readers = map[reflect.Type]document.Reader{reflect.TypeFor[v1.Metadata](): readMetadata}
	for t, read := range dialect.Readers {
		d.Readers[t] = read
	}
	return d
}()

// readMetadata leaves the namespace alone.
func readMetadata(o *document.Object, path string, n *yaml.Node, into reflect.Value) {
	type plain v1.Metadata
	var m struct {
		plain     `json:",inline"`
		Namespace string `json:"namespace,omitempty"`
	}
	o.Decode(path, n, reflect.ValueOf(&m).Elem())
	into.Set(reflect.ValueOf(v1.Metadata(m.plain)))
}

// readLabel reads one text, or a list of them.
func readLabel(o *document.Object, path string, n *yaml.Node, into reflect.Value) {
	if n.Kind == yaml.SequenceNode {
		var list []string
		o.Decode(path, n, reflect.ValueOf(&list).Elem())
		into.Set(reflect.ValueOf(v1.Label(list)))
		return
	}
	var one string
	o.Decode(path, n, reflect.ValueOf(&one).Elem())
	into.Set(reflect.ValueOf(v1.Label{one}))
}

// readAlertPolicy checks the keys of one that is written out; some documents have a bare
// name.
func readAlertPolicy(o *document.Object, path string, n *yaml.Node, _ reflect.Value) {
	type written v1.SLOAlertPolicy
	if n.Kind != yaml.ScalarNode || document.IsNull(n) {
		o.Decode(path, n, reflect.ValueOf(new(written)).Elem())
	}
}

// readFree keeps what the specification leaves to the data source.
func readFree(o *document.Object, path string, n *yaml.Node, into reflect.Value) {
	if n.Kind != yaml.MappingNode {
		o.WrongType(path, o.At(path), n, "a mapping of keys and values")
		return
	}
	into.Set(reflect.ValueOf(o.Tree(path, n)))
}

func readRaw(o *document.Object, path string, n *yaml.Node, into reflect.Value) {
	text, err := json.Marshal(o.Tree(path, n))
	if err != nil {
		o.Refuse(path, o.At(path), "%v", err)
		return
	}
	into.SetBytes(text)
}

var shorthand = regexp.MustCompile(`^([0-9]{1,6})([mhdwMQY])$`)

// readDuration reads OpenSLO's shorthand, a whole number of one unit of which some are a
// calendar's, or what all documents take, in whole minutes. The specification allows a
// bare number of minutes for timeSliceWindow alone.
func readDuration(o *document.Object, path string, n *yaml.Node, into reflect.Value) {
	text := n.Value
	if strings.HasSuffix(path, ".timeSliceWindow") && n.Kind == yaml.ScalarNode && n.ShortTag() == "!!int" {
		text += "m"
	}
	d, err := parseDuration(text)
	if n.Kind != yaml.ScalarNode {
		o.WrongType(path, o.At(path), n, "a duration with its unit, such as 28d")
	} else if err != nil {
		o.Refuse(path, o.At(path), "%q %v", n.Value, err)
	}
	into.Set(reflect.ValueOf(d))
}

func parseDuration(text string) (v1.DurationShorthand, error) {
	if m := shorthand.FindStringSubmatch(text); m != nil {
		value, err := strconv.Atoi(m[1])
		if value == 0 && err == nil {
			err = fmt.Errorf("must be longer than 0")
		}
		return v1.NewDurationShorthand(value, v1.DurationShorthandUnit(m[2])), err
	}
	d, err := document.ParseDuration(text)
	var unit v1.DurationShorthandUnit
	switch {
	case err != nil:
		err = fmt.Errorf("is not a duration; write a number with its unit, such as 28d or 1h30m; M is a month, Q a quarter, Y a year")
	case d <= 0:
		err = fmt.Errorf("must be longer than 0")
	case d%day == 0:
		unit = v1.DurationShorthandUnitDay
	case d%time.Hour == 0:
		unit = v1.DurationShorthandUnitHour
	case d%time.Minute == 0:
		unit = v1.DurationShorthandUnitMinute
	default:
		err = fmt.Errorf("is not whole minutes, which a duration is to OpenSLO")
	}
	if err != nil {
		return v1.DurationShorthand{}, err
	}
	return v1.NewDurationShorthand(int(d/fixed[unit]), unit), nil
}
