package check

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	core "k8s.io/api/core/v1"
)

// security: what Pod Security calls restricted, a root file system that cannot be written, and an
// account of its own that can do nothing.
func security(s System, _ Code) (c complaints) {
	accounts := map[string]string{}
	for _, w := range s.Workloads {
		pod := w.Template.Spec
		p := pod.SecurityContext
		if p == nil {
			p = &core.PodSecurityContext{}
		}
		if !is(p.RunAsNonRoot, true) || p.RunAsUser == nil || *p.RunAsUser == 0 {
			c.add("%s: it may run as root", w)
		}
		if p.SeccompProfile == nil || p.SeccompProfile.Type != core.SeccompProfileTypeRuntimeDefault {
			c.add("%s: it may make any system call", w)
		}
		if pod.HostNetwork || pod.HostPID || pod.HostIPC {
			c.add("%s: it sees the node", w)
		}
		for _, v := range pod.Volumes {
			if v.EmptyDir == nil && v.Secret == nil && v.ConfigMap == nil && v.PersistentVolumeClaim == nil {
				c.add("%s: volume %s is of another kind than the namespace allows", w, v.Name)
			}
		}
		if len(pod.Containers) != 1 || len(pod.InitContainers) != 0 {
			c.add("%s: the checks know of one container in a pod", w)
		}
		c = append(c, confined(w)...)
		if !is(pod.AutomountServiceAccountToken, false) {
			c.add("%s: it is given a token", w)
		}
		if other, taken := accounts[pod.ServiceAccountName]; taken {
			c.add("%s: it has the account of %s", w, other)
		}
		accounts[pod.ServiceAccountName] = w.String()
		if !slices.ContainsFunc(s.ServiceAccounts, func(a *core.ServiceAccount) bool {
			return a.Name == pod.ServiceAccountName && is(a.AutomountServiceAccountToken, false)
		}) {
			c.add("%s: there is no account %q without a token", w, pod.ServiceAccountName)
		}
	}
	return c
}

func confined(w Workload) (c complaints) {
	container := w.container()
	x := container.SecurityContext
	if x == nil {
		x = &core.SecurityContext{}
	}
	if !is(x.AllowPrivilegeEscalation, false) || x.Privileged != nil {
		c.add("%s: it may gain privileges", w)
	}
	if x.Capabilities == nil || !slices.Equal(x.Capabilities.Drop, []core.Capability{"ALL"}) || len(x.Capabilities.Add) > 0 {
		c.add("%s: it keeps capabilities", w)
	}
	if x.RunAsUser != nil || x.RunAsNonRoot != nil || x.SeccompProfile != nil {
		c.add("%s: the container has other settings than its pod", w)
	}
	for _, p := range container.Ports {
		if p.HostPort != 0 {
			c.add("%s: it takes port %d of the node", w, p.HostPort)
		}
	}
	return c
}

// sealed: the root file system cannot be written.
func sealed(s System, _ Code) (c complaints) {
	for _, w := range s.Workloads {
		if x := w.container().SecurityContext; x == nil || !is(x.ReadOnlyRootFilesystem, true) {
			c.add("%s: its root file system can be written", w)
		}
	}
	return c
}

func is(value *bool, want bool) bool { return value != nil && *value == want }

// resources: the scheduler knows what a pod needs, and no pod takes all of a node's memory.
func resources(s System, _ Code) (c complaints) {
	for _, w := range s.Workloads {
		r := w.container().Resources
		if r.Requests.Cpu().IsZero() || r.Requests.Memory().IsZero() {
			c.add("%s: it does not say what it needs", w)
		}
		if r.Limits.Memory().IsZero() || r.Limits.Memory().Cmp(*r.Requests.Memory()) < 0 {
			c.add("%s: its memory has no limit", w)
		}
	}
	return c
}

// readiness: a pod gets requests only when it says that it is ready.
func readiness(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		c = append(c, probe(w, "readiness", w.container().ReadinessProbe, code)...)
		if p := w.container().ReadinessProbe; p != nil && code.isOurs(w.Name) && (p.HTTPGet == nil || p.HTTPGet.Path != "/readyz") {
			c.add("%s: its readiness is not its own store's", w)
		}
	}
	return c
}

// probes: a pod that hangs is started again, whatever others do, and one that starts has time to.
func probes(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		c = append(c, probe(w, "startup", w.container().StartupProbe, code)...)
		c = append(c, probe(w, "liveness", w.container().LivenessProbe, code)...)
		if p := w.container().LivenessProbe; p != nil && code.isOurs(w.Name) && (p.HTTPGet == nil || p.HTTPGet.Path != "/healthz") {
			c.add("%s: its liveness depends on others", w)
		}
	}
	return c
}

// probe asks a port and path that are there.
func probe(w Workload, kind string, p *core.Probe, code Code) (c complaints) {
	if p == nil {
		c.add("%s: no %s probe", w, kind)
		return c
	}
	if p.HTTPGet != nil {
		if _, ok := w.port(p.HTTPGet.Port); !ok {
			c.add("%s: its %s probe asks port %s, which it does not have", w, kind, p.HTTPGet.Port.String())
		}
		program, _ := program(w)
		if paths := append(slices.Clone(code.Answers[program]), stores[program]...); !slices.Contains(paths, p.HTTPGet.Path) {
			c.add("%s: its %s probe asks for %s, which is no route", w, kind, p.HTTPGet.Path)
		}
	}
	if p.TCPSocket != nil {
		if _, ok := w.port(p.TCPSocket.Port); !ok {
			c.add("%s: its %s probe asks port %s, which it does not have", w, kind, p.TCPSocket.Port.String())
		}
	}
	return c
}

// program is the last part of the image's name, and its tag.
func program(w Workload) (name, tag string) {
	image := w.container().Image
	name, tag, _ = strings.Cut(image[strings.LastIndex(image, "/")+1:], ":")
	return name, tag
}

// grace: a pod that is to go first waits until nobody sends it requests, and then has the time to drain.
func grace(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		if !code.isOurs(w.Name) {
			continue
		}
		var pause time.Duration
		if l := w.container().Lifecycle; l != nil && l.PreStop != nil && l.PreStop.Sleep != nil {
			pause = time.Duration(l.PreStop.Sleep.Seconds) * time.Second
		}
		if pause < 5*time.Second {
			c.add("%s: it closes its port while requests still come", w)
		}
		given := w.Template.Spec.TerminationGracePeriodSeconds
		if given == nil || time.Duration(*given)*time.Second <= pause+code.Drain {
			c.add("%s: it is killed before it has drained, which takes %s", w, pause+code.Drain)
		}
	}
	return c
}

// environment: a program is given what it reads, neither more nor less, and secrets from where the manual
// puts them.
func environment(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		for _, v := range w.container().Env {
			if ref := v.ValueFrom; ref != nil && ref.SecretKeyRef != nil {
				if from := ref.SecretKeyRef; !slices.Contains(code.Secrets[from.Name], from.Key) {
					c.add("%s: docs/operations.md does not say how to make %s of secret %s", w, from.Key, from.Name)
				}
			}
			if ref := v.ValueFrom; ref == nil && secret(v.Name) {
				c.add("%s: %s is in the manifest, for all to read", w, v.Name)
			}
		}
		for _, v := range w.Template.Spec.Volumes {
			if v.Secret == nil {
				continue
			}
			for _, item := range v.Secret.Items {
				if !slices.Contains(code.Secrets[v.Secret.SecretName], item.Key) {
					c.add("%s: docs/operations.md does not say how to make %s of secret %s", w, item.Key, v.Secret.SecretName)
				}
			}
			if len(v.Secret.Items) == 0 {
				c.add("%s: volume %s has all of secret %s", w, v.Name, v.Secret.SecretName)
			}
		}
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
			if _, ok := reads[v.Name]; !ok {
				c.add("%s: it does not read %s", w, v.Name)
			}
		}
		if w.Template.Spec.EnableServiceLinks == nil || *w.Template.Spec.EnableServiceLinks {
			c.add("%s: the addresses of all Services are in its environment", w)
		}
	}
	return c
}

// secret says whether a variable holds one.
func secret(name string) bool {
	return name == "JWT_KEY" || strings.HasPrefix(name, "STRIPE_") && (strings.HasSuffix(name, "_KEY") || strings.HasSuffix(name, "_SECRET"))
}

// images: each is built by skaffold, or is a version of somebody else's.
func images(artifacts []string) func(System, Code) complaints {
	return func(s System, _ Code) (c complaints) {
		used := map[string]bool{}
		for _, w := range s.Workloads {
			image, tag, _ := strings.Cut(w.container().Image, ":")
			used[image] = true
			switch {
			case tag == "latest":
				c.add("%s: %s is another image every day", w, w.container().Image)
			case !slices.Contains(artifacts, image) && !strings.ContainsAny(tag, "0123456789"):
				c.add("%s: nobody builds %s", w, fmt.Sprintf("%q", w.container().Image))
			}
			if w.container().ImagePullPolicy != core.PullIfNotPresent {
				c.add("%s: it always pulls, and never finds what minikube has built", w)
			}
		}
		for _, a := range artifacts {
			if !used[a] {
				c.add("skaffold.yaml: nothing runs %s", a)
			}
		}
		return c
	}
}
