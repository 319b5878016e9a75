// Mimeo is a newsroom in one binary.
package main

import (
	"context"
	"os"

	"mimeo/internal/cli"
)

func main() {
	os.Exit(cli.Run(context.Background(), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}
