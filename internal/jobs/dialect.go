package jobs

import (
	"time"

	"mimeo/internal/db"
)

// dialect is how the engines differ in the columns of River's tables, whose
// types are River's choice. Everywhere else Mimeo stores what both have.
type dialect struct {
	stamp      func(t time.Time) any    // a time as a parameter, to the millisecond
	list       func(name string) string // a list of one name
	unfinished any                      // the set of the states available and running
	skipLocked string                   // ends a query for rows that nobody else fetches
}

func dialectOf(d db.Dialect) dialect {
	if d == db.Postgres {
		return dialect{
			stamp:      func(t time.Time) any { return t.UTC() },
			list:       func(name string) string { return "{" + name + "}" },
			unfinished: "01000001",
			skipLocked: " for update skip locked",
		}
	}
	return dialect{
		stamp:      func(t time.Time) any { return t.UTC().Format("2006-01-02 15:04:05.000") },
		list:       func(name string) string { return `["` + name + `"]` },
		unfinished: 0b01000001,
	}
}
