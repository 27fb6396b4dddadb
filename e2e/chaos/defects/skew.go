package defects

import (
	"context"
	"fmt"
	"os/exec"
	"path/filepath"
	"strings"
)

// SkewVariable is the environment variable by which a program with the edits of Skew has its clock off.
const SkewVariable = "CLOCK_SKEW"

// Skew makes programs whose clock is off by CLOCK_SKEW: a duration such as "3s" or "-1500ms", or a
// number of seconds. One that cannot be read ends the program at once. Without the variable nothing
// changes. The standard library is that of the Go which builds what is in the directory root.
func Skew(ctx context.Context, root string) ([]Edit, error) {
	cmd := exec.CommandContext(ctx, "go", "env", "GOROOT")
	cmd.Dir = root
	goroot, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("find the standard library: %w", err)
	}
	packageTime := filepath.Join(strings.TrimSpace(string(goroot)), "src", "time")
	return []Edit{
		{File: filepath.Join(packageTime, "time.go"), Old: nowBegins, New: nowBegins + "\tsec, nsec = skewed(sec, nsec)\n"},
		{File: filepath.Join(packageTime, "skew.go"), New: skewFile},
	}, nil
}

const nowBegins = `func Now() Time {
	sec, nsec, mono := runtimeNow()
`

// skewFile belongs to package time, which can import little.
const skewFile = `package time

import "syscall"

var skew = readSkew()

func readSkew() Duration {
	value, _ := syscall.Getenv("` + SkewVariable + `")
	if value == "" {
		return 0
	}
	d, err := ParseDuration(value)
	if err != nil {
		d, err = ParseDuration(value + "s")
	}
	if err != nil {
		panic("` + SkewVariable + `: " + err.Error())
	}
	return d
}

func skewed(sec int64, nsec int32) (int64, int32) {
	sec, nsec = sec+int64(skew/Second), nsec+int32(skew%Second)
	switch {
	case nsec < 0:
		return sec - 1, nsec + int32(Second)
	case nsec >= int32(Second):
		return sec + 1, nsec - int32(Second)
	}
	return sec, nsec
}
`
