package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// volume is the folder that outlives pods, and images that are started on it.
type volume struct {
	*testing.T
	dir string
}

// image is a folder of sources as an image was built with them.
func (v volume) image(text string) string {
	v.Helper()
	dir := v.TempDir()
	for _, name := range []string{"common/bus/bus.go", "orders/order.go", "orders/[id]/page one.tsx"} {
		if err := os.MkdirAll(filepath.Dir(filepath.Join(dir, name)), 0o700); err != nil {
			v.Fatal(err)
		}
		write(v.T, filepath.Join(dir, name), text)
	}
	return dir
}

// pod is what a new pod of an image does first. It returns what it says.
func (v volume) pod(image, run string) string {
	v.Helper()
	keep := exec.Command("./keep.sh", image, v.dir, "common", "orders")
	keep.Env = append(os.Environ(), "RUN_ID="+run)
	said, err := keep.CombinedOutput()
	if err != nil {
		v.Fatalf("%v\n%s", err, said)
	}
	return string(said)
}

func (v volume) path(name string) string { return filepath.Join(v.dir, name) }

func (v volume) holds(name, want string) {
	v.Helper()
	text, err := os.ReadFile(v.path(name))
	if err != nil && want != "" || string(text) != want {
		v.Errorf("%s is %q (%v), want %q", name, text, err, want)
	}
}

func TestAReplacedPodKeepsWhatWasSynced(t *testing.T) {
	v := volume{t, t.TempDir()}
	built := v.image("built")
	v.pod(built, "run 1")
	v.holds("orders/order.go", "built")

	write(t, v.path("orders/order.go"), "changed")
	write(t, v.path("orders/new.go"), "added")
	if err := os.RemoveAll(v.path("common/bus")); err != nil {
		t.Fatal(err)
	}
	for range 2 { // the pod that replaces the one that replaced it, too
		said := v.pod(built, "run 1")
		v.holds("orders/order.go", "changed")
		v.holds("orders/new.go", "added")
		v.holds("common/bus/bus.go", "")
		v.holds("orders/[id]/page one.tsx", "built")
		for _, name := range []string{"order.go", "new.go", "bus"} {
			if !strings.Contains(said, name) {
				t.Errorf("%s isn't named as different from the image:\n%s", name, said)
			}
		}
	}
}

// A new image was built from all sources as they are, so nothing of the volume may stay.
func TestAnotherImageReplacesWhatWasSynced(t *testing.T) {
	v := volume{t, t.TempDir()}
	v.pod(v.image("first"), "run 1")
	write(t, v.path("orders/order.go"), "changed")
	write(t, v.path("orders/.hidden"), "added")

	v.pod(v.image("second"), "run 1")
	v.holds("orders/order.go", "second")
	v.holds("orders/.hidden", "")
	v.holds("common/bus/bus.go", "second")
}

// While skaffold dev wasn't running, files may have gone back to what the image has.
func TestAnotherRunStartsFromTheImage(t *testing.T) {
	v := volume{t, t.TempDir()}
	built := v.image("built")
	v.pod(built, "run 1")
	write(t, v.path("orders/order.go"), "changed")

	v.pod(built, "run 2")
	v.holds("orders/order.go", "built")
}

func TestAnInterruptedCopyStartsOver(t *testing.T) {
	v := volume{t, t.TempDir()}
	built := v.image("built")
	v.pod(built, "run 1")
	if err := os.Remove(v.path("common/.image")); err != nil { // it is written last
		t.Fatal(err)
	}
	write(t, v.path("orders/order.go"), "hal")

	v.pod(built, "run 1")
	v.holds("orders/order.go", "built")
}
