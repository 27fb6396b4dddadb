package system_test

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"syscall"
	"testing"
	"time"

	"ticketing.dev/local/system"
)

// repository makes a folder that has what the system needs of the repository, with a program as the
// built client.
func repository(t *testing.T, client string) (root string) {
	t.Helper()
	manifest, err := os.ReadFile("../../infra/k8s/ingress-srv.yaml")
	if err != nil {
		t.Fatal(err)
	}
	root = t.TempDir()
	for name, text := range map[string]string{
		"infra/k8s/ingress-srv.yaml":        string(manifest),
		"client/.next/standalone/server.js": client,
	} {
		path := filepath.Join(root, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return root
}

// programs builds those of this repository.
func programs(t *testing.T) (bin string) {
	t.Helper()
	bin, err := system.Build(t.Context(), "../..")
	if err != nil {
		t.Fatal(err)
	}
	return bin
}

// page reads a page at the gateway, as soon as there is one.
func page(t *testing.T, url string) string {
	t.Helper()
	for deadline := time.Now().Add(time.Minute); ; time.Sleep(20 * time.Millisecond) {
		response, err := http.Get(url)
		if err != nil {
			t.Fatal(err)
		}
		text, err := io.ReadAll(response.Body)
		_ = response.Body.Close()
		if err == nil && response.StatusCode == http.StatusOK {
			return string(text)
		}
		if time.Now().After(deadline) {
			t.Fatalf("%s answers %s: %s, %v", url, response.Status, text, err)
		}
	}
}

func TestClient(t *testing.T) {
	const tellsItsEnvironment = `
		const answer = (q, r) => r.end(JSON.stringify({ url: q.url, host: q.headers.host, env: process.env }));
		require("http").createServer(answer).listen(process.env.PORT, process.env.HOSTNAME);
		process.on("SIGTERM", () => process.exit(143));`
	s := start(t, system.Config{
		Client: system.BuiltClient, Root: repository(t, tellsItsEnvironment), Bin: programs(t),
		Environment: system.Environment{StripePublishableKey: "pk_test_1"},
	})
	run := s.Run()
	var told struct {
		URL, Host string
		Env       map[string]string
	}
	if err := json.Unmarshal([]byte(page(t, run.Gateway+"/tickets/1?a=b")), &told); err != nil {
		t.Fatal(err)
	}
	if told.URL != "/tickets/1?a=b" || told.Host != strings.TrimPrefix(run.Gateway, "http://") {
		t.Errorf("the client is asked for %s at %s", told.URL, told.Host)
	}
	for name, want := range map[string]string{
		"API_URL": run.Gateway, "STRIPE_SANDBOX_URL": run.Stripe.URL, "STRIPE_PUBLISHABLE_KEY": "pk_test_1",
	} {
		if told.Env[name] != want {
			t.Errorf("%s is %q; want %q", name, told.Env[name], want)
		}
	}
	if name := told.Env["COOKIE_NAME"]; !regexp.MustCompile(`^ticketing-[0-9a-f]{8}$`).MatchString(name) {
		t.Errorf("COOKIE_NAME is %q", name)
	}
	if _, ok := told.Env["JWT_KEY"]; ok {
		t.Error("the client knows the key of the sessions")
	}

	if err := syscall.Kill(run.Client.PID, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	page(t, run.Gateway+"/") // it is started again
	pid := s.Run().Client.PID
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if err := syscall.Kill(pid, 0); err == nil {
		t.Error("the client outlives the system")
	}
}

func TestClientThatRunsAlready(t *testing.T) {
	client := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = io.WriteString(w, "a page")
	}))
	t.Cleanup(client.Close)
	s := start(t, system.Config{Client: client.URL})
	if text := page(t, s.Run().Gateway+"/"); text != "a page" {
		t.Errorf("the page is %q", text)
	}
}

func TestClientThatIsNotBuilt(t *testing.T) {
	root := repository(t, "")
	if err := os.RemoveAll(filepath.Join(root, "client")); err != nil {
		t.Fatal(err)
	}
	for _, client := range []string{system.BuiltClient, system.DevClient} {
		s, err := system.Start(t.Context(), system.Config{Dir: t.TempDir(), Root: root, Client: client})
		if err == nil {
			_ = s.Close()
			t.Fatalf("it starts without the client (%s)", client)
		}
		if !strings.Contains(err.Error(), "npm ci") || strings.Contains(err.Error(), "\n") {
			t.Errorf("error %q is not one line that says what to do", err)
		}
	}
}
