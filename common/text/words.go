package text

import (
	"slices"
	"strings"
	"unicode"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"
)

// Words returns the different words of texts, as a search compares them: without case, accents and punctuation, sorted.
// Scripts that don't separate words count each character as one.
func Words(texts ...string) []string {
	var words []string
	for _, s := range texts {
		for word := range strings.FieldsFuncSeq(fold(s), func(r rune) bool { return !unicode.In(r, unicode.L, unicode.N) }) {
			words = appendWord(words, word)
		}
	}
	slices.Sort(words)
	return slices.Compact(words)
}

// appendWord appends a word, or its parts if it's of a script without spaces.
func appendWord(words []string, word string) []string {
	start := 0
	for i, r := range word {
		if !unicode.In(r, unspaced...) {
			continue
		}
		if start < i {
			words = append(words, word[start:i])
		}
		start = i + len(string(r))
		words = append(words, word[i:start])
	}
	if start < len(word) {
		words = append(words, word[start:])
	}
	return words
}

// unspaced are the scripts that don't separate words by spaces.
var unspaced = []*unicode.RangeTable{
	unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Thai, unicode.Lao, unicode.Khmer, unicode.Myanmar,
}

// fold removes case, accents and apostrophes.
func fold(s string) string {
	folded := norm.NFKD.String(cases.Fold().String(norm.NFKC.String(s)))
	return bare.Replace(strings.Map(func(r rune) rune {
		if unicode.Is(unicode.Mn, r) || Ignorable(r) || r == '\'' || r == '’' {
			return -1
		}
		return r
	}, folded))
}

// bare has the letters with strokes and the ligatures, which don't decompose.
var bare = strings.NewReplacer("ø", "o", "ł", "l", "đ", "d", "ð", "d", "þ", "th", "æ", "ae", "œ", "oe", "ı", "i", "ħ", "h")
