// Reads a Compose file as docker compose does and prints the project as JSON, with all profiles on.
// The first argument is the file; the second, if given, an env file. Other variables come from the environment.
package main

import (
	"context"
	"fmt"
	"os"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) == 0 {
		return fmt.Errorf("needs a Compose file")
	}
	options, err := cli.NewProjectOptions(
		args[:1],
		cli.WithEnv(os.Environ()),
		cli.WithEnvFiles(args[1:]...),
		cli.WithDotEnv,
		cli.WithProfiles([]string{"*"}),
	)
	if err != nil {
		return err
	}
	project, err := options.LoadProject(context.Background())
	if err != nil {
		return err
	}
	json, err := project.MarshalJSON()
	if err != nil {
		return err
	}
	_, err = os.Stdout.Write(json)
	return err
}
