package goqite

import (
	"context"
	"database/sql"
	_ "embed"
)

//go:embed schema.sql
var schema string

// createSchema makes what is missing of the tables. They are not part of the
// store's migrations: what they hold can be made again from the job rows.
func createSchema(ctx context.Context, tx *sql.Tx) error {
	_, err := tx.ExecContext(ctx, schema)
	return err
}
