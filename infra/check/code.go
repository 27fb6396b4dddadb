package check

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	networking "k8s.io/api/networking/v1"
	"sigs.k8s.io/yaml"

	"ticketing.dev/infra/secrets"
)

// Code is what the source says about the programs that the manifests run.
type Code struct {
	// Services are the modules of go.work that have a program of their own name.
	Services []string
	// Reads has the variables of each program, and whether they're required.
	Reads map[string]map[string]bool
	// Answers are the paths at which each program can be probed.
	Answers map[string][]string
	// Drain is the longest that a service takes to stop.
	Drain time.Duration
	// Secrets are the keys of the secrets that docs/operations.md and infra/secrets create.
	Secrets map[string][]string
	// Artifacts are the images that skaffold builds for each folder that it applies.
	Artifacts map[string][]string
	// Routes are those of the local gateway.
	Routes []Route
}

// tasksDrain is what a service's tasks have after its requests: docs/architecture.md, Starting and stopping.
const tasksDrain = 10 * time.Second

var (
	usedModule     = regexp.MustCompile(`(?m)^\s+\./(\w+)$`)
	envTag         = regexp.MustCompile("`env:\"(\\w+)([^\"]*)\"")
	configType     = regexp.MustCompile(`(?m)^\t(?:\w+ +)?(\w+)\.(\w+)$`)
	route          = regexp.MustCompile(`\.(?:Get|Method)\([^\n"]*"(/[^"]*)"`)
	drainTimeout   = regexp.MustCompile(`drainTimeout\s+= (\d+) \* time\.Second`)
	clientVariable = regexp.MustCompile(`"([A-Z]+_URL)"|process\.env\.([A-Z_]+)`)
	makesSecret    = regexp.MustCompile(`create secret generic ([\w-]+)((?:\s+\\?\s*--from-literal=\S+)+)`)
	secretKey      = regexp.MustCompile(`--from-literal=(\w+)=`)
)

// ReadCode reads the repository.
func ReadCode(root string) (c Code, err error) {
	r := reader{root: root}
	c.Services = r.services()
	c.Reads = map[string]map[string]bool{"client": r.clientVariables()}
	c.Answers = map[string][]string{
		"client":         r.clientRoutes(),
		"standin":        matches(route, r.source("local/sandbox")),
		"nats-streaming": {"/healthz", "/streaming/serverz"},
	}
	for _, s := range c.Services {
		c.Reads[s], c.Answers[s] = map[string]bool{}, matches(route, r.source("common/service"))
		r.variables(path.Join(s, "cmd", s), "config", c.Reads[s])
	}
	drain := matches(drainTimeout, r.source("common/service"))
	c.Secrets = r.secrets("docs/operations.md")
	for _, generated := range secrets.Generate() {
		c.Secrets[generated.Metadata.Name] = slices.Sorted(maps.Keys(generated.Data))
	}
	c.Artifacts = r.artifacts()
	c.Routes = r.gatewayRoutes()
	if r.err == nil && (len(c.Services) == 0 || len(drain) != 1) {
		return c, fmt.Errorf("go.work names %d services, common/service has %d drain timeouts", len(c.Services), len(drain))
	}
	if r.err == nil {
		seconds, _ := strconv.Atoi(drain[0])
		c.Drain = time.Duration(seconds)*time.Second + tasksDrain
	}
	return c, r.err
}

// reader remembers the first error.
type reader struct {
	root string
	err  error
}

func (r *reader) fail(err error) {
	if r.err == nil && err != nil {
		r.err = err
	}
}

func (r *reader) file(name string) string {
	text, err := os.ReadFile(filepath.Join(r.root, name))
	r.fail(err)
	return string(text)
}

// source is the text of a folder's Go files without tests.
func (r *reader) source(dir string) (text string) {
	names, err := filepath.Glob(filepath.Join(r.root, dir, "*.go"))
	r.fail(err)
	for _, name := range names {
		if !strings.HasSuffix(name, "_test.go") {
			text += r.file(path.Join(dir, filepath.Base(name)))
		}
	}
	return text
}

// matches returns the first group of each match.
func matches(pattern *regexp.Regexp, text string) (found []string) {
	for _, m := range pattern.FindAllStringSubmatch(text, -1) {
		found = append(found, m[1])
	}
	return found
}

func (r *reader) services() (names []string) {
	for _, name := range matches(usedModule, r.file("go.work")) {
		if _, err := os.Stat(filepath.Join(r.root, name, "cmd", name)); err == nil {
			names = append(names, name)
		}
	}
	return names
}

// variables adds the `env` tags of a struct, and of the structs of this repository that it holds.
func (r *reader) variables(dir, name string, found map[string]bool) {
	text := r.source(dir)
	body := regexp.MustCompile(`(?ms)^type ` + name + ` struct \{\n(.*?)^\}`).FindStringSubmatch(text)
	if body == nil {
		r.fail(fmt.Errorf("%s: no struct %s", dir, name))
		return
	}
	for _, m := range envTag.FindAllStringSubmatch(body[1], -1) {
		found[m[1]] = slices.Contains(strings.Split(m[2], ","), "required")
	}
	for _, m := range configType.FindAllStringSubmatch(body[1], -1) {
		imported := regexp.MustCompile(`"ticketing\.dev/(` + m[1] + `|[\w/]+/` + m[1] + `)"`).FindStringSubmatch(text)
		if imported != nil {
			r.variables(imported[1], m[2], found)
		}
	}
}

// clientVariables are those of client/src/api/config.ts, and the two that Next's server reads. The addresses of
// the services are required.
func (r *reader) clientVariables() map[string]bool {
	found := map[string]bool{"HOSTNAME": true, "PORT": false}
	for _, m := range clientVariable.FindAllStringSubmatch(r.file("client/src/api/config.ts"), -1) {
		found[m[1]+m[2]] = false
	}
	for _, s := range []string{"AUTH_URL", "TICKETS_URL", "ORDERS_URL", "PAYMENTS_URL"} {
		if _, ok := found[s]; !ok {
			r.fail(fmt.Errorf("client/src/api/config.ts does not read %s", s))
		}
		found[s] = true
	}
	return found
}

// clientRoutes are the folders of client/src/app with a route.ts.
func (r *reader) clientRoutes() (paths []string) {
	app := filepath.Join(r.root, "client/src/app")
	r.fail(filepath.WalkDir(app, func(file string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "route.ts" {
			rel, _ := filepath.Rel(app, filepath.Dir(file))
			paths = append(paths, "/"+filepath.ToSlash(rel))
		}
		return err
	}))
	return paths
}

// secrets are those that a page has the commands for.
func (r *reader) secrets(page string) map[string][]string {
	found := map[string][]string{}
	for _, m := range makesSecret.FindAllStringSubmatch(r.file(page), -1) {
		found[m[1]] = append(found[m[1]], matches(secretKey, m[2])...)
	}
	return found
}

// skaffold holds what is read of skaffold.yaml.
type skaffold struct {
	pipeline
	Profiles []struct {
		pipeline
		Patches []struct{ Value artifact }
	}
}

type pipeline struct {
	Build     struct{ Artifacts []artifact }
	Manifests struct{ Kustomize struct{ Paths []string } }
}

type artifact struct {
	Image  string
	Docker struct{ Dockerfile, Target string }
}

// artifacts follows the profiles in their order, each on top of those before it, as the commands that
// skaffold.yaml names combine them: none; images; images,test; images,test,standin.
func (r *reader) artifacts() map[string][]string {
	var s skaffold
	r.fail(yaml.Unmarshal([]byte(r.file("skaffold.yaml")), &s))
	found := map[string][]string{}
	built := s.Build.Artifacts
	record := func(dirs []string) {
		for _, dir := range dirs {
			found[dir] = nil
			for _, a := range built {
				r.stage(a)
				found[dir] = append(found[dir], a.Image)
			}
		}
	}
	record(s.Manifests.Kustomize.Paths)
	for _, p := range s.Profiles {
		if len(p.Build.Artifacts) > 0 {
			built = p.Build.Artifacts
		}
		for _, patch := range p.Patches {
			built = append(slices.Clone(built), patch.Value)
		}
		record(p.Manifests.Kustomize.Paths)
	}
	return found
}

// stage requires that a Dockerfile has the artifact's target.
func (r *reader) stage(a artifact) {
	if target := a.Docker.Target; target != "" && !strings.Contains(r.file(a.Docker.Dockerfile), " AS "+target+"\n") {
		r.fail(fmt.Errorf("skaffold.yaml: %s: %s has no stage %q", a.Image, a.Docker.Dockerfile, target))
	}
}

// gatewayRoutes are those of the manifest that the local gateway reads.
func (r *reader) gatewayRoutes() []Route {
	const manifest = "infra/k8s/ingress-srv.yaml"
	if !strings.Contains(r.source("local/system"), `"`+manifest+`"`) {
		r.fail(fmt.Errorf("local/system does not read %s", manifest))
	}
	s, found := Parse(Split([]byte(r.file(manifest)))...)
	in, ok := find[*networking.Ingress](s, "ingress-srv")
	if !ok {
		r.fail(fmt.Errorf("%s: no Ingress: %v", manifest, found))
		return nil
	}
	return ingressRoutes(in)
}
