// Command bundle makes one file of the desk's editor: our TypeScript and the
// packages it stands on, read from node_modules. The result is served by the
// program itself and never committed, for most of it is other people's code.
//
//	go run ./bundle FROM TO
//
// It runs on the machine that builds; nothing of it is in the server.
package main

import (
	"fmt"
	"os"

	"github.com/evanw/esbuild/pkg/api"
)

func main() {
	if len(os.Args) != 3 {
		fmt.Fprintln(os.Stderr, "usage: bundle FROM.ts TO.js")
		os.Exit(2)
	}
	result := api.Build(api.BuildOptions{
		EntryPoints:       []string{os.Args[1]},
		Outfile:           os.Args[2],
		Bundle:            true,
		Write:             true,
		Format:            api.FormatESModule,
		Target:            api.ES2022,
		MinifySyntax:      true,
		MinifyWhitespace:  true,
		MinifyIdentifiers: true,
		LegalComments:     api.LegalCommentsEndOfFile,
		LogLevel:          api.LogLevelWarning,
		Define:            map[string]string{"process.env.NODE_ENV": `"production"`},
	})
	if len(result.Errors) > 0 {
		os.Exit(1)
	}
}
