package forwarded

import (
	"testing"

	"github.com/caarlos0/env/v11"
)

func TestProxiesAreReadFromTheEnvironment(t *testing.T) {
	type config struct {
		Proxies Proxies `env:"TRUSTED_PROXIES" envDefault:"127.0.0.0/8,::1/128"`
		None    Proxies `env:"NONE"`
	}
	t.Setenv("NONE", "")
	c, err := env.ParseAs[config]()
	if err != nil || len(c.Proxies) != 2 || c.Proxies[1].String() != "::1/128" || len(c.None) != 0 {
		t.Errorf("got %+v, %v", c, err)
	}
	t.Setenv("TRUSTED_PROXIES", "localhost")
	if _, err := env.ParseAs[config](); err == nil {
		t.Error("a name was taken for a network")
	}
}
