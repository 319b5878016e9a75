package statement

import (
	"bytes"
	"encoding/json"
	"slices"
)

// same says that two records are written the same.
func same(a, b *Record) bool {
	x, err := json.Marshal(a)
	if err != nil {
		return false
	}
	y, err := json.Marshal(b)
	return err == nil && bytes.Equal(x, y)
}

func equalSecrets(a, b *Secret) bool {
	return a.Name == b.Name && a.Note == b.Note && slices.Equal(a.Evidence, b.Evidence)
}
