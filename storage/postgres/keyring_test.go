package postgres

import (
	"context"
	"errors"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"claude-mem/memory"
)

// Those who come while a look-up is under way share the next one, in which each hash
// is asked for once; and each is told of their own.
func TestKeyringFindsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var looked [][]string
		r := startKeyring(func(_ context.Context, hashes []string) (map[string]memory.APIKey, error) {
			looked = append(looked, hashes)
			time.Sleep(time.Second)
			found := make(map[string]memory.APIKey)
			for _, h := range hashes {
				if h != "none" {
					found[h] = memory.APIKey{ID: "key of " + h}
				}
			}
			return found, nil
		})
		for _, h := range []string{"a", "b", "none", "b", "a"} {
			go func() {
				k, err := r.find(t.Context(), h)
				if h == "none" {
					if !errors.Is(err, memory.ErrNotFound) {
						t.Errorf("no key: %+v, %v", k, err)
					}
				} else if err != nil || k.ID != "key of "+h {
					t.Errorf("%s: %+v, %v", h, k, err)
				}
			}()
			synctest.Wait()
		}
		time.Sleep(time.Minute)
		r.stop()
		if want := [][]string{{"a"}, {"b", "none", "a"}}; !slices.EqualFunc(looked, want, slices.Equal) {
			t.Errorf("looked for %v, want %v", looked, want)
		}
	})
}

func TestKeyringFailsTogether(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		away := errors.New("away")
		r := startKeyring(func(ctx context.Context, _ []string) (map[string]memory.APIKey, error) {
			<-ctx.Done() // it has an end of its own
			return nil, away
		})
		for range 3 {
			go func() {
				if _, err := r.find(t.Context(), "a"); !errors.Is(err, away) {
					t.Errorf("error %v", err)
				}
			}()
		}
		gone, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		synctest.Wait()
		if _, err := r.find(gone, "a"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("one that gave up: %v", err)
		}
		time.Sleep(time.Minute)
		r.stop()
		if _, err := r.find(t.Context(), "a"); !errors.Is(err, memory.ErrUnavailable) {
			t.Errorf("too late: %v", err)
		}
	})
}
