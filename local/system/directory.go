package system

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
)

// directory is the data directory, locked by this process.
type directory struct {
	root string
	lock *os.File
}

// openDirectory creates the directory if it's missing. The lock on it ends with the process.
func openDirectory(path string) (*directory, error) {
	root, err := filepath.Abs(path)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	if err := os.MkdirAll(root, 0o700); err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	lock, err := os.OpenFile(filepath.Join(root, "lock"), os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, fmt.Errorf("data directory: %w", err)
	}
	d := &directory{root, lock}
	if err := d.take(); err != nil {
		return nil, errors.Join(fmt.Errorf("data directory %s: %w", root, err), lock.Close())
	}
	return d, nil
}

// take locks the directory. The lock file has the process's id, for the error message of the next one.
func (d *directory) take() error {
	err := syscall.Flock(int(d.lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if errors.Is(err, syscall.EWOULDBLOCK) {
		holder, _ := io.ReadAll(d.lock)
		return fmt.Errorf("in use by another system (process %s)", strings.TrimSpace(string(holder)))
	}
	if err != nil {
		return err
	}
	if err := d.lock.Truncate(0); err != nil {
		return err
	}
	_, err = fmt.Fprintln(d.lock, os.Getpid())
	return err
}

func (d *directory) close() error { return d.lock.Close() }

// cookieName is the name of the session cookie. Browsers share cookies between all ports of a host, so
// each directory has its own: two systems on this machine don't sign each other's users out.
func (d *directory) cookieName() string {
	sum := sha256.Sum256([]byte(d.root))
	return fmt.Sprintf("ticketing-%x", sum[:4])
}

func (d *directory) path(name string) string { return filepath.Join(d.root, name) }

// secret reads a secret, which is generated on first use. Only the user may read it.
func (d *directory) secret(name, prefix string) (string, error) {
	path := d.path(name)
	text, err := os.ReadFile(path)
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", err
	}
	secret := prefix + password()
	return secret, writeAtomically(path, []byte(secret+"\n"), 0o600)
}

// secrets reads a secret for each name from a JSON file, which is generated on first use. Names that aren't in it are
// added.
func (d *directory) secrets(file string, generate func() string, names ...string) (all map[string]string, err error) {
	path := d.path(file)
	text, err := os.ReadFile(path)
	if err == nil {
		err = json.Unmarshal(text, &all)
	}
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("%s: %w", file, err)
	}
	known := len(all)
	if all == nil {
		all = make(map[string]string)
	}
	for _, name := range names {
		if all[name] == "" {
			all[name] = generate()
		}
	}
	if len(all) == known {
		return all, nil
	}
	if text, err = json.MarshalIndent(all, "", "  "); err != nil {
		return nil, err
	}
	return all, writeAtomically(path, append(text, '\n'), 0o600)
}

// password is a random one: 52 letters of 5 bits each.
func password() string { return rand.Text() + rand.Text() }

// writeAtomically writes a file so that readers see the old content or the new.
func writeAtomically(path string, content []byte, mode os.FileMode) error {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	_, err = f.Write(content)
	err = errors.Join(err, f.Chmod(mode), f.Close())
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(f.Name()))
	}
	return nil
}
