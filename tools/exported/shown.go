package main

import "go/types"

// shown are the named types that an object's declaration shows to who uses it.
func shown(o types.Object) []types.Object {
	var s shower
	if t, ok := o.(*types.TypeName); ok {
		s.walk(types.Unalias(t.Type()).Underlying())
	} else {
		s.walk(o.Type())
	}
	return s.found
}

type shower struct{ found []types.Object }

func (s *shower) walk(t types.Type) {
	switch t := t.(type) {
	case *types.Named:
		s.found = append(s.found, t.Obj())
		for a := range t.TypeArgs().Types() {
			s.walk(a)
		}
	case *types.Alias:
		s.found = append(s.found, t.Obj())
	case *types.Map:
		s.walk(t.Key())
		s.walk(t.Elem())
	case interface{ Elem() types.Type }: // pointers, slices, arrays, channels
		s.walk(t.Elem())
	case *types.Tuple:
		for v := range t.Variables() {
			s.walk(v.Type())
		}
	case *types.Signature:
		s.walk(t.Params())
		s.walk(t.Results())
	case *types.Struct:
		for f := range t.Fields() {
			if f.Exported() || f.Embedded() {
				s.walk(f.Type())
			}
		}
	case *types.Interface:
		for f := range t.Methods() {
			s.walk(f.Type())
		}
	}
}
