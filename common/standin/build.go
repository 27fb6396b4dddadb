package standin

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"sync"

	"ticketing.dev/common/process"
)

// program returns the path of the stand-ins' program, built once for each test process.
var program = sync.OnceValues(func() (string, error) {
	if path := os.Getenv("STANDIN"); path != "" {
		return path, nil
	}
	_, file, _, _ := runtime.Caller(0)
	root := filepath.Join(filepath.Dir(file), "..", "..")
	if _, err := os.Stat(filepath.Join(root, "local", "go.mod")); err != nil {
		return "", fmt.Errorf("the stand-ins' source isn't where this package was compiled (set STANDIN): %w", err)
	}
	bin := filepath.Join(root, ".bin")
	return filepath.Join(bin, "standin"), process.Build(context.Background(), root, bin, []string{"./local/cmd/standin"})
})
