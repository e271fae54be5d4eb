package postgres

import (
	"context"
	"fmt"

	"github.com/jackc/pgx/v5"
)

// Reach connects to the database that the URL names and lets go of it again, to know
// whether [Open] could. It changes nothing there. No error holds the password.
func Reach(ctx context.Context, url string) error {
	cfg, err := configure(url)
	if err != nil {
		return err
	}
	conn, err := pgx.ConnectConfig(ctx, cfg.ConnConfig)
	if err != nil {
		return fmt.Errorf("database %s cannot be reached: %w", place(cfg.ConnConfig), err)
	}
	return conn.Close(ctx)
}

// Place tells people which database the URL names, without the password. It is empty
// where the URL is not valid.
func Place(url string) string {
	cfg, err := configure(url)
	if err != nil {
		return ""
	}
	return place(cfg.ConnConfig)
}
