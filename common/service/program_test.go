package service

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"ticketing.dev/common/bus"
)

type exampleConfig struct {
	Config
	Mongo struct {
		URI string `env:"MONGO_URI,required,notEmpty"`
	}
	Key string        `env:"JWT_KEY,required,notEmpty"`
	TTL time.Duration `env:"ORDER_TTL" envDefault:"15m"`
}

// example is a service that listens to nothing.
type example struct{ *station }

func (example) Listeners() []bus.Listener { return nil }
func (example) Tasks() []Task             { return nil }

// greetings are commands that greet one person, or fail.
func greetings(program string) []Command {
	return []Command{{
		Name: "greet strangers", About: "fail",
		Parse: func([]string) (Action, error) {
			return func(context.Context, io.Writer, bus.Bus, Service) error { return errors.New("no strangers") }, nil
		},
	}, {
		Name: "wave back", About: "do nothing",
		Parse: func([]string) (Action, error) {
			return func(context.Context, io.Writer, bus.Bus, Service) error { return nil }, nil
		},
	}, {
		Name: "greet", Arguments: "NAME", About: "say hello",
		Parse: func(args []string) (Action, error) {
			if len(args) != 1 {
				return nil, errors.New("one name")
			}
			return func(_ context.Context, out io.Writer, _ bus.Bus, _ Service) error {
				fmt.Fprintf(out, "%s says hello to %s\n", program, args[0])
				return nil
			}, nil
		},
	}}
}

// TestMain lets the test's own binary be the program under test.
func TestMain(m *testing.M) {
	if os.Getenv("RUN_EXAMPLE") != "" {
		var c exampleConfig
		ctx, p := Start("example", &c, greetings("example"))
		p.Log.Info("opened") // commands don't show it
		if c.Mongo.URI == away {
			p.Log.Warn("MongoDB does not answer yet") // commands do
		}
		p.Exit(p.Run(ctx, nil, example{&station{}}))
	}
	os.Exit(m.Run())
}

// away is a MongoDB that the example waits for.
const away = "mongodb://away"

var complete = []string{"MONGO_URI=mongodb://x", "JWT_KEY=asdf", "PORT=0"}

func called(env []string, args ...string) *exec.Cmd {
	c := exec.Command(os.Args[0], args...)
	c.Env = append([]string{"RUN_EXAMPLE=1"}, env...)
	return c
}

func TestNamesEveryMissingVariable(t *testing.T) {
	for _, args := range [][]string{nil, {"greet", "ada"}} {
		out, err := called([]string{"ORDER_TTL=soon"}, args...).CombinedOutput()
		exit, ok := errors.AsType[*exec.ExitError](err)
		if !ok || exit.ExitCode() != 1 {
			t.Errorf("%q ended with %v, want status 1", args, err)
		}
		for _, name := range []string{"MONGO_URI", "JWT_KEY", "TTL"} {
			if !strings.Contains(string(out), name) {
				t.Errorf("%s is not named in: %s", name, out)
			}
		}
	}
}

func TestRunsTheCommandInItsArguments(t *testing.T) {
	const usage = "example greet NAME"
	for _, c := range []struct {
		args           string
		status         int
		stdout, stderr string // what they contain; nothing is written where it is empty
	}{
		{"greet ada", 0, "example says hello to ada\n", ""},
		{"greet strangers", 1, "", "example: no strangers\n"},
		{"greet", 2, "", "example: greet: one name\n"},
		{"greet ada bob", 2, "", usage},
		{"deadletters list", 2, "", "example: unknown command: deadletters list\n"},
		{"serve", 2, "", usage},
		{"wave", 2, "", "example: incomplete command: wave\n"},
		{"-h", 0, usage, ""},
		{"greet --help", 0, usage, ""},
		{"-help", 0, "run the service", ""},
	} {
		t.Run(c.args, func(t *testing.T) {
			p := called(complete, strings.Fields(c.args)...)
			var stdout, stderr bytes.Buffer
			p.Stdout, p.Stderr = &stdout, &stderr
			err := p.Run()
			if p.ProcessState.ExitCode() != c.status {
				t.Errorf("it ended with %v, want status %d", err, c.status)
			}
			for _, output := range []struct{ got, want string }{{stdout.String(), c.stdout}, {stderr.String(), c.stderr}} {
				if !strings.Contains(output.got, output.want) || output.want == "" && output.got != "" {
					t.Errorf("it wrote %q, want %q", output.got, output.want)
				}
			}
		})
	}
}

func TestCommandsShowWarnings(t *testing.T) {
	out, err := called(append(complete, "MONGO_URI="+away), "greet", "ada").CombinedOutput()
	if err != nil || !strings.Contains(string(out), "MongoDB does not answer yet") {
		t.Errorf("%v: %s", err, out)
	}
}

func TestServesWithoutArguments(t *testing.T) {
	p := called(complete)
	stderr, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	var log string
	for lines := bufio.NewScanner(stderr); lines.Scan(); {
		log += lines.Text() + "\n"
		if strings.Contains(lines.Text(), `"msg":"serving"`) {
			_ = p.Process.Signal(syscall.SIGTERM)
		}
	}
	if err := p.Wait(); err != nil || !strings.Contains(log, `"msg":"draining"`) {
		t.Errorf("it ended with %v and logged %s", err, log)
	}
}

func TestServesMetricsAtAnAddressOfTheirOwn(t *testing.T) {
	p := called(append(slices.Clone(complete), "METRICS_ADDR=127.0.0.1:0"))
	stderr, err := p.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := p.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() {
		_ = p.Process.Signal(syscall.SIGTERM)
		_ = p.Wait()
	}()
	address := regexp.MustCompile(`"address":"[^"]*:(\d+)"`)
	ports := map[string]string{}
	for lines := bufio.NewScanner(stderr); len(ports) < 2 && lines.Scan(); {
		for _, message := range []string{"serving metrics", "serving"} {
			if strings.Contains(lines.Text(), `"msg":"`+message+`"`) {
				ports[message] = address.FindStringSubmatch(lines.Text())[1]
			}
		}
	}
	get := func(port, path string) string {
		res, err := http.Get("http://127.0.0.1:" + port + path)
		if err != nil {
			t.Fatal(err)
		}
		defer res.Body.Close()
		body, err := io.ReadAll(res.Body)
		if err != nil {
			t.Fatal(err)
		}
		return string(body)
	}
	get(ports["serving"], "/nowhere")
	if body := get(ports["serving metrics"], "/metrics"); !strings.Contains(body, `http_request_duration_seconds_count{code="404",method="GET",route="none"} 1`) {
		t.Errorf("the metrics are %s", body)
	}
	if body := get(ports["serving"], "/metrics"); strings.Contains(body, "http_request") {
		t.Error("the port for requests serves metrics too")
	}
}
