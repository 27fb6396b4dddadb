package main

import (
	"bytes"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/big"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"time"

	"ticketing.dev/infra/secrets"
)

const (
	namespace = "ticketing"
	// patience bounds a wait for pods.
	patience = 5 * time.Minute
)

var errOccupied = errors.New("the namespace " + namespace + " exists already, and this test would delete everything in it")

// run is one run of the test.
type run struct {
	report   *report
	profiles string
	tmp      string // skaffold's output and its list of built images
	made     bool   // this run created the namespace
	roots    *x509.CertPool
	people   *people
	deals    deals
}

func newRun(standin bool, out io.Writer) *run {
	r := &run{report: &report{out: out, begun: time.Now()}, profiles: "images,test"}
	if standin {
		r.profiles += ",standin"
	}
	return r
}

// command runs a program at the root of the repository and returns its output. When the test is interrupted, the
// program gets time to end.
func (r *run) command(ctx context.Context, input string, name string, args ...string) (string, error) {
	c := exec.CommandContext(ctx, name, args...)
	c.Cancel = func() error { return c.Process.Signal(syscall.SIGTERM) }
	c.WaitDelay = 10 * time.Second
	c.Stdin = strings.NewReader(input)
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		return "", fmt.Errorf("%s %s: %w\n%s", name, strings.Join(args, " "), err, last(out.String()+errs.String(), 20))
	}
	return strings.TrimSpace(out.String()), nil
}

// last are the last lines of a text.
func last(text string, n int) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	return strings.Join(lines[max(0, len(lines)-n):], "\n")
}

func (r *run) kubectl(ctx context.Context, args ...string) (string, error) {
	return r.command(ctx, "", "kubectl", append([]string{"--namespace", namespace}, args...)...)
}

func (r *run) skaffold(ctx context.Context, verb string, args ...string) error {
	_, err := r.command(ctx, "", "skaffold", append([]string{verb, "--profile", r.profiles}, args...)...)
	return err
}

// prepare creates the namespace, which must not exist yet, and random secrets.
func (r *run) prepare(ctx context.Context) (err error) {
	there, err := r.command(ctx, "", "kubectl", "get", "namespace", namespace, "--ignore-not-found", "--output=name")
	if err != nil {
		return fmt.Errorf("can't reach the cluster: %w", err)
	}
	if there != "" {
		return errOccupied
	}
	where, err := r.command(ctx, "", "kubectl", "config", "current-context")
	if err != nil {
		return err
	}
	version, err := r.command(ctx, "", "kubectl", "version", "--output=json")
	if err != nil {
		return err
	}
	var v struct{ ServerVersion struct{ GitVersion string } }
	if err := json.Unmarshal([]byte(version), &v); err != nil {
		return err
	}
	r.report.figure("cluster %s, Kubernetes %s", where, v.ServerVersion.GitVersion)
	if r.tmp, err = os.MkdirTemp("", "clustertest-"); err != nil {
		return err
	}
	r.made = true
	if _, err := r.kubectl(ctx, "apply", "--filename", "infra/namespace.yaml"); err != nil {
		return err
	}
	return r.secrets(ctx)
}

func (r *run) secrets(ctx context.Context) error {
	certificate, key, err := r.certificate("ticketing.dev", "stripe.ticketing.dev")
	if err != nil {
		return err
	}
	secret := func(name, kind string, data map[string]string) map[string]any {
		return map[string]any{"apiVersion": "v1", "kind": "Secret", "metadata": map[string]string{"name": name}, "type": kind, "stringData": data}
	}
	if err := os.WriteFile(r.trusted(), []byte(certificate), 0o600); err != nil {
		return err
	}
	items := []any{
		secret("jwt-secret", "Opaque", map[string]string{"JWT_KEY": rand.Text() + rand.Text()}),
		secret("stripe-secret", "Opaque", map[string]string{"STRIPE_KEY": "sk_test_" + rand.Text(), "STRIPE_WEBHOOK_SECRET": "whsec_" + base64.StdEncoding.EncodeToString([]byte(rand.Text()))}),
		secret("ticketing-dev-tls", "kubernetes.io/tls", map[string]string{"tls.crt": certificate, "tls.key": key}),
	}
	for _, generated := range secrets.Generate() {
		items = append(items, generated)
	}
	text, err := json.Marshal(map[string]any{"apiVersion": "v1", "kind": "List", "items": items})
	if err != nil {
		return err
	}
	_, err = r.command(ctx, string(text), "kubectl", "--namespace", namespace, "apply", "--filename", "-")
	return err
}

// certificate creates a certificate that only this run trusts.
func (r *run) certificate(hosts ...string) (certificate, key string, err error) {
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return "", "", err
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(time.Now().UnixNano()),
		Subject:      pkix.Name{CommonName: hosts[0]},
		DNSNames:     hosts,
		NotBefore:    time.Now().Add(-time.Hour),
		NotAfter:     time.Now().Add(24 * time.Hour),
		KeyUsage:     x509.KeyUsageDigitalSignature,
		ExtKeyUsage:  []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		return "", "", err
	}
	text, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		return "", "", err
	}
	certificate = string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der}))
	r.roots = x509.NewCertPool()
	r.roots.AppendCertsFromPEM([]byte(certificate))
	return certificate, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: text})), nil
}

// trusted is the file of the certificate that this run trusts.
func (r *run) trusted() string { return filepath.Join(r.tmp, "ticketing.dev.pem") }

func (r *run) images() string { return filepath.Join(r.tmp, "images.json") }

// build builds all images.
func (r *run) build(ctx context.Context) error {
	if err := r.skaffold(ctx, "build", "--file-output", r.images()); err != nil {
		return err
	}
	text, err := os.ReadFile(r.images())
	if err != nil {
		return err
	}
	var built struct {
		Builds []struct{ ImageName, Tag string }
	}
	if err := json.Unmarshal(text, &built); err != nil {
		return err
	}
	for _, b := range built.Builds {
		name, _, _ := strings.Cut(b.Tag, "@")
		size, err := r.command(ctx, "", "docker", "image", "inspect", "--format", "{{.Size}}", name)
		if err != nil {
			r.report.say("%s: size unknown", b.ImageName) // the images may be in the cluster only
			continue
		}
		var bytes float64
		if _, err := fmt.Sscan(size, &bytes); err != nil {
			return err
		}
		r.report.figure("image %-26s %6.1f MB", b.ImageName, bytes/1e6)
	}
	return nil
}

// deploy deploys everything and waits until all pods are ready.
func (r *run) deploy(ctx context.Context) error {
	begun := time.Now()
	if err := r.skaffold(ctx, "deploy", "--build-artifacts", r.images()); err != nil {
		return err
	}
	r.report.figure("everything ready after %.0f s", time.Since(begun).Seconds())
	return r.settled(ctx)
}

// settled waits until every Deployment and StatefulSet has all its pods ready and no others.
func (r *run) settled(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	for {
		waiting, err := r.unready(ctx)
		if err == nil && waiting == "" {
			return nil
		}
		if ctx.Err() != nil {
			return fmt.Errorf("not ready in time: %s: %w", waiting, errors.Join(err, ctx.Err()))
		}
		pause(ctx, time.Second)
	}
}

// unready names a workload that isn't ready, or pods that are terminating.
func (r *run) unready(ctx context.Context) (string, error) {
	text, err := r.kubectl(ctx, "get", "horizontalpodautoscalers,deployments,statefulsets,pods", "--output=json")
	if err != nil {
		return "", err
	}
	var list struct{ Items []object }
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return "", err
	}
	return unready(list.Items), nil
}

// object has the fields of an autoscaler, a workload or a pod that this test reads.
type object struct {
	Kind     string
	Metadata struct {
		Name              string
		Generation        int64
		DeletionTimestamp *time.Time
	}
	Spec struct {
		Replicas       *int
		MinReplicas    int
		ScaleTargetRef struct{ Name string }
	}
	Status struct {
		Replicas, ReadyReplicas, UpdatedReplicas int
		ObservedGeneration                       int64
	}
}

// unready expects autoscalers before workloads. A new Deployment has one pod until its autoscaler has run.
func unready(objects []object) string {
	least := map[string]int{}
	for _, o := range objects {
		switch o.Kind {
		case "HorizontalPodAutoscaler":
			least[o.Spec.ScaleTargetRef.Name] = o.Spec.MinReplicas
			continue
		case "Pod":
			if o.Metadata.DeletionTimestamp != nil {
				return "pod " + o.Metadata.Name + " is on its way out"
			}
			continue
		}
		want := *o.Spec.Replicas
		if s := o.Status; s.ObservedGeneration < o.Metadata.Generation || s.ReadyReplicas != want || s.UpdatedReplicas != want || s.Replicas != want {
			return fmt.Sprintf("%s: %d of %d ready", o.Metadata.Name, s.ReadyReplicas, want)
		}
		if least := least[o.Metadata.Name]; o.Kind == "Deployment" && want < least {
			return fmt.Sprintf("%s: %d pods, and its autoscaler wants %d", o.Metadata.Name, want, least)
		}
	}
	return ""
}

func pause(ctx context.Context, d time.Duration) {
	select {
	case <-time.After(d):
	case <-ctx.Done():
	}
}

// measure records the memory of each workload's largest pod.
func (r *run) measure(when string) func(context.Context) error {
	return func(ctx context.Context) error {
		// The metrics server, if there is one, scrapes every 15 seconds.
		pause(ctx, 20*time.Second)
		text, err := r.kubectl(ctx, "top", "pods", "--no-headers")
		if err != nil {
			r.report.say("no metrics: %s", last(err.Error(), 1))
			return nil
		}
		largest := map[string]int{}
		for line := range strings.Lines(text) {
			var pod, processor string
			var mebibytes int
			if _, err := fmt.Sscanf(line, "%s %s %dMi", &pod, &processor, &mebibytes); err != nil {
				return fmt.Errorf("kubectl top: %q: %w", line, err)
			}
			name := workload(pod)
			largest[name] = max(largest[name], mebibytes)
		}
		for _, name := range slices.Sorted(maps.Keys(largest)) {
			r.report.figure("memory %s  %-18s %4d MiB", when, name, largest[name])
		}
		return nil
	}
}

// workload is the name of a pod without the suffixes that Kubernetes adds.
func workload(pod string) string {
	parts := strings.Split(pod, "-")
	if _, err := strconv.Atoi(parts[len(parts)-1]); err == nil {
		return strings.Join(parts[:len(parts)-1], "-") // of a StatefulSet
	}
	return strings.Join(parts[:max(1, len(parts)-2)], "-")
}

// autoscalers reports how many autoscalers have metrics.
func (r *run) autoscalers(ctx context.Context) error {
	text, err := r.kubectl(ctx, "get", "hpa", "--output=json")
	if err != nil {
		return err
	}
	var list struct {
		Items []struct {
			Status struct{ CurrentMetrics []json.RawMessage }
		}
	}
	if err := json.Unmarshal([]byte(text), &list); err != nil {
		return err
	}
	seeing := 0
	for _, i := range list.Items {
		if len(i.Status.CurrentMetrics) > 0 {
			seeing++
		}
	}
	r.report.figure("%d of %d autoscalers see the processors of their pods", seeing, len(list.Items))
	return nil
}

// end deletes everything, also after the test was interrupted.
func (r *run) end(keep bool) error {
	if keep || !r.made {
		return nil
	}
	r.report.begin("Cleaning up")
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_, err := r.command(ctx, "", "kubectl", "delete", "namespace", namespace, "--wait")
	return errors.Join(err, os.RemoveAll(r.tmp))
}
