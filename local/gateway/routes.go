package gateway

import (
	"errors"
	"fmt"
	"os"
	"strings"

	"go.yaml.in/yaml/v3"
)

// Route sends the paths under Path to a service.
type Route struct {
	Path    string
	Service string
}

// Routes are those of an Ingress.
type Routes []Route

// ingress holds the fields of a networking.k8s.io/v1 Ingress that routing depends on.
type ingress struct {
	Kind string
	Spec struct {
		Rules []struct {
			HTTP struct {
				Paths []struct {
					Path     string
					PathType string `yaml:"pathType"`
					Backend  struct{ Service struct{ Name string } }
				}
			}
		}
	}
}

// ReadRoutes reads the manifest of an Ingress. The hosts of its rules do not matter here, as one
// machine has one. Everything that would be routed in another way than in the cluster is an error.
func ReadRoutes(path string) (Routes, error) {
	manifest, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	routes, err := Parse(manifest)
	if err != nil {
		return nil, fmt.Errorf("routes of %s: %w", path, err)
	}
	return routes, nil
}

// Parse takes the routes out of a manifest.
func Parse(manifest []byte) (Routes, error) {
	var in ingress
	if err := yaml.Unmarshal(manifest, &in); err != nil {
		return nil, err
	}
	if in.Kind != "Ingress" {
		return nil, fmt.Errorf("the kind is %q, not Ingress", in.Kind)
	}
	var routes Routes
	for _, rule := range in.Spec.Rules {
		for _, p := range rule.HTTP.Paths {
			switch {
			case p.PathType != "Prefix":
				return nil, fmt.Errorf("path %s has the type %q, not Prefix", p.Path, p.PathType)
			case !strings.HasPrefix(p.Path, "/"):
				return nil, fmt.Errorf("path %q does not begin with /", p.Path)
			case p.Backend.Service.Name == "":
				return nil, fmt.Errorf("path %s has no service", p.Path)
			}
			routes = append(routes, Route{p.Path, p.Backend.Service.Name})
		}
	}
	if len(routes) == 0 {
		return nil, errors.New("there are none")
	}
	return routes, nil
}

// match finds the route with the longest path that covers a request's.
func (routes Routes) match(path string) (longest Route, found bool) {
	for _, r := range routes {
		if r.covers(path) && (!found || len(r.Path) > len(longest.Path)) {
			longest, found = r, true
		}
	}
	return longest, found
}

// covers is pathType Prefix: whole segments, with or without a slash at the end
// (https://kubernetes.io/docs/concepts/services-networking/ingress/#path-types).
func (r Route) covers(path string) bool {
	prefix := strings.TrimSuffix(r.Path, "/")
	return path == prefix || strings.HasPrefix(path, prefix+"/")
}
