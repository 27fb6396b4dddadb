package process

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"syscall"
)

// Build compiles main packages of the workspace at root into a directory. Builds into the same directory wait
// for each other, so that no half-written program is run. Up-to-date programs take a moment.
func Build(ctx context.Context, root, bin string, packages []string, flags ...string) (err error) {
	root, err1 := filepath.Abs(root)
	bin, err2 := filepath.Abs(bin)
	if err := errors.Join(err1, err2, os.MkdirAll(bin, 0o755)); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(bin, "build.lock"), os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, lock.Close()) }() // which also unlocks it
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX); err != nil {
		return fmt.Errorf("lock %s: %w", bin, err)
	}
	// With version control data, every commit would change the programs.
	args := append([]string{"build", "-buildvcs=false", "-o", bin + string(filepath.Separator)}, flags...)
	cmd := exec.CommandContext(ctx, "go", append(args, packages...)...)
	cmd.Dir = root
	cmd.Env = append(os.Environ(), "GOWORK="+filepath.Join(root, "go.work"))
	if output, err := cmd.CombinedOutput(); err != nil {
		return fmt.Errorf("build the programs: %w\n%s", err, output)
	}
	return nil
}
