package text

import (
	"slices"
	"strings"
	"testing"
)

func TestWordsIgnoreCaseAccentsAndPunctuation(t *testing.T) {
	for s, want := range map[string]string{
		"Opening night":                    "night opening",
		"ÉDITH Piaf: Édith's été":          "ediths ete edith piaf",
		"Straße, STRASSE":                  "strasse",
		"Ørsted Łódź Æsir":                 "aesir lodz orsted",
		"İstanbul ISTANBUL":                "istanbul",
		"AC/DC–live (2027)":                "2027 ac dc live",
		"o’Brien O'Brien":                  "obrien",
		"２０２７ ﬁnale":                       "2027 finale",
		"東京ライブ 2027年":                      "2027 イ フ ラ 京 年 東",
		"zero\u200bwidth soft\u00adhyphen": "softhyphen zerowidth",
		"☃ !!!":                            "",
		"":                                 "",
	} {
		wanted := strings.Fields(want)
		slices.Sort(wanted)
		if got := Words(s); !slices.Equal(got, wanted) {
			t.Errorf("%q: %q, want %q", s, got, wanted)
		}
	}
}

func TestWordsOfSeveralTextsAreOneSet(t *testing.T) {
	if got := Words("b a", "", "A c"); !slices.Equal(got, []string{"a", "b", "c"}) {
		t.Errorf("got %q", got)
	}
}
