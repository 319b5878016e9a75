package cli

import (
	"io"
	"regexp"

	"github.com/alecthomas/kong"

	"mimeo/internal/config"
)

// flagInError finds the option in kong's words about a value of the wrong kind.
var flagInError = regexp.MustCompile(`--([a-z0-9-]+)`)

// parseAs gives the configuration that a file leads to: by itself when alone,
// otherwise the effective one, which was parsed already.
func parseAs(effective config.Config, file config.File, alone bool) (config.Config, []config.Problem) {
	if !alone {
		return effective, nil
	}
	var problems []config.Problem
	for { // each round sets aside one value of the wrong kind
		var c struct {
			config.Config `embed:""`
		}
		parser, err := kong.New(&c, kong.Resolvers(&fileResolver{values: file}), kong.Writers(io.Discard, io.Discard), kong.Exit(func(int) {}))
		if err != nil {
			return c.Config, append(problems, config.Problem{Option: "file", Message: err.Error()})
		}
		_, err = parser.Parse(nil)
		if err == nil {
			return c.Config, problems
		}
		m := flagInError.FindStringSubmatch(err.Error())
		if m == nil {
			return c.Config, append(problems, config.Problem{Option: "file", Message: err.Error()})
		}
		v, ok := file[m[1]]
		if !ok {
			return c.Config, append(problems, config.Problem{Option: m[1], Message: err.Error()})
		}
		problems = append(problems, config.Problem{Option: m[1], Line: v.Line, Message: "the value " + v.Text + " is not of the right kind"})
		rest := config.File{}
		for name, value := range file {
			if name != m[1] {
				rest[name] = value
			}
		}
		file = rest
	}
}
