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
var operated = []func(System, Code) complaints{sealed, probes, scaling, grace}

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
	c := code(t)
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

// broken are ways to get a manifest wrong, and what has to be said of each. Nothing else may be said: a
// check that complains of what it is not about does not tell what to mend.
var broken = []struct {
	file, old, new string
	want           []string
}{
	// What Kubernetes would not take.
	{"auth-depl.yaml", "replicas: 2", "replica: 2", []string{`Deployment auth: unknown field "spec.replica"`}},
	{"auth-depl.yaml", "replicas: 2", "Replicas: 2", []string{`Deployment auth: unknown field "spec.Replicas"`}},
	{"auth-depl.yaml", "replicas: 2", "replicas: two", []string{`Deployment auth: json: cannot unmarshal string into Go struct field DeploymentSpec.spec.replicas of type int32`}},
	{"auth-depl.yaml", "replicas: 2", "replicas: 2\n  replicas: 3", []string{`yaml: unmarshal errors:
  line 7: key "replicas" already set in map`}},
	{"nats-depl.yaml", "apiVersion: apps/v1\nkind: StatefulSet", "apiVersion: apps/v1beta1\nkind: StatefulSet", []string{"StatefulSet nats: nothing here checks a StatefulSet of apps/v1beta1"}},

	// What refers to something.
	{"auth-depl.yaml", "matchLabels:\n      app: auth\n  strategy", "matchLabels:\n      app: author\n  strategy", []string{"Deployment auth: its selector does not match its pods"}},
	{"auth-depl.yaml", "matchLabels:\n              app: auth", "matchLabels:\n              app: author", []string{"Deployment auth: it spreads other pods than its own"}},
	{"expiration-depl.yaml", "selector:\n    app: expiration\n", "selector:\n    app: expirations\n", []string{"Service expiration-srv: it selects the pods of 0 workloads"}},
	{"auth-depl.yaml", "maxUnavailable: 1\n  unhealthyPodEvictionPolicy: AlwaysAllow\n  selector:\n    matchLabels:\n      app: auth", "maxUnavailable: 1\n  unhealthyPodEvictionPolicy: AlwaysAllow\n  selector:\n    matchLabels: {}", []string{
		"PodDisruptionBudget auth: it selects the pods of 12 workloads",
	}},
	{"expiration-depl.yaml", "targetPort: http", "targetPort: https", []string{"Service expiration-srv: port 3000 leads to https, which Deployment expiration does not have"}},
	{"expiration-depl.yaml", "port: 3000\n", "port: 80\n", []string{"Service expiration-srv with port 3000 is missing"}},
	{"ingress-srv.yaml", "name: client-srv", "name: clients-srv", []string{
		"Ingress ingress-srv: there is no Service clients-srv",
		"Ingress ingress-srv: the local gateway has other routes: " + routes,
		"NetworkPolicy: the ingress → client:3000 is opened by client for nothing",
	}},
	{"ingress-srv.yaml", "number: 3000\n          - path: /api/tickets", "number: 80\n          - path: /api/tickets", []string{
		"Ingress ingress-srv: Service auth-srv has no port 80",
		"Ingress ingress-srv: the local gateway has other routes: " + routes,
		"NetworkPolicy: the ingress → auth:3000 is opened by auth for nothing",
	}},
	{"ingress-srv.yaml", "path: /api/users", "path: /api/users/?(.*)", []string{
		"Ingress ingress-srv: path /api/users/?(.*) is no plain prefix",
		"Ingress ingress-srv: the local gateway has other routes: " + routes,
	}},
	{"ingress-srv.yaml", "ingressClassName: nginx", "defaultBackend: {resource: {kind: X, name: x}}", []string{"Ingress ingress-srv: no class"}},
	{"ingress-srv.yaml", "- ticketing.dev\n", "- www.ticketing.dev\n", []string{"Ingress ingress-srv: no TLS for ticketing.dev"}},
	{"client-depl.yaml", "- name: cache\n              mountPath", "- name: caches\n              mountPath", []string{
		"Deployment client: volume caches is not there", "Deployment client: volume cache is not mounted",
	}},
	{"client-depl.yaml", "sizeLimit: 64Mi", "medium: \"\"", []string{"Deployment client: volume cache may fill the node's disk"}},
	{"client-depl.yaml", "emptyDir:\n            sizeLimit: 64Mi", "hostPath:\n            path: /", []string{"Deployment client: volume cache is of another kind than the namespace allows"}},
	{"client-depl.yaml", "emptyDir:\n            sizeLimit: 64Mi", "persistentVolumeClaim:\n            claimName: cache", []string{"Deployment client: volume cache: claims are made by a StatefulSet here"}},
	{"nats-depl.yaml", "mountPath: /data", "mountPath: /data\n            - name: more\n              mountPath: /more", []string{"StatefulSet nats: volume more is not there"}},
	{"nats-depl.yaml", "        fsGroup: 65532\n", "", []string{"StatefulSet nats: without fsGroup it may not write to its volume"}},
	{"nats-depl.yaml", "replicas: 1", "replicas: 2", []string{"StatefulSet nats: more than one of it would each have data of its own"}},
	{"nats-depl.yaml", "storage: 5Gi", "memory: 5Gi", []string{"StatefulSet nats: claim data has no size"}},

	// What each program is given.
	{"orders-depl.yaml", "- name: MONGO_URI\n              value: mongodb://orders-mongo-srv:27017\n            ", "", []string{
		"Deployment orders: MONGO_URI is missing", "NetworkPolicy: orders → orders-mongo:27017 is opened by orders for nothing", "NetworkPolicy: orders → orders-mongo:27017 is opened by orders-mongo for nothing",
	}},
	{"expiration-depl.yaml", "- name: NATS_CLIENT_ID", "- name: NATS_CLIENT", []string{"Deployment expiration: it does not read NATS_CLIENT"}},
	{"auth-depl.yaml", "name: jwt-secret", "name: jwt", []string{"Deployment auth: docs/operations.md does not say how to make JWT_KEY of secret jwt"}},
	{"payments-depl.yaml", "key: STRIPE_KEY", "key: STRIPE_SECRET_KEY", []string{"Deployment payments: docs/operations.md does not say how to make STRIPE_SECRET_KEY of secret stripe-secret"}},
	{"auth-depl.yaml", "valueFrom:\n                secretKeyRef:\n                  name: jwt-secret\n                  key: JWT_KEY", "value: asdf", []string{"Deployment auth: JWT_KEY is in the manifest, for all to read"}},
	{"client-depl.yaml", "- name: HOSTNAME\n              value: 0.0.0.0 # Kubernetes sets it to the name of the pod\n            ", "", []string{"Deployment client: HOSTNAME is missing"}},
	{"client-depl.yaml", "name: AUTH_URL", "name: USERS_URL", []string{"Deployment client: AUTH_URL is missing", "Deployment client: it does not read USERS_URL"}},
	{"auth-depl.yaml", "enableServiceLinks: false", "hostname: auth", []string{"Deployment auth: the addresses of all Services are in its environment"}},

	// What a pod may do.
	{"auth-depl.yaml", "runAsNonRoot: true", "runAsNonRoot: false", []string{"Deployment auth: it may run as root"}},
	{"auth-depl.yaml", "runAsUser: 65532", "runAsUser: 0", []string{"Deployment auth: it may run as root"}},
	{"nats-depl.yaml", "RuntimeDefault", "Unconfined", []string{"StatefulSet nats: it may make any system call"}},
	{"auth-depl.yaml", "serviceAccountName: auth", "serviceAccountName: auth\n      hostNetwork: true", []string{"Deployment auth: it sees the node"}},
	{"auth-depl.yaml", "containerPort: 3000", "containerPort: 3000\n              hostPort: 3000", []string{"Deployment auth: it takes port 3000 of the node"}},
	{"auth-depl.yaml", "allowPrivilegeEscalation: false", "privileged: true", []string{"Deployment auth: it may gain privileges"}},
	{"auth-depl.yaml", "- ALL", "- NET_RAW", []string{"Deployment auth: it keeps capabilities"}},
	{"auth-depl.yaml", "- ALL", "- ALL\n              add:\n                - NET_ADMIN", []string{"Deployment auth: it keeps capabilities"}},
	{"auth-depl.yaml", "allowPrivilegeEscalation: false", "allowPrivilegeEscalation: false\n            runAsUser: 0", []string{"Deployment auth: the container has other settings than its pod"}},
	{"auth-depl.yaml", "readOnlyRootFilesystem: true", "readOnlyRootFilesystem: false", []string{"Deployment auth: its root file system can be written"}},
	{"auth-depl.yaml", "      automountServiceAccountToken: false\n", "", []string{"Deployment auth: it is given a token"}},
	{"auth-depl.yaml", "name: auth\nautomountServiceAccountToken: false", "name: auth\nautomountServiceAccountToken: true", []string{`Deployment auth: there is no account "auth" without a token`}},
	{"client-depl.yaml", "serviceAccountName: client", "serviceAccountName: auth", []string{"Deployment client: it has the account of Deployment auth"}},
	{"auth-depl.yaml", "      containers:\n", "      initContainers:\n        - name: x\n      containers:\n", []string{"Deployment auth: the checks know of one container in a pod"}},

	// What a pod needs, and how it comes and goes.
	{"auth-depl.yaml", "cpu: 50m", "ephemeral-storage: 50M", []string{"Deployment auth: it does not say what it needs"}},
	{"auth-depl.yaml", "              memory: 256Mi\n", "", []string{"Deployment auth: its memory has no limit"}},
	{"auth-depl.yaml", "memory: 256Mi", "memory: 16Mi", []string{"Deployment auth: its memory has no limit"}},
	{"expiration-redis-depl.yaml", readinessOfRedis, "", []string{"StatefulSet expiration-redis: no readiness probe"}},
	{"auth-depl.yaml", "path: /readyz", "path: /healthz", []string{"Deployment auth: its readiness is not its own store's"}},
	{"auth-depl.yaml", "path: /healthz\n              port: http\n            periodSeconds: 10", "path: /readyz\n              port: http\n            periodSeconds: 10", []string{"Deployment auth: its liveness depends on others"}},
	{"auth-depl.yaml", "path: /healthz", "path: /health", []string{"Deployment auth: its startup probe asks for /health, which is no route"}},
	{"client-depl.yaml", "path: /healthz", "path: /nowhere", []string{"Deployment client: its startup probe asks for /nowhere, which is no route"}},
	{"nats-depl.yaml", "path: /healthz", "path: /health", []string{"StatefulSet nats: its liveness probe asks for /health, which is no route"}},
	{"auth-depl.yaml", "port: http\n            periodSeconds: 10", "port: 3001\n            periodSeconds: 10", []string{"Deployment auth: its liveness probe asks port 3001, which it does not have"}},
	{"auth-mongo-depl.yaml", "port: mongo\n            periodSeconds: 10", "port: mongodb\n            periodSeconds: 10", []string{"StatefulSet auth-mongo: its liveness probe asks port mongodb, which it does not have"}},
	{"auth-depl.yaml", "terminationGracePeriodSeconds: 60", "terminationGracePeriodSeconds: 30", []string{"Deployment auth: it is killed before it has drained, which takes 55s"}},
	{"auth-depl.yaml", "seconds: 10", "seconds: 1", []string{"Deployment auth: it closes its port while requests still come"}},
	{"auth-depl.yaml", "replicas: 2", "replicas: 1", []string{"Deployment auth: 1 pods"}},
	{"auth-depl.yaml", "maxUnavailable: 0", "maxUnavailable: 1", []string{"Deployment auth: a rolling update takes a pod away before there is a new one"}},
	{"auth-depl.yaml", "minReplicas: 2", "minReplicas: 1", []string{"HorizontalPodAutoscaler auth: from 1 to 6"}},
	{"auth-depl.yaml", "kind: Deployment\n    name: auth", "kind: Deployment\n    name: author", []string{"Deployment auth: nothing scales it"}},
	{"auth-depl.yaml", "maxUnavailable: 1", "maxUnavailable: 0", []string{"Deployment auth: no budget lets one pod of it go at a time"}},
	{"auth-depl.yaml", spreadOfAuth, "", []string{"Deployment auth: its pods may all be on one node"}},
	{"auth-depl.yaml", "kind: Deployment\nmetadata:\n  name: auth\n", "kind: Deployment\nmetadata:\n  name: authority\n", []string{"Deployment auth is missing"}},

	// Who may speak with whom.
	{"network-policies.yaml", "podSelector: {}\n  policyTypes:\n    - Ingress\n    - Egress\n", "podSelector: {}\n  policyTypes:\n    - Ingress\n", []string{"NetworkPolicy: none closes all ways"}},
	{"network-policies.yaml", "              app: orders\n      ports:\n        - port: 27017", "              app: orders\n        - podSelector:\n            matchLabels:\n              app: auth\n      ports:\n        - port: 27017", []string{
		"NetworkPolicy: auth → orders-mongo:27017 is opened by orders-mongo for nothing",
	}},
	{"network-policies.yaml", "              app: auth-mongo\n      ports:\n        - port: 27017", "              app: orders-mongo\n      ports:\n        - port: 27017", []string{
		"NetworkPolicy: auth → auth-mongo:27017 is needed and closed by auth",
		"NetworkPolicy: auth → orders-mongo:27017 is opened by auth for nothing",
	}},
	{"network-policies.yaml", "              app: payments-mongo\n      ports:\n        - port: 27017", "              app: payments-mongo\n      ports:\n        - port: 27018", []string{"NetworkPolicy: payments → payments-mongo:27017 is needed and closed by payments"}},
	{"network-policies.yaml", "        - port: 443\n", "        - port: 443\n        - port: 80\n", []string{"NetworkPolicy: payments → the outside:80 is opened by payments for nothing"}},
	{"network-policies.yaml", "        - port: 443\n", "        - port: 444\n", []string{"NetworkPolicy: payments → the outside:443 is needed and closed by payments"}},
	{"network-policies.yaml", "kubernetes.io/metadata.name: ingress-nginx", "kubernetes.io/metadata.name: ingress", []string{"NetworkPolicy: the ingress → client:3000 is needed and closed by client"}},
	{"orders-depl.yaml", "nats://nats-srv:4222", "nats://nats-srv:4223", []string{
		"Deployment orders: nothing is at nats://nats-srv:4223", "NetworkPolicy: orders → nats:4222 is opened by orders for nothing", "NetworkPolicy: orders → nats:4222 is opened by nats for nothing",
	}},
	{"orders-depl.yaml", "nats://nats-srv:4222", "nats://stan-srv:4222", []string{
		"Deployment orders: nothing is at nats://stan-srv:4222", "NetworkPolicy: orders → nats:4222 is opened by orders for nothing", "NetworkPolicy: orders → nats:4222 is opened by nats for nothing",
	}},
	{"network-policies.yaml", "  podSelector:\n    matchLabels:\n      app: expiration-redis\n", "  podSelector:\n    matchLabels:\n      app: expiration-redis\n    matchExpressions: [{key: app, operator: Exists}]\n", []string{
		"NetworkPolicy expiration-redis: the checks know of labels, and of no expressions",
	}},
	{"network-policies.yaml", "k8s-app: kube-dns", "k8s-app: dns", nil /* all of them: see below */},

	// What is run.
	{"auth-depl.yaml", "image: ticketing/auth", "image: ticketing/auth:latest", []string{"Deployment auth: ticketing/auth:latest is another image every day"}},
	{"auth-depl.yaml", "image: ticketing/auth", "image: tickets/auth", []string{`Deployment auth: nobody builds "tickets/auth"`, "skaffold.yaml: nothing runs ticketing/auth"}},
	{"nats-depl.yaml", "nats-streaming:0.25.6", "nats-streaming", []string{`StatefulSet nats: nobody builds "nats-streaming"`}},
	{"auth-depl.yaml", "IfNotPresent", "Always", []string{"Deployment auth: it always pulls, and never finds what minikube has built"}},
}

const (
	routes           = "[{/api/users auth-srv 3000} {/api/tickets tickets-srv 3000} {/api/orders orders-srv 3000} {/api/payments payments-srv 3000} {/ client-srv 3000}]"
	readinessOfRedis = `          readinessProbe:
            exec:
              command:
                - sh
                - -c
                - redis-cli ping | grep -q PONG
            periodSeconds: 5
            timeoutSeconds: 3
`
	spreadOfAuth = `      topologySpreadConstraints:
        - maxSkew: 1
          topologyKey: kubernetes.io/hostname
          whenUnsatisfiable: ScheduleAnyway
          labelSelector:
            matchLabels:
              app: auth
          matchLabelKeys:
            - pod-template-hash
`
)

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
			if b.want == nil {
				for _, w := range s.Workloads {
					b.want = append(b.want, "NetworkPolicy: "+w.String()+" cannot look names up")
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
