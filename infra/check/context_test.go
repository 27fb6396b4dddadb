package check

import (
	"io/fs"
	"os"
	"path/filepath"
	"slices"
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
		".git/config", ".data/run.json", ".bin/standin", "go.work", "ticketing.dev-key.pem", "docs/model/go.mod", "e2e/go.mod",
		"infra/k8s/orders-depl.yaml", "client/node_modules/next/package.json", "client/.next/BUILD_ID", "orders/order_test.go",
		"notifications/order_test.go", "common/events/testdata/order-created.json", "README.md",
	} {
		if !ignored(name) {
			t.Errorf("%s is in the build context", name)
		}
	}
}

// Images are built from the modules' Go files. No image needs these modules.
var noImage = []string{"e2e", "infra", "tools"}

func TestBuildContextHasWhatGoBuilds(t *testing.T) {
	ignored := dockerignore(t)
	files, err := filepath.Glob(filepath.Join(root, "*", "go.mod"))
	if err != nil || len(files) == 0 {
		t.Fatalf("no modules: %v", err)
	}
	for _, file := range files {
		if module := filepath.Dir(file); !slices.Contains(noImage, filepath.Base(module)) {
			for _, name := range goFiles(t, module) {
				if ignored(name) {
					t.Errorf("%s isn't in the build context", name)
				}
			}
		}
	}
}

// goFiles are the Go files below a folder, without tests, relative to the root.
func goFiles(t *testing.T, folder string) (names []string) {
	t.Helper()
	err := filepath.WalkDir(folder, func(path string, _ fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, ".go") || strings.HasSuffix(path, "_test.go") {
			return err
		}
		name, err := filepath.Rel(root, path)
		names = append(names, name)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return names
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
