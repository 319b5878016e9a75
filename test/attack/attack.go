// Package attack is the newsroom's enemy: it sends what no browser of good will
// sends, takes away the disk and the database in the middle of the work, and
// uses the command in every wrong way. Each test wants a clear answer in the
// right words and status, nothing lost, nothing half done, no stack trace, and
// no word of a person's in the log or on the disk.
//
// The newsroom under attack is a process of its own: serve --demo on a folder
// of the test's, reached through its port alone.
package attack
