package process

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

const patience = time.Minute

// shell is a command that runs a script.
func shell(script string) Command { return Command{Path: "/bin/sh", Args: []string{"-c", script}} }

func start(t *testing.T, c Command) *Process {
	t.Helper()
	p, err := Start(c)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(p.Kill)
	return p
}

func await(t *testing.T, otherwise string, done func() bool) {
	t.Helper()
	for deadline := time.Now().Add(patience); !done(); time.Sleep(10 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatal(otherwise)
		}
	}
}

// alive reports whether a process runs. Zombies don't.
func alive(pid int) bool {
	out, err := exec.Command("ps", "-o", "stat=", "-p", strconv.Itoa(pid)).Output()
	return err == nil && !strings.HasPrefix(strings.TrimSpace(string(out)), "Z")
}

// readPID reads a process id that a script writes to a file.
func readPID(t *testing.T, path string) (pid int) {
	t.Helper()
	await(t, "no process id in "+path, func() bool {
		text, err := os.ReadFile(path)
		if err != nil || !bytes.HasSuffix(text, []byte("\n")) {
			return false
		}
		pid, err = strconv.Atoi(strings.TrimSpace(string(text)))
		return err == nil
	})
	return pid
}

func TestACommandHasItsOwnEnvironmentDirectoryAndOutput(t *testing.T) {
	dir, err := filepath.EvalSymlinks(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	t.Setenv("SECRET", "of the parent")
	c := shell(`echo "$GIVEN$SECRET in $(pwd)"; echo complaint >&2; exit 3`)
	var out, complaints bytes.Buffer
	c.Env, c.Dir, c.Stdout, c.Stderr = []string{"GIVEN=value"}, dir, &out, &complaints
	p := start(t, c)
	<-p.Done()
	if got, want := out.String(), "value in "+dir+"\n"; got != want || complaints.String() != "complaint\n" {
		t.Errorf("output %q and %q; want %q", got, &complaints, want)
	}
	if code := p.State().ExitCode(); code != 3 {
		t.Errorf("exit code %d", code)
	}
}

func TestStartReportsAMissingProgram(t *testing.T) {
	if _, err := Start(Command{Path: "/does/not/exist"}); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("error %v", err)
	}
}

func TestStopKillsAProcessThatIgnoresTheSignal(t *testing.T) {
	ready := filepath.Join(t.TempDir(), "pid")
	p := start(t, shell(fmt.Sprintf("trap '' TERM; echo $$ >%s; while :; do sleep 0.1; done", ready)))
	readPID(t, ready)
	cause := errors.New("too slow")
	ctx, cancel := context.WithTimeoutCause(t.Context(), 10*time.Millisecond, cause)
	defer cancel()
	if state, err := p.Stop(ctx, syscall.SIGTERM); !errors.Is(err, cause) || state.Success() {
		t.Errorf("stopped with %v, %v", state, err)
	}
}

func TestChildrenEndWithTheirProcess(t *testing.T) {
	for name, end := range map[string]func(*Process){
		"killed":       (*Process).Kill,
		"stopped":      func(p *Process) { _, _ = p.Stop(context.Background(), syscall.SIGTERM) },
		"leader alone": func(p *Process) { _ = syscall.Kill(p.PID(), syscall.SIGKILL) },
	} {
		t.Run(name, func(t *testing.T) {
			file := filepath.Join(t.TempDir(), "pid")
			p := start(t, shell(fmt.Sprintf("sleep 1000 & echo $! >%s; wait", file)))
			child := readPID(t, file)
			end(p)
			await(t, "the child is still alive", func() bool { return !alive(child) })
		})
	}
}

func TestAPausedProcessContinuesOnResume(t *testing.T) {
	var out bytes.Buffer
	// Only builtins: a shell that waits in vfork for its child can't stop while the child is stopped.
	c := shell("i=0; while [ $i -lt 200000 ]; do i=$((i+1)); done; echo done")
	c.Stdout = &out
	p := start(t, c)
	if err := p.Pause(); err != nil {
		t.Fatal(err)
	}
	select {
	case <-p.Done():
		t.Error("it ended while paused")
	case <-time.After(500 * time.Millisecond):
	}
	if err := p.Resume(); err != nil {
		t.Fatal(err)
	}
	<-p.Done()
	if out.String() != "done\n" {
		t.Errorf("output %q", &out)
	}
	if err := p.Resume(); !errors.Is(err, os.ErrProcessDone) {
		t.Errorf("resume after the end: %v", err)
	}
}

// parentDir makes this test binary the parent in the test below.
const parentDir = "PROCESS_TEST_PARENT"

func TestMain(m *testing.M) {
	if dir := os.Getenv(parentDir); dir != "" {
		beParent(dir)
	}
	os.Exit(m.Run())
}

// beParent starts processes and waits to be killed.
func beParent(dir string) {
	for _, name := range []string{"running", "paused", "forgotten"} {
		file := filepath.Join(dir, name)
		p, err := Start(shell(fmt.Sprintf("sleep 1000 & echo $! >%s.child; echo $$ >%s; wait", file, file)))
		if err != nil {
			panic(err)
		}
		for text, _ := os.ReadFile(file); len(text) == 0; text, _ = os.ReadFile(file) {
			time.Sleep(10 * time.Millisecond)
		}
		switch name {
		case "paused":
			if err := p.Pause(); err != nil {
				panic(err)
			}
		case "forgotten":
			p.Kill()
		}
	}
	fmt.Println("ready")
	select {}
}

func TestProcessesDieWithTheirParent(t *testing.T) {
	dir := t.TempDir()
	parent := exec.Command(os.Args[0])
	parent.Env = append(os.Environ(), parentDir+"="+dir)
	parent.Stderr = t.Output()
	stdout, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = parent.Process.Kill() })
	if _, err := stdout.Read(make([]byte, 5)); err != nil {
		t.Fatal(err)
	}
	if pid := readPID(t, filepath.Join(dir, "running")); !alive(pid) {
		t.Fatal("nothing runs")
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	files, err := filepath.Glob(filepath.Join(dir, "*"))
	if err != nil || len(files) != 6 {
		t.Fatalf("processes %v, %v", files, err)
	}
	for _, file := range files {
		pid := readPID(t, file)
		await(t, filepath.Base(file)+" outlives its parent", func() bool { return !alive(pid) })
	}
}
