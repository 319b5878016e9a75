package ledger

import (
	"crypto/sha256"
	"encoding/binary"
)

// row is an Entry as it is stored.
type row struct {
	seq           int64
	id, day       string
	kind          Kind
	provider      string
	debit, credit string
	amount        int64
	currency      string
	pledge        string
	payment       string
	hash          []byte
}

// link is the hash of a row that follows one with the hash prev: SHA-256 over
// a fixed prefix, prev, the sequence number and the amount as 8 bytes each (big
// endian), and then id, day, kind, provider, debit, credit, currency, pledge and
// payment, each preceded by its length in 8 bytes. The first row follows 32 zero
// bytes.
func (r *row) link(prev []byte) []byte {
	b := make([]byte, 0, 512)
	b = append(b, "mimeo ledger 1\n"...)
	b = append(b, prev...)
	b = binary.BigEndian.AppendUint64(b, uint64(r.seq))
	b = binary.BigEndian.AppendUint64(b, uint64(r.amount))
	for _, field := range [...]string{r.id, r.day, string(r.kind), r.provider, r.debit, r.credit, r.currency, r.pledge, r.payment} {
		b = binary.BigEndian.AppendUint64(b, uint64(len(field)))
		b = append(b, field...)
	}
	sum := sha256.Sum256(b)
	return sum[:]
}
