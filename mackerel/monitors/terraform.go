package monitors

import (
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"

	"github.com/hashicorp/hcl/v2"
	"github.com/hashicorp/hcl/v2/hclsyntax"
	"github.com/hashicorp/hcl/v2/hclwrite"
	"github.com/zclconf/go-cty/cty"
)

// Terraform writes the plan's monitors as resources of the provider
// mackerelio-labs/mackerel, as its documentation of mackerel_monitor has them, with an
// import block for each that is in Mackerel already. Values that may be secrets become
// variables. Monitors that are only in Mackerel are not written, nor is our mark.
func Terraform(d *Document, p *Plan) []byte {
	f := hclwrite.NewEmptyFile()
	body := f.Body()
	provider := body.AppendNewBlock("terraform", nil).Body().AppendNewBlock("required_providers", nil).Body()
	provider.SetAttributeValue("mackerel", cty.ObjectVal(map[string]cty.Value{"source": cty.StringVal("mackerelio-labs/mackerel")}))
	names := map[string]bool{}
	for i := range d.Spec.Monitors {
		m := &d.Spec.Monitors[i]
		name := resourceName(m.Name, names)
		if c := p.Changes[i]; c.ID != "" {
			body.AppendNewline()
			block := body.AppendNewBlock("import", nil).Body()
			block.SetAttributeRaw("to", hclwrite.TokensForTraversal(traversal("mackerel_monitor", name)))
			block.SetAttributeValue("id", cty.StringVal(c.ID))
		}
		resource(body, name, m.wanted(p.At))
	}
	return f.Bytes()
}

func resource(body *hclwrite.Body, name string, want map[string]any) {
	k := kinds[want["type"].(string)]
	body.AppendNewline()
	block := body.AppendNewBlock("resource", []string{"mackerel_monitor", name}).Body()
	inner := hclwrite.NewBlock(k.block, nil)
	var variables, unknown []string
	for _, field := range slices.Concat([]string{"name", "memo", "isMute", "notificationInterval"}, k.fields) {
		v, ok := want[field]
		if !ok && !slices.Contains(k.required, field) {
			continue
		}
		to := inner.Body()
		if slices.Contains(common, field) {
			to = block
		}
		switch {
		case slices.Contains(unargued, field):
			unknown = append(unknown, fmt.Sprintf("%s = %v", field, v))
		case slices.Contains(hidden, field):
			variable := name + "_" + snake(field)
			to.SetAttributeRaw(snake(field), hclwrite.TokensForTraversal(traversal("var", variable)))
			variables = append(variables, variable)
		default:
			to.SetAttributeValue(snake(field), ctyOf(v))
		}
	}
	if k.fields != nil && want["type"] == "external" && want["method"] == nil {
		inner.Body().SetAttributeValue("method", cty.StringVal("GET")) // the provider requires it
	}
	for _, u := range unknown {
		block.AppendUnstructuredTokens(comment("the provider has no argument for " + u))
	}
	block.AppendNewline()
	block.AppendBlock(inner)
	for _, v := range variables {
		body.AppendNewline()
		variable := body.AppendNewBlock("variable", []string{v}).Body()
		kind := "string"
		if strings.HasSuffix(v, "_headers") {
			kind = "map(string)"
		}
		variable.SetAttributeRaw("type", hclwrite.Tokens{{Type: hclsyntax.TokenIdent, Bytes: []byte(kind)}})
		variable.SetAttributeValue("sensitive", cty.True)
	}
}

// unargued are fields that the provider's documentation has no argument for.
var unargued = []string{"dualstack"}

func comment(text string) hclwrite.Tokens {
	return hclwrite.Tokens{{Type: hclsyntax.TokenComment, Bytes: []byte("# " + strings.ReplaceAll(text, "\n", " ") + "\n")}}
}

var (
	upper  = regexp.MustCompile(`[A-Z]`)
	others = regexp.MustCompile(`[^a-z0-9]+`)
)

// snake writes fieldName as field_name, as the provider does.
func snake(field string) string {
	return upper.ReplaceAllStringFunc(field, func(c string) string { return "_" + strings.ToLower(c) })
}

// resourceName makes a name of Terraform's of a monitor's, each once.
func resourceName(name string, taken map[string]bool) string {
	base := strings.Trim(others.ReplaceAllString(strings.ToLower(name), "_"), "_")
	if base == "" || base[0] >= '0' && base[0] <= '9' {
		base = strings.TrimSuffix("monitor_"+base, "_")
	}
	out := base
	for n := 2; taken[out]; n++ {
		out = fmt.Sprintf("%s_%d", base, n)
	}
	taken[out] = true
	return out
}

func ctyOf(v any) cty.Value {
	switch v := v.(type) {
	case string:
		return cty.StringVal(v)
	case bool:
		return cty.BoolVal(v)
	case float64:
		return cty.NumberFloatVal(v)
	case []any:
		list := make([]cty.Value, len(v))
		for i := range v {
			list[i] = ctyOf(v[i])
		}
		if len(list) == 0 {
			return cty.ListValEmpty(cty.String)
		}
		return cty.TupleVal(list)
	case map[string]any:
		m := map[string]cty.Value{}
		for _, name := range slices.Sorted(maps.Keys(v)) {
			m[name] = ctyOf(v[name])
		}
		return cty.ObjectVal(m)
	}
	return cty.NullVal(cty.String)
}

// traversal is a reference such as mackerel_monitor.cart.
func traversal(root, name string) hcl.Traversal {
	return hcl.Traversal{hcl.TraverseRoot{Name: root}, hcl.TraverseAttr{Name: name}}
}
