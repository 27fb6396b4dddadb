// Package check ties the manifests to the source of the services, so neither can change without the other. The
// generic rules are those of libraries, of the API server and of infra/k8s/shared.
package check

import (
	"errors"
	"fmt"
	"regexp"
	"slices"
	"strings"

	apps "k8s.io/api/apps/v1"
	autoscaling "k8s.io/api/autoscaling/v2"
	core "k8s.io/api/core/v1"
	networking "k8s.io/api/networking/v1"
	policy "k8s.io/api/policy/v1"
	meta "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/serializer"
	"k8s.io/apimachinery/pkg/util/intstr"
	gateway "sigs.k8s.io/gateway-api/apis/v1"
)

// System holds the objects that are applied together.
type System struct {
	Workloads []Workload
	objects   []runtime.Object
	documents [][]byte
}

// Workload is a Deployment or a StatefulSet.
type Workload struct {
	Kind, Name string
	Template   core.PodTemplateSpec
	Claims     []core.PersistentVolumeClaim // of a StatefulSet
	Deployment *apps.Deployment
}

func (w Workload) String() string { return w.Kind + " " + w.Name }

// head matches an object's kind and name.
var head = regexp.MustCompile(`(?m)^(?:kind|  name): (.*)$`)

// Parse reads documents. It returns a complaint about each that it can't read.
func Parse(documents ...[]byte) (s System, found complaints) {
	s.documents = documents
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{
		core.AddToScheme, apps.AddToScheme, autoscaling.AddToScheme, policy.AddToScheme, networking.AddToScheme, gateway.Install,
	} {
		if err := add(scheme); err != nil {
			found.add("build the scheme: %v", err)
		}
	}
	// Strict as the API server with --validate=strict: unknown and repeated fields are errors.
	decoder := serializer.NewCodecFactory(scheme, serializer.EnableStrict).UniversalDeserializer()
	for _, d := range documents {
		object, kind, err := decoder.Decode(d, nil, nil)
		if runtime.IsNotRegisteredError(err) {
			err = errors.New("no check covers this kind and version")
		}
		if err != nil {
			found.add("%s: %v", strings.Join(matches(head, string(d)), " "), err)
			continue
		}
		s.objects = append(s.objects, object)
		switch o := object.(type) {
		case *apps.Deployment:
			s.Workloads = append(s.Workloads, Workload{Kind: kind.Kind, Name: o.Name, Template: o.Spec.Template, Deployment: o})
		case *apps.StatefulSet:
			s.Workloads = append(s.Workloads, Workload{Kind: kind.Kind, Name: o.Name, Template: o.Spec.Template, Claims: o.Spec.VolumeClaimTemplates})
		}
	}
	return s, found
}

// objects returns the objects of a type.
func objects[T runtime.Object](s System) (all []T) {
	for _, o := range s.objects {
		if t, ok := o.(T); ok {
			all = append(all, t)
		}
	}
	return all
}

// find returns the object of a type and name.
func find[T interface {
	runtime.Object
	meta.Object
}](s System, name string) (found T, ok bool) {
	all := objects[T](s)
	i := slices.IndexFunc(all, func(o T) bool { return o.GetName() == name })
	if i < 0 {
		return found, false
	}
	return all[i], true
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

// port is the number of a port that the container has.
func (w Workload) port(p intstr.IntOrString) (int32, bool) {
	for _, have := range w.container().Ports {
		if p.Type == intstr.String && have.Name == p.StrVal || p.Type == intstr.Int && have.ContainerPort == p.IntVal {
			return have.ContainerPort, true
		}
	}
	return 0, false
}

// selected returns the workloads whose pods a selector matches.
func (s System) selected(selector map[string]string) (all []Workload) {
	for _, w := range s.Workloads {
		if labelSelected(&meta.LabelSelector{MatchLabels: selector}, w.Template.Labels) {
			all = append(all, w)
		}
	}
	return all
}

// complaints are the mistakes that a check has found.
type complaints []string

func (c *complaints) add(format string, args ...any) {
	*c = append(*c, fmt.Sprintf(format, args...))
}
