package mongo

import (
	"encoding/binary"
	"errors"
	"fmt"
	"hash/fnv"
	"io/fs"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"time"

	bolt "go.etcd.io/bbolt"
	berrors "go.etcd.io/bbolt/errors"
)

const (
	// format is the version of what a data directory holds.
	format     = 1
	formatFile = "format"
	dataFile   = "documents.bolt"

	// lockPatience is how long a start waits for another process to leave the directory.
	lockPatience = time.Second
	// mapped is how much address space the file gets at first. Growing beyond it
	// waits for readers.
	mapped = 1 << 30
)

// openDir opens the data directory, and makes it if there is none. It leaves alone
// what another program, or a newer version of this one, has written.
func openDir(dir string, sync bool) (*bolt.DB, error) {
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return nil, err
	}
	if err := checkFormat(dir); err != nil {
		return nil, err
	}
	path := filepath.Join(dir, dataFile)
	if err := checkLength(path); err != nil {
		return nil, err
	}
	db, err := bolt.Open(path, 0o600, &bolt.Options{
		Timeout:         lockPatience,
		NoSync:          !sync,
		NoGrowSync:      !sync,
		NoFreelistSync:  true,
		FreelistType:    bolt.FreelistMapType,
		InitialMmapSize: mapped,
	})
	switch {
	case errors.Is(err, berrors.ErrTimeout):
		return nil, fmt.Errorf("%s is in use by another process", dir)
	case err != nil:
		return nil, fmt.Errorf("%s is damaged or isn't a database of this program; it was left as it is: %w", path, err)
	}
	return db, nil
}

// Where bbolt keeps what checkLength reads: two descriptions of the file, each in a
// page of its own.
const (
	metaSize  = 80
	magicAt   = 16
	sizeAt    = 24 // the size of a page
	endAt     = 56 // the first page behind those that are in use
	txAt      = 64
	sumAt     = 72
	boltMagic = 0xED0CDAED
)

// checkLength refuses a file that was cut off. bbolt maps it into memory, where
// reading behind its end ends the process.
func checkLength(path string) error {
	f, err := os.Open(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	var last, need uint64
	pageSize := int64(os.Getpagesize())
	for _, at := range []int64{0, pageSize} {
		meta := make([]byte, metaSize)
		if _, err := f.ReadAt(meta, at); err != nil {
			continue // bbolt says what is wrong with it
		}
		if tx, end, ok := readMeta(meta); ok && tx >= last {
			last, need = tx, end
		}
	}
	info, err := f.Stat() // after the descriptions, as another process may be writing
	if err != nil {
		return err
	}
	if uint64(info.Size()) < need {
		return fmt.Errorf("%s is damaged: %d bytes are missing at its end; it was left as it is", path, need-uint64(info.Size()))
	}
	return nil
}

// readMeta returns the transaction that a description is of, and how long the file
// has to be.
func readMeta(meta []byte) (tx, length uint64, ok bool) {
	sum := fnv.New64a()
	_, _ = sum.Write(meta[magicAt:sumAt])
	u64 := func(at int) uint64 { return binary.LittleEndian.Uint64(meta[at:]) }
	if binary.LittleEndian.Uint32(meta[magicAt:]) != boltMagic || sum.Sum64() != u64(sumAt) {
		return 0, 0, false
	}
	return u64(txAt), u64(endAt) * uint64(binary.LittleEndian.Uint32(meta[sizeAt:])), true
}

// checkFormat reads the format of a directory, or writes it into an empty one.
func checkFormat(dir string) error {
	path := filepath.Join(dir, formatFile)
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		if err := checkForeign(dir); err != nil {
			return err
		}
		return writeFormat(path)
	}
	if err != nil {
		return err
	}
	found, err := strconv.Atoi(strings.TrimSpace(string(text)))
	switch {
	case err != nil:
		return fmt.Errorf("%s doesn't hold a format number", path)
	case found > format:
		return fmt.Errorf("%s has format %d, and this program knows up to %d: use a newer version of it, or another directory", dir, found, format)
	case found < 1:
		return fmt.Errorf("%s has the unknown format %d", dir, found)
	}
	return nil
}

// checkForeign refuses a directory that holds something without a format file.
func checkForeign(dir string) error {
	entries, err := os.ReadDir(dir)
	if err != nil {
		return err
	}
	for _, entry := range entries {
		switch name := entry.Name(); {
		case strings.HasSuffix(name, ".sqlite"):
			return fmt.Errorf("%s holds data of FerretDB (%s), which this version can't read: move the directory away to start with an empty one", dir, name)
		case name == dataFile || name == "WiredTiger":
			return fmt.Errorf("%s holds %s and no format file, so it isn't a directory of this program", dir, name)
		}
	}
	return nil
}

// writeFormat makes the format file in one step, so that a crash leaves all of it or none.
func writeFormat(path string) error {
	f, err := os.CreateTemp(filepath.Dir(path), formatFile+"-*")
	if err != nil {
		return err
	}
	defer os.Remove(f.Name()) // fails once it's renamed
	_, err = fmt.Fprintln(f, format)
	if err = errors.Join(err, f.Sync(), f.Close()); err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	return os.Rename(f.Name(), path)
}
