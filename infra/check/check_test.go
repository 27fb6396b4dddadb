package check

import (
	"go/ast"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"sigs.k8s.io/kustomize/kyaml/filesys"
)

const root = "../.."

// all are the checks that hold wherever the system runs.
var all = []func(System, Code) complaints{
	selectors, ports, backends, gatewayRoutes, volumes, everything, security, resources, readiness, environment, network,
}

// operated are those that development does without: see infra/k8s-dev.
var operated = []func(System, Code) complaints{sealed, claims, probes, scaling, grace}

var readCode = sync.OnceValues(func() (Code, error) { return ReadCode(root) })

// code is a copy that the test may change.
func code(t *testing.T) Code {
	t.Helper()
	c, err := readCode()
	if err != nil {
		t.Fatal(err)
	}
	c.Services, c.Answers, c.Reads = slices.Clone(c.Services), maps.Clone(c.Answers), maps.Clone(c.Reads)
	for service, variables := range c.Reads {
		c.Reads[service] = maps.Clone(variables)
	}
	return c
}

func run(s System, c Code, checks ...func(System, Code) complaints) (found []string) {
	for _, check := range checks {
		found = append(found, check(s, c)...)
	}
	return found
}

func TestWhatIsAppliedIsInOrder(t *testing.T) {
	for dir, checks := range map[string][]func(System, Code) complaints{
		"infra/k8s":              operated,
		"infra/k8s-dev":          nil,
		"infra/k8s-prod":         operated,
		"infra/k8s-test":         operated,
		"infra/k8s-test-standin": operated,
	} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			documents, err := Build(filesys.MakeFsOnDisk(), filepath.Join(root, dir))
			if err != nil {
				t.Fatal(err)
			}
			c := code(t)
			if dir == "infra/k8s-dev" {
				for _, variables := range c.Reads { // by infra/reload
					variables["SERVICE"], variables["RUN_ID"] = true, true
				}
			}
			s, found := Parse(documents...)
			found = append(found, run(s, c, slices.Concat(all, checks)...)...)
			found = append(found, images(c.Artifacts[dir])(s, c)...)
			for _, complaint := range found {
				t.Error(complaint)
			}
		})
	}
}

// The Gateway API's routes are the Ingress's.
func TestBothWaysInHaveTheSameRoutes(t *testing.T) {
	documents, err := Build(filesys.MakeFsOnDisk(), filepath.Join(root, "infra/gateway-api"))
	if err != nil {
		t.Fatal(err)
	}
	s, found := Parse(documents...)
	if len(found) > 0 || len(s.Gateways) != 1 {
		t.Fatal(found)
	}
	if routes := httpRoutes(s.HTTPRoutes); !slices.Equal(routes, code(t).Routes) {
		t.Errorf("the routes are %v, want %v", routes, code(t).Routes)
	}
}

// files are the documents of a folder as they are written. What kustomize makes of them can hide a
// field that is there twice.
func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	names, err := filepath.Glob(filepath.Join(root, dir, "*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatal(dir, err)
	}
	texts := map[string]string{}
	for _, name := range names {
		if filepath.Base(name) == "kustomization.yaml" {
			continue
		}
		text, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		texts[filepath.Base(name)] = string(text)
	}
	return texts
}

// parsed remembers what was read of a file, since most are read again and again.
var parsed = map[string]func() (System, []string){}

func parse(texts map[string]string) (whole System, found []string) {
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text := texts[name]
		if parsed[text] == nil {
			parsed[text] = sync.OnceValues(func() (System, []string) { return Parse(Split([]byte(text))...) })
		}
		s, complaints := parsed[text]()
		whole, found = whole.with(s), append(found, complaints...)
	}
	return whole, found
}

// with is both together.
func (s System) with(o System) System {
	return System{
		Workloads:       slices.Concat(s.Workloads, o.Workloads),
		ServiceAccounts: slices.Concat(s.ServiceAccounts, o.ServiceAccounts),
		Services:        slices.Concat(s.Services, o.Services),
		Ingresses:       slices.Concat(s.Ingresses, o.Ingresses),
		Policies:        slices.Concat(s.Policies, o.Policies),
		Autoscalers:     slices.Concat(s.Autoscalers, o.Autoscalers),
		Budgets:         slices.Concat(s.Budgets, o.Budgets),
		Claims:          slices.Concat(s.Claims, o.Claims),
	}
}

func TestFilesAreInOrder(t *testing.T) {
	c := code(t)
	texts := files(t, "infra/k8s")
	s, found := parse(texts)
	for _, complaint := range append(found, run(s, c, slices.Concat(all, operated)...)...) {
		t.Error(complaint)
	}
	for _, name := range append(slices.Clone(c.Services), "client") {
		if !strings.Contains(texts[name+"-depl.yaml"], "kind: Deployment") {
			t.Errorf("%s-depl.yaml has no Deployment", name)
		}
	}
	documents, err := Build(filesys.MakeFsOnDisk(), filepath.Join(root, "infra/k8s"))
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(strings.Join(slices.Collect(maps.Values(texts)), "\n"), "\nkind:"); n != len(documents) {
		t.Errorf("kustomization.yaml takes %d of %d objects", len(documents), n)
	}
}

func TestTheNamespaceIsRestricted(t *testing.T) {
	text, err := os.ReadFile(filepath.Join(root, "infra/namespace.yaml"))
	if err != nil {
		t.Fatal(err)
	}
	s, found := Parse(text)
	if len(found) > 0 || len(s.Namespaces) != 1 {
		t.Fatal(found)
	}
	for _, mode := range []string{"enforce", "warn", "audit"} {
		if level := s.Namespaces[0].Labels["pod-security.kubernetes.io/"+mode]; level != "restricted" {
			t.Errorf("%s is %q", mode, level)
		}
	}
}

func TestWhatIsBrokenIsNamed(t *testing.T) {
	c := code(t)
	whole := files(t, "infra/k8s")
	var said []string
	for _, b := range broken {
		t.Run(b.file+" "+b.new, func(t *testing.T) {
			if !strings.Contains(whole[b.file], b.old) {
				t.Fatalf("there is no %q to break", b.old)
			}
			texts := maps.Clone(whole)
			texts[b.file] = strings.Replace(whole[b.file], b.old, b.new, 1)
			s, found := parse(texts)
			if len(found) == 0 { // what cannot be read has more consequences than can be listed
				found = append(run(s, c, slices.Concat(all, operated)...), images(c.Artifacts["infra/k8s"])(s, c)...)
			}
			if strings.HasPrefix(b.want[0], "cannot look names up") {
				said := b.want[0]
				b.want = nil
				for _, w := range s.Workloads {
					b.want = append(b.want, "NetworkPolicy: "+w.String()+" "+said)
				}
			}
			if !slices.Equal(found, b.want) {
				t.Errorf("found\n%s\nwant\n%s", strings.Join(found, "\n"), strings.Join(b.want, "\n"))
			}
			said = append(said, found...)
		})
	}
	for _, form := range forms(t) {
		if !slices.ContainsFunc(said, form.MatchString) {
			t.Errorf("nothing that is broken makes a check say %q", form)
		}
	}
}

// forms are all that the checks can say: the formats that are given to add.
func forms(t *testing.T) (all []*regexp.Regexp) {
	t.Helper()
	r := reader{root: "."}
	for _, file := range r.source(".") {
		ast.Inspect(file, func(n ast.Node) bool {
			call, ok := n.(*ast.CallExpr)
			if !ok {
				return true
			}
			if f, ok := call.Fun.(*ast.SelectorExpr); ok && f.Sel.Name == "add" {
				if format, ok := at(call.Args, 0).(*ast.BasicLit); ok {
					text, err := strconv.Unquote(format.Value)
					r.fail(err)
					all = append(all, regexp.MustCompile("^"+verb.ReplaceAllString(regexp.QuoteMeta(text), ".*")+"$"))
				}
			}
			return true
		})
	}
	if r.err != nil || len(all) < 50 {
		t.Fatalf("%d forms found, %v", len(all), r.err)
	}
	return all
}

var verb = regexp.MustCompile("%[sdqv]")

// A change of the code is noticed as well.
func TestManifestsFollowTheCode(t *testing.T) {
	s, _ := parse(files(t, "infra/k8s"))
	for want, change := range map[string]func(*Code){
		"Deployment orders: PRICE_LIMIT is missing":                                func(c *Code) { c.Reads["orders"]["PRICE_LIMIT"] = true },
		"Deployment expiration: it does not read REDIS_ADDR":                       func(c *Code) { delete(c.Reads["expiration"], "REDIS_ADDR") },
		"Deployment refunds is missing":                                            func(c *Code) { c.Services = append(c.Services, "refunds") },
		"Deployment auth: its readiness probe asks for /readyz, which is no route": func(c *Code) { c.Answers["auth"] = []string{"/healthz"} },
		"Deployment auth: it is killed before it has drained, which takes 1m10s":   func(c *Code) { c.Drain += c.Drain / 3 },
		"Ingress ingress-srv: the local gateway has other routes: []":              func(c *Code) { c.Routes = nil },
	} {
		c := code(t)
		change(&c)
		if found := run(s, c, slices.Concat(all, operated)...); !slices.Contains(found, want) {
			t.Errorf("found %q, want %q among them", found, want)
		}
	}
}

func TestWhatTheCodeSays(t *testing.T) {
	c := code(t)
	if got, want := strings.Join(slices.Sorted(slices.Values(c.Services)), " "), "auth expiration orders payments tickets"; got != want {
		t.Errorf("the services are %s, want %s", got, want)
	}
	for service, want := range map[string]string{
		"auth":       "JWT_KEY MONGO_URI",
		"expiration": "NATS_URL REDIS_ADDR",
		"payments":   "JWT_KEY MONGO_URI NATS_URL STRIPE_KEY STRIPE_WEBHOOK_SECRET",
		"client":     "AUTH_URL HOSTNAME ORDERS_URL PAYMENTS_URL TICKETS_URL",
	} {
		var needed []string
		for name, required := range c.Reads[service] {
			if required {
				needed = append(needed, name)
			}
		}
		slices.Sort(needed)
		if got := strings.Join(needed, " "); got != want {
			t.Errorf("%s needs %s, want %s", service, got, want)
		}
	}
	if _, ok := c.Reads["orders"]["ORDER_TTL"]; !ok {
		t.Error("orders does not read ORDER_TTL")
	}
	for secret, want := range map[string][]string{"jwt-secret": {"JWT_KEY"}, "stripe-secret": {"STRIPE_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_PUBLISHABLE_KEY"}} {
		for _, key := range want {
			if !slices.Contains(c.Secrets[secret], key) {
				t.Errorf("docs/operations.md does not make %s of %s", key, secret)
			}
		}
	}
}
