package search

import "strings"

// Stems are the stems of a text, with spaces between.
func Stems(lang, text string) string { return strings.Join(newReader(lang).stems(text), " ") }
