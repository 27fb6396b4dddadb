package system

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
)

// buildServices builds the programs of the services, each from its own module alone as for an image.
func buildServices(ctx context.Context, root, bin string, progress io.Writer) error {
	for _, name := range Services {
		if err := build(ctx, filepath.Join(root, name), name, bin, progress); err != nil {
			return err
		}
	}
	return nil
}

// build builds one program of a module.
func build(ctx context.Context, module, name, bin string, progress io.Writer) error {
	fmt.Fprintf(progress, "building %s\n", name)
	cmd := exec.CommandContext(ctx, "go", "build", "-o", filepath.Join(bin, name), "./cmd/"+name)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", name, err, output)
	}
	return nil
}
