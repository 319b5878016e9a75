package db

import (
	"errors"
	"fmt"
	"strconv"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"
	sqlitedriver "modernc.org/sqlite"
	sqlite3 "modernc.org/sqlite/lib"

	"mimeo/internal/fault"
)

// Dialect names an engine. Everything that differs between the two is a method
// here or stays inside this package.
type Dialect string

// The two engines.
const (
	SQLite   Dialect = "sqlite"
	Postgres Dialect = "postgres"
)

// IsUnique reports whether err says that a unique index refused a row.
func IsUnique(err error) bool {
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		return pg.Code == "23505"
	}
	var lite *sqlitedriver.Error
	if errors.As(err, &lite) {
		return lite.Code() == sqlite3.SQLITE_CONSTRAINT_UNIQUE || lite.Code() == sqlite3.SQLITE_CONSTRAINT_PRIMARYKEY
	}
	return false
}

// broken turns an engine's error into an Unavailable fault when the machine,
// not the statement, is at fault: a full disk, a lost server, a busy file.
func broken(err error) error {
	if err == nil || fault.KindOf(err) != fault.Unexpected {
		return err
	}
	var lite *sqlitedriver.Error
	if errors.As(err, &lite) {
		switch lite.Code() & 0xff {
		case sqlite3.SQLITE_FULL:
			return fault.Wrap(fault.Unavailable, "The disk is full. Nothing was changed", err)
		case sqlite3.SQLITE_IOERR, sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED, sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY:
			return fault.Wrap(fault.Unavailable, "The database does not answer. Nothing was changed", err)
		case sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB:
			return fault.Wrap(fault.Unavailable, "The database file is damaged. Nothing was changed: restore a backup", err)
		}
		return err
	}
	var pg *pgconn.PgError
	if errors.As(err, &pg) {
		switch pg.Code[:2] {
		case "53", "57", "58", "08":
			return fault.Wrap(fault.Unavailable, "The database does not answer. Nothing was changed", err)
		}
		return err
	}
	var connect *pgconn.ConnectError
	if errors.As(err, &connect) || pgconn.Timeout(err) || pgconn.SafeToRetry(err) {
		return fault.Wrap(fault.Unavailable, "The database does not answer. Nothing was changed", err)
	}
	return err
}

// checkSQLite refuses the versions of SQLite whose WAL mode may lose a
// committed write when a writer resets the log under a checkpointer: all before
// 3.51.3 but the repaired 3.50.7 and 3.44.6 lines.
func checkSQLite(version string) error {
	var n [3]int
	for i, part := range strings.SplitN(version, ".", 3) {
		v, err := strconv.Atoi(part)
		if err != nil {
			return fmt.Errorf("SQLite gives its version as %q", version)
		}
		n[i] = v
	}
	at := n[0]*1_000_000 + n[1]*1_000 + n[2]
	fixed := at >= 3_051_003 || (n[1] == 50 && n[2] >= 7) || (n[1] == 44 && n[2] >= 6)
	if !fixed {
		return fault.Conflictf("SQLite %s can lose committed writes (the WAL-reset bug). Use 3.51.3 or later", version)
	}
	return nil
}
