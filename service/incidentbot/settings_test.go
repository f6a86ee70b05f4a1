package incidentbot

import "testing"

func FuzzSettings(f *testing.F) {
	f.Add("language: ja\nslack: {announce: [C012AB3CD], invite: {severity: {critical: ['@sre']}}}\n")
	f.Add("slack: {}\nreminders: {update_every: {critical: 30m}, postmortem_within: 3d}\nalerts: {rules: [{match: {a: b}, severity: none}]}\n")
	f.Fuzz(func(t *testing.T, text string) {
		s, err := parse("x.yaml", []byte(text))
		if (err == nil) != (s != nil) && err == nil {
			t.Error("neither settings nor an error")
		}
		if err == nil {
			s.Fleet = nil
			if _, err := s.bot(); err != nil {
				t.Errorf("settings without a fault cannot be used: %v", err)
			}
		}
	})
}
