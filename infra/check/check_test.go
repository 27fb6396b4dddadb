package check

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	core "k8s.io/api/core/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"
)

const root = "../.."

// always are the checks for every overlay.
var always = []check{selectors, entrances, volumes, everything, restricted, accounts, probes, memory, environment, network}

// operated are the checks for every overlay but infra/k8s-dev.
var operated = append(slices.Clone(always), practices, lifecycle, scaling)

// observed are the checks for infra/k8s-observed. Prometheus and Grafana read what they connect to from files.
var observed = []check{selectors, entrances, volumes, everything, restricted, accounts, memory, environment}

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

func run(s System, c Code, checks ...check) (found complaints) {
	for _, check := range checks {
		found = append(found, check(s, c)...)
	}
	return found
}

func render(t *testing.T, dir string) [][]byte {
	t.Helper()
	documents, err := Build(filesys.MakeFsOnDisk(), filepath.Join(root, dir))
	if err != nil {
		t.Fatal(err)
	}
	return documents
}

func TestEveryOverlayPassesTheChecks(t *testing.T) {
	for dir, checks := range map[string][]check{
		"infra/k8s":              operated,
		"infra/k8s-dev":          always,
		"infra/k8s-prod":         operated,
		"infra/k8s-observed":     observed,
		"infra/k8s-test":         operated,
		"infra/k8s-test-standin": operated,
	} {
		t.Run(filepath.Base(dir), func(t *testing.T) {
			c := code(t)
			if dir == "infra/k8s-dev" {
				for _, variables := range c.Reads { // by infra/reload
					variables["SERVICE"], variables["RUN_ID"] = true, true
				}
			}
			s, found := Parse(render(t, dir)...)
			built := c.Artifacts[dir]
			if dir == "infra/k8s-observed" {
				built = c.Artifacts["infra/k8s"]
			}
			found = append(found, run(s, c, append(slices.Clone(checks), images(built))...)...)
			for _, complaint := range found {
				t.Error(complaint)
			}
		})
	}
}

func TestGatewayAPIHasTheRoutesOfTheIngress(t *testing.T) {
	s, found := Parse(render(t, "infra/gateway-api")...)
	if len(found) > 0 || len(objects[*gateway.Gateway](s)) != 1 {
		t.Fatal(found)
	}
	if routes := httpRoutes(s); !slices.Equal(routes, code(t).Routes) {
		t.Errorf("the routes are %v, want %v", routes, code(t).Routes)
	}
}

// Kustomize hides a field that a file has twice.
func TestFilesDecodeStrictly(t *testing.T) {
	names, err := filepath.Glob(filepath.Join(root, "infra/k8s/*-*.yaml"))
	if err != nil || len(names) == 0 {
		t.Fatal(names, err)
	}
	listed := 0
	for _, name := range names {
		documents := Split([]byte(read(t, filepath.Join("infra/k8s", filepath.Base(name)))))
		listed += len(documents)
		if _, found := Parse(documents...); len(found) > 0 {
			t.Errorf("%s: %v", name, found)
		}
	}
	if n := len(render(t, "infra/k8s")); n != listed {
		t.Errorf("kustomization.yaml lists %d of %d objects", n, listed)
	}
	if _, found := Parse([]byte("apiVersion: v1\nkind: Service\nkind: Service\n")); len(found) != 1 {
		t.Errorf("a repeated field: %v", found)
	}
}

func TestEachServiceHasItsFile(t *testing.T) {
	for _, name := range append(slices.Clone(code(t).Services), "client") {
		s, found := Parse(Split([]byte(read(t, "infra/k8s/"+name+"-depl.yaml")))...)
		if len(found) > 0 || len(s.Workloads) != 1 || s.Workloads[0].Deployment == nil || len(objects[*core.Service](s)) != 1 || objects[*core.Service](s)[0].Spec.Type != "" {
			t.Errorf("%s-depl.yaml: want a Deployment and a ClusterIP Service; %v", name, found)
		}
	}
}

func TestTheNamespaceIsRestricted(t *testing.T) {
	s, found := Parse([]byte(read(t, "infra/namespace.yaml")))
	namespaces := objects[*core.Namespace](s)
	if len(found) > 0 || len(namespaces) != 1 {
		t.Fatal(found)
	}
	for _, mode := range []string{"enforce", "warn", "audit"} {
		if level := namespaces[0].Labels["pod-security.kubernetes.io/"+mode]; level != "restricted" {
			t.Errorf("%s is %q", mode, level)
		}
	}
}

func TestChecksNameEachMistake(t *testing.T) {
	c := code(t)
	whole := render(t, "infra/k8s")
	for _, b := range broken {
		t.Run(b.object+" "+b.new, func(t *testing.T) {
			documents := slices.Clone(whole)
			i := slices.IndexFunc(documents, func(d []byte) bool { return name(t, d) == b.object })
			if i < 0 || !strings.Contains(string(documents[i]), b.old) {
				t.Fatalf("no %q in %s", b.old, documents[max(i, 0)])
			}
			documents[i] = []byte(strings.Replace(string(documents[i]), b.old, b.new, 1))
			s, found := Parse(documents...)
			if len(found) == 0 { // an object that can't be read breaks many references
				found = run(s, c, append(slices.Clone(operated), images(c.Artifacts["infra/k8s"]))...)
			}
			routes := fmt.Sprint(c.Routes)
			text := strings.ReplaceAll(strings.Join(found, "\n"), strings.Replace(routes, "users", "users/?(.*)", 1), "ROUTES with /api/users/?(.*)")
			if want := strings.Join(b.want, "\n"); strings.ReplaceAll(text, routes, "ROUTES") != want {
				t.Errorf("found\n%s\nwant\n%s", text, want)
			}
		})
	}
}

func name(t *testing.T, document []byte) string {
	t.Helper()
	var head struct {
		Kind     string
		Metadata struct{ Name string }
	}
	if err := yaml.Unmarshal(document, &head); err != nil {
		t.Fatal(err)
	}
	return head.Kind + " " + head.Metadata.Name
}

func TestManifestsFollowTheCode(t *testing.T) {
	s, _ := Parse(render(t, "infra/k8s")...)
	for want, change := range map[string]func(*Code){
		"Deployment orders: PRICE_LIMIT is missing":                                                    func(c *Code) { c.Reads["orders"]["PRICE_LIMIT"] = true },
		"Deployment expiration: the program doesn't read REDIS_ADDR":                                   func(c *Code) { delete(c.Reads["expiration"], "REDIS_ADDR") },
		"Deployment refunds is missing":                                                                func(c *Code) { c.Services = append(c.Services, "refunds") },
		"Deployment auth: readiness probe: the program has no route /readyz":                           func(c *Code) { c.Answers["auth"] = []string{"/healthz"} },
		"Deployment auth: killed before it has drained, which takes 1m10s":                             func(c *Code) { c.Drain += c.Drain / 3 },
		"Ingress ingress-srv: routes " + fmt.Sprint(code(t).Routes) + ", but the local gateway has []": func(c *Code) { c.Routes = nil },
	} {
		c := code(t)
		change(&c)
		if found := run(s, c, operated...); !slices.Contains(found, want) {
			t.Errorf("found %q, want %q among them", found, want)
		}
	}
}

func TestReadsTheCode(t *testing.T) {
	c := code(t)
	for service, want := range map[string]string{
		"auth":       "JWT_KEY MONGO_URI NATS_URL",
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
	for secret, want := range map[string][]string{"jwt-secret": {"JWT_KEY", "JWT_KEY_PREVIOUS"}, "stripe-secret": {"STRIPE_KEY", "STRIPE_WEBHOOK_SECRET", "STRIPE_PUBLISHABLE_KEY"}} {
		for _, key := range want {
			if !slices.Contains(c.Secrets[secret], key) {
				t.Errorf("docs/operations.md does not make %s of %s", key, secret)
			}
		}
	}
}
