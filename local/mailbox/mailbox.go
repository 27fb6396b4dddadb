// Package mailbox is an SMTP server that takes every mail and delivers none. It shows them instead, to people and
// to tests. It keeps the latest in memory.
package mailbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"slices"
	"strconv"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
)

const (
	// kept is how many mails are kept.
	kept = 10_000
	// maxSize is the size of the longest mail in bytes.
	maxSize = 1 << 20
	// patience bounds a silent client.
	patience = 30 * time.Second
)

// Mailbox is the mail that has arrived. It's an http.Handler for what begins with /mail.
type Mailbox struct {
	http.Handler
	server *smtp.Server
	l      net.Listener
	done   chan error

	mu    sync.Mutex
	last  int
	mails []Mail
}

// Open takes mail at an address until Close is called.
func Open(addr string, log *slog.Logger) (*Mailbox, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fmt.Errorf("listen for mail: %w", err)
	}
	b := &Mailbox{l: l, done: make(chan error, 1)}
	b.Handler = b.routes()
	b.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &delivery{box: b}, nil }))
	b.server.Domain, b.server.EnableSMTPUTF8 = "mailbox.localhost", true
	b.server.MaxMessageBytes, b.server.ReadTimeout, b.server.WriteTimeout = maxSize, patience, patience
	b.server.ErrorLog = slog.NewLogLogger(log.Handler(), slog.LevelWarn)
	go func() { b.done <- b.server.Serve(l) }()
	return b, nil
}

// Addr is where mail is taken.
func (b *Mailbox) Addr() string { return b.l.Addr().String() }

// Close ends the server and its connections.
func (b *Mailbox) Close() error {
	err := b.server.Close()
	// A server that is closed before its Serve has begun doesn't know its listener, and would accept for good.
	if closed := b.l.Close(); !errors.Is(closed, net.ErrClosed) {
		err = errors.Join(err, closed)
	}
	if served := <-b.done; !errors.Is(served, smtp.ErrServerClosed) && !errors.Is(served, net.ErrClosed) {
		err = errors.Join(err, served)
	}
	return err
}

// take keeps a mail.
func (b *Mailbox) take(m Mail) {
	b.mu.Lock()
	defer b.mu.Unlock()
	b.last++
	m.ID = strconv.Itoa(b.last)
	b.mails = append(b.mails, m)
	if len(b.mails) > kept {
		b.mails = slices.Delete(b.mails, 0, len(b.mails)-kept)
	}
}

// choose returns the mails that fit, the newest first.
func (b *Mailbox) choose(fits func(Mail) bool) []Mail {
	b.mu.Lock()
	defer b.mu.Unlock()
	found := []Mail{}
	for _, m := range slices.Backward(b.mails) {
		if fits(m) {
			found = append(found, m)
		}
	}
	return found
}

// delivery is one SMTP conversation.
type delivery struct {
	box  *Mailbox
	from string
	to   []string
}

func (d *delivery) Reset()                                      { d.from, d.to = "", nil }
func (d *delivery) Logout() error                               { return nil }
func (d *delivery) Mail(from string, _ *smtp.MailOptions) error { d.from = from; return nil }
func (d *delivery) Rcpt(to string, _ *smtp.RcptOptions) error   { d.to = append(d.to, to); return nil }

func (d *delivery) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	m, err := parse(bytes.NewReader(raw))
	if err != nil {
		return &smtp.SMTPError{Code: 554, EnhancedCode: smtp.EnhancedCode{5, 6, 0}, Message: "The message can't be read: " + err.Error()}
	}
	m.At, m.From, m.To = time.Now(), d.from, slices.Clone(d.to)
	d.box.take(m)
	return nil
}
