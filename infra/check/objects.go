// Package check finds what is wrong with the manifests before a cluster has to: what Kubernetes would not
// take, and what it would take although it cannot work or is not safe. It knows the services only from
// their source, so that neither can change without the other.
package check

import (
	"fmt"
	"slices"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
	"sigs.k8s.io/json"
	"sigs.k8s.io/yaml"
)

// System is all that is applied together.
type System struct {
	Workloads       []Workload
	ServiceAccounts []*core.ServiceAccount
	Services        []*core.Service
	Ingresses       []*networking.Ingress
	Policies        []*networking.NetworkPolicy
	Autoscalers     []*autoscaling.HorizontalPodAutoscaler
	Budgets         []*policy.PodDisruptionBudget
	HTTPRoutes      []*gateway.HTTPRoute
	Gateways        []*gateway.Gateway
	Namespaces      []*core.Namespace
	Claims          []*core.PersistentVolumeClaim
}

// Workload is what has pods: a Deployment or a StatefulSet.
type Workload struct {
	Kind, Name string
	Replicas   *int32
	Selector   *meta.LabelSelector
	Template   core.PodTemplateSpec
	Claims     []core.PersistentVolumeClaim // of a StatefulSet
	Deployment *apps.Deployment
}

func (w Workload) String() string { return w.Kind + " " + w.Name }

// add takes in a document. The error says what Kubernetes would not take.
func (s *System) add(document []byte) error {
	text, err := yaml.YAMLToJSONStrict(document)
	if err != nil {
		return err
	}
	var head struct {
		meta.TypeMeta
		Metadata meta.ObjectMeta `json:"metadata"`
	}
	if err := json.UnmarshalCaseSensitivePreserveInts(text, &head); err != nil {
		return err
	}
	if err := s.decode(head.TypeMeta, text); err != nil {
		return fmt.Errorf("%s %s: %w", head.Kind, head.Metadata.Name, err)
	}
	return nil
}

func (s *System) decode(t meta.TypeMeta, text []byte) error {
	switch t.APIVersion + " " + t.Kind {
	case "v1 Namespace":
		return strictly(text, &s.Namespaces)
	case "v1 PersistentVolumeClaim":
		return strictly(text, &s.Claims)
	case "v1 ServiceAccount":
		return strictly(text, &s.ServiceAccounts)
	case "v1 Service":
		return strictly(text, &s.Services)
	case "networking.k8s.io/v1 Ingress":
		return strictly(text, &s.Ingresses)
	case "networking.k8s.io/v1 NetworkPolicy":
		return strictly(text, &s.Policies)
	case "autoscaling/v2 HorizontalPodAutoscaler":
		return strictly(text, &s.Autoscalers)
	case "policy/v1 PodDisruptionBudget":
		return strictly(text, &s.Budgets)
	case "gateway.networking.k8s.io/v1 Gateway":
		return strictly(text, &s.Gateways)
	case "gateway.networking.k8s.io/v1 HTTPRoute":
		return strictly(text, &s.HTTPRoutes)
	case "apps/v1 Deployment":
		var all []*apps.Deployment
		if err := strictly(text, &all); err != nil {
			return err
		}
		d := all[0]
		s.Workloads = append(s.Workloads, Workload{"Deployment", d.Name, d.Spec.Replicas, d.Spec.Selector, d.Spec.Template, nil, d})
	case "apps/v1 StatefulSet":
		var all []*apps.StatefulSet
		if err := strictly(text, &all); err != nil {
			return err
		}
		d := all[0]
		s.Workloads = append(s.Workloads, Workload{"StatefulSet", d.Name, d.Spec.Replicas, d.Spec.Selector, d.Spec.Template, d.Spec.VolumeClaimTemplates, nil})
	default:
		return fmt.Errorf("nothing here checks a %s of %s", t.Kind, t.APIVersion)
	}
	return nil
}

// strictly decodes an object as the API server does with --validate=strict: no unknown or doubled
// field, no name in another case, no wrong type.
func strictly[T any](text []byte, all *[]*T) error {
	object := new(T)
	problems, err := json.UnmarshalStrict(text, object)
	if err != nil {
		return err
	}
	if len(problems) > 0 {
		return problems[0]
	}
	*all = append(*all, object)
	return nil
}

// Parse reads documents. What cannot be read is a complaint.
func Parse(documents ...[]byte) (s System, complaints []string) {
	for _, d := range documents {
		if err := s.add(d); err != nil {
			complaints = append(complaints, err.Error())
		}
	}
	return s, complaints
}

// Container is the one container that each pod here has.
func (w Workload) container() core.Container { return w.Template.Spec.Containers[0] }

func (w Workload) variable(name string) (core.EnvVar, bool) {
	i := slices.IndexFunc(w.container().Env, func(v core.EnvVar) bool { return v.Name == name })
	if i < 0 {
		return core.EnvVar{}, false
	}
	return w.container().Env[i], true
}

// selected are the workloads whose pods a selector matches.
func (s System) selected(labels map[string]string) []Workload {
	var all []Workload
	for _, w := range s.Workloads {
		if matches(labels, w.Template.Labels) {
			all = append(all, w)
		}
	}
	return all
}

// matches says whether labels have all that a selector asks for. An empty one matches everything.
func matches(selector, labels map[string]string) bool {
	for k, v := range selector {
		if labels[k] != v {
			return false
		}
	}
	return true
}

func (s System) workload(name string) (Workload, bool) {
	i := slices.IndexFunc(s.Workloads, func(w Workload) bool { return w.Name == name })
	if i < 0 {
		return Workload{}, false
	}
	return s.Workloads[i], true
}

func (s System) service(name string) (*core.Service, bool) {
	i := slices.IndexFunc(s.Services, func(svc *core.Service) bool { return svc.Name == name })
	if i < 0 {
		return nil, false
	}
	return s.Services[i], true
}

// complaints collects what is wrong.
type complaints []string

func (c *complaints) add(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}
