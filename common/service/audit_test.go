package service

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"
)

func TestCommandsOfOperatorsAreInTheSecurityLog(t *testing.T) {
	path := filepath.Join(t.TempDir(), "log")
	env := append(complete, "SECURITY_LOG="+path, "USER=ada")
	for _, name := range []string{"bob", "bob@example.com"} {
		if out, err := called(env, "greet", name).CombinedOutput(); err != nil {
			t.Fatalf("%v: %s", err, out)
		}
	}
	if err := called(env, "greet", "strangers").Run(); err == nil {
		t.Fatal("the command didn't fail")
	}
	text, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	host, _ := os.Hostname()
	lines := bytes.Split(bytes.TrimSpace(text), []byte("\n"))
	for i, want := range []string{"greet bob", "greet …", "greet strangers"} {
		var line struct {
			Msg, Service string
			Security     struct{ Event, Command, Operator string }
		}
		if err := json.Unmarshal(lines[i], &line); err != nil {
			t.Fatal(err)
		}
		got := line.Security
		if line.Msg != "security" || line.Service != "example" || got.Event != "operator-command" || got.Command != want || got.Operator != "ada@"+host {
			t.Errorf("%s, want the command %s", lines[i], want)
		}
	}
	if len(lines) != 3 {
		t.Errorf("%d lines: %s", len(lines), text)
	}
}

func TestACommandRunsEvenIfItCannotBeRecorded(t *testing.T) {
	out, err := called(append(complete, "SECURITY_LOG=/nowhere/log"), "greet", "bob").CombinedOutput()
	if err != nil || !bytes.Contains(out, []byte("says hello to bob")) || !bytes.Contains(out, []byte("isn't in the security log")) {
		t.Errorf("%v: %s", err, out)
	}
}
