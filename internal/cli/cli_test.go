package cli

import (
	"bytes"
	"context"
	"maps"
	"os"
	"syscall"
	"testing"
	"time"
)

func TestASignalEndsTheContextAndIsItsCause(t *testing.T) {
	ctx, stop := UntilSignal(context.Background())
	defer stop()
	if err := syscall.Kill(os.Getpid(), syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	select {
	case <-ctx.Done():
	case <-time.After(10 * time.Second):
		t.Fatal("the context goes on")
	}
	if by := By(ctx); by != syscall.SIGTERM {
		t.Errorf("ended by %v", by)
	}
}

func TestWhatEndsWithoutASignalHasNone(t *testing.T) {
	outer, cancel := context.WithCancel(context.Background())
	ctx, stop := UntilSignal(outer)
	cancel()
	<-ctx.Done()
	if by := By(ctx); by != nil {
		t.Errorf("cancelled: %v", by)
	}
	stop()
	ctx, stop = UntilSignal(context.Background())
	if ctx.Err() != nil {
		t.Error("ended at once")
	}
	stop()
	if by := By(ctx); by != nil || ctx.Err() == nil {
		t.Errorf("stopped: %v, %v", by, ctx.Err())
	}
}

func TestEachLineOfAComplaintNamesTheProgram(t *testing.T) {
	var out bytes.Buffer
	Complain(&out, "x", "a\n  b\n\n")
	if got := out.String(); got != "x: a\nx:   b\n" {
		t.Errorf("%q", got)
	}
}

func TestAVariableMayHoldAnEqualsSignAndTheLastOneCounts(t *testing.T) {
	got := Env([]string{"A=b=c", "E=", "nonsense", "A=d=e"})
	if want := map[string]string{"A": "d=e", "E": ""}; !maps.Equal(got, want) {
		t.Errorf("%v", got)
	}
}

type flagSet map[string]*string

func (f flagSet) StringVar(p *string, name, value, _ string) { *p, f[name] = value, p }

func TestLogFlags(t *testing.T) {
	for _, c := range []struct{ level, format, want, fault string }{
		{"info", "text", "level=INFO msg=told", ""},
		{"WARN", "json", "", ""},
		{"debug", "json", `"msg":"told"`, ""},
		{"loud", "text", "", `--log.level: "loud" is not debug, info, warn or error`},
		{"info", "xml", "", `--log.format: "xml" is not text or json`},
	} {
		var f LogFlags
		set := flagSet{}
		f.Register(set)
		if *set["log.level"] != "info" || *set["log.format"] != "text" {
			t.Fatalf("defaults: %+v", f)
		}
		*set["log.level"], *set["log.format"] = c.level, c.format
		var out bytes.Buffer
		log, err := f.Logger(&out)
		if err != nil {
			if err.Error() != c.fault {
				t.Errorf("%+v: %v", c, err)
			}
			continue
		}
		if c.fault != "" {
			t.Errorf("%+v: no fault", c)
		}
		log.Info("told")
		if c.want == "" && out.Len() > 0 || !bytes.Contains(out.Bytes(), []byte(c.want)) {
			t.Errorf("%+v: %s", c, out.String())
		}
	}
}
