package sqlite

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
)

// maxFaults is how many faults Check reports.
const maxFaults = 5

// Check implements [storage.Checker]. It reads the whole file: about a second for
// each gigabyte that is cached, far longer for one that is not.
func (s *Store) Check(ctx context.Context) error {
	return check(ctx, s.pool)
}

func check(ctx context.Context, db *sql.DB) error {
	rows, err := db.QueryContext(ctx, fmt.Sprintf("PRAGMA quick_check(%d)", maxFaults))
	if err != nil {
		return fmt.Errorf("check the database: %w", err)
	}
	defer rows.Close()
	var faults []error
	for rows.Next() {
		var text string
		if err := rows.Scan(&text); err != nil {
			return fmt.Errorf("check the database: %w", err)
		}
		if text != "ok" {
			faults = append(faults, errors.New(text))
		}
	}
	return errors.Join(append(faults, rows.Err())...)
}
