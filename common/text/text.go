// Package text validates user text such as titles and parts of addresses. It refuses invisible text and
// characters that make text read as something else, and allows every script and emoji.
package text

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// Fault is what's wrong with a text.
type Fault string

// The faults, as the end of a sentence whose subject is the field.
const (
	// Unreadable text has a control character, one that reorders its neighbors, or the replacement for a
	// character lost in transit.
	Unreadable Fault = "must not contain control characters or characters that change the direction of text"
	// Blank text has nothing to see.
	Blank Fault = "must have a visible character"
)

// Clean trims a text and normalizes it to NFC, so that what looks the same is stored the same. Line ends become line
// feeds.
func Clean(s string) string {
	return norm.NFC.String(strings.TrimSpace(strings.ReplaceAll(s, "\r\n", "\n")))
}

// Line checks a single line of text. It returns "" if there's no fault.
func Line(s string) Fault {
	visible := false
	for _, r := range s {
		if refused(r) {
			return Unreadable
		}
		visible = visible || Visible(r)
	}
	if !visible {
		return Blank
	}
	return ""
}

// Lines checks a text of several lines, which end with a line feed. It returns "" if there's no fault.
func Lines(s string) Fault { return Line(strings.ReplaceAll(s, "\n", " ")) }

// refused reports whether r isn't allowed in a line. Joiners (emoji, Persian), direction marks (Hebrew
// beside Latin) and tags (flags) are fine: they change nothing outside of their own word.
func refused(r rune) bool {
	return r == utf8.RuneError || unicode.In(r, unicode.Cc, unicode.Zl, unicode.Zp, unicode.Noncharacter_Code_Point, reordering)
}

// reordering are bidi embeddings, overrides and isolates (UAX #9), the deprecated format characters
// that change the shape of what follows, and interlinear annotations, which hide it.
var reordering = &unicode.RangeTable{R16: []unicode.Range16{
	{Lo: 0x202A, Hi: 0x202E, Stride: 1},
	{Lo: 0x2066, Hi: 0x206F, Stride: 1},
	{Lo: 0xFFF9, Hi: 0xFFFB, Stride: 1},
}}

// Visible reports whether r is visible by itself: a letter, number, punctuation or symbol that isn't blank.
// Combining marks aren't visible by themselves, since they need something to stand on.
func Visible(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !Ignorable(r) && !unicode.Is(blank, r)
}

// Ignorable reports whether r is invisible: Unicode's Default_Ignorable_Code_Point (UAX #44),
// which the standard library has the parts of, and all other format characters.
func Ignorable(r rune) bool {
	return unicode.In(r, unicode.Cf, unicode.Other_Default_Ignorable_Code_Point, unicode.Variation_Selector)
}

// blank are symbols that fonts draw as nothing: the Braille pattern without dots, the object
// replacement character and the null notehead.
var blank = &unicode.RangeTable{
	R16: []unicode.Range16{{Lo: 0x2800, Hi: 0x2800, Stride: 1}, {Lo: 0xFFFC, Hi: 0xFFFC, Stride: 1}},
	R32: []unicode.Range32{{Lo: 0x1D159, Hi: 0x1D159, Stride: 1}},
}

// Solid reports whether a text has no spaces and no invisible or unreadable characters, as a name that
// identifies a person must.
func Solid(s string) bool {
	for _, r := range s {
		if refused(r) || Ignorable(r) || unicode.IsSpace(r) || unicode.Is(blank, r) {
			return false
		}
	}
	return true
}
