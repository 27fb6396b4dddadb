package main

import (
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"maps"
	"os"
	"slices"
	"strings"
)

// config is what the command line says.
type config struct {
	kind  string
	addr  string
	dir   string
	sync  bool
	stdin bool
	users string

	httpAddr      string
	webhookURL    string
	webhookSecret string
	publicURL     string
}

func parse(args []string, usage io.Writer) (*config, error) {
	var c config
	flags := flag.NewFlagSet("standin", flag.ContinueOnError)
	flags.SetOutput(usage)
	flags.StringVar(&c.addr, "addr", "127.0.0.1:0", "`address` to listen on; port 0 takes a free one")
	flags.StringVar(&c.dir, "dir", "", "`directory` of the data; without it a temporary one, in memory if possible, that is removed at the end")
	flags.BoolVar(&c.sync, "sync", false, "mongo: an acknowledged write survives a power cut")
	flags.BoolVar(&c.stdin, "stdin", true, "end when standard input does")
	flags.StringVar(&c.users, "users", "", "nats, redis: `file` with the password of each user, as a JSON object; without it nobody needs one")
	flags.StringVar(&c.httpAddr, "http-addr", "127.0.0.1:0", "mail: `address` at which the mails are shown")
	flags.StringVar(&c.webhookURL, "webhook-url", "", "stripe: `URL` to which events are sent")
	flags.StringVar(&c.webhookSecret, "webhook-secret", "", "stripe: `secret` with which events are signed")
	flags.StringVar(&c.publicURL, "public-url", "", "stripe: `URL` at which a payer's browser reaches it")

	names := strings.Join(slices.Sorted(maps.Keys(kinds)), "|")
	if len(args) == 0 {
		return nil, errors.New("usage: standin " + names + " [flags]")
	}
	if err := flags.Parse(args[1:]); err != nil {
		return nil, err
	}
	if flags.NArg() > 0 {
		return nil, fmt.Errorf("unexpected argument %q", flags.Arg(0))
	}
	c.kind = args[0]
	if kinds[c.kind] == nil {
		return nil, fmt.Errorf("unknown stand-in %q; there are %s", c.kind, names)
	}
	return &c, nil
}

// passwords reads the users' file, if there is one. Passwords on the command line would be visible to every process.
func (c *config) passwords() (users map[string]string, err error) {
	if c.users == "" {
		return nil, nil
	}
	text, err := os.ReadFile(c.users)
	if err != nil {
		return nil, fmt.Errorf("users: %w", err)
	}
	if err := json.Unmarshal(text, &users); err != nil {
		return nil, fmt.Errorf("users: %s: %w", c.users, err)
	}
	if len(users) == 0 {
		return nil, fmt.Errorf("users: %s names nobody", c.users)
	}
	return users, nil
}

// memoryDir is where Linux keeps files in memory.
const memoryDir = "/dev/shm"

// makeDir sees to it that there is a data directory. The returned function removes
// it if it is a temporary one.
func (c *config) makeDir() (remove func(), err error) {
	if c.dir != "" {
		return func() {}, nil // each stand-in makes its own
	}
	parent := ""
	if info, err := os.Stat(memoryDir); err == nil && info.IsDir() {
		parent = memoryDir
	}
	c.dir, err = os.MkdirTemp(parent, "standin-"+c.kind+"-")
	if err != nil {
		return nil, fmt.Errorf("make a temporary directory: %w", err)
	}
	return func() { _ = os.RemoveAll(c.dir) }, nil
}
