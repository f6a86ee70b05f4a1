package main

import (
	"bytes"
	"context"
	"path/filepath"
	"strings"
	"testing"
)

func TestCommandsThatNeedNoLab(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "lab")
	tests := []struct {
		name string
		args []string
		code int
		out  string // a part of both outputs
	}{
		{"no command is wrong usage", nil, 3, "usage: labctl"},
		{"an unknown command is wrong usage", []string{"start"}, 3, "usage: labctl"},
		{"an unknown flag is wrong usage", []string{"up", "-colour"}, 3, "not defined: -colour"},
		{"a stray word is wrong usage", []string{"down", "now"}, 3, "usage: labctl"},
		{"info says how to start a lab", []string{"info", "-dir", dir}, 1, "make lab starts one"},
		{"down of no lab is done at once", []string{"down", "-dir", dir}, 0, "no lab is running in " + dir},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var out bytes.Buffer
			code := run(context.Background(), tt.args, nil, &out, &out)
			if code != tt.code || !strings.Contains(out.String(), tt.out) {
				t.Errorf("exit code %d, want %d; output %q, want %q in it", code, tt.code, out.String(), tt.out)
			}
		})
	}
}
