// Model explores every state of small models of the protocol: with all rules, when every promise must hold, and
// without each rule, when one must break. See README.md.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	name := flag.String("trace", "", "print how `name` breaks, step by step")
	flag.Parse()
	if flag.NArg() > 0 {
		fmt.Fprintf(os.Stderr, "model takes only flags, not %q\n", flag.Arg(0))
		os.Exit(2)
	}
	if !run(*name) {
		os.Exit(1)
	}
}

func run(name string) (ok bool) {
	if name == "" {
		return report(os.Stdout)
	}
	for _, r := range rules {
		if r.name == name {
			return trace(os.Stdout, r)
		}
	}
	fmt.Fprintf(os.Stderr, "no rule is named %s; `go run .` lists the names\n", name)
	return false
}
