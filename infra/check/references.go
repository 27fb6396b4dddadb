package check

import (
	"slices"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// selectors: each selects the pods of one workload, and a workload its own.
func selectors(s System, _ Code) (c complaints) {
	for _, w := range s.Workloads {
		if !matches(w.Selector.MatchLabels, w.Template.Labels) {
			c.add("%s: its selector does not match its pods", w)
		}
		for _, spread := range w.Template.Spec.TopologySpreadConstraints {
			if spread.LabelSelector == nil || !matches(spread.LabelSelector.MatchLabels, w.Template.Labels) {
				c.add("%s: it spreads other pods than its own", w)
			}
		}
	}
	one := func(what string, labels map[string]string) {
		if n := len(s.selected(labels)); len(labels) == 0 || n != 1 {
			c.add("%s: it selects the pods of %d workloads", what, n)
		}
	}
	for _, svc := range s.Services {
		one("Service "+svc.Name, svc.Spec.Selector)
	}
	for _, b := range s.Budgets {
		one("PodDisruptionBudget "+b.Name, b.Spec.Selector.MatchLabels)
	}
	return c
}

// ports: a Service's are ports of its pods.
func ports(s System, _ Code) (c complaints) {
	for _, svc := range s.Services {
		for _, p := range svc.Spec.Ports {
			for _, w := range s.selected(svc.Spec.Selector) {
				if _, ok := w.port(p.TargetPort); !ok {
					c.add("Service %s: port %d leads to %s, which %s does not have", svc.Name, p.Port, p.TargetPort.String(), w)
				}
			}
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

// ways in: an Ingress, or an HTTPRoute, leads to Services that are there.
func backends(s System, _ Code) (c complaints) {
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
					c.add("Ingress %s: path %s is no plain prefix", in.Name, p.Path)
				}
			}
		}
		for _, r := range ingressRoutes(in) {
			s.leadsTo(&c, "Ingress "+in.Name, r)
		}
	}
	return c
}

func (s System) leadsTo(c *complaints, what string, r Route) {
	svc, ok := s.service(r.Service)
	switch {
	case !ok:
		c.add("%s: there is no Service %s", what, r.Service)
	case !slices.ContainsFunc(svc.Spec.Ports, func(p core.ServicePort) bool { return p.Port == r.Port }):
		c.add("%s: Service %s has no port %d", what, r.Service, r.Port)
	}
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

// gatewayRoutes: the way in has the routes that the local gateway has.
func gatewayRoutes(s System, code Code) (c complaints) {
	var routes []Route
	for _, in := range s.Ingresses {
		if in.Name == "ingress-srv" {
			routes = ingressRoutes(in)
		}
	}
	if !slices.Equal(routes, code.Routes) {
		c.add("Ingress ingress-srv: the local gateway has other routes: %v", code.Routes)
	}
	return c
}

// volumes: what is mounted is there, and what is there is mounted.
func volumes(s System, _ Code) (c complaints) {
	for _, w := range s.Workloads {
		there := map[string]bool{}
		for _, v := range w.Template.Spec.Volumes {
			there[v.Name] = false
			if claim := v.PersistentVolumeClaim; claim != nil {
				if !slices.ContainsFunc(s.Claims, func(have *core.PersistentVolumeClaim) bool { return have.Name == claim.ClaimName }) {
					c.add("%s: volume %s: there is no claim %s", w, v.Name, claim.ClaimName)
				}
				c = append(c, writable(w)...)
			}
			if v.EmptyDir != nil && v.EmptyDir.SizeLimit == nil {
				c.add("%s: volume %s may fill the node's disk", w, v.Name)
			}
		}
		for _, claim := range w.Claims {
			there[claim.Name] = false
			if claim.Spec.Resources.Requests.Storage().IsZero() {
				c.add("%s: claim %s has no size", w, claim.Name)
			}
			c = append(c, writable(w)...)
		}
		if len(w.Claims) > 0 && (w.Replicas == nil || *w.Replicas != 1) {
			c.add("%s: more than one of it would each have data of its own", w)
		}
		for _, m := range w.container().VolumeMounts {
			if _, ok := there[m.Name]; !ok {
				c.add("%s: volume %s is not there", w, m.Name)
			}
			there[m.Name] = true
		}
		for name, mounted := range there {
			if !mounted {
				c.add("%s: volume %s is not mounted", w, name)
			}
		}
	}
	return c
}

func writable(w Workload) (c complaints) {
	if x := w.Template.Spec.SecurityContext; x == nil || x.FSGroup == nil {
		c.add("%s: without fsGroup it may not write to its volume", w)
	}
	return c
}

// claims: a claim belongs to one pod alone.
func claims(s System, _ Code) (c complaints) {
	for _, w := range s.Workloads {
		for _, v := range w.Template.Spec.Volumes {
			if v.PersistentVolumeClaim != nil {
				c.add("%s: volume %s: claims are made by a StatefulSet here", w, v.Name)
			}
		}
	}
	return c
}

// scaling: a service has at least two pods, as many as its autoscaler says, and stays up when a node is
// drained. A store has one.
func scaling(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		if !code.isOurs(w.Name) {
			continue
		}
		scaled := false
		for _, a := range s.Autoscalers {
			if ref := a.Spec.ScaleTargetRef; ref.Kind != w.Kind || ref.Name != w.Name || ref.APIVersion != "apps/v1" {
				continue
			}
			scaled = true
			if a.Spec.MinReplicas == nil || *a.Spec.MinReplicas < 2 || a.Spec.MaxReplicas <= *a.Spec.MinReplicas {
				c.add("HorizontalPodAutoscaler %s: it keeps fewer than two pods, or has no room above", a.Name)
			}
		}
		if !scaled {
			c.add("%s: nothing scales it", w)
		}
		if scaled && w.Replicas != nil {
			c.add("%s: every apply would set the number of pods back to %d, which its autoscaler decides", w, *w.Replicas)
		}
		if !slices.ContainsFunc(s.selectedBy(w), func(most intstr.IntOrString) bool { return most == intstr.FromInt32(1) }) {
			c.add("%s: no budget lets one pod of it go at a time", w)
		}
		if len(w.Template.Spec.TopologySpreadConstraints) == 0 {
			c.add("%s: its pods may all be on one node", w)
		}
		if r := w.Deployment.Spec.Strategy.RollingUpdate; r == nil || r.MaxUnavailable == nil || *r.MaxUnavailable != intstr.FromInt32(0) {
			c.add("%s: a rolling update takes a pod away before there is a new one", w)
		}
	}
	return c
}

// selectedBy are the budgets' largest numbers of pods of a workload that may be away.
func (s System) selectedBy(w Workload) (most []intstr.IntOrString) {
	for _, b := range s.Budgets {
		if b.Spec.MaxUnavailable != nil && matches(b.Spec.Selector.MatchLabels, w.Template.Labels) {
			most = append(most, *b.Spec.MaxUnavailable)
		}
	}
	return most
}

// everything: each service of the workspace, and the client, is there with its Service.
func everything(s System, code Code) (c complaints) {
	for _, name := range append(slices.Clone(code.Services), "client") {
		if w, ok := s.workload(name); !ok || w.Kind != "Deployment" {
			c.add("Deployment %s is missing", name)
		}
		if svc, ok := s.service(name + "-srv"); !ok || svc.Spec.Ports[0].Port != 3000 {
			c.add("Service %s-srv with port 3000 is missing", name)
		}
	}
	return c
}

// isOurs says whether a workload is one of the programs of this repository that operation runs.
func (c Code) isOurs(name string) bool { return name == "client" || slices.Contains(c.Services, name) }
