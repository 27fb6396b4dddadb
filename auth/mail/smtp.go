package mail

import (
	"context"
	"errors"
	"fmt"
	netmail "net/mail"
	"strings"

	gomail "github.com/wneessen/go-mail"
)

// Config configures the SMTP server and the site's data in emails.
type Config struct {
	// Host is the SMTP server. If empty, no mail is sent.
	Host string `env:"SMTP_HOST"`
	Port int    `env:"SMTP_PORT" envDefault:"587"`
	// User and Password are optional credentials for the server.
	User     string `env:"SMTP_USER"`
	Password string `env:"SMTP_PASSWORD"`
	// TLS is starttls (the default), tls for encryption from the start, or none, such as for a local stand-in.
	TLS string `env:"SMTP_TLS" envDefault:"starttls"`
	// From is the sender, such as Ticketing <mail@ticketing.dev>.
	From string `env:"MAIL_FROM" envDefault:"Ticketing <mail@ticketing.dev>"`
	// SiteURL is the base URL of links.
	SiteURL string `env:"SITE_URL" envDefault:"https://ticketing.dev"`
}

// errRefused means that the server rejected the message permanently.
var errRefused = errors.New("refused")

// SMTP is the transport to an SMTP server.
type SMTP struct {
	client *gomail.Client
	from   *netmail.Address
	domain string
}

// NewSMTP returns the configured transport, or nil if Host is empty.
func NewSMTP(c Config) (Transport, error) {
	if c.Host == "" {
		return nil, nil
	}
	from, err := netmail.ParseAddress(c.From)
	if err != nil {
		return nil, fmt.Errorf("MAIL_FROM: %w", err)
	}
	options, err := c.options()
	if err != nil {
		return nil, err
	}
	client, err := gomail.NewClient(c.Host, options...)
	if err != nil {
		return nil, fmt.Errorf("SMTP server: %w", err)
	}
	return &SMTP{client, from, from.Address[strings.LastIndexByte(from.Address, '@')+1:]}, nil
}

func (c Config) options() ([]gomail.Option, error) {
	options := []gomail.Option{gomail.WithTimeout(sendTimeout), gomail.WithPort(c.Port)}
	switch c.TLS {
	case "tls":
		options = append(options, gomail.WithSSL())
	case "starttls", "":
		options = append(options, gomail.WithTLSPolicy(gomail.TLSMandatory))
	case "none":
		options = append(options, gomail.WithTLSPolicy(gomail.NoTLS))
	default:
		return nil, fmt.Errorf("SMTP_TLS %q: use starttls, tls or none", c.TLS)
	}
	if c.User != "" {
		options = append(options, gomail.WithSMTPAuth(gomail.SMTPAuthAutoDiscover), gomail.WithUsername(c.User), gomail.WithPassword(c.Password))
	}
	return options, nil
}

// Send delivers a message over a new connection.
func (s *SMTP) Send(ctx context.Context, m Message) error {
	message := gomail.NewMsg()
	message.FromMailAddress(s.from)
	if err := message.To(m.To); err != nil {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	message.SetMessageIDWithValue(m.ID + "@" + s.domain)
	message.SetDate()
	message.Subject(m.Subject)
	// RFC 3834 §5: suppresses out-of-office replies.
	message.SetGenHeader("Auto-Submitted", "auto-generated")
	message.SetBodyString(gomail.TypeTextPlain, m.PlainText)
	message.AddAlternativeString(gomail.TypeTextHTML, m.Markup)
	err := s.client.DialAndSendWithContext(ctx, message)
	if refusal, ok := errors.AsType[*gomail.SendError](err); ok && !refusal.IsTemp() && permanent(refusal) {
		return fmt.Errorf("%w: %w", errRefused, err)
	}
	return err
}

// permanent reports whether the server rejected this message, rather than the connection or the sender.
func permanent(e *gomail.SendError) bool {
	return e.ErrorCode() >= 500 && (e.Reason == gomail.ErrSMTPRcptTo || e.Reason == gomail.ErrSMTPData || e.Reason == gomail.ErrSMTPDataClose)
}
