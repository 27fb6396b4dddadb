package cluster

import (
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"encoding/pem"
	"math/big"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/redis/go-redis/v9"

	"ticketing.dev/common/bus/memory"
	"ticketing.dev/common/events"
	"ticketing.dev/common/process"
	"ticketing.dev/common/redisdb"
	"ticketing.dev/common/service"
	"ticketing.dev/common/service/servicetest"
	"ticketing.dev/expiration"
)

// guardedRedis runs redis-server with the users of the manifest.
func guardedRedis(t *testing.T, options ...string) (port string) {
	t.Helper()
	manifest, err := os.ReadFile("../../../infra/k8s/expiration-redis-depl.yaml")
	if err != nil {
		t.Fatal(err)
	}
	_, rest, found := strings.Cut(string(manifest), "            - |\n")
	script, _, closed := strings.Cut(rest, "          args:\n")
	if !found || !closed {
		t.Fatal("the manifest has no script")
	}
	script = strings.ReplaceAll(script, strings.Repeat(" ", 14), "") // the block's indentation
	addr, err := process.NewPorts().Free()
	if err != nil {
		t.Fatal(err)
	}
	_, port, _ = net.SplitHostPort(addr)
	dir := t.TempDir()
	arguments := append([]string{"-c", script, redisServer, "--bind", "127.0.0.1", "--dir", dir, "--save", ""}, options...)
	if len(options) == 0 {
		arguments = append(arguments, "--port", port)
	} else {
		arguments = append(arguments, "--tls-port", port)
	}
	cmd := exec.Command("sh", arguments...)
	cmd.Env = append(os.Environ(), "REDIS_PASSWORD=secret")
	cmd.Stdout = t.Output()
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	servicetest.Eventually(t, "Redis", func() bool { return process.Answers(addr, "", "")(t.Context()) == nil })
	return port
}

func connected(t *testing.T, r expiration.Redis) *redis.Client {
	t.Helper()
	client, err := expiration.Connect(r)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = client.Close() })
	return client
}

func TestTimersWorkWithTheUsersOfTheManifest(t *testing.T) {
	addr := "127.0.0.1:" + guardedRedis(t)
	client := connected(t, expiration.Redis{Addr: addr, Login: redisdb.Login{Username: "expiration", Password: "secret"}})
	b := memory.New()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	ended := make(chan error, 1)
	go func() {
		ended <- service.Run(ctx, "expiration", l, b, servicetest.Log(t), expiration.New(expiration.Options{Redis: client, Bus: b, Log: servicetest.Log(t)}))
	}()
	servicetest.Publish(t, b, events.OrderCreated{Order: events.Order{ID: "65a0000000000000000000c1", Status: "created", ExpiresAt: time.Now().Add(time.Second)}})
	servicetest.Publish(t, b, events.OrderCreated{Order: events.Order{ID: "65a0000000000000000000c2", Status: "created", ExpiresAt: time.Now().Add(time.Hour)}})
	servicetest.Publish(t, b, events.OrderCancelled{Order: events.Order{ID: "65a0000000000000000000c2", Status: "cancelled"}})
	servicetest.Eventually(t, "the timer", func() bool { return len(b.Messages("expiration:complete")) == 1 })
	servicetest.Eventually(t, "the cancelled timer", func() bool {
		n, err := client.ZCard(t.Context(), "asynq:{default}:scheduled").Result()
		return err == nil && n == 0
	})
	cancel()
	if err := <-ended; err != nil {
		t.Error(err)
	}
}

func TestRedisRefusesStrangersAndDangerousCommands(t *testing.T) {
	addr := "127.0.0.1:" + guardedRedis(t)
	stranger := redis.NewClient(&redis.Options{Addr: addr})
	defer stranger.Close()
	if err := stranger.Ping(t.Context()).Err(); err != nil {
		t.Errorf("the probes can't ping: %v", err)
	}
	if err := stranger.Get(t.Context(), "asynq:x").Err(); err == nil || !strings.Contains(err.Error(), "NOPERM") {
		t.Errorf("a stranger reads: %v", err)
	}
	own := connected(t, expiration.Redis{Addr: addr, Login: redisdb.Login{Username: "expiration", Password: "secret"}})
	for _, command := range [][]any{{"FLUSHALL"}, {"CONFIG", "GET", "*"}, {"SHUTDOWN"}, {"KEYS", "*"}, {"SET", "other", "1"}, {"ACL", "LIST"}} {
		if err := own.Do(t.Context(), command...).Err(); err == nil || !strings.Contains(err.Error(), "NOPERM") {
			t.Errorf("expiration may %v: %v", command, err)
		}
	}
	if err := connected(t, expiration.Redis{Addr: addr, Login: redisdb.Login{Username: "expiration", Password: "guess"}}).Ping(t.Context()).Err(); err == nil {
		t.Error("connected with a wrong password")
	}
}

func TestTLSToRedisNeedsItsAuthority(t *testing.T) {
	certificate := selfSigned(t)
	key := strings.TrimSuffix(certificate, ".crt") + ".key"
	addr := "127.0.0.1:" + guardedRedis(t, "--port", "0", "--tls-cert-file", certificate, "--tls-key-file", key, "--tls-auth-clients", "no")
	login := expiration.Redis{Addr: addr, Login: redisdb.Login{Username: "expiration", Password: "secret"}}
	trusting, distrusting := login, login
	trusting.CA, distrusting.CA = certificate, selfSigned(t)
	if err := connected(t, trusting).Ping(t.Context()).Err(); err != nil {
		t.Errorf("with the authority: %v", err)
	}
	if err := connected(t, distrusting).Ping(t.Context()).Err(); err == nil || !strings.Contains(err.Error(), "certificate") {
		t.Errorf("with another authority: %v", err)
	}
	if connected(t, login).Ping(t.Context()).Err() == nil {
		t.Error("connected without TLS")
	}
	for _, file := range []string{"/nowhere.pem", key} {
		if _, err := expiration.Connect(expiration.Redis{Addr: addr, Login: redisdb.Login{CA: file}}); err == nil {
			t.Errorf("%s counts as certificates", file)
		}
	}
}

// selfSigned writes a certificate for 127.0.0.1 and, beside it, its key.
func selfSigned(t *testing.T) (file string) {
	t.Helper()
	private, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		IsCA: true, BasicConstraintsValid: true,
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, template, private.Public(), private)
	if err != nil {
		t.Fatal(err)
	}
	key, err := x509.MarshalPKCS8PrivateKey(private)
	if err != nil {
		t.Fatal(err)
	}
	base := filepath.Join(t.TempDir(), "server")
	for name, block := range map[string]*pem.Block{".crt": {Type: "CERTIFICATE", Bytes: certificate}, ".key": {Type: "PRIVATE KEY", Bytes: key}} {
		if err := os.WriteFile(base+name, pem.EncodeToMemory(block), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return base + ".crt"
}
