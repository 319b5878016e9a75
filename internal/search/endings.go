package search

import (
	"slices"
	"strings"
)

// Languages without a Snowball stemmer: the endings that the same noun or
// adjective takes, the longer ones first. What is cut too much is cut so in
// text and query alike and costs a false hit now and then, never a miss.

// persianApart are what Persian joins to a word, when it is written apart or
// behind a zero-width non-joiner.
var persianApart = set(`ها های هایی هایم هایت هایش هایمان هایتان هایشان می نمی تر ترین ترها ام ات اش ای ایم اید اند`)

var persianEndings = slices.Concat(
	endings(2, `هایشان هایتان هایمان هایش هایت هایم هایی های ها`),
	endings(3, `ترین تری تر`),
	[]ending{{"گان", 3, "ه"}}, // the plural of persons changes the word's own end
	endings(3, `انی ان ی`),
)

var ukrainianEndings = endings(3, `іями ями ами ього ому іми ими ові еві єві ією іях іям ого ему
	ії ія ію іє іх их ою ею єю ій ої ів їв ев ах ях ам ям ом ем єм им ім а я о е є и і ї у ю ь й`)

var belarusianEndings = endings(3, `ыямі ямі амі ыяй ыях ыям яга ага яму аму імі ымі ою яю аю ай яй ой аў яў оў еў
	ах ях ам ям ом ем ым ім ых іх ая яя ую юю ое ае ыя ія ыі ыю ію ый ій а я о е э ы і у ю ь й`)

// endings reads a list; at least so many characters remain of the word.
func endings(remain int, list string) []ending {
	var out []ending
	for _, e := range strings.Fields(list) {
		out = append(out, ending{e, remain, ""})
	}
	return out
}

func set(list string) map[string]bool {
	out := map[string]bool{}
	for _, w := range strings.Fields(list) {
		out[w] = true
	}
	return out
}
