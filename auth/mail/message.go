package mail

import (
	"embed"
	"fmt"
	htmltemplate "html/template"
	"strings"
	texttemplate "text/template"
)

// Message is a rendered email.
type Message struct {
	// ID becomes the Message-ID, so it's the same for every attempt.
	ID                string
	To                string
	Subject           string
	PlainText, Markup string
}

//go:embed templates
var files embed.FS

// Templates render emails. Each kind has an HTML and a plain-text template. The text's first line is the subject.
type Templates struct {
	texts *texttemplate.Template
	pages *htmltemplate.Template
}

// Page has a template's data other than the facts.
type Page struct {
	// Site is the site's base URL, without a trailing slash.
	Site string
	// Link is the target of the button, or empty.
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

// Render renders an email.
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
