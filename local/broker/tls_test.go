package broker_test

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"log/slog"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"testing"
	"time"

	nats "github.com/nats-io/nats-server/v2/server"
	streaming "github.com/nats-io/nats-streaming-server/server"
	"github.com/nats-io/nats-streaming-server/stores"

	"ticketing.dev/common/bus/stan"
)

// authority is a certificate for 127.0.0.1 that signs itself, and the file that it's in.
func authority(t *testing.T) (tls.Certificate, string) {
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
	file := filepath.Join(t.TempDir(), "ca.pem")
	if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: certificate}), 0o600); err != nil {
		t.Fatal(err)
	}
	return tls.Certificate{Certificate: [][]byte{certificate}, PrivateKey: private}, file
}

// The server refuses connections without TLS.
func TestTLSToNATSNeedsItsAuthority(t *testing.T) {
	certificate, ca := authority(t)
	_, other := authority(t)
	options, natsOptions := streaming.GetDefaultOptions(), &nats.Options{
		Host: "127.0.0.1", Port: nats.RANDOM_PORT, NoSigs: true,
		TLS: true, TLSConfig: &tls.Config{Certificates: []tls.Certificate{certificate}}, TLSTimeout: 5,
	}
	options.ID, options.StoreType, options.ClientCA, options.Secure = "ticketing", stores.TypeMemory, ca, true
	s, err := streaming.RunServerWithOpts(options, natsOptions)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Shutdown)
	connects := func(ca string, wait time.Duration) bool {
		b, err := stan.Open(stan.Config{URL: s.ClientURL(), ClusterID: "ticketing", ClientID: "orders", CA: ca}, slog.New(slog.DiscardHandler))
		if err != nil {
			t.Fatal(err)
		}
		defer b.Close()
		for end := time.Now().Add(wait); time.Now().Before(end) && !b.Connected(); time.Sleep(10 * time.Millisecond) {
		}
		return b.Connected()
	}
	if !connects(ca, patience) {
		t.Error("not connected with the authority")
	}
	for name, ca := range map[string]string{"another authority": other, "none": "", "a missing file": "/nowhere.pem"} {
		if connects(ca, 500*time.Millisecond) {
			t.Errorf("connected with %s", name)
		}
	}
}
