package document

import (
	"errors"
	"io/fs"
	"strings"
	"testing"
	"time"
)

// settings are a file for tests.
type settings struct {
	Name  string            `json:"name" need:"write a name"`
	Every time.Duration     `json:"every,omitempty"`
	Soak  *time.Duration    `json:"soak,omitempty"`
	Zone  *time.Location    `json:"zone,omitempty"`
	Token Secret            `json:"token,omitempty"`
	Dir   string            `json:"dir,omitempty" is:"file"`
	Part  *part             `json:"part,omitempty"`
	Share float64           `json:"share,omitempty"`
	Free  map[string]string `json:"free,omitempty"`
	Raw   Raw               `json:"raw,omitempty"`
}

type part struct {
	A string `json:"a,omitempty"`
	B string `json:"b,omitempty"`
}

func (p *part) Defaults() { p.B = "b" }

func TestDurationsAreReadAsPeopleWriteThem(t *testing.T) {
	const day = 24 * time.Hour
	for text, want := range map[string]time.Duration{
		"90s": 90 * time.Second, "1h30m": 90 * time.Minute, "1.5h": 90 * time.Minute, "1d": day, "2w": 14 * day, "1y": 365 * day,
		"1d12h": 36 * time.Hour, "0.5d": 12 * time.Hour, "1w1d": 8 * day, "250ms": 250 * time.Millisecond, "0": 0, "0d": 0, "-1h": -time.Hour,
		"+1h": time.Hour, ".5h": 30 * time.Minute, "1m30s": 90 * time.Second, "106751d": 106751 * day,
	} {
		if got, err := ParseDuration(text); err != nil || got != want {
			t.Errorf("%q: %v, %v, want %v", text, got, err, want)
		}
	}
	for _, text := range []string{"", "12", "h", "1", "1 d", "1d ", "1M", "1Q", "soon", "--1h", "1d-1h", "1h,5m", "٣h", "1e3s", "106752d", "300y", "9223372036854775808ns"} {
		if got, err := ParseDuration(text); err == nil {
			t.Errorf("%q is read as %v", text, got)
		}
	}
}

func TestSettingsAreReadWithTheirDefaults(t *testing.T) {
	var s settings
	o, faults := Settings("dir/s.yaml", []byte(`
name: n
every: 1.5h
soak: 0
zone: Asia/Tokyo
token_file: secret
dir: data
part: {a: x}
free: {<<: {k: v, l: w}, k: own}
`), Dialect{Loose: true}, &s)
	if len(faults) > 0 || o == nil {
		t.Fatal(faults)
	}
	if s.Every != 90*time.Minute || s.Soak == nil || *s.Soak != 0 || s.Zone.String() != "Asia/Tokyo" || s.Dir != "dir/data" ||
		s.Token != (Secret{File: "dir/secret"}) || *s.Part != (part{"x", "b"}) || len(s.Free) != 2 || s.Free["k"] != "own" || s.Free["l"] != "w" {
		t.Errorf("%+v", s)
	}
}

func TestEveryFaultOfSettingsSaysWhereAndWhatToDo(t *testing.T) {
	const ok = "name: n\n"
	tests := []struct{ name, text, want string }{
		{"nothing", "# nothing\n", "s.yaml: the file is empty; write at least name"},
		{"null", "~\n", "s.yaml: the file is empty; write at least name"},
		{"two documents", ok + "---\na: 1\n", "s.yaml:3:1: a second document begins here; the file holds one"},
		{"a text", "hello\n", "s.yaml:1:1: needs a mapping of keys and values, found a single value"},
		{"a missing key", "dir: x\n", "s.yaml:1:1: name: is missing; write a name"},
		{"a key without a value", "name:\n", "s.yaml:1:1: name: is missing; write a name"},
		{"an empty text", "name: ''\n", "s.yaml:1:7: name: is empty; write a name"},
		{"a key that is misspelt", "nmae: n\n", `s.yaml:1:1: nmae: unknown key (did you mean "name"?)`},
		{"a key with an advice", ok + "secret: x\n", `s.yaml:2:1: secret: unknown key (write token)`},
		{"a length that is none", ok + "every: 0s\n", `s.yaml:2:8: every: "0s" must be longer than 0`},
		{"a length below zero", ok + "soak: -1h\n", `s.yaml:2:7: soak: "-1h" must be longer than 0`},
		{"a length without a unit", ok + "every: 10\n", `s.yaml:2:8: every: "10" is not a duration; write a number with its unit, such as 90s, 24h, 7d or 1h30m`},
		{"a percentage", ok + "share: 95%\n", `s.yaml:2:8: share: "95%" is not a number; write it as 0.95`},
		{"the machine's zone", ok + "zone: Local\n", `s.yaml:2:7: zone: "Local" is no time zone; write its IANA name, such as Asia/Tokyo`},
		{"a secret in the file", ok + "token: hunter2\n", "s.yaml:2:8: token: " + wantSecret},
		{"a secret under another word", ok + "token: {value: hunter2}\n", "s.yaml:2:8: token: " + wantSecret},
		{"a secret in two places", ok + "token: {env: A, file: b}\n", "s.yaml:2:8: token: " + wantSecret},
		{"a secret by two keys", ok + "token: {env: A}\ntoken_file: b\n", "s.yaml:3:13: token: is given twice, as a file as well; choose one"},
		{"a secret in place of a mapping", ok + "part: hunter2\n", "s.yaml:2:7: part: needs a mapping of keys and values, found a single value"},
		{"a merge of a text", ok + "part: {<<: a}\n", "s.yaml:2:12: part: needs a mapping, or a list of some, to merge (<<), found the text \"a\""},
		{"a merged key that is unknown", ok + "raw: &r {c: 1}\npart: {<<: *r}\n", "s.yaml:2:10: part.c: unknown key (known here: a, b)"},
		{"a key twice", ok + "name: m\n", "s.yaml:2:1: name: is given twice, first on line 1"},
		{"an alias of itself", ok + "raw: &a [*a]\n", "s.yaml:2:10: *a stands inside of what it names; write it out"},
		{"a merge of itself", ok + "raw: &a {<<: *a}\n", "s.yaml:2:14: *a stands inside of what it names; write it out"},
		{"a thousand million laughs", ok + "raw:\n" + laughs(), "s.yaml:1:1: grows by more than 200000 nodes when its aliases are written out; split it"},
		{"a deep document", ok + "raw: " + strings.Repeat("[", 200) + strings.Repeat("]", 200) + "\n", "s.yaml:1:1: is nested more than 100 deep; split it"},
		{"a tab", ok + "part:\n\ta: b\n", "s.yaml:3: is not YAML: found character that cannot start any token; is it a tab? YAML takes spaces only"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			_, faults := Settings("s.yaml", []byte(tt.text), Dialect{Loose: true, Hints: map[string]string{"secret": "write token"}}, new(settings))
			if len(faults) != 1 || faults.Error() != tt.want {
				t.Errorf("got\n%v\nwant\n%s", faults, tt.want)
			}
		})
	}
}

// laughs are aliases of aliases that stand for 10^9 nodes.
func laughs() string {
	var b strings.Builder
	b.WriteString("- &a0 [x, x, x, x, x, x, x, x, x, x]\n")
	for i := range 9 {
		b.WriteString("- &a" + string(rune('1'+i)) + " [" + strings.TrimSuffix(strings.Repeat("*a"+string(rune('0'+i))+", ", 10), ", ") + "]\n")
	}
	return b.String()
}

func TestSecretsAreReadFromTheirPlaces(t *testing.T) {
	around := Surroundings{
		Env: func(name string) (string, bool) { return "from the environment\n", name == "KEY" },
		ReadFile: func(path string) ([]byte, error) {
			switch path {
			case "key":
				return []byte("from a file\n"), nil
			case "two":
				return []byte("a\nb\n"), nil
			case "locked":
				return nil, errors.New("permission denied")
			}
			return nil, fs.ErrNotExist
		},
	}
	for secret, want := range map[Secret]string{
		{}: "", {Env: "KEY"}: "from the environment", {File: "key"}: "from a file", {Env: "OTHER"}: "environment variable OTHER, which is not set",
		{File: "none"}: "the file none, which does not exist", {File: "locked"}: "permission denied", {File: "two"}: "more than one line",
	} {
		got, err := secret.Read(around)
		if err != nil {
			got = err.Error()
		}
		if !strings.Contains(got, want) {
			t.Errorf("%+v: %q, want %q", secret, got, want)
		}
	}
}

func FuzzSettings(f *testing.F) {
	f.Add("name: n\nevery: 1h30m\nsoak: 0\nzone: UTC\ntoken: {env: A}\ndir: x\npart: {<<: {a: 1}, b: 2}\nshare: 0.5\nraw: &a [1, {b: *a}]")
	f.Add("name: &a n\nfree: {<<: [{*a : b}, {c: d}]}\nraw: &r {x: [*a, *a]}\npart: *r")
	f.Add("{name: n, token_file: f, token: {file: g}}")
	f.Fuzz(func(t *testing.T, text string) {
		var s settings
		o, faults := Settings("f", []byte(text), Dialect{Loose: true}, &s)
		for _, fault := range faults {
			if fault.Message == "" || o != nil && (fault.Line < 1 || fault.Column < 1) {
				t.Errorf("fault %+v says nothing or nowhere", fault)
			}
		}
		if len(faults) > 0 {
			return
		}
		if s.Name == "" || s.Every < 0 || s.Token.Env != "" && s.Token.File != "" || s.Part != nil && s.Part.B == "" && !strings.Contains(text, "b") {
			t.Errorf("read %+v", s)
		}
		if s.Raw.Node != nil {
			if _, err := s.Raw.Text(); err != nil {
				t.Error(err)
			}
		}
	})
}
