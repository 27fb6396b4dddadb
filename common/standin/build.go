package standin

import (
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"sync"
	"syscall"
)

// command returns the path of the stand-ins' command, built once for each test
// process.
var command = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("STANDIN"); path != "" {
		return path, nil
	}
	root, err := repository()
	if err != nil {
		return "", err
	}
	return build(root)
})

// repository returns the root of the repository, seen from this file.
func repository() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..")
	if _, err := os.Stat(filepath.Join(root, "local", "go.mod")); err != nil {
		return "", fmt.Errorf("the stand-ins' source is not where this package was compiled (set STANDIN): %w", err)
	}
	return root, nil
}

// build builds the command. The tests of several packages start at once, so one
// builds while the others wait; after that there is nothing left for them to do.
func build(root string) (path string, err error) {
	bin := filepath.Join(root, ".bin")
	if err := os.MkdirAll(bin, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(filepath.Join(bin, "standin.lock"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()

	path = filepath.Join(bin, "standin")
	cmd := exec.Command("go", "build", "-o", path, "./cmd/standin")
	cmd.Dir = filepath.Join(root, "local")
	cmd.Env = append(os.Environ(), "GOWORK=off")
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("build the stand-ins: %w\n%s", err, out)
	}
	return path, nil
}

// lock waits until no other process holds the lock file. The lock ends with the
// process at the latest.
func lock(path string) (unlock func() error, err error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR, 0o644)
	if err != nil {
		return nil, err
	}
	if err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX); err != nil {
		return nil, errors.Join(fmt.Errorf("lock %s: %w", path, err), f.Close())
	}
	return f.Close, nil
}
