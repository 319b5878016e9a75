package app

import (
	"context"
	"testing"

	"mimeo/internal/db"
	"mimeo/internal/db/dbtest"
)

// alone are the tables of these nouns that no export carries, each with its
// reason.
var alone = map[string]string{
	"statement_reader": "which member may open what is sealed", "statement_file": "sealed evidence", "statement_leave": "leave that members gave",
	"statement_rejected": "test cases for the suggester of this house",
}

// TestNoRecordIsForgotten reads the schema: a column that a later migration
// gives to a noun that goes along with an export has to go along too.
func TestNoRecordIsForgotten(t *testing.T) {
	carried := map[string]bool{}
	for _, table := range records {
		for _, c := range table.Columns {
			carried[table.Name+"."+c.Name] = true
		}
	}
	err := dbtest.SQLite(t).Read(t.Context(), func(ctx context.Context, tx *db.Tx) error {
		rows, err := tx.Query(ctx, `select m.name, c.name from sqlite_master m join pragma_table_info(m.name) c
			where m.type = 'table' and (m.name like 'entity%' or m.name like 'statement%' or m.name like 'running%' or m.name = 'front')`)
		if err != nil {
			return err
		}
		defer rows.Close()
		n := 0
		for rows.Next() {
			var table, column string
			if err := rows.Scan(&table, &column); err != nil {
				return err
			}
			n++
			if alone[table] == "" && !carried[table+"."+column] {
				t.Errorf("%s.%s is not carried by an export, and nobody says why", table, column)
			}
		}
		if n < 50 {
			t.Errorf("only %d columns were seen", n)
		}
		return rows.Err()
	})
	if err != nil {
		t.Fatal(err)
	}
}
