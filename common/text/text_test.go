package text

import (
	"strings"
	"testing"
	"unicode"
	"unicode/utf8"
)

func TestLine(t *testing.T) {
	for name, test := range map[string]struct {
		text string
		want Fault
	}{
		"plain":                         {"Opening night", ""},
		"one symbol":                    {"$", ""},
		"a digit":                       {"7", ""},
		"Persian with a non-joiner":     {"می\u200cخواهم", ""},
		"a family of emoji":             {"👨\u200d👩\u200d👧", ""},
		"an emoji with a selector":      {"❤\ufe0f", ""},
		"the flag of England":           {"🏴\U000E0067\U000E0062\U000E0065\U000E006E\U000E0067\U000E007F", ""},
		"Hebrew with a direction mark":  {"תיאטרון\u200f!", ""},
		"decomposed letters":            {"Zoe\u0308", ""},
		"Hindi":                         {"हिन्दी", ""},
		"a soft hyphen inside":          {"Opern\u00adhaus", ""},
		"nothing":                       {"", Blank},
		"spaces of all kinds":           {" \u00a0\u2003\u3000", Blank},
		"a zero-width space":            {"\u200b", Blank},
		"a joiner":                      {"\u200d", Blank},
		"a word joiner and a BOM":       {"\u2060\ufeff", Blank},
		"a soft hyphen":                 {"\u00ad", Blank},
		"a Mongolian vowel separator":   {"\u180e", Blank},
		"blank Braille":                 {"\u2800", Blank},
		"Hangul fillers":                {"\u115f\u1160\u3164\uffa0", Blank},
		"a grapheme joiner":             {"\u034f", Blank},
		"a combining mark":              {"\u0301", Blank},
		"a mark on a space":             {" \u0301", Blank},
		"a variation selector":          {"\ufe0f", Blank},
		"a Khmer inherent vowel":        {"\u17b4", Blank},
		"tags of nothing":               {"\U000E0041", Blank},
		"an object replacement":         {"\ufffc", Blank},
		"a null notehead":               {"\U0001D159", Blank},
		"a NUL":                         {"\x00", Unreadable},
		"a NUL inside":                  {"Opening\x00night", Unreadable},
		"a line break":                  {"Opening\nnight", Unreadable},
		"a tab":                         {"Opening\tnight", Unreadable},
		"a delete":                      {"a\x7f", Unreadable},
		"a C1 control":                  {"a\u0085", Unreadable},
		"a line separator":              {"a\u2028b", Unreadable},
		"an override":                   {"\u202egnp.exe", Unreadable},
		"an embedding":                  {"a\u202bb", Unreadable},
		"an isolate":                    {"a\u2066b\u2069", Unreadable},
		"an annotation":                 {"a\ufff9b", Unreadable},
		"a noncharacter":                {"a\uffff", Unreadable},
		"a replaced character":          {"a\ufffd", Unreadable},
		"a byte that isn't UTF-8":       {"a\xff", Unreadable},
		"an override after real text":   {strings.Repeat("x", 300) + "\u202e", Unreadable},
		"a visible character in spaces": {"\u3000\u200b歌\u200b", ""},
	} {
		if got := Line(test.text); got != test.want {
			t.Errorf("%s: %q, want %q", name, got, test.want)
		}
	}
}

func TestSolid(t *testing.T) {
	for text, want := range map[string]bool{
		"ada": true, "zoë": true, "用户": true, "a+b": true, "": true,
		"a b": false, "a\u00a0": false, "a\u200b": false, "a\u200d": false, "a\u00ad": false, "a\u2800": false,
		"a\u3164": false, "a\x00": false, "a\u202e": false, "a\ufffd": false, "a\xff": false,
	} {
		if got := Solid(text); got != want {
			t.Errorf("%q: %v", text, got)
		}
	}
}

func FuzzLine(f *testing.F) {
	for _, seed := range []string{"Opening night", "\u200b", "\u202e", "👨\u200d👩\u200d👧", "\xff", "\x00", "\u3164", "e\u0301"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if Line(s) != "" {
			return
		}
		if !utf8.ValidString(s) || strings.ContainsFunc(s, unicode.IsControl) {
			t.Errorf("%q was taken", s)
		}
		if strings.TrimFunc(s, func(r rune) bool { return unicode.IsSpace(r) || Ignorable(r) || unicode.IsMark(r) }) == "" {
			t.Errorf("nothing is seen of %q", s)
		}
	})
}

func TestLinesMayBreakButNotHideText(t *testing.T) {
	for s, want := range map[string]Fault{
		"Doors at 7.\nNo cameras.": "", "\n": Blank, "": Blank, "one\r\ntwo": Unreadable,
		"one\ttwo": Unreadable, "one\u2028two": Unreadable, "a\n\u202eb": Unreadable, "a\x00": Unreadable,
	} {
		if got := Lines(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}

func TestCleanTextIsTrimmedAndComposed(t *testing.T) {
	for s, want := range map[string]string{
		" Cafe\u0301 ": "Caf\u00e9", "one\r\ntwo\r\n": "one\ntwo", "\u00a0": "", "👨\u200d👩\u200d👧": "👨\u200d👩\u200d👧",
	} {
		if got := Clean(s); got != want {
			t.Errorf("%q: %q, want %q", s, got, want)
		}
	}
}
