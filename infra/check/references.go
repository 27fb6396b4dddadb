package check

import (
	"slices"

	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

type check = func(System, Code) complaints

// selectors: a Service and a budget select the pods of one workload, on ports that it has.
func selectors(s System, _ Code) (c complaints) {
	for _, svc := range objects[*core.Service](s) {
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
	for _, b := range objects[*policy.PodDisruptionBudget](s) {
		if n := len(s.selected(b.Spec.Selector.MatchLabels)); n != 1 {
			c.add("PodDisruptionBudget %s: selects %d workloads", b.Name, n)
		}
	}
	return c
}

// entrances: an Ingress has a class and TLS, and the main one has the local gateway's routes.
func entrances(s System, code Code) (c complaints) {
	for _, in := range objects[*networking.Ingress](s) {
		if in.Spec.IngressClassName == nil {
			c.add("Ingress %s: no class", in.Name)
		}
		for _, rule := range in.Spec.Rules {
			if !slices.ContainsFunc(in.Spec.TLS, func(t networking.IngressTLS) bool { return slices.Contains(t.Hosts, rule.Host) }) {
				c.add("Ingress %s: no TLS for %s", in.Name, rule.Host)
			}
		}
		if routes := ingressRoutes(in); in.Name == "ingress-srv" && !slices.Equal(routes, code.Routes) {
			c.add("Ingress ingress-srv: routes %v, but the local gateway has %v", routes, code.Routes)
		}
	}
	return c
}

// Route sends the paths under Path to a Service.
type Route struct {
	Path, Service string
	Port          int32
}

// ingressRoutes are the routes by prefix, which is the only kind that the local gateway has.
func ingressRoutes(in *networking.Ingress) (routes []Route) {
	for _, rule := range in.Spec.Rules {
		for _, p := range rule.HTTP.Paths {
			if *p.PathType == networking.PathTypePrefix {
				routes = append(routes, Route{p.Path, p.Backend.Service.Name, p.Backend.Service.Port.Number})
			}
		}
	}
	return routes
}

func httpRoutes(s System) (routes []Route) {
	for _, r := range objects[*gateway.HTTPRoute](s) {
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

// volumes: claims exist and can be written, and no emptyDir may fill the node's disk.
func volumes(s System, _ Code) (c complaints) {
	for _, w := range s.Workloads {
		persistent := len(w.Claims) > 0
		for _, v := range w.Template.Spec.Volumes {
			if v.EmptyDir != nil && v.EmptyDir.SizeLimit == nil {
				c.add("%s: volume %s may fill the node's disk", w, v.Name)
			}
			if claim := v.PersistentVolumeClaim; claim != nil {
				persistent = true
				if _, ok := find[*core.PersistentVolumeClaim](s, claim.ClaimName); !ok {
					c.add("%s: claim %s doesn't exist", w, claim.ClaimName)
				}
			}
		}
		if x := w.Template.Spec.SecurityContext; persistent && (x == nil || x.FSGroup == nil) {
			c.add("%s: can't write to its volume without fsGroup", w)
		}
	}
	return c
}

// scaling: a service has an autoscaler, and a budget that lets one pod go at a time.
func scaling(s System, code Code) (c complaints) {
	for _, w := range s.Workloads {
		scaled := slices.ContainsFunc(objects[*autoscaling.HorizontalPodAutoscaler](s), func(a *autoscaling.HorizontalPodAutoscaler) bool {
			return a.Spec.ScaleTargetRef.Kind == w.Kind && a.Spec.ScaleTargetRef.Name == w.Name
		})
		budgeted := slices.ContainsFunc(objects[*policy.PodDisruptionBudget](s), func(b *policy.PodDisruptionBudget) bool {
			allowed := b.Spec.MaxUnavailable
			return labelSelected(b.Spec.Selector, w.Template.Labels) && allowed != nil && *allowed == intstr.FromInt32(1)
		})
		if code.isOurs(w.Name) && (!scaled || !budgeted) {
			c.add("%s: no autoscaler, or no budget that lets one pod go", w)
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
		if svc, ok := find[*core.Service](s, name+"-srv"); !ok || svc.Spec.Ports[0].Port != 3000 {
			c.add("Service %s-srv with port 3000 is missing", name)
		}
	}
	return c
}

// isOurs reports whether a workload is one of this repository's programs.
func (code Code) isOurs(name string) bool {
	return name == "client" || slices.Contains(code.Services, name)
}
