package mail

import (
	"bytes"
	"context"
	"fmt"
	"mime"
	"net/mail"
	"slices"
	"sync"
	"time"
)

// Sent is a message in the outbox, with the headers that SMTP would have given
// it.
type Sent struct {
	To      string              `json:"to"`
	From    string              `json:"from"`
	Subject string              `json:"subject"`
	Headers map[string][]string `json:"headers"`
	Text    string              `json:"text"`
	HTML    string              `json:"html"`
	At      time.Time           `json:"at"`
}

// What the outbox holds at most: the newest messages, whichever bound is met
// first.
const (
	mostSent      = 20_000
	mostSentBytes = 24 << 20
)

// Outbox is a Post that keeps what it is given in memory and nowhere else.
type Outbox struct {
	head letterhead
	now  func() time.Time

	mu    sync.Mutex
	sent  []Sent
	bytes int
}

// NewOutbox returns an empty outbox for mail from a sender in the form
// "The Newsroom <news@example.org>".
func NewOutbox(from string, now func() time.Time) (*Outbox, error) {
	head, err := newLetterhead(from, "")
	if err != nil {
		return nil, err
	}
	return &Outbox{head: head, now: now}, nil
}

// Send implements Post.
func (o *Outbox) Send(_ context.Context, m Message) error {
	at := o.now().UTC()
	e, err := o.head.write(m, at)
	if err != nil {
		return err
	}
	read, err := mail.ReadMessage(bytes.NewReader(e.bytes))
	if err != nil {
		return fmt.Errorf("reading our own letter: %w", err)
	}
	words := new(mime.WordDecoder)
	for _, values := range read.Header {
		for i, v := range values {
			if plain, err := words.DecodeHeader(v); err == nil {
				values[i] = plain
			}
		}
	}
	s := Sent{To: e.to, From: read.Header.Get("From"), Subject: read.Header.Get("Subject"), Headers: read.Header, Text: body(m.Text), HTML: body(m.HTML), At: at}
	o.mu.Lock()
	defer o.mu.Unlock()
	o.sent = append(o.sent, s)
	o.bytes += s.size()
	drop := 0
	for len(o.sent)-drop > mostSent || o.bytes > mostSentBytes && len(o.sent)-drop > 1 {
		o.bytes -= o.sent[drop].size()
		o.sent[drop] = Sent{}
		drop++
	}
	o.sent = o.sent[drop:]
	return nil
}

// size is about what a message takes in memory.
func (s Sent) size() int {
	n := 1024 + len(s.Text) + len(s.HTML) + len(s.Subject)
	for name, values := range s.Headers {
		n += len(name)
		for _, v := range values {
			n += len(v)
		}
	}
	return n
}

// Messages returns what was sent, oldest first.
func (o *Outbox) Messages() []Sent {
	o.mu.Lock()
	defer o.mu.Unlock()
	return slices.Clone(o.sent)
}
