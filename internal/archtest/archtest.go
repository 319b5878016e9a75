// Package archtest holds the shape of the house as data, and its tests fail
// when the code has another shape: who may import whom, which modules are let
// in and by which package, how long a file may be, and where the clock, the
// environment, HTTP and SQL may be touched.
//
// To add a package, give it a place in Ladder. To add a module, give it a line
// in Modules and in docs/adr/0003-dependencies.md, and say there why.
package archtest

// Ladder lists the packages below mimeo/internal, lowest level first. A package
// imports only packages of lower levels, never one of its own. A trailing /*
// stands for every package directly below. Helper packages for tests end in
// "test" and have no place here: only tests import them.
var Ladder = [][]string{
	{"fault"}, // the kinds of error, which everything else tells apart
	{"money", "ident", "prose", "note", "attribution", "limit"}, // values: no input or output
	{"db", "config", "lang"},                                    // ground: knows no newsroom word
	{"jobs"},                                                    // machinery that the other machinery stands on
	{"mail", "vault", "media", "search", "web"},                 // machinery: still no newsroom word
	{"staff", "byline", "entity", "ledger", "appeal", "jurisdiction", "story/foreign"},       // records: one noun each
	{"story", "contribution", "story/wxr", "story/ghost", "story/substack", "story/ninjs"},   // work: nouns built on records
	{"statement", "newsletter", "front", "reminder", "edition", "story/*", "contribution/*"}, // work: nouns built on those
	{"site", "desk", "reach"}, // surfaces: speak HTTP
	{"app"},                   // assembly: builds everything
	{"cli"},                   // the command's words
}

// Values counts the levels at the foot of the ladder whose packages do no
// input or output and import only the standard library and golang.org/x.
const Values = 2

// Ban keeps an import to the packages named. A package's name is its path
// below the module; a name that ends in /* stands for everything below it.
type Ban struct {
	Import string   // an import path, or the path above it
	Only   []string // who may
	Why    string
}

// Bans are the imports that only some packages may have. Tests are free.
var Bans = []Ban{
	{"net/http", []string{"internal/web", "internal/site", "internal/desk", "internal/reach", "internal/contribution/*", "internal/app", "internal/cli", "test/*"}, "only the surfaces, the adapters and the assembly speak HTTP"},
	{"database/sql", []string{"internal/db", "internal/jobs"}, "everybody else works in a db.Tx"},
	{"mimeo/internal/contribution/", []string{"internal/app", "test/*"}, "only the assembly knows which providers there are"},
	{"flag", nil, "flags are read by cli, through kong"},
	{"log", []string{"internal/app"}, "a *slog.Logger comes in from outside"},
	{"math/rand", nil, "randomness comes in as an io.Reader"},
	{"math/rand/v2", []string{"internal/app", "test/*", "internal/contribution/simulator"}, "randomness comes in as an io.Reader; only faults asked for by seed are drawn"},
	{"unsafe", nil, "nothing here needs it"},
}

// ValuesBans are imports that a value may not have: the ways to the outside.
var ValuesBans = []string{"os", "net", "net/http", "database/sql", "log/slog", "io/fs", "embed", "syscall", "crypto/rand"}

// ValuesWithFiles are the values that carry data of their own in the binary.
var ValuesWithFiles = []string{"internal/attribution"}

// Call keeps a call of the standard library to the packages named; tests are free.
type Call struct {
	Package, Func string
	Only          []string
	Instead       string
}

// Calls are the ways in which the outside comes in.
var Calls = []Call{
	{"time", "Now", []string{"cmd/*", "internal/app", "internal/cli", "test/*"}, "take `now func() time.Time`"},
	{"os", "Getenv", []string{"internal/config", "internal/cli", "cmd/*", "test/*"}, "the environment is read by config"},
	{"os", "LookupEnv", []string{"internal/config", "internal/cli", "cmd/*", "test/*"}, "the environment is read by config"},
	{"os", "Environ", []string{"internal/config", "internal/cli", "cmd/*", "test/*"}, "the environment is read by config"},
	{"context", "Background", []string{"cmd/*", "internal/app", "internal/cli", "test/*"}, "take the caller's context"},
	{"context", "TODO", nil, "take the caller's context"},
	{"time", "Sleep", []string{"test/*"}, "wait for the thing itself"},
}

// MaxLines is how long a file that is not a test may be.
const MaxLines = 500

// Module is one module of others that our code imports.
type Module struct {
	Path string
	Only []string // who may import it; nil: only tests
}

// Modules are all the modules that our own packages import. A test of this
// package reads docs/adr/0003-dependencies.md and wants a line for each.
var Modules = []Module{
	{"modernc.org/sqlite", []string{"internal/db"}},
	{"github.com/jackc/pgx/v5", []string{"internal/db", "internal/jobs"}},
	{"github.com/pressly/goose/v3", []string{"internal/db"}},
	{"github.com/riverqueue/river", []string{"internal/jobs"}},
	{"github.com/riverqueue/river/riverdriver", []string{"internal/jobs"}},
	{"github.com/riverqueue/river/riverdriver/riverpgxv5", []string{"internal/jobs"}},
	{"github.com/riverqueue/river/riverdriver/riversqlite", []string{"internal/jobs"}},
	{"github.com/riverqueue/river/rivertype", []string{"internal/jobs"}},
	{"github.com/riverqueue/river/rivershared", []string{"internal/jobs"}},
	{"golang.org/x/text", []string{"internal/*"}},
	{"golang.org/x/net", []string{"internal/contribution", "internal/mail", "internal/story/foreign", "internal/story/wxr"}},
	{"golang.org/x/crypto", []string{"internal/vault"}},
	{"golang.org/x/image", []string{"internal/media"}},
	{"golang.org/x/sync", []string{"internal/*"}},
	{"github.com/wneessen/go-mail", []string{"internal/mail"}},
	{"github.com/emersion/go-msgauth", []string{"internal/mail"}},
	{"github.com/stripe/stripe-go/v85", []string{"internal/contribution/stripe"}},
	{"github.com/oschwald/maxminddb-golang/v2", []string{"internal/appeal"}},
	{"github.com/blevesearch/snowballstem", []string{"internal/search"}},
	{"github.com/nicksnyder/go-i18n/v2", []string{"internal/lang"}},
	{"github.com/BurntSushi/toml", []string{"internal/lang", "internal/config"}},
	{"github.com/andybalholm/brotli", []string{"internal/web", "internal/site"}},
	{"github.com/alecthomas/kong", []string{"internal/cli", "internal/config"}},
	{"github.com/go-webauthn/webauthn", []string{"internal/staff"}},

	{"github.com/emersion/go-smtp", nil},
	{"github.com/emersion/go-sasl", nil},
	{"github.com/google/go-cmp", nil},
	{"github.com/mmcdole/gofeed", nil},
	{"github.com/rogpeppe/go-internal", nil},
	{"pgregory.net/rapid", nil},
}
