package process

import (
	"fmt"
	"io"
	"os/exec"
	"sync"
	"syscall"
)

// watchdogScript reads "+ PID" and "- PID" until this program dies and the pipe breaks, and then kills the
// process groups it knows of, frozen ones too.
const watchdogScript = `
while read -r change pid; do
	case $change in
	+) set -- "$@" "-$pid" ;;
	-) for group; do shift; [ "$group" = "-$pid" ] || set -- "$@" "$group"; done ;;
	esac
done
for group; do kill -9 "$group"; done`

// watchdog is a shell that outlives this program by a moment. Unlike Linux's parent death signal, it works on
// every Unix, reaches children of children, and doesn't tie a process to the thread that started it.
type watchdog struct {
	mu    sync.Mutex
	stdin io.Writer
}

// theWatchdog is started once per program, since it lives exactly as long as the program does.
var theWatchdog = sync.OnceValues(func() (*watchdog, error) {
	cmd := exec.Command("/bin/sh", "-c", watchdogScript)
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true} // a Ctrl-C must not reach it
	stdin, err := cmd.StdinPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		return nil, fmt.Errorf("start the watchdog for processes: %w", err)
	}
	return &watchdog{stdin: stdin}, nil
})

func (w *watchdog) watch(pid int) error  { return w.tell("+", pid) }
func (w *watchdog) forget(pid int) error { return w.tell("-", pid) }

func (w *watchdog) tell(change string, pid int) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if _, err := fmt.Fprintln(w.stdin, change, pid); err != nil {
		return fmt.Errorf("watchdog for processes: %w", err)
	}
	return nil
}
