// Reads a Compose file as docker compose does and prints the project as JSON. The arguments are the file, an env file or
// nothing, and the profiles that are on, separated by commas. Other variables come from the environment.
package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/compose-spec/compose-go/v2/cli"
)

func main() {
	if err := run(os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}

func run(args []string) error {
	if len(args) != 3 {
		return fmt.Errorf("needs a Compose file, an env file or \"\", and profiles")
	}
	var envFiles []string
	if args[1] != "" {
		envFiles = []string{args[1]}
	}
	options, err := cli.NewProjectOptions(
		args[:1],
		cli.WithEnv(os.Environ()),
		cli.WithEnvFiles(envFiles...),
		cli.WithDotEnv,
		cli.WithProfiles(strings.Split(args[2], ",")),
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
