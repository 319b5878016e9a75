// Package chaos kills a newsroom without warning, again and again, while
// donors pay and the payment processor misbehaves, and then compares the
// newsroom's ledger with what the donors' banks say: to the cent.
//
// It drives the built program from outside: serve --demo, its forms, the
// simulator's pages, and the commands that work beside a running server. It
// also reads every byte of the folder that such a newsroom leaves behind and
// looks for the addresses that were typed into it.
//
// MIMEO_CHAOS_ROUNDS=200 for the whole length, MIMEO_CHAOS_SEED to repeat one.
package chaos
