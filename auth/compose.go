package auth

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"time"

	"ticketing.dev/auth/mail"
	"ticketing.dev/common/problem"
)

// Kinds of mails about an account.
const (
	resetMail   mail.Kind = "password-reset"
	changedMail mail.Kind = "password-changed"
	confirmMail mail.Kind = "confirm-email"
)

const (
	// resetLifetime is how long a link for a new password is valid.
	resetLifetime = 30 * time.Minute
	// confirmLifetime is how long a link that confirms an address is valid.
	confirmLifetime = 7 * 24 * time.Hour
)

// compose makes the message of a mail. Links are made here, so that no database has them.
func (s *Service) compose(ctx context.Context, m *mail.Mail) (mail.Message, error) {
	page := mail.Page{Site: s.siteURL}
	switch m.Kind {
	case resetMail, confirmMail:
		u, err := s.holder(ctx, Email(m.To).spellings())
		if errors.Is(err, problem.ErrNotFound) {
			return mail.Message{}, mail.ErrUnneeded
		}
		if err != nil {
			return mail.Message{}, err
		}
		if page.Link = s.linkFor(m, u); page.Link == "" {
			return mail.Message{}, mail.ErrUnneeded
		}
		m.To = string(u.Email) // another spelling may be another mailbox
	case changedMail:
		page.Link = s.siteURL + "/forgot-password"
	case endingMail:
		if open, err := s.stillOpen(ctx, m); !open {
			return mail.Message{}, cmp.Or(err, mail.ErrUnneeded)
		}
		page.Link = s.siteURL + m.Facts["path"]
	default:
		page.Link = s.siteURL + m.Facts["path"]
	}
	return s.templates.Render(m, page)
}

// linkFor is the address of the page that a mail leads to, or "" if it's too late for that.
func (s *Service) linkFor(m *mail.Mail, u *User) string {
	path, lifetime, state := "/reset-password", resetLifetime, u.PasswordHash
	if m.Kind == confirmMail {
		path, lifetime, state = "/confirm-email", confirmLifetime, string(u.Email)
	}
	expires := m.CreatedAt.Add(lifetime)
	if u.Confirmed && m.Kind == confirmMail || !s.sessions.Now().Before(expires) {
		return ""
	}
	return s.siteURL + path + "?token=" + url.QueryEscape(s.newLink(string(m.Kind), u.ID, state, expires))
}
