package cli

import (
	"context"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"os"
	"runtime/debug"
	"strings"
	"time"

	"mimeo/internal/config"
	"mimeo/internal/fault"
)

type configCmd struct {
	Show  configShowCmd  `cmd:"" help:"Print the options in effect, secrets masked."`
	Check configCheckCmd `cmd:"" help:"Explain each fault of the options, with its line."`
}

type configShowCmd struct{}

func (configShowCmd) Run(ctx context.Context, s *session) error {
	options := s.config.Options()
	if !s.json {
		_, err := io.WriteString(s.Out, config.Show(options))
		return err
	}
	shown := map[string]string{}
	for _, o := range options {
		if o.Secret && o.Value != "" {
			o.Value = "********"
		}
		shown[o.Name] = o.Value
	}
	return s.print(shown)
}

type configCheckCmd struct {
	Path string `arg:"" optional:"" name:"file" help:"File to check in place of the one in use." type:"path"`
}

func (c configCheckCmd) Run(ctx context.Context, s *session) error {
	path := c.Path
	if path == "" {
		path = configFile(os.Args[1:])
	}
	var problems []config.Problem
	file := s.file
	if path != "" {
		raw, err := os.ReadFile(path)
		if err != nil {
			return fault.Wrap(fault.Missing, "The file "+path+" cannot be read", err)
		}
		file, problems = config.ReadFile(string(raw))
	}
	effective, wrong := parseAs(s.config, file, c.Path != "")
	problems = append(problems, wrong...)
	for _, p := range effective.Check() {
		p.Line = file[strings.ReplaceAll(p.Option, ".", "-")].Line
		problems = append(problems, p)
	}
	if s.json {
		if err := s.print(map[string]any{"problems": append([]config.Problem{}, problems...)}); err != nil {
			return err
		}
	} else {
		for _, p := range problems {
			fmt.Fprintln(s.Out, p)
		}
		if len(problems) == 0 {
			fmt.Fprintln(s.Out, "All options are well.")
		}
	}
	if len(problems) > 0 {
		return errReported
	}
	return nil
}

// print writes v as one JSON document.
func (s *session) print(v any) error {
	enc := json.NewEncoder(s.Out)
	enc.SetEscapeHTML(false)
	enc.SetIndent("", "  ")
	return enc.Encode(v)
}

type versionCmd struct{}

// Version is set by the linker when a release is built.
var Version = ""

func (versionCmd) Run(ctx context.Context, s *session) error {
	v := Version
	if v == "" {
		v = "development" + revision()
	}
	if s.json {
		return s.print(map[string]string{"version": v})
	}
	_, err := fmt.Fprintln(s.Out, "mimeo", v)
	return err
}

// revision is the commit a program was built from, where the compiler noted it.
func revision() string {
	info, _ := debug.ReadBuildInfo()
	if info == nil {
		return ""
	}
	for _, set := range info.Settings {
		if set.Key == "vcs.revision" && len(set.Value) >= 12 {
			return " " + set.Value[:12]
		}
	}
	return ""
}

type healthCmd struct{}

func (healthCmd) Run(ctx context.Context, s *session) error {
	client := http.Client{Timeout: 5 * time.Second}
	host := s.config.Listen
	if strings.HasPrefix(host, ":") {
		host = "127.0.0.1" + host
	}
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+host+"/readyz", nil)
	if err != nil {
		return err
	}
	res, err := client.Do(req)
	if err != nil {
		return fault.Wrap(fault.Unavailable, "Nothing answers at "+host, err)
	}
	defer func() { _ = res.Body.Close() }()
	said, err := io.ReadAll(io.LimitReader(res.Body, 4096))
	if err != nil {
		return fault.Wrap(fault.Unavailable, "The server at "+host+" broke off", err)
	}
	if res.StatusCode != http.StatusOK {
		return fault.Unavailablef("The server at %s is not ready: %s", host, strings.TrimSpace(string(said)))
	}
	_, err = s.Out.Write(said)
	return err
}
