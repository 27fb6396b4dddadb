package check

import (
	"bytes"
	"slices"

	"github.com/zegl/kube-score/config"
	"github.com/zegl/kube-score/domain"
	"github.com/zegl/kube-score/parser"
	"github.com/zegl/kube-score/score"
	"github.com/zegl/kube-score/score/checks"
	"github.com/zegl/kube-score/scorecard"
	"k8s.io/pod-security-admission/api"
	"k8s.io/pod-security-admission/policy"
)

// ignored are kube-score's checks that the manifests fail on purpose.
var ignored = map[string]struct{}{
	"container-ephemeral-storage-request-and-limit": {}, // root file systems are read-only, and each emptyDir has a limit
	"container-image-pull-policy":                   {}, // minikube's images are built on the node and can't be pulled
	"container-image-tag":                           {}, // skaffold and the release set the tags; see images
	"container-security-context-user-group-id":      {}, // the official images of MongoDB and Redis run as 999
	"deployment-has-host-podantiaffinity":           {}, // a topology spread does this and still schedules on one node
	"statefulset-has-host-podantiaffinity":          {}, // each StatefulSet has one pod
	"statefulset-has-poddisruptionbudget":           {}, // each StatefulSet has one pod, and a budget would block every drain
	"statefulset-has-servicename":                   {}, // one pod needs no name of its own, so its Service isn't headless
	"pod-probes-identical":                          {}, // MongoDB has nothing to probe but its port
}

// solver is the policy for pods that cert-manager creates, so no manifest has them.
const solver = "certificate-solver"

// practices runs kube-score.
func practices(s System, _ Code) (c complaints) {
	card, err := kubeScore(s)
	if err != nil {
		c.add("kube-score: %v", err)
		return c
	}
	for _, object := range card {
		for _, result := range object.Checks {
			if object.ObjectMeta.Name == solver && result.Check.ID == "networkpolicy-targets-pod" || result.Skipped || result.Grade >= scorecard.GradeAllOK {
				continue
			}
			for _, comment := range result.Comments {
				c.add("%s %s: %s: %s", object.TypeMeta.Kind, object.ObjectMeta.Name, result.Check.ID, comment.Summary)
			}
		}
	}
	slices.Sort(c)
	return c
}

func kubeScore(s System) (scorecard.Scorecard, error) {
	p, err := parser.New(&parser.Config{})
	if err != nil {
		return nil, err
	}
	all, err := p.ParseFiles([]domain.NamedReader{manifest{bytes.NewReader(bytes.Join(s.documents, separator))}})
	if err != nil {
		return nil, err
	}
	run := &config.RunConfiguration{
		IgnoreContainerCpuLimitRequirement: true,
		KubernetesVersion:                  config.Semver{Major: 1, Minor: 33},
		MinReplicasDeployment:              2,
		MinReplicasHPA:                     2,
	}
	card, err := score.Score(all, score.RegisterAllChecks(all, &checks.Config{IgnoredTests: ignored}, run), run)
	if err != nil {
		return nil, err
	}
	return *card, nil
}

type manifest struct{ *bytes.Reader }

func (manifest) Name() string { return "manifests" }

// restricted evaluates the level of Pod Security that infra/namespace.yaml enforces.
func restricted(s System, _ Code) (c complaints) {
	evaluator, err := policy.NewEvaluator(policy.DefaultChecks())
	if err != nil {
		c.add("Pod Security: %v", err)
		return c
	}
	for _, w := range s.Workloads {
		for _, result := range evaluator.EvaluatePod(api.LevelVersion{Level: api.LevelRestricted, Version: api.LatestVersion()}, &w.Template.ObjectMeta, &w.Template.Spec) {
			if !result.Allowed {
				c.add("%s: %s: %s", w, result.ForbiddenReason, result.ForbiddenDetail)
			}
		}
	}
	return c
}
