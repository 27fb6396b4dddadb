// Package text checks the text that people write and others read: titles, and the parts of addresses.
// It refuses what nobody can see and what makes text read as something else, and it leaves every
// script and emoji alone.
package text

import (
	"unicode"
	"unicode/utf8"
)

// Fault is what's wrong with a text.
type Fault string

// The faults, as the end of a sentence whose subject is the field.
const (
	// Unreadable text holds a character that no reader should meet: a control character, one that
	// reorders its neighbors, or what's left of a character that was lost on the way.
	Unreadable Fault = "must not contain control characters or characters that change the direction of text"
	// Blank text has nothing to see.
	Blank Fault = "must have a visible character"
)

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

// refused says whether r has no place in a line. Joiners (emoji, Persian), direction marks (Hebrew
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

// Visible says whether r alone leaves a mark: a letter, number, punctuation or symbol that isn't blank.
// Combining marks aren't visible by themselves, since they need something to stand on.
func Visible(r rune) bool {
	return unicode.In(r, unicode.L, unicode.N, unicode.P, unicode.S) && !Ignorable(r) && !unicode.Is(blank, r)
}

// Ignorable says whether a reader sees nothing of r: Unicode's Default_Ignorable_Code_Point (UAX #44),
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

// Solid says whether a text has no space and nothing invisible or unreadable: what a name must be that
// a person is known by.
func Solid(s string) bool {
	for _, r := range s {
		if refused(r) || Ignorable(r) || unicode.IsSpace(r) || unicode.Is(blank, r) {
			return false
		}
	}
	return true
}
