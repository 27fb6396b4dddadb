package check

import (
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"sigs.k8s.io/yaml"
)

// Code is what the source says of the things that the manifests run.
type Code struct {
	// Services are the modules of go.work that have a program of their own name.
	Services []string
	// Reads tells which variables each program reads, and whether it needs them.
	Reads map[string]map[string]bool
	// Answers are the paths at which each program can be probed.
	Answers map[string][]string
	// Drain is the longest that a service takes to stop.
	Drain time.Duration
	// Secrets are the keys of the secrets that docs/operations.md tells how to make.
	Secrets map[string][]string
	// Artifacts are the images that skaffold builds for the folder that it applies.
	Artifacts map[string][]string
	// Routes are those of the file from which the local gateway reads.
	Routes []Route
}

// tasksDrain is what a service's tasks have after its requests: docs/architecture.md, Starting and stopping.
const tasksDrain = 10 * time.Second

// stores are the programs of others, by the name of the image, with the paths at which they are probed.
var stores = map[string][]string{
	"nats-streaming": {"/healthz", "/streaming/serverz"},
}

// ReadCode reads the repository.
func ReadCode(root string) (c Code, err error) {
	r := reader{root: root}
	c.Services = r.services()
	c.Reads, c.Answers = map[string]map[string]bool{}, map[string][]string{}
	for _, s := range c.Services {
		c.Reads[s] = r.variables(path.Join(s, "cmd", s))
		c.Answers[s] = r.routes("common/service")
	}
	c.Reads["client"], c.Answers["client"] = r.clientVariables(), r.clientRoutes()
	c.Answers["standin"] = r.routes("local/sandbox")
	c.Drain = r.duration("common/service", "drainTimeout") + tasksDrain
	c.Secrets = r.secrets("docs/operations.md")
	c.Artifacts = r.artifacts()
	c.Routes = r.gatewayRoutes()
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

func (r *reader) file(name string) []byte {
	text, err := os.ReadFile(filepath.Join(r.root, name))
	r.fail(err)
	return text
}

var usedModule = regexp.MustCompile(`(?m)^\s+\./(\w+)$`)

func (r *reader) services() (names []string) {
	for _, m := range usedModule.FindAllSubmatch(r.file("go.work"), -1) {
		name := string(m[1])
		if _, err := os.Stat(filepath.Join(r.root, name, "cmd", name)); err == nil {
			names = append(names, name)
		}
	}
	if len(names) == 0 {
		r.fail(fmt.Errorf("go.work names no service"))
	}
	return names
}

// source parses a folder's files but for the tests.
func (r *reader) source(dir string) []*ast.File {
	entries, err := os.ReadDir(filepath.Join(r.root, dir))
	r.fail(err)
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") || strings.HasSuffix(e.Name(), "_test.go") {
			continue
		}
		f, err := parser.ParseFile(token.NewFileSet(), filepath.Join(r.root, dir, e.Name()), nil, 0)
		r.fail(err)
		files = append(files, f)
	}
	return files
}

// variables are the `env` tags of a program's configuration: the struct named config, and those in it.
func (r *reader) variables(dir string) map[string]bool {
	found := map[string]bool{}
	r.structure(dir, "config", found)
	if len(found) == 0 {
		r.fail(fmt.Errorf("%s: config has no env tag", dir))
	}
	return found
}

func (r *reader) structure(dir, name string, found map[string]bool) {
	for _, file := range r.source(dir) {
		ast.Inspect(file, func(n ast.Node) bool {
			if spec, ok := n.(*ast.TypeSpec); ok && spec.Name.Name == name {
				if s, ok := spec.Type.(*ast.StructType); ok {
					r.fields(file, s, found)
				}
			}
			return true
		})
	}
}

func (r *reader) fields(file *ast.File, s *ast.StructType, found map[string]bool) {
	for _, field := range s.Fields.List {
		if field.Tag != nil {
			tag, err := strconv.Unquote(field.Tag.Value)
			r.fail(err)
			if name, options, _ := strings.Cut(reflect.StructTag(tag).Get("env"), ","); name != "" {
				found[name] = slices.Contains(strings.Split(options, ","), "required")
			}
		}
		if other, ok := field.Type.(*ast.SelectorExpr); ok {
			if dir, ours := packageDir(file, other.X.(*ast.Ident).Name); ours {
				r.structure(dir, other.Sel.Name, found)
			}
		}
	}
}

// packageDir is the folder of an imported package of this repository.
func packageDir(file *ast.File, name string) (dir string, ours bool) {
	for _, i := range file.Imports {
		imported, _ := strconv.Unquote(i.Path.Value)
		if dir, ours := strings.CutPrefix(imported, "ticketing.dev/"); ours && path.Base(dir) == name {
			return dir, true
		}
	}
	return "", false
}

// routes are the paths that are given to a router's Get, or to Method for GET.
func (r *reader) routes(dir string) (paths []string) {
	for _, file := range r.source(dir) {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			method, ok := call.Fun.(*ast.SelectorExpr)
			if !ok || method.Sel.Name != "Get" && method.Sel.Name != "Method" {
				return true
			}
			for _, a := range call.Args {
				if literal, ok := a.(*ast.BasicLit); ok && strings.HasPrefix(literal.Value, `"/`) {
					paths = append(paths, strings.Trim(literal.Value, `"`))
				}
			}
			return true
		})
	}
	return paths
}

// duration is a constant that is a number of seconds.
func (r *reader) duration(dir, name string) time.Duration {
	for _, file := range r.source(dir) {
		for _, declaration := range file.Decls {
			d, ok := declaration.(*ast.GenDecl)
			if !ok || d.Tok != token.CONST {
				continue
			}
			for _, spec := range d.Specs {
				v := spec.(*ast.ValueSpec)
				if product, ok := at(v.Values, 0).(*ast.BinaryExpr); ok && v.Names[0].Name == name {
					seconds, err := strconv.Atoi(product.X.(*ast.BasicLit).Value)
					r.fail(err)
					return time.Duration(seconds) * time.Second
				}
			}
		}
	}
	r.fail(fmt.Errorf("%s: there is no constant %s", dir, name))
	return 0
}

func at(all []ast.Expr, i int) ast.Expr {
	if i < len(all) {
		return all[i]
	}
	return nil
}

var clientVariable = regexp.MustCompile(`"([A-Z]+_URL)"|process\.env\.([A-Z_]+)`)

// clientVariables are those that client/src/api/config.ts names, and the two that Next's server reads. The
// addresses of the services are needed.
func (r *reader) clientVariables() map[string]bool {
	found := map[string]bool{"HOSTNAME": true, "PORT": false}
	for _, m := range clientVariable.FindAllSubmatch(r.file("client/src/api/config.ts"), -1) {
		found[string(m[1])+string(m[2])] = false
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

var (
	makesSecret = regexp.MustCompile(`create secret generic ([\w-]+)((?:\s+\\?\s*--from-literal=\S+)+)`)
	secretKey   = regexp.MustCompile(`--from-literal=(\w+)=`)
)

// secrets are those that a page has the commands for.
func (r *reader) secrets(page string) map[string][]string {
	found := map[string][]string{}
	for _, m := range makesSecret.FindAllSubmatch(r.file(page), -1) {
		for _, key := range secretKey.FindAllSubmatch(m[2], -1) {
			name, key := string(m[1]), string(key[1])
			if !slices.Contains(found[name], key) {
				found[name] = append(found[name], key)
			}
		}
	}
	return found
}

// skaffold holds what is read of skaffold.yaml.
type skaffold struct {
	Build     build
	Manifests manifests
	Profiles  []struct {
		Name      string
		Build     build
		Manifests manifests
		Patches   []struct {
			Op, Path string
			Value    artifact
		}
	}
}

type build struct{ Artifacts []artifact }

type artifact struct {
	Image  string
	Docker struct{ Dockerfile, Target string }
}

type manifests struct{ Kustomize struct{ Paths []string } }

// artifacts follows the profiles in their order, each on top of those before it, as the commands that
// skaffold.yaml names combine them: none; images; images,test; images,test,standin.
func (r *reader) artifacts() map[string][]string {
	var s skaffold
	r.fail(yaml.Unmarshal(r.file("skaffold.yaml"), &s))
	found := map[string][]string{}
	built, applied := s.Build.Artifacts, s.Manifests.Kustomize.Paths
	note := func() {
		for _, dir := range applied {
			found[dir] = nil
			for _, a := range built {
				r.stage(a)
				found[dir] = append(found[dir], a.Image)
			}
		}
	}
	note()
	for _, p := range s.Profiles {
		if len(p.Build.Artifacts) > 0 {
			built = p.Build.Artifacts
		}
		for _, patch := range p.Patches {
			built = append(slices.Clone(built), patch.Value)
		}
		if len(p.Manifests.Kustomize.Paths) > 0 {
			applied = p.Manifests.Kustomize.Paths
			note()
		}
	}
	return found
}

// stage sees that a Dockerfile has the target that an artifact asks for.
func (r *reader) stage(a artifact) {
	text := r.file(a.Docker.Dockerfile)
	if target := a.Docker.Target; target != "" && !regexp.MustCompile(`(?m)^FROM .* AS `+regexp.QuoteMeta(target)+`$`).Match(text) {
		r.fail(fmt.Errorf("skaffold.yaml: %s: %s has no stage %q", a.Image, a.Docker.Dockerfile, target))
	}
}

// gatewayRoutes are those of the manifest that the local gateway reads, which is its first document.
func (r *reader) gatewayRoutes() []Route {
	const manifest = "infra/k8s/ingress-srv.yaml"
	if !slices.ContainsFunc(r.source("local/system"), func(f *ast.File) bool { return mentions(f, manifest) }) {
		r.fail(fmt.Errorf("local/system does not read %s", manifest))
	}
	s, problems := Parse(Split(r.file(manifest))...)
	if len(problems) > 0 || len(s.Ingresses) != 1 {
		r.fail(fmt.Errorf("%s: one Ingress is expected, %v", manifest, problems))
		return nil
	}
	return ingressRoutes(s.Ingresses[0])
}

func mentions(f *ast.File, text string) (found bool) {
	ast.Inspect(f, func(n ast.Node) bool {
		literal, ok := n.(*ast.BasicLit)
		found = found || ok && literal.Value == strconv.Quote(text)
		return true
	})
	return found
}
