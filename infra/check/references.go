package check

import (
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// selectors: a Service and a budget select the pods of one workload, on ports that it has.
func selectors(s System, _ Code) (c complaints) {
	for _, svc := range s.Services {
		selected := s.selected(svc.Spec.Selector)
		if len(selected) != 1 {
			c.add("Service %s: selects %d workloads", svc.Name, len(selected))
		}
		for _, p := range svc.Spec.Ports {
			for _, w := range selected {
				if _, ok := w.port(p.TargetPort); !ok {
					c.add("Service %s: %s has no port %s", svc.Name, w, p.TargetPort.String())
				}
			}
		}
	}
	for _, b := range s.Budgets {
		if n := len(s.selected(b.Spec.Selector.MatchLabels)); n != 1 {
			c.add("PodDisruptionBudget %s: selects %d workloads", b.Name, n)
		}
	}
	return c
}

// port is the number of a port that a container has.
func (w Workload) port(p intstr.IntOrString) (int32, bool) {
	for _, have := range w.container().Ports {
		if p.Type == intstr.String && have.Name == p.StrVal || p.Type == intstr.Int && have.ContainerPort == p.IntVal {
			return have.ContainerPort, true
		}
	}
	return 0, false
}

// entrances: an Ingress has TLS and plain prefixes, and the main one has the local gateway's routes.
func entrances(s System, code Code) (c complaints) {
	for _, in := range s.Ingresses {
		if in.Spec.IngressClassName == nil {
			c.add("Ingress %s: no class", in.Name)
		}
		for _, rule := range in.Spec.Rules {
			if !slices.ContainsFunc(in.Spec.TLS, func(t networking.IngressTLS) bool { return slices.Contains(t.Hosts, rule.Host) }) {
				c.add("Ingress %s: no TLS for %s", in.Name, rule.Host)
			}
			for _, p := range rule.HTTP.Paths {
				if *p.PathType != networking.PathTypePrefix || strings.ContainsAny(p.Path, "*?()[]^$|+\\") {
					c.add("Ingress %s: %s isn't a plain prefix", in.Name, p.Path)
				}
			}
		}
		if routes := ingressRoutes(in); in.Name == "ingress-srv" && !slices.Equal(routes, code.Routes) {
			c.add("Ingress ingress-srv: the local gateway has other routes: %v", code.Routes)
		}
	}
	return c
}

// Route sends the paths under Path to a Service.
type Route struct {
	Path, Service string
	Port          int32
}

func ingressRoutes(in *networking.Ingress) (routes []Route) {
	for _, rule := range in.Spec.Rules {
		for _, p := range rule.HTTP.Paths {
			routes = append(routes, Route{p.Path, p.Backend.Service.Name, p.Backend.Service.Port.Number})
		}
	}
	return routes
}

func httpRoutes(all []*gateway.HTTPRoute) (routes []Route) {
	for _, r := range all {
		for _, rule := range r.Spec.Rules {
			for _, m := range rule.Matches {
				for _, b := range rule.BackendRefs {
					routes = append(routes, Route{*m.Path.Value, string(b.Name), int32(*b.Port)})
				}
			}
		}
	}
	return routes
}

// volumes: each mount has its volume and the other way round, and no emptyDir may fill the node's disk.
func volumes(s System, _ Code) (c complaints) {
	for _, w := range s.Workloads {
		mounted := map[string]bool{} // false until it's mounted
		persistent := len(w.Claims) > 0
		for _, claim := range w.Claims {
			mounted[claim.Name] = false
		}
		for _, v := range w.Template.Spec.Volumes {
			mounted[v.Name] = false
			if v.EmptyDir != nil && v.EmptyDir.SizeLimit == nil {
				c.add("%s: volume %s may fill the node's disk", w, v.Name)
			}
			if claim := v.PersistentVolumeClaim; claim != nil {
				persistent = true
				if !slices.ContainsFunc(s.Claims, func(have *core.PersistentVolumeClaim) bool { return have.Name == claim.ClaimName }) {
					c.add("%s: claim %s doesn't exist", w, claim.ClaimName)
				}
			}
		}
		if x := w.Template.Spec.SecurityContext; persistent && (x == nil || x.FSGroup == nil) {
			c.add("%s: can't write to its volume without fsGroup", w)
		}
		if len(w.Claims) > 0 && (w.Replicas == nil || *w.Replicas != 1) {
			c.add("%s: each of its pods would have its own data", w)
		}
		for _, m := range w.container().VolumeMounts {
			if _, ok := mounted[m.Name]; !ok {
				c.add("%s: volume %s doesn't exist", w, m.Name)
			}
			mounted[m.Name] = true
		}
		for name, ok := range mounted {
			if !ok {
				c.add("%s: volume %s isn't mounted", w, name)
			}
		}
	}
	return c
}

// scaling: a service has an autoscaler, lets one pod go at a time, and replaces a pod before stopping it.
func scaling(s System, code Code) (c complaints) {
	one, none := intstr.FromInt32(1), intstr.FromInt32(0)
	for _, w := range s.Workloads {
		if !code.isOurs(w.Name) {
			continue
		}
		scaled, budgeted := false, false
		for _, a := range s.Autoscalers {
			scaled = scaled || a.Spec.ScaleTargetRef.Kind == w.Kind && a.Spec.ScaleTargetRef.Name == w.Name
		}
		for _, b := range s.Budgets {
			budgeted = budgeted || matches(b.Spec.Selector.MatchLabels, w.Template.Labels) && b.Spec.MaxUnavailable != nil && *b.Spec.MaxUnavailable == one
		}
		if !scaled || !budgeted {
			c.add("%s: no autoscaler, or no budget that lets one pod go", w)
		}
		if r := w.Deployment.Spec.Strategy.RollingUpdate; r == nil || r.MaxUnavailable == nil || *r.MaxUnavailable != none {
			c.add("%s: a rollout stops a pod before its successor is ready", w)
		}
		if len(w.Template.Spec.TopologySpreadConstraints) == 0 {
			c.add("%s: its pods may all be on one node", w)
		}
	}
	return c
}

// everything: each service of the workspace, and the client, has its Deployment and Service.
func everything(s System, code Code) (c complaints) {
	for _, name := range append(slices.Clone(code.Services), "client") {
		if !slices.ContainsFunc(s.Workloads, func(w Workload) bool { return w.Deployment != nil && w.Name == name }) {
			c.add("Deployment %s is missing", name)
		}
		if svc, ok := s.service(name + "-srv"); !ok || svc.Spec.Ports[0].Port != 3000 {
			c.add("Service %s-srv with port 3000 is missing", name)
		}
	}
	return c
}

// isOurs reports whether a workload is one of this repository's programs.
func (code Code) isOurs(name string) bool {
	return name == "client" || slices.Contains(code.Services, name)
}
