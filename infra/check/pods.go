package check

import (
	"maps"
	"slices"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/api/resource"
)

// accounts: each workload has a ServiceAccount of its own.
func accounts(s System, _ Code) (c complaints) {
	owners := map[string]Workload{}
	for _, w := range s.Workloads {
		account := w.Template.Spec.ServiceAccountName
		if other, taken := owners[account]; taken {
			c.add("%s: shares a ServiceAccount with %s", w, other)
		}
		owners[account] = w
		if _, ok := find[*core.ServiceAccount](s, account); !ok {
			c.add("%s: ServiceAccount %q doesn't exist", w, account)
		}
		if len(w.Template.Spec.Containers) != 1 || len(w.Template.Spec.InitContainers) != 0 {
			c.add("%s: these checks expect one container in a pod", w)
		}
	}
	return c
}

// probes: each probe asks a port and a route that the program has, and liveness doesn't depend on others.
func probes(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		for kind, p := range map[string]*core.Probe{"startup": w.container().StartupProbe, "readiness": w.container().ReadinessProbe, "liveness": w.container().LivenessProbe} {
			if p == nil {
				continue
			}
			port, path := p.TCPSocket, ""
			if p.HTTPGet != nil {
				port, path = &core.TCPSocketAction{Port: p.HTTPGet.Port}, p.HTTPGet.Path
				if !slices.Contains(code.Answers[program(w)], path) {
					c.add("%s: %s probe: the program has no route %s", w, kind, path)
				}
			}
			if port != nil {
				if _, ok := w.port(port.Port); !ok {
					c.add("%s: %s probe: the container has no port %s", w, kind, port.Port.String())
				}
			}
			if want := map[string]string{"readiness": "/readyz", "liveness": "/healthz"}[kind]; want != "" && code.isOurs(w.Name) && path != want {
				c.add("%s: %s probe: want %s", w, kind, want)
			}
		}
	}
	return c
}

// program is the last part of the image's name.
func program(w Workload) string {
	image := w.container().Image
	name, _, _ := strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return name
}

// lifecycle: a pod gets no requests while it stops, and has the time to drain.
func lifecycle(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		if !code.isOurs(w.Name) {
			continue
		}
		var pause time.Duration
		if l := w.container().Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
			pause = time.Duration(l.PreStop.Sleep.Seconds) * time.Second
		}
		if pause < 5*time.Second {
			c.add("%s: closes its port while requests still arrive", w)
		}
		if grace := w.Template.Spec.TerminationGracePeriodSeconds; grace == nil || time.Duration(*grace)*time.Second <= pause+code.Drain {
			c.add("%s: killed before it has drained, which takes %s", w, pause+code.Drain)
		}
	}
	return c
}

// goMemLimit is what Go's runtime reads.
const goMemLimit = "GOMEMLIMIT"

// memory: a Go program collects garbage before it reaches its pod's limit, where it would be killed.
func memory(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		if !slices.Contains(code.Services, w.Name) {
			continue
		}
		v, _ := w.variable(goMemLimit)
		limits := w.container().Resources.Limits
		goal, err := resource.ParseQuantity(strings.TrimSuffix(v.Value, "B"))
		if limit := limits.Memory(); err != nil || goal.Value() > limit.Value()*95/100 {
			c.add("%s: GOMEMLIMIT %q isn't below the memory limit of %s", w, v.Value, limit)
		}
	}
	return c
}

// environment: a program gets the variables it reads and no others, and secrets that the manual creates.
func environment(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		code.secrets(w, &c)
		reads, known := code.Reads[w.Name]
		if !known {
			continue
		}
		for _, name := range slices.Sorted(maps.Keys(reads)) {
			if v, ok := w.variable(name); reads[name] && (!ok || v.Value == "" && v.ValueFrom == nil) {
				c.add("%s: %s is missing", w, name)
			}
		}
		for _, v := range w.container().Env {
			if _, ok := reads[v.Name]; !ok && (v.Name != goMemLimit || w.Name == "client") {
				c.add("%s: the program doesn't read %s", w, v.Name)
			}
		}
	}
	return c
}

func (code Code) secrets(w Workload, c *complaints) {
	documented := func(name, key string) {
		if !slices.Contains(code.Secrets[name], key) {
			c.add("%s: docs/operations.md doesn't create %s of secret %s", w, key, name)
		}
	}
	for _, v := range w.container().Env {
		if ref := v.ValueFrom; ref != nil && ref.SecretKeyRef != nil {
			documented(ref.SecretKeyRef.Name, ref.SecretKeyRef.Key)
		} else if ref == nil && isSecret(v.Name) {
			c.add("%s: the secret %s is in the manifest", w, v.Name)
		}
	}
	for _, v := range w.Template.Spec.Volumes {
		if v.Secret == nil {
			continue
		}
		for _, item := range v.Secret.Items {
			documented(v.Secret.SecretName, item.Key)
		}
		if len(v.Secret.Items) == 0 {
			c.add("%s: volume %s mounts all of secret %s", w, v.Name, v.Secret.SecretName)
		}
	}
}

func isSecret(name string) bool {
	return strings.HasPrefix(name, "JWT_KEY") || name == "EVENT_KEY" || strings.HasSuffix(name, "_PASSWORD") || strings.HasPrefix(name, "STRIPE_") && (strings.HasSuffix(name, "_KEY") || strings.HasSuffix(name, "_SECRET"))
}

// images: skaffold builds each image, or it has a version.
func images(artifacts []string) check {
	return func(s System, _ Code) (c complaints) {
		used := map[string]bool{}
		for _, w := range s.Workloads {
			image, tag, _ := strings.Cut(w.container().Image, ":")
			used[image] = true
			if tag == "latest" || !slices.Contains(artifacts, image) && !strings.ContainsAny(tag, "0123456789") {
				c.add("%s: skaffold doesn't build %q, and it has no version", w, w.container().Image)
			}
		}
		for _, a := range artifacts {
			if !used[a] {
				c.add("skaffold.yaml: no workload runs %s", a)
			}
		}
		return c
	}
}
