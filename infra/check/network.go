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
	"k8s.io/apimachinery/pkg/util/intstr"
)

// The ends of a connection that are outside the namespace.
const (
	outside = "the outside"
	ingress = "the ingress"
)

// network: the policies open the connections that the pods' variables and arguments name, and no others.
func network(s System, code Code) (c complaints) {
	if !slices.ContainsFunc(s.Policies, closesAll) {
		c.add("NetworkPolicy: none denies everything by default")
	}
	needed := s.neededWays(&c)
	for _, direction := range []networking.PolicyType{networking.PolicyTypeEgress, networking.PolicyTypeIngress} {
		open := s.openWays(direction)
		for _, w := range slices.SortedFunc(maps.Keys(needed), way.compare) {
			if w.has(direction) && !open[w] {
				c.add("NetworkPolicy: %s is needed, but %s doesn't allow it", w, w.end(direction))
			}
		}
		for _, w := range slices.SortedFunc(maps.Keys(open), way.compare) {
			if !needed[w] {
				c.add("NetworkPolicy: %s is allowed by %s, but nothing needs it", w, w.end(direction))
			}
		}
	}
	for _, w := range s.Workloads {
		if !s.allows(w, networking.PolicyTypeEgress, 53, isDNS) {
			c.add("NetworkPolicy: %s can't reach DNS", w)
		}
		if !s.allows(w, networking.PolicyTypeEgress, 53, isNodeDNS) {
			c.add("NetworkPolicy: %s can't reach a DNS cache on its node", w)
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

// end is the pod whose policies apply in a direction.
func (w way) end(direction networking.PolicyType) string {
	if direction == networking.PolicyTypeEgress {
		return w.from
	}
	return w.to
}

func (w way) has(direction networking.PolicyType) bool {
	return w.end(direction) != outside && w.end(direction) != ingress
}

// neededWays are the connections to Services that settings name, from the Ingress to its backends, to
// Stripe, and to a MongoDB whose address is a secret.
func (s System) neededWays(c *complaints) map[way]bool {
	ways := map[way]bool{}
	for _, w := range s.Workloads {
		for _, setting := range w.settings() {
			svc, port, ok := s.named(setting)
			if !ok {
				continue
			}
			if svc == nil {
				c.add("%s: no Service has the address %s", w, setting)
				continue
			}
			for _, to := range s.selected(svc.Spec.Selector) {
				if number, ok := to.reached(svc, port); ok {
					ways[way{w.Name, to.Name, number}] = true
				} else {
					c.add("%s: no Service has the address %s", w, setting)
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

// named is the Service that an address such as http://auth-srv:3000 or redis-srv:6379 names, nil if it
// doesn't exist. ok is false if the setting isn't an address in the namespace.
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

// reached is the pod's port behind a Service's port.
func (w Workload) reached(svc *core.Service, port int32) (int32, bool) {
	for _, p := range svc.Spec.Ports {
		if p.Port == port {
			return w.port(p.TargetPort)
		}
	}
	return 0, false
}

// openWays are the connections that one end's policies allow, to every port that a pod listens on.
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

// allows reports whether policies let a pod talk with a peer. A pod without a policy may.
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

func labelSelected(selector *meta.LabelSelector, of map[string]string) bool {
	if selector == nil {
		return false
	}
	s, err := meta.LabelSelectorAsSelector(selector)
	return err == nil && s.Matches(labels.Set(of))
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

// isNodeDNS matches the default address of NodeLocal DNSCache.
func isNodeDNS(p networking.NetworkPolicyPeer) bool {
	return p.IPBlock != nil && p.IPBlock.CIDR == "169.254.20.10/32" && len(p.IPBlock.Except) == 0
}

func isBlock(p networking.NetworkPolicyPeer) bool { return p.IPBlock != nil }
