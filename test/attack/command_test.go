package attack

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"
)

func write(t *testing.T, dir, name, content string) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMisuse: 2 when the command was used wrongly, 1 when it failed; the answer
// goes to standard output, everything else to standard error.
func TestMisuse(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	data := filepath.Join(dir, "data")
	text := write(t, dir, "text.txt", "A headline\n\nA paragraph.\n")
	if r := run(t, "", "story", "list", "--data", data); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	for _, c := range []struct {
		code int
		args []string
	}{
		{2, []string{"bogus"}},
		{2, []string{"--bogus"}},
		{2, []string{"help"}},
		{2, []string{"--json"}},
		{2, []string{""}},
		{2, []string{"-"}},
		{2, []string{"--"}},
		{2, []string{"serve", "extra"}},
		{2, []string{"serve", "--listen"}},
		{2, []string{"serve", "--demo", "--at", "yesterday"}},
		{2, []string{"serve", "--at", "2026-11-22T10:00:00Z"}},
		{2, []string{"serve", "--demo", "--at", "2026-11-22"}},
		{2, []string{"serve", "--demo", "--at", "2026-02-30T10:00:00Z"}},
		{1, []string{"serve", "--demo", "--at", "9999-12-31T00:00:00Z"}},
		{1, []string{"serve", "--demo", "--at", "1969-01-01T00:00:00Z"}},
		{2, []string{"story"}},
		{2, []string{"story", "import"}},
		{2, []string{"story", "import", "--format", "papyrus", text}},
		{2, []string{"story", "import", "--dateline", "soon", text}},
		{2, []string{"story", "import", "--dateline", "2026-02-30", text}},
		{2, []string{"story", "import", "--title", "a\xff\xfeb", text}},
		{1, []string{"story", "import", "--lang", "xx", text}},
		{1, []string{"story", "import", "--lang", "../..", text}},
		{1, []string{"story", "import", "--section", "../../etc", text}},
		{1, []string{"story", "import", filepath.Join(dir, "nowhere")}},
		{1, []string{"story", "import", "--title", "One", text, text}},
		{2, []string{"story", "list", "--limit", "-1"}},
		{2, []string{"story", "list", "--limit", "many"}},
		{2, []string{"story", "list", "--limit", "99999999999999999999"}},
		{2, []string{"story", "list", "--state", "lost"}},
		{2, []string{"story", "show"}},
		{1, []string{"story", "show", "x"}},
		{1, []string{"story", "show", "' or 1=1 --"}},
		{1, []string{"story", "show", strings.Repeat("x", 100_000)}},
		{1, []string{"story", "publish", "x"}},
		{1, []string{"story", "retract", "x", "--note", "why"}},
		{1, []string{"story", "rename", "x", "y"}},
		{2, []string{"appeal"}},
		{2, []string{"appeal", "decide"}},
		{1, []string{"appeal", "decide", "--config", filepath.Join(dir, "nowhere")}},
		{1, []string{"appeal", "decide", "--config", dir}},
		{1, []string{"appeal", "show"}},
		{1, []string{"appeal", "save", filepath.Join(dir, "nowhere")}},
		{1, []string{"appeal", "save", text}},
		{1, []string{"appeal", "live", "x"}},
		{2, []string{"jobs", "retry", "x"}},
		{2, []string{"jobs", "retry", "-1"}},
		{1, []string{"jobs", "retry", "1"}},
		{2, []string{"ledger", "export", "--format", "papyrus"}},
		{1, []string{"config", "check", filepath.Join(dir, "nowhere")}},
		{1, []string{"config", "check", dir}},
		{2, []string{"config", "show", "--config-file", filepath.Join(dir, "nowhere")}},
		{2, []string{"config", "show", "--config-file", dir}},
		{2, []string{"ledger", "check", "--json=perhaps"}},
		{1, []string{"healthcheck", "--listen", "127.0.0.1:1"}},
		{1, []string{"healthcheck", "--listen", "nonsense"}},
		{1, []string{"ledger", "check", "--database", "mysql://u:secretword@h/x"}},
		{1, []string{"ledger", "check", "--database", "postgres://u:secretword@127.0.0.1:1/x"}},
		{1, []string{"ledger", "check", "--database", "postgres://u:secretword@h:bad/x"}},
		{1, []string{"ledger", "check", "--database", "secretword"}},
	} {
		args := c.args
		if len(args) > 1 {
			args = append(args, "--data", data)
		}
		r := run(t, "", args...)
		if r.code != c.code || !strings.HasPrefix(r.err, "mimeo: ") && c.args[0] != "config" {
			t.Errorf("%.120q: %+v, want %d", c.args, r, c.code)
		}
		if r.out != "" && !strings.HasPrefix(r.out, "0 in, 1 refused") {
			t.Errorf("%.120q says %q on standard output", c.args, r.out)
		}
		if strings.Contains(r.err+r.out, "secretword") {
			t.Errorf("%.120q repeats a password: %+v", c.args, r)
		}
	}
	for _, args := range [][]string{{}, {"--help"}, {"-h"}, {"story", "--help"}, {"version"}, {"version", "--json"}, {"config", "show", "--database", "postgres://u:secretword@h/x"}} {
		if r := run(t, "", args...); r.code != 0 || r.out == "" || r.err != "" || strings.Contains(r.out, "secretword") {
			t.Errorf("%q: %+v", args, r)
		}
	}
}

// TestNobodyListens: an answer that cannot be written is a failure.
func TestNobodyListens(t *testing.T) {
	t.Parallel()
	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	if err != nil {
		t.Skipf("no /dev/full here: %v", err)
	}
	defer func() { _ = full.Close() }()
	data := filepath.Join(t.TempDir(), "data")
	if r := run(t, "", "story", "list", "--data", data); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	for _, args := range [][]string{{"version"}, {"config", "show"}, {"config", "show", "--json"}, {"story", "list"}, {"ledger", "check"}, {"ledger", "check", "--json"}, {"ledger", "export"}, {"jobs", "list"}} {
		cmd := command(append(args, "--data", data)...)
		cmd.Stdout = full
		if err := cmd.Run(); cmd.ProcessState.ExitCode() != 1 {
			t.Errorf("%v into a full disk: %v", args, err)
		}
	}
}

// TestInterrupted: a command that waits for its input ends when it is told to,
// and a server that cannot end in order ends at the second signal.
func TestInterrupted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	config := write(t, dir, "appeals.json", `{"version":1,"appeals":[]}`)
	fifo := filepath.Join(dir, "fifo")
	if err := syscall.Mkfifo(fifo, 0o600); err != nil {
		t.Fatal(err)
	}
	for _, args := range [][]string{{"appeal", "decide", "--config", config}, {"story", "import", "--data", filepath.Join(dir, "data"), fifo}, {"story", "import", "--data", filepath.Join(dir, "data"), "-"}} {
		cmd := command(args...)
		in, err := cmd.StdinPipe()
		if err != nil {
			t.Fatal(err)
		}
		said := &record{}
		cmd.Stdout, cmd.Stderr = said, said
		if err := cmd.Start(); err != nil {
			t.Fatal(err)
		}
		if args[0] == "appeal" { // it answers line by line
			if _, err := io.WriteString(in, `{"now":"2026-11-22T10:00:00Z"}`+"\n"); err != nil {
				t.Fatal(err)
			}
			until(t, "an answer", func() bool { return strings.Contains(said.String(), "none_matched") })
		} else {
			until(t, "data", func() bool { _, err := os.Stat(filepath.Join(dir, "data", "keys", "box.key")); return err == nil })
		}
		ends(t, args[1], cmd)
		untraced(t, args[1], said.String())
	}

	n := start(t)
	n.begins(t, "/support", 10) // nobody ever sends the ten bytes
	n.end(t)
	until(t, "it has heard", func() bool { return strings.Contains(n.log.String(), "stopping") })
	n.end(t)
	select {
	case <-n.exited:
	case <-time.After(5 * time.Second):
		t.Error("a second signal does not end it")
	}
}

// ends interrupts a command and wants it to be gone.
func ends(t *testing.T, what string, cmd *exec.Cmd) {
	t.Helper()
	if err := cmd.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	gone := make(chan struct{})
	go func() { _ = cmd.Wait(); close(gone) }() // by a signal
	select {
	case <-gone:
	case <-time.After(10 * time.Second):
		_ = cmd.Process.Kill()
		<-gone
		t.Errorf("%s: it does not end", what)
	}
}

// TestFacts gives appeal decide every kind of line. Each is answered, one for
// one, and what cannot be read stops nothing.
func TestFacts(t *testing.T) {
	t.Parallel()
	config := write(t, t.TempDir(), "appeals.json", `{"version":1,"closed":["RU"],"appeals":[{"id":"a","priority":1,"state":"live","holdout_permille":0,"salt":"s","variants":[{"id":"v","weight":1}]}]}`)
	const now = `"now":"2026-11-22T10:00:00Z"`
	lines := []struct{ line, answer string }{
		{`{` + now + `}`, "shown"},
		{`{` + now + `,"ask":"closed.2026-11-22"}`, "shown"},
		{`{` + now + `,"ask":"closed.2026-11-23"}`, "closed"},
		{`{` + now + `,"ask":"later.2026-11"}`, "shown"},
		{`{` + now + `,"ask":"later.2026-12"}`, "reminder_set"},
		{`{` + now + `,"ask":"once.2026-11-23"}`, "gave"},
		{`{` + now + `,"ask":"monthly"}`, "supporter"},
		{`{` + now + `,"ask":"never"}`, "never"},
		{`{` + now + `,"ask":"closed.2027-02-29"}`, "shown"},
		{`{` + now + `,"ask":"` + strings.Repeat("never", 20_000) + `"}`, "shown"},
		{`{` + now + `,"country":"ru"}`, "country_closed"},
		{`{` + now + `,"draw":18446744073709551615}`, "shown"},
		{`{` + now + `,"unknown":{"deep":[1,2]}}`, "shown"},
		{`{` + now + `,"ask":"","ask":"never"}`, "never"},
		{"\t{ " + now + " }\r", "shown"},
		{`{` + now + `,"country":"\u0000"}`, "shown"},
		{`{` + now + `,"tags":["\ud800"]}`, "shown"},
		{`{` + now + `,"tags":null,"draw":null}`, "shown"},
		{"", ""},
		{" ", ""},
		{"null", ""},
		{"[]", ""},
		{`"x"`, ""},
		{"5", ""},
		{"{", ""},
		{"{}", ""},
		{"{}{}", ""},
		{"\x00", ""},
		{"\xff\xfe", ""},
		{"\ufeff{" + now + "}", ""},
		{`{` + now + `}x`, ""},
		{`{"NOW":"2026-11-22T10:00:00Z"}`, ""},
		{`{"now":null}`, ""},
		{`{"now":5}`, ""},
		{`{"now":"x"}`, ""},
		{`{"now":"2026-02-30T00:00:00Z"}`, ""},
		{`{"now":"2026-11-22T10:00:00+25:00"}`, ""},
		{`{` + now + `,"draw":-1}`, ""},
		{`{` + now + `,"draw":18446744073709551616}`, ""},
		{`{` + now + `,"draw":1.5}`, ""},
		{`{` + now + `,"draw":1e400}`, ""},
		{`{` + now + `,"draw":"5"}`, ""},
		{`{` + now + `,"draw":NaN}`, ""},
		{`{` + now + `,"tags":"x"}`, ""},
		{`{` + now + `,"tags":[1]}`, ""},
		{`{` + now + `,"no_ask":"true"}`, ""},
		{`{` + now + `,"country":"` + "\xff" + `"}`, ""},
		{`{` + now + `,"x":` + strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000) + `}`, ""},
		{strings.Repeat(`{"a":`, 100_000), ""},
		{`{` + now + `,"tags":["` + strings.Repeat("a", 10<<20) + `"]}`, ""},
		{strings.Repeat("x", 10<<20), ""},
		{`{` + now + `}`, "shown"},
	}
	var in strings.Builder
	bad := 0
	for _, l := range lines {
		in.WriteString(l.line + "\n")
		if l.answer == "" {
			bad++
		}
	}
	r := run(t, in.String(), "appeal", "decide", "--config", config)
	answers := strings.Split(strings.TrimSuffix(r.out, "\n"), "\n")
	if len(answers) != len(lines) || r.code != 1 || !strings.HasSuffix(r.err, fmt.Sprintf("mimeo: %d of the lines could not be read\n", bad)) {
		t.Fatalf("%d answers to %d lines, %d, %.300s", len(answers), len(lines), r.code, r.err[max(0, len(r.err)-300):])
	}
	for i, l := range lines {
		var a struct {
			Reason string `json:"reason"`
			Line   int    `json:"line"`
			Error  string `json:"error"`
		}
		if err := json.Unmarshal([]byte(answers[i]), &a); err != nil || a.Reason != l.answer || l.answer == "" && (a.Line != i+1 || a.Error == "" || len(a.Error) > 300) {
			t.Errorf("%.80q: %.200s, want %q (%v)", l.line, answers[i], l.answer, err)
		}
	}
	for what, stdin := range map[string]string{"nothing": "", "no line end": `{` + now + `}`} {
		if r := run(t, stdin, "appeal", "decide", "--config", config); r.code != 0 || r.err != "" {
			t.Errorf("%s: %+v", what, r)
		}
	}
}

// TestAppealFiles gives it every kind of configuration.
func TestAppealFiles(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	file := func(appeal string) string {
		return `{"version":1,"appeals":[` + appeal + `,{"id":"good","priority":9,"state":"live","variants":[{"id":"v","weight":1}]}]}`
	}
	const live = `"state":"live","variants":[{"id":"v","weight":1}]`
	for what, c := range map[string]struct{ config, says string }{
		"nothing": {"", "cannot be read"}, "null": {"null", "cannot be read"}, "a list": {"[]", "cannot be read"}, "another version": {`{"version":2}`, `"version" is not 1`}, "no version": {`{}`, `"version" is not 1`},
		"noise": {"\x00\xff", "not valid UTF-8"}, "UTF-16": {"\xff\xfe{\x00}\x00", "not valid UTF-8"}, "something after it": {`{"version":1}x`, "line 1, column"}, "depth": {`{"version":1,"appeals":` + strings.Repeat("[", 100_000), "depth"},
		"a switch of text": {`{"version":1,"off":"true"}`, `"off"`}, "an unknown word": {`{"version":1,"unknown_country":"perhaps"}`, `"unknown_country"`}, "closed by text": {`{"version":1,"closed":"RU"}`, `"closed"`},
		"no id": {file(`{` + live + `}`), "dropped: it has no id"}, "an empty id": {file(`{"id":" ",` + live + `}`), "dropped: it has no id"}, "an unknown state": {file(`{"id":"x","state":"LIVE","variants":[{"id":"v","weight":1}]}`), "(x) is dropped"},
		"no variants": {file(`{"id":"x","state":"live","variants":[]}`), "(x) is dropped: it has no variants"}, "a weight below nothing": {file(`{"id":"x","state":"live","variants":[{"id":"v","weight":-1},{"id":"w","weight":5}]}`), `"weight" is below 0`},
		"weights of nothing": {file(`{"id":"x","state":"live","variants":[{"id":"v","weight":0}]}`), "are all 0"}, "weights beyond count": {file(`{"id":"x","state":"live","variants":[{"id":"v","weight":9223372036854775807},{"id":"w","weight":9223372036854775807},{"id":"y","weight":9223372036854775807}]}`), "too large"},
		"half a weight": {file(`{"id":"x","state":"live","variants":[{"id":"v","weight":0.5}]}`), "not a whole number"}, "holdout above": {file(`{"id":"x","holdout_permille":1001,` + live + `}`), "holdout_permille"}, "holdout below": {file(`{"id":"x","holdout_permille":-1,` + live + `}`), "holdout_permille"},
		"an unknown condition": {file(`{"id":"x","where":{"lands":["DE"]},` + live + `}`), "is not a condition"}, "a date that is none": {file(`{"id":"x","starts":"2026-02-30",` + live + `}`), `"starts"`},
	} {
		r := run(t, `{"now":"2026-11-22T10:00:00Z"}`+"\n", "appeal", "decide", "--config", write(t, dir, strings.ReplaceAll(what, " ", "-"), c.config))
		if !strings.Contains(r.err, c.says) {
			t.Errorf("%s: %.300s, want %q", what, r.err, c.says)
		}
		if dropped := strings.Contains(c.config, `"good"`); dropped && (r.code != 0 || !strings.Contains(r.out, `"appeal":"good"`)) || !dropped && (r.code != 1 || r.out != "") {
			t.Errorf("%s: %d, %s", what, r.code, r.out)
		}
	}
}
