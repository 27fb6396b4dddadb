// Package check finds mistakes in the manifests that Kubernetes would accept or reject only on a cluster.
// Libraries check the general rules. This package checks the manifests against the source of the services,
// so neither can change without the other.
package check

import (
	"errors"
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

// System holds the objects that are applied together.
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

	documents [][]byte
}

// Workload is a Deployment or a StatefulSet.
type Workload struct {
	Kind, Name string
	Replicas   *int32
	Template   core.PodTemplateSpec
	Claims     []core.PersistentVolumeClaim // of a StatefulSet
	Deployment *apps.Deployment
}

func (w Workload) String() string { return w.Kind + " " + w.Name }

// add decodes a document.
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

func (s *System) decode(t meta.TypeMeta, text []byte) (err error) {
	switch t.APIVersion + " " + t.Kind {
	case "v1 Namespace":
		s.Namespaces, err = strictly(text, s.Namespaces)
	case "v1 PersistentVolumeClaim":
		s.Claims, err = strictly(text, s.Claims)
	case "v1 ServiceAccount":
		s.ServiceAccounts, err = strictly(text, s.ServiceAccounts)
	case "v1 Service":
		s.Services, err = strictly(text, s.Services)
	case "networking.k8s.io/v1 Ingress":
		s.Ingresses, err = strictly(text, s.Ingresses)
	case "networking.k8s.io/v1 NetworkPolicy":
		s.Policies, err = strictly(text, s.Policies)
	case "autoscaling/v2 HorizontalPodAutoscaler":
		s.Autoscalers, err = strictly(text, s.Autoscalers)
	case "policy/v1 PodDisruptionBudget":
		s.Budgets, err = strictly(text, s.Budgets)
	case "gateway.networking.k8s.io/v1 Gateway":
		s.Gateways, err = strictly(text, s.Gateways)
	case "gateway.networking.k8s.io/v1 HTTPRoute":
		s.HTTPRoutes, err = strictly(text, s.HTTPRoutes)
	case "apps/v1 Deployment":
		var all []*apps.Deployment
		if all, err = strictly(text, all); err == nil {
			d := all[0]
			s.Workloads = append(s.Workloads, Workload{Kind: t.Kind, Name: d.Name, Replicas: d.Spec.Replicas, Template: d.Spec.Template, Deployment: d})
		}
	case "apps/v1 StatefulSet":
		var all []*apps.StatefulSet
		if all, err = strictly(text, all); err == nil {
			d := all[0]
			s.Workloads = append(s.Workloads, Workload{Kind: t.Kind, Name: d.Name, Replicas: d.Spec.Replicas, Template: d.Spec.Template, Claims: d.Spec.VolumeClaimTemplates})
		}
	default:
		err = fmt.Errorf("no check covers a %s of %s", t.Kind, t.APIVersion)
	}
	return err
}

// strictly decodes an object as the API server does with --validate=strict, which refuses unknown and
// repeated fields and names in another case.
func strictly[T any](text []byte, all []*T) ([]*T, error) {
	object := new(T)
	problems, err := json.UnmarshalStrict(text, object)
	if err != nil {
		return all, err
	}
	return append(all, object), errors.Join(problems...)
}

// Parse reads documents. It returns a complaint about each that it can't read.
func Parse(documents ...[]byte) (s System, complaints []string) {
	s.documents = documents
	for _, d := range documents {
		if err := s.add(d); err != nil {
			complaints = append(complaints, err.Error())
		}
	}
	return s, complaints
}

// container is the only container of the pod.
func (w Workload) container() core.Container { return w.Template.Spec.Containers[0] }

func (w Workload) variable(name string) (core.EnvVar, bool) {
	i := slices.IndexFunc(w.container().Env, func(v core.EnvVar) bool { return v.Name == name })
	if i < 0 {
		return core.EnvVar{}, false
	}
	return w.container().Env[i], true
}

// selected returns the workloads whose pods a selector matches.
func (s System) selected(labels map[string]string) []Workload {
	var all []Workload
	for _, w := range s.Workloads {
		if matches(labels, w.Template.Labels) {
			all = append(all, w)
		}
	}
	return all
}

// matches reports whether labels have all that a selector asks for. An empty selector matches everything.
func matches(selector, labels map[string]string) bool {
	for k, v := range selector {
		if labels[k] != v {
			return false
		}
	}
	return true
}

func (s System) service(name string) (*core.Service, bool) {
	i := slices.IndexFunc(s.Services, func(svc *core.Service) bool { return svc.Name == name })
	if i < 0 {
		return nil, false
	}
	return s.Services[i], true
}

// complaints are the mistakes that a check has found.
type complaints []string

func (c *complaints) add(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}
