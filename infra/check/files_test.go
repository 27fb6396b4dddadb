package check

import (
	"os"
	"os/exec"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	apps "k8s.io/api/apps/v1"
	core "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

func read(t *testing.T, name string) string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(root, name))
	if err != nil {
		t.Fatal(err)
	}
	return string(text)
}

// withoutUsers is a store's command without the options that make it ask for passwords. Compose's stores, which only
// this machine reaches, have no users.
func withoutUsers(w Workload) []string {
	command := append(slices.Clone(w.container().Command), w.container().Args...)
	if len(command) > 3 && command[0] == "sh" && strings.HasPrefix(command[2], `exec "$0" - "$@" <<END`) {
		command = command[3:]
	}
	return slices.DeleteFunc(command, func(option string) bool { return option == "--config=/etc/nats/nats.conf" })
}

func TestComposeRunsTheStoresOfTheManifests(t *testing.T) {
	var compose struct {
		Services map[string]struct {
			Image       string
			Command     []string
			Environment map[string]string
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "compose.yaml")), &compose); err != nil {
		t.Fatal(err)
	}
	s, _ := Parse(render(t, "infra/k8s")...)
	for service, store := range map[string]string{"mongo": "orders-mongo", "redis": "expiration-redis", "nats": "nats"} {
		w, ok := s.workload(store)
		if !ok {
			t.Fatalf("the manifests have no %s", store)
		}
		if got, want := compose.Services[service].Image, w.container().Image; got != want {
			t.Errorf("%s is %s, the base has %s", service, got, want)
		}
		if got, want := compose.Services[service].Command, withoutUsers(w); !slices.Equal(got, want) {
			t.Errorf("%s runs %v, the base runs %v", service, got, want)
		}
	}
	for name, value := range compose.Services["mongo"].Environment {
		if w, _ := s.workload("orders-mongo"); w.value(name) != value {
			t.Errorf("mongo has %s=%s, the base has %q", name, value, w.value(name))
		}
	}
	if len(compose.Services) != 3 {
		t.Error("compose.yaml has a service that this test doesn't compare")
	}
}

func TestMakeListsTheServicesOfTheWorkspace(t *testing.T) {
	out, err := exec.Command("make", "-s", "--no-print-directory", "-C", root, "services").Output()
	if err != nil {
		t.Fatal(err)
	}
	got, want := strings.Fields(string(out)), slices.Clone(code(t).Services)
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("make lists %v, go.work has %v", got, want)
	}
}

var (
	baseImage = regexp.MustCompile(`(?m)^ARG \w+_IMAGE=(.*)$`)
	stage     = regexp.MustCompile(`(?m)^FROM (?:--platform=\S+ )?(\S+) AS (\S+)$`)
)

func TestDockerfilesPinTheirBaseImagesAndDropRoot(t *testing.T) {
	for _, name := range []string{"infra/Dockerfile", "client/Dockerfile", "infra/k8s-test/Dockerfile"} {
		text := read(t, name)
		for _, m := range baseImage.FindAllStringSubmatch(text, -1) {
			if _, tag, _ := strings.Cut(m[1], ":"); tag == "" || tag == "latest" {
				t.Errorf("%s: %s has no version", name, m[1])
			}
		}
		stages := stage.FindAllStringSubmatch(text, -1)
		if len(stages) != strings.Count(text, "\nFROM ") {
			t.Errorf("%s: a stage has no name", name)
		}
		known := []string{"scratch"}
		for _, s := range stages {
			if !slices.Contains(known, s[1]) && !strings.HasPrefix(s[1], "${") {
				t.Errorf("%s: stage %s is built on %s, which no ARG names", name, s[2], s[1])
			}
			known = append(known, s[2])
		}
		last := text[strings.LastIndex(text, "\nFROM "):]
		if !regexp.MustCompile(`(?m)^USER [1-9]\d*:\d+$`).MatchString(last) {
			t.Errorf("%s: the last stage doesn't run as a numeric user other than root", name)
		}
		if strings.Contains(text, "# syntax=") {
			t.Errorf("%s: a syntax directive makes builds fetch a frontend", name)
		}
	}
}

func (s System) workload(name string) (Workload, bool) {
	i := slices.IndexFunc(s.Workloads, func(w Workload) bool { return w.Name == name })
	if i < 0 {
		return Workload{}, false
	}
	return s.Workloads[i], true
}

// value is a variable's value.
func (w Workload) value(name string) string {
	v, _ := w.variable(name)
	return v.Value
}

// MongoDB 8.0 corrupts its memory on Linux 6.19 to 7.0.13 unless glibc keeps restartable sequences to
// itself. Before 8.0.30 it refuses newer kernels as well (SERVER-121912, SERVER-125742).
func TestMongoDBRunsOnEveryKernel(t *testing.T) {
	s, _ := Parse(render(t, "infra/k8s")...)
	seen := 0
	for _, w := range s.Workloads {
		patch, is := strings.CutPrefix(w.container().Image, "mongo:8.0.")
		if !is {
			continue
		}
		seen++
		patch, _, _ = strings.Cut(patch, "-")
		if n, err := strconv.Atoi(patch); err != nil || n < 30 {
			t.Errorf("%s: %s refuses kernels from 6.19 on, or crashes there", w, w.container().Image)
		}
		if got := w.value("GLIBC_TUNABLES"); got != "glibc.pthread.rseq=1" {
			t.Errorf("%s: GLIBC_TUNABLES is %q", w, got)
		}
	}
	if seen == 0 {
		t.Error("no MongoDB has version 8.0")
	}
}

// By default minikube starts containerd, whose docker-env has an address that Skaffold can't dial.
func TestMinikubeIsStartedWithDocker(t *testing.T) {
	starts := regexp.MustCompile(`minikube start .*`)
	for _, name := range []string{"README.md", ".github/workflows/test.yml"} {
		found := starts.FindAllString(read(t, name), -1)
		if len(found) == 0 {
			t.Errorf("%s doesn't start minikube", name)
		}
		for _, line := range found {
			if !strings.Contains(line, "--container-runtime=docker") {
				t.Errorf("%s: %s", name, line)
			}
		}
	}
}

// syncs are the folders of a development container to which skaffold.yaml syncs files, by service.
func syncs(t *testing.T) map[string][]string {
	t.Helper()
	var s struct {
		Build struct {
			Artifacts []struct {
				Image string
				Sync  struct {
					Manual []struct{ Src, Strip, Dest string }
				}
			}
		}
	}
	if err := yaml.Unmarshal([]byte(read(t, "skaffold.yaml")), &s); err != nil {
		t.Fatal(err)
	}
	folders := map[string][]string{}
	for _, a := range s.Build.Artifacts {
		for _, rule := range a.Sync.Manual {
			folder, _, deep := strings.Cut(strings.TrimPrefix(rule.Src, rule.Strip), "/**/")
			if !deep {
				t.Errorf("skaffold.yaml: %s: %s isn't all of a folder", a.Image, rule.Src)
			}
			for _, name := range strings.Split(strings.Trim(folder, "{}"), ",") {
				folders[path.Base(a.Image)] = append(folders[path.Base(a.Image)], path.Join(rule.Dest, name))
			}
		}
	}
	return folders
}

// Files that are synced elsewhere are lost with the pod: docs/decisions/0032.
func TestSyncedFilesOutliveThePod(t *testing.T) {
	s, _ := Parse(render(t, "infra/k8s-dev")...)
	folders := syncs(t)
	for _, service := range append(slices.Clone(code(t).Services), "client") {
		w, _ := s.workload(service)
		if len(folders[service]) == 0 {
			t.Errorf("nothing is synced to %s", service)
		}
		for _, folder := range folders[service] {
			if !slices.ContainsFunc(w.container().VolumeMounts, func(m core.VolumeMount) bool {
				return m.Name == "sources" && (m.MountPath == folder || strings.HasPrefix(folder, m.MountPath+"/"))
			}) {
				t.Errorf("%s: %s isn't on the volume", service, folder)
			}
		}
		if w.Deployment == nil || w.Deployment.Spec.Strategy.Type != apps.RecreateDeploymentStrategyType {
			t.Errorf("%s: two pods at a time would have one volume", service)
		}
	}
	kept := regexp.MustCompile(`keep.sh \S+ /app ([\w ]+?) &&`).FindStringSubmatch(read(t, "client/Dockerfile"))
	if want := strings.ReplaceAll(strings.Join(slices.Compact(slices.Sorted(slices.Values(folders["client"]))), " "), "/app/", ""); kept == nil || kept[1] != want {
		t.Errorf("client/Dockerfile fills %q, skaffold.yaml syncs to %s", kept, want)
	}
}
