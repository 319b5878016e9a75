package db

// CheckSQLite is checkSQLite, for the table test.
var CheckSQLite = checkSQLite
