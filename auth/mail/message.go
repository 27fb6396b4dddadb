package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
)

// Message is a mail as it's sent.
type Message struct {
	// ID is the same for every attempt: the Message-ID is made of it.
	ID                string
	To                string
	Subject           string
	PlainText, Markup string
}

//go:embed templates
var files embed.FS

// Templates render mails. Each kind has a plain text, whose first line is the subject, and HTML.
type Templates struct {
	texts *texttemplate.Template
	pages *htmltemplate.Template
}

// Page is what a template shows besides the facts.
type Page struct {
	// Site is the site's own address, without a slash at the end.
	Site string
	// Link is what the mail is for, if it's for one.
	Link  string
	Facts map[string]string
}

// ParseTemplates parses the embedded templates.
func ParseTemplates() (*Templates, error) {
	texts, err := texttemplate.New("").Option("missingkey=error").ParseFS(files, "templates/*.txt")
	if err != nil {
		return nil, err
	}
	pages, err := htmltemplate.New("").Option("missingkey=error").ParseFS(files, "templates/*.html")
	return &Templates{texts, pages}, err
}

// Render makes the message of a mail.
func (t *Templates) Render(m *Mail, p Page) (Message, error) {
	p.Facts = m.Facts
	var text, page strings.Builder
	if err := t.texts.ExecuteTemplate(&text, string(m.Kind)+".txt", p); err != nil {
		return Message{}, fmt.Errorf("render the text: %w", err)
	}
	if err := t.pages.ExecuteTemplate(&page, string(m.Kind)+".html", p); err != nil {
		return Message{}, fmt.Errorf("render the HTML: %w", err)
	}
	subject, body, _ := strings.Cut(text.String(), "\n")
	return Message{m.ID, m.To, strings.Join(strings.Fields(subject), " "), strings.TrimLeft(body, "\n"), page.String()}, nil
}
