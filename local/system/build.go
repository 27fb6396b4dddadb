package system

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
)

// buildServices builds the programs of the services, each from its own module alone as for an image.
func buildServices(ctx context.Context, root, bin string, progress io.Writer) error {
	for _, name := range Services {
		if err := Build(ctx, filepath.Join(root, name), name, bin, progress); err != nil {
			return err
		}
	}
	return nil
}

// Build builds one program of a module, as <bin>/<name>. The flags are further ones of go build.
func Build(ctx context.Context, module, name, bin string, progress io.Writer, flags ...string) error {
	fmt.Fprintf(progress, "building %s\n", name)
	args := slices.Concat([]string{"build", "-o", filepath.Join(bin, name)}, flags, []string{"./cmd/" + name})
	cmd := exec.CommandContext(ctx, "go", args...)
	cmd.Dir = module
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build %s: %w\n%s", name, err, output)
	}
	return nil
}
