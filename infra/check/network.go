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
	"k8s.io/apimachinery/pkg/util/intstr"
)

// Who is in no pod of the namespace, and has no policy there.
const (
	outside = "the outside"
	ingress = "the ingress"
)

// network: a pod reaches what its settings name, and nothing else does. The ways that are open are
// computed from the policies, those that are needed from the pods' variables and arguments.
func network(s System, code Code) (c complaints) {
	if !slices.ContainsFunc(s.Policies, closesAll) {
		c.add("NetworkPolicy: none closes all ways")
	}
	for _, p := range s.Policies {
		if !simple(p) {
			c.add("NetworkPolicy %s: the checks know of labels, and of no expressions", p.Name)
		}
	}
	needed := s.neededWays(&c)
	for _, direction := range []networking.PolicyType{networking.PolicyTypeEgress, networking.PolicyTypeIngress} {
		open := s.openWays(direction)
		for _, w := range slices.SortedFunc(maps.Keys(needed), way.compare) {
			if w.has(direction) && !open[w] {
				c.add("NetworkPolicy: %s is needed and closed by %s", w, w.end(direction))
			}
		}
		for _, w := range slices.SortedFunc(maps.Keys(open), way.compare) {
			if !needed[w] {
				c.add("NetworkPolicy: %s is opened by %s for nothing", w, w.end(direction))
			}
		}
	}
	for _, w := range s.Workloads {
		if !s.allows(w, networking.PolicyTypeEgress, 53, isDNS) {
			c.add("NetworkPolicy: %s cannot look names up", w)
		}
		if !s.allows(w, networking.PolicyTypeEgress, 53, isNodeDNS) {
			c.add("NetworkPolicy: %s cannot look names up at a cache on its node", w)
		}
	}
	return c
}

func closesAll(p *networking.NetworkPolicy) bool {
	return len(p.Spec.PodSelector.MatchLabels) == 0 && len(p.Spec.PodSelector.MatchExpressions) == 0 && len(p.Spec.Ingress) == 0 &&
		len(p.Spec.Egress) == 0 && len(p.Spec.PolicyTypes) == 2
}

// way is a connection to a port.
type way struct {
	from, to string
	port     int32
}

func (w way) String() string { return fmt.Sprintf("%s → %s:%d", w.from, w.to, w.port) }

func (w way) compare(other way) int { return strings.Compare(w.String(), other.String()) }

// end is the one whose policies have a say in a direction.
func (w way) end(direction networking.PolicyType) string {
	if direction == networking.PolicyTypeEgress {
		return w.from
	}
	return w.to
}

func (w way) has(direction networking.PolicyType) bool {
	return w.end(direction) != outside && w.end(direction) != ingress
}

// neededWays are those to the Services that settings name, from the Ingress to its backends, and to the
// outside: to Stripe, and to a MongoDB whose address is a secret.
func (s System) neededWays(c *complaints) map[way]bool {
	ways := map[way]bool{}
	for _, w := range s.Workloads {
		for _, setting := range w.settings() {
			svc, port, ok := s.named(setting)
			if !ok {
				continue
			}
			if svc == nil {
				c.add("%s: nothing is at %s", w, setting)
				continue
			}
			for _, to := range s.selected(svc.Spec.Selector) {
				if number, ok := to.reached(svc, port); ok {
					ways[way{w.Name, to.Name, number}] = true
				} else {
					c.add("%s: nothing is at %s", w, setting)
				}
			}
		}
		if _, ok := w.variable("STRIPE_KEY"); ok && w.Kind == "Deployment" {
			if v, _ := w.variable("STRIPE_API_URL"); v.Value == "" && strings.HasPrefix(w.Name, "payments") {
				ways[way{w.Name, outside, 443}] = true
			}
		}
		if v, ok := w.variable("MONGO_URI"); ok && v.ValueFrom != nil {
			ways[way{w.Name, outside, 27017}] = true
		}
	}
	for _, in := range s.Ingresses {
		for _, r := range ingressRoutes(in) {
			if svc, ok := s.service(r.Service); ok {
				for _, to := range s.selected(svc.Spec.Selector) {
					if number, ok := to.reached(svc, r.Port); ok {
						ways[way{ingress, to.Name, number}] = true
					}
				}
			}
		}
	}
	return ways
}

// settings are the values that may name an address.
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

// named is the Service that an address such as http://auth-srv:3000 or redis-srv:6379 names. It is nil if
// there is none; ok is false for what is no address in the namespace.
func (s System) named(setting string) (svc *core.Service, port int32, ok bool) {
	host := setting
	if u, err := url.Parse(setting); err == nil && u.Host != "" {
		host = u.Host
	}
	name, number, _ := strings.Cut(host, ":")
	if !strings.HasSuffix(name, "-srv") {
		return nil, 0, false
	}
	n, _ := strconv.Atoi(number)
	svc, _ = s.service(name)
	return svc, int32(n), true
}

// reached is the port of a pod to which a Service's port leads.
func (w Workload) reached(svc *core.Service, port int32) (int32, bool) {
	for _, p := range svc.Spec.Ports {
		if p.Port == port {
			return w.port(p.TargetPort)
		}
	}
	return 0, false
}

// openWays are those that one end's policies leave open, to every port that anybody listens on.
func (s System) openWays(direction networking.PolicyType) map[way]bool {
	ways := map[way]bool{}
	for _, to := range s.Workloads {
		for _, p := range to.container().Ports {
			port := p.ContainerPort
			for _, from := range s.Workloads {
				self, peer := from, isPod(to)
				if direction == networking.PolicyTypeIngress {
					self, peer = to, isPod(from)
				}
				if from.Name != to.Name && s.allows(self, direction, port, peer) {
					ways[way{from.Name, to.Name, port}] = true
				}
			}
			if direction == networking.PolicyTypeIngress && s.allows(to, direction, port, isController) {
				ways[way{ingress, to.Name, port}] = true
			}
		}
	}
	if direction == networking.PolicyTypeEgress {
		s.openToOutside(ways)
	}
	return ways
}

func (s System) openToOutside(ways map[way]bool) {
	for _, from := range s.Workloads {
		for _, port := range []int32{22, 80, 443, 27017} {
			if s.allows(from, networking.PolicyTypeEgress, port, isBlock) {
				ways[way{from.Name, outside, port}] = true
			}
		}
	}
}

// allows says whether a pod may speak in one direction with a peer. Without a policy for it, it may.
func (s System) allows(w Workload, direction networking.PolicyType, port int32, peer func(networking.NetworkPolicyPeer) bool) bool {
	restricted := false
	for _, p := range s.Policies {
		if !labelSelected(&p.Spec.PodSelector, w.Template.Labels) || !slices.Contains(p.Spec.PolicyTypes, direction) {
			continue
		}
		restricted = true
		for _, r := range rules(p, direction) {
			if portAllowed(r.ports, port) && (len(r.peers) == 0 || slices.ContainsFunc(r.peers, peer)) {
				return true
			}
		}
	}
	return !restricted
}

type rule struct {
	peers []networking.NetworkPolicyPeer
	ports []networking.NetworkPolicyPort
}

func rules(p *networking.NetworkPolicy, direction networking.PolicyType) (all []rule) {
	if direction == networking.PolicyTypeIngress {
		for _, r := range p.Spec.Ingress {
			all = append(all, rule{r.From, r.Ports})
		}
		return all
	}
	for _, r := range p.Spec.Egress {
		all = append(all, rule{r.To, r.Ports})
	}
	return all
}

func portAllowed(ports []networking.NetworkPolicyPort, port int32) bool {
	return len(ports) == 0 || slices.ContainsFunc(ports, func(p networking.NetworkPolicyPort) bool {
		return p.Port == nil || *p.Port == intstr.FromInt32(port)
	})
}

// labelSelected says whether a selector matches. Those here name labels and have no expressions, which
// network sees to.
func labelSelected(selector *meta.LabelSelector, labels map[string]string) bool {
	return selector != nil && matches(selector.MatchLabels, labels)
}

// simple says whether a policy has selectors that name labels alone.
func simple(p *networking.NetworkPolicy) bool {
	all := []*meta.LabelSelector{&p.Spec.PodSelector}
	for _, r := range slices.Concat(rules(p, networking.PolicyTypeIngress), rules(p, networking.PolicyTypeEgress)) {
		for _, peer := range r.peers {
			all = append(all, peer.PodSelector, peer.NamespaceSelector)
		}
	}
	return !slices.ContainsFunc(all, func(s *meta.LabelSelector) bool { return s != nil && len(s.MatchExpressions) > 0 })
}

// isPod matches a rule for pods of the same namespace.
func isPod(w Workload) func(networking.NetworkPolicyPeer) bool {
	return func(p networking.NetworkPolicyPeer) bool {
		return p.NamespaceSelector == nil && p.PodSelector != nil && labelSelected(p.PodSelector, w.Template.Labels)
	}
}

func isNamespace(p networking.NetworkPolicyPeer, name string) bool {
	return p.NamespaceSelector != nil && labelSelected(p.NamespaceSelector, map[string]string{"kubernetes.io/metadata.name": name})
}

func isController(p networking.NetworkPolicyPeer) bool { return isNamespace(p, "ingress-nginx") }

func isDNS(p networking.NetworkPolicyPeer) bool {
	return isNamespace(p, "kube-system") && labelSelected(p.PodSelector, map[string]string{"k8s-app": "kube-dns"})
}

// isNodeDNS matches the address at which NodeLocal DNSCache listens unless it is told another.
func isNodeDNS(p networking.NetworkPolicyPeer) bool {
	return p.IPBlock != nil && p.IPBlock.CIDR == "169.254.20.10/32" && len(p.IPBlock.Except) == 0
}

func isBlock(p networking.NetworkPolicyPeer) bool { return p.IPBlock != nil }
