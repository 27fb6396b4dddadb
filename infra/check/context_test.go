package check

import (
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/moby/patternmatcher"
	"github.com/moby/patternmatcher/ignorefile"
)

// A new service needs no entry in .dockerignore.
func TestBuildContextHasEveryServiceAndNothingElse(t *testing.T) {
	ignored := dockerignore(t)
	for _, name := range []string{
		"common/go.mod", "orders/cmd/orders/main.go", "infra/reload/keep.sh", "client/package.json", "local/cmd/standin/main.go",
		"notifications/go.mod", "notifications/cmd/notifications/main.go",
	} {
		if ignored(name) {
			t.Errorf("%s isn't in the build context", name)
		}
	}
	for _, name := range []string{
		".git/config", ".data/run.json", ".bin/standin", "go.work", "ticketing.dev-key.pem", "docs/openapi.yaml", "e2e/go.mod",
		"infra/k8s/orders-depl.yaml", "client/node_modules/next/package.json", "client/.next/BUILD_ID", "orders/order_test.go",
		"notifications/order_test.go", "common/events/testdata/order-created.json", "README.md",
	} {
		if !ignored(name) {
			t.Errorf("%s is in the build context", name)
		}
	}
}

// Images are built from these modules' Go files.
func TestBuildContextHasWhatGoBuilds(t *testing.T) {
	ignored := dockerignore(t)
	for _, module := range []string{"auth", "common", "expiration", "local", "orders", "payments", "tickets"} {
		err := filepath.WalkDir(filepath.Join(root, module), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			name, err := filepath.Rel(root, path)
			if strings.HasSuffix(name, ".go") && !strings.HasSuffix(name, "_test.go") && ignored(name) {
				t.Errorf("%s isn't in the build context", name)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

// dockerignore returns what reports whether Docker leaves a file out of the build context.
func dockerignore(t *testing.T) func(name string) bool {
	t.Helper()
	file, err := os.Open(filepath.Join(root, ".dockerignore"))
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	patterns, err := ignorefile.ReadAll(file)
	if err != nil {
		t.Fatal(err)
	}
	matcher, err := patternmatcher.New(patterns)
	if err != nil {
		t.Fatal(err)
	}
	return func(name string) bool {
		ignored, err := matcher.MatchesOrParentMatches(name)
		if err != nil {
			t.Fatal(err)
		}
		return ignored
	}
}
