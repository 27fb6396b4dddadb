package check

import (
	"fmt"
	"maps"
	"net/url"
	"slices"
	"strconv"
	"strings"

	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/labels"
)

// The ends of a connection that are outside the namespace.
const (
	outside = "the outside"
	ingress = "the ingress"
	dns     = "DNS"
	nodeDNS = "DNS on the node"
)

// way is a connection to a port, or to any port if it's 0.
type way struct {
	from, to string
	port     int32
}

func (w way) String() string { return fmt.Sprintf("%s → %s:%d", w.from, w.to, w.port) }

type ways map[way]bool

func (w ways) sorted() []way {
	return slices.SortedFunc(maps.Keys(w), func(a, b way) int { return strings.Compare(a.String(), b.String()) })
}

// network: the policies open the connections that the pods' variables and arguments name, and no others.
func network(s System, _ Code) (c complaints) {
	policies := objects[*networking.NetworkPolicy](s)
	if !slices.ContainsFunc(policies, closesAll) {
		c.add("NetworkPolicy: none denies everything by default")
	}
	egress, admitted := s.open(policies)
	needed := s.needed(&c)
	for _, w := range needed.sorted() {
		if s.has(w.from) && !egress[w] {
			c.add("NetworkPolicy: %s is needed, but %s doesn't allow it", w, w.from)
		}
		if s.has(w.to) && !admitted[w] {
			c.add("NetworkPolicy: %s is needed, but %s doesn't allow it", w, w.to)
		}
	}
	for _, w := range egress.sorted() {
		if !needed[w] && (w.to != outside || w.port != 53) { // a cluster's DNS may have any address
			c.add("NetworkPolicy: %s is allowed by %s, but nothing needs it", w, w.from)
		}
	}
	for _, w := range admitted.sorted() {
		if !needed[w] {
			c.add("NetworkPolicy: %s is allowed by %s, but nothing needs it", w, w.to)
		}
	}
	return c
}

func closesAll(p *networking.NetworkPolicy) bool {
	return len(p.Spec.PodSelector.MatchLabels) == 0 && len(p.Spec.PodSelector.MatchExpressions) == 0 && len(p.Spec.Ingress) == 0 &&
		len(p.Spec.Egress) == 0 && len(p.Spec.PolicyTypes) == 2
}

// needed are the connections from each pod to DNS and to the Services that its settings name, from the Ingress to
// its backends, to Stripe, and to a MongoDB whose address is a secret.
func (s System) needed(c *complaints) ways {
	all := ways{}
	to := func(from, service string, port int32) bool {
		svc, _ := find[*core.Service](s, service)
		reached := false
		for _, w := range s.behind(svc, port) {
			all[way{from, w.to, w.port}] = true
			reached = true
		}
		return reached
	}
	for _, w := range s.Workloads {
		all[way{w.Name, dns, 53}], all[way{w.Name, nodeDNS, 53}] = true, true
		for _, setting := range w.settings() {
			if service, port, ok := address(setting); ok && !to(w.Name, service, port) {
				c.add("%s: no Service has the address %s", w, setting)
			}
		}
		if _, ok := w.variable("STRIPE_KEY"); ok && w.Deployment != nil {
			if v, _ := w.variable("STRIPE_API_URL"); v.Value == "" && strings.HasPrefix(w.Name, "payments") {
				all[way{w.Name, outside, 443}] = true
			}
		}
		if v, ok := w.variable("MONGO_URI"); ok && v.ValueFrom != nil {
			all[way{w.Name, outside, 27017}] = true
		}
	}
	for _, in := range objects[*networking.Ingress](s) {
		for _, r := range ingressRoutes(in) {
			to(ingress, r.Service, r.Port)
		}
	}
	return all
}

// behind are the pods and their ports behind a port of a Service.
func (s System) behind(svc *core.Service, port int32) (all []way) {
	if svc == nil {
		return nil
	}
	for _, p := range svc.Spec.Ports {
		for _, w := range s.selected(svc.Spec.Selector) {
			if number, ok := w.port(p.TargetPort); ok && p.Port == port {
				all = append(all, way{to: w.Name, port: number})
			}
		}
	}
	return all
}

// settings are the values that may hold an address.
func (w Workload) settings() (all []string) {
	for _, v := range w.container().Env {
		all = append(all, v.Value)
	}
	for _, a := range append(slices.Clone(w.container().Args), w.container().Command...) {
		if _, value, ok := strings.Cut(a, "="); ok {
			all = append(all, value)
		}
	}
	return all
}

// address splits an address of a Service in the namespace, such as http://auth-srv:3000 or redis-srv:6379.
func address(setting string) (service string, port int32, ok bool) {
	host := setting
	if u, err := url.Parse(setting); err == nil && u.Host != "" {
		host = u.Host
	}
	service, number, _ := strings.Cut(host, ":")
	n, _ := strconv.Atoi(number)
	return service, int32(n), strings.HasSuffix(service, "-srv")
}

// open are the connections that the policies of their two ends allow.
func (s System) open(policies []*networking.NetworkPolicy) (egress, admitted ways) {
	egress, admitted = ways{}, ways{}
	for _, p := range policies {
		for _, w := range s.Workloads {
			if !labelSelected(&p.Spec.PodSelector, w.Template.Labels) {
				continue
			}
			for _, r := range p.Spec.Egress {
				s.each(r.To, r.Ports, func(peer string, port int32) { egress[way{w.Name, peer, port}] = true })
			}
			for _, r := range p.Spec.Ingress {
				s.each(r.From, r.Ports, func(peer string, port int32) { admitted[way{peer, w.Name, port}] = true })
			}
		}
	}
	return egress, admitted
}

// each calls fn for each peer and port of a rule. No peers means everyone, and no ports means every port.
func (s System) each(peers []networking.NetworkPolicyPeer, ports []networking.NetworkPolicyPort, fn func(peer string, port int32)) {
	names := []string{"everyone"}
	if len(peers) > 0 {
		names = nil
	}
	for _, p := range peers {
		names = append(names, s.named(p)...)
	}
	for _, name := range names {
		if len(ports) == 0 {
			fn(name, 0)
		}
		for _, p := range ports {
			number := int32(0)
			if p.Port != nil && p.EndPort == nil {
				number = p.Port.IntVal
			}
			fn(name, number)
		}
	}
}

// named returns the names of the ends that a peer matches.
func (s System) named(p networking.NetworkPolicyPeer) (names []string) {
	switch {
	case p.IPBlock != nil && p.IPBlock.CIDR == "169.254.20.10/32": // the default of NodeLocal DNSCache
		return []string{nodeDNS}
	case p.IPBlock != nil:
		return []string{outside}
	case p.NamespaceSelector == nil:
		for _, w := range s.Workloads {
			if labelSelected(p.PodSelector, w.Template.Labels) {
				names = append(names, w.Name)
			}
		}
		return names
	case isNamespace(p, "ingress-nginx"):
		return []string{ingress}
	case isNamespace(p, "kube-system") && labelSelected(p.PodSelector, map[string]string{"k8s-app": "kube-dns"}):
		return []string{dns}
	}
	return []string{"another namespace"}
}

func isNamespace(p networking.NetworkPolicyPeer, name string) bool {
	return labelSelected(p.NamespaceSelector, map[string]string{"kubernetes.io/metadata.name": name})
}

func labelSelected(selector *meta.LabelSelector, of map[string]string) bool {
	s, err := meta.LabelSelectorAsSelector(selector) // nothing, for nil
	return err == nil && s.Matches(labels.Set(of))
}

func (s System) has(name string) bool {
	return slices.ContainsFunc(s.Workloads, func(w Workload) bool { return w.Name == name })
}
