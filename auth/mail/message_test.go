package mail

import (
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

var update = flag.Bool("update", false, "write the golden files")

var example = map[string]string{"order": "66f0c0de66f0c0de66f0c0de", "title": "Ada & <Friends>", "amount": "$19.99", "at": "May 1, 2026, 20:00 UTC", "reason": "the payment failed"}

func render(t *testing.T, kind Kind, facts map[string]string) Message {
	t.Helper()
	templates, err := ParseTemplates()
	if err != nil {
		t.Fatal(err)
	}
	m := New("mail-1", kind, "ada@example.com", facts, time.Now())
	message, err := templates.Render(m, Page{Site: "https://ticketing.dev", Link: "https://ticketing.dev/somewhere?token=a.b-c_d"})
	if err != nil {
		t.Fatal(err)
	}
	return message
}

func TestMailsReadAsTheGoldenFiles(t *testing.T) {
	texts, err := files.ReadDir("templates")
	if err != nil {
		t.Fatal(err)
	}
	kinds := 0
	for _, f := range texts {
		kind, isText := strings.CutSuffix(f.Name(), ".txt")
		if !isText {
			continue
		}
		kinds++
		m := render(t, Kind(kind), example)
		compare(t, kind+".txt", "Subject: "+m.Subject+"\n\n"+m.PlainText)
		compare(t, kind+".html", m.Markup)
	}
	if kinds == 0 {
		t.Error("there are no templates")
	}
}

func compare(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s reads\n%s\nwant\n%s", name, got, want)
	}
}

func TestATitleCannotAddMarkupOrHeaders(t *testing.T) {
	m := render(t, "ticket-sold", map[string]string{"title": "<script>alert(1)</script>\r\nBcc: eve@example.com", "amount": "$1.00"})
	if strings.Contains(m.Markup, "<script>") {
		t.Errorf("the markup has a script: %s", m.Markup)
	}
	if strings.ContainsAny(m.Subject, "\r\n") {
		t.Errorf("the subject has several lines: %q", m.Subject)
	}
}

func TestAMissingFactIsAnErrorAndNotAHole(t *testing.T) {
	templates, err := ParseTemplates()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := templates.Render(New("1", "ticket-sold", "ada@example.com", nil, time.Now()), Page{}); err == nil {
		t.Error("rendered without facts")
	}
}
