// Package cli is the mimeo command: what a person at a terminal or a script
// can ask for. Answers go to standard output, everything else to standard
// error; the exit code is 0 when all is well, 1 when something failed and 2
// when the command was used wrongly.
package cli

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"os"
	"os/signal"
	"strings"
	"syscall"
	"unicode/utf8"

	"github.com/alecthomas/kong"

	"mimeo/internal/app"
	"mimeo/internal/config"
	"mimeo/internal/fault"
)

// The exit codes.
const (
	fine   = 0
	failed = 1
	misuse = 2
)

// Streams are a command's input and outputs.
type Streams struct {
	In       io.Reader
	Out, Err io.Writer
}

// commands is the whole command line. The options of config are flags of
// every command.
type commands struct {
	config.Config `embed:""`
	File          string `name:"config-file" env:"MIMEO_CONFIG_FILE" help:"TOML file with the options." type:"path"`
	JSON          bool   `name:"json" help:"Answer in JSON."`

	Serve        serveCmd        `cmd:"" help:"Serve the newsroom."`
	Setup        setupCmd        `cmd:"" help:"Print the one-time link by which the first owner comes in."`
	Staff        staffCmd        `cmd:"" help:"Staff: list, trail check."`
	Story        storyCmd        `cmd:"" help:"Stories: import, list, show, publish, retract."`
	Appeal       appealCmd       `cmd:"" help:"Appeals: decide, show, save, live, draft, archive, report."`
	Contribution contributionCmd `cmd:"" help:"Contributions: reconcile with the payment processor."`
	Ledger       ledgerCmd       `cmd:"" help:"The ledger: check, export."`
	Vault        vaultCmd        `cmd:"" help:"The keys: status, forget a lost folder."`
	Jobs         jobsCmd         `cmd:"" help:"Work that gave up: list, retry."`
	Search       searchCmd       `cmd:"" help:"The search index: rebuild, check."`
	Statement    statementCmd    `cmd:"" help:"Statements: suggest who said what in a text; list, show, export, rejected."`
	Conf         configCmd       `cmd:"" name:"config" help:"The options: show, check."`
	Health       healthCmd       `cmd:"" name:"healthcheck" help:"Ask a running server whether it is ready."`
	Version      versionCmd      `cmd:"" help:"Print the version."`
}

// session is what a command's Run method gets.
type session struct {
	config config.Config
	json   bool
	Streams
	log  *slog.Logger
	file config.File
}

// errReported ends a command whose faults were already said.
var errReported = errors.New("reported")

// misused is a fault of the command line itself, which the parser could not see.
type misused string

// Error implements error.
func (m misused) Error() string { return string(m) }

// Run carries out one command line and returns the exit code.
func Run(ctx context.Context, args []string, io Streams) int {
	// A file that grows past the process's limit is an error of that write.
	signal.Ignore(syscall.SIGXFSZ)
	for i, a := range args { // the parser would put other characters in their place
		if !utf8.ValidString(a) {
			fmt.Fprintf(io.Err, "mimeo: argument %d is not valid UTF-8: %q\n", i+1, a)
			return misuse
		}
	}
	var c commands
	file := &fileResolver{}
	exit := -1
	parser, err := kong.New(&c,
		kong.Name("mimeo"),
		kong.Description("A newsroom in one binary: it publishes, is funded by its readers, stays readable and protects its people."),
		kong.Writers(io.Out, io.Err),
		kong.Exit(func(code int) { exit = code }),
		kong.DefaultEnvars("MIMEO"),
		kong.Resolvers(file),
		kong.BindTo(ctx, (*context.Context)(nil)),
		kong.ConfigureHelp(kong.HelpOptions{Compact: true, NoExpandSubcommands: true}),
	)
	if err != nil {
		fmt.Fprintln(io.Err, "mimeo:", err)
		return failed
	}
	if len(args) == 0 {
		args = []string{"--help"}
	}
	if problems := file.read(configFile(args)); len(problems) > 0 && !checking(args) {
		for _, p := range problems {
			fmt.Fprintf(io.Err, "mimeo: %s: %s\n", configFile(args), p)
		}
		return misuse
	}
	k, err := parser.Parse(args)
	if exit >= 0 { // help was asked for and given
		return exit
	}
	if err != nil {
		fmt.Fprintf(io.Err, "mimeo: %v\nTry: mimeo --help\n", err)
		return misuse
	}
	s := &session{config: c.Config, json: c.JSON, Streams: io, file: file.values}
	s.log = slog.New(slog.NewTextHandler(io.Err, &slog.HandlerOptions{Level: level(c.LogLevel)}))
	err = k.Run(s)
	var wrong *kong.ParseError
	var unfit misused
	switch {
	case err == nil:
		return fine
	case errors.As(err, &wrong), errors.As(err, &unfit):
		fmt.Fprintf(io.Err, "mimeo: %v\nTry: mimeo --help\n", err)
		return misuse
	case errors.Is(err, errReported):
	case fault.Message(err) != "":
		fmt.Fprintln(io.Err, "mimeo:", fault.Message(err)+reason(err))
		s.log.Debug("the command failed", "err", err)
	default:
		fmt.Fprintln(io.Err, "mimeo:", err)
	}
	return failed
}

// reason is what the system said, if that is part of why: a fault's message
// leaves it out, because strangers read messages too.
func reason(err error) string {
	var said syscall.Errno
	if !errors.As(err, &said) || said == syscall.EADDRINUSE || said == syscall.EWOULDBLOCK {
		return "" // the message says as much
	}
	return " (" + said.Error() + ")"
}

func level(name string) slog.Level {
	var l slog.Level
	if l.UnmarshalText([]byte(name)) != nil {
		return slog.LevelInfo
	}
	return l
}

// open opens the newsroom's data for a command that works beside a server.
func (s *session) open(ctx context.Context) (*app.App, error) {
	return app.Open(ctx, s.config, app.Options{Log: s.log})
}

// with runs f on the opened data and closes it.
func (s *session) with(ctx context.Context, f func(a *app.App) error) error {
	a, err := s.open(ctx)
	if err != nil {
		return err
	}
	return errors.Join(f(a), a.Close())
}

// fileResolver gives kong the values of the configuration file: they yield to
// flags and to the environment.
type fileResolver struct {
	values   config.File
	problems []config.Problem
}

func (r *fileResolver) read(path string) []config.Problem {
	if path == "" {
		return nil
	}
	raw, err := os.ReadFile(path)
	if err != nil {
		r.problems = []config.Problem{{Option: "config-file", Message: "the file cannot be read: " + errors.Unwrap(err).Error()}}
		return r.problems
	}
	r.values, r.problems = config.ReadFile(string(raw))
	return r.problems
}

// Validate has nothing to object to: read reported already.
func (*fileResolver) Validate(*kong.Application) error { return nil }

// Resolve is the file's value of a flag.
func (r *fileResolver) Resolve(_ *kong.Context, _ *kong.Path, flag *kong.Flag) (any, error) {
	v, ok := r.values[flag.Name]
	if !ok {
		return nil, nil //nolint:nilnil // kong's way of saying "not here"
	}
	if _, set := os.LookupEnv("MIMEO_" + strings.ToUpper(strings.ReplaceAll(flag.Name, "-", "_"))); set {
		return nil, nil //nolint:nilnil // the environment beats the file
	}
	return v.Text, nil
}

// configFile finds the file's name before kong can: its values are part of
// what kong parses.
func configFile(args []string) string {
	for i, a := range args {
		if v, ok := strings.CutPrefix(a, "--config-file="); ok {
			return v
		}
		if a == "--config-file" && i+1 < len(args) {
			return args[i+1]
		}
	}
	return os.Getenv("MIMEO_CONFIG_FILE")
}

// checking reports whether the command is config check, which says itself
// what is wrong with the file.
func checking(args []string) bool {
	return strings.Contains(strings.Join(args, " "), "config check")
}
