// Package script holds what a person can do at a terminal, as scripts: each
// file below testdata is a txtar archive that runs the mimeo command and says
// what it must print. A mended fault adds a script.
//
// Beside testscript's own commands a script has:
//
//	newsroom FOLDER [ARG…]  starts serve --demo on the folder; $ORIGIN is its address,
//	                        $HOST the same without http://
//	killed                  ends that server as a power cut would
//	fetch METHOD PATH [TYPE FILE]  asks the server; prints the status, a blank line and the body
package script
