package config

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"time"

	"github.com/gofrs/flock"
)

// maxSettingsBytes bounds how much of a settings file is read.
const maxSettingsBytes = 1 << 20

// settingsFile is the parsed file: the outer object and the one that holds the
// settings, which are the same unless the file is nested under "env".
type settingsFile struct {
	outer map[string]json.RawMessage
	env   map[string]json.RawMessage // nil: not nested
}

// readSettings returns the texts in the file at path, none if there is no file.
func readSettings(path string) (map[string]string, error) {
	f, err := parseSettings(path)
	if err != nil {
		return nil, err
	}
	texts := make(map[string]string, len(f.outer)+len(f.env))
	var errs []error
	for _, object := range []map[string]json.RawMessage{f.env, f.outer} {
		for k, raw := range object {
			if !strings.HasPrefix(k, "CLAUDE_MEM_") {
				continue
			}
			text, err := textOf(raw)
			if err != nil {
				errs = append(errs, fmt.Errorf("%s (from file %s) must be a text, a number, true, false or a list of texts", k, path))
				continue
			}
			texts[k] = text
		}
	}
	return texts, errors.Join(errs...)
}

// textOf turns a JSON value into the text that the environment would hold.
func textOf(raw json.RawMessage) (string, error) {
	var v any
	dec := json.NewDecoder(bytes.NewReader(raw))
	dec.UseNumber()
	if err := dec.Decode(&v); err != nil {
		return "", err
	}
	switch v := v.(type) {
	case nil:
		return "", nil
	case string:
		return v, nil
	case bool, json.Number:
		return fmt.Sprint(v), nil
	case []any:
		items := make([]string, len(v))
		for i, item := range v {
			text, ok := item.(string)
			if !ok {
				return "", errors.New("not a list of texts")
			}
			items[i] = text
		}
		if len(items) == 0 {
			return "none", nil
		}
		return strings.Join(items, ","), nil
	}
	return "", errors.New("an object")
}

func parseSettings(path string) (settingsFile, error) {
	var f settingsFile
	data, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return f, nil
	}
	if err != nil {
		return f, fmt.Errorf("read the settings: %w", err)
	}
	if len(data) > maxSettingsBytes {
		return f, fmt.Errorf("%s is larger than %d bytes; it is no settings file of ours", path, maxSettingsBytes)
	}
	// Some Windows editors write a byte-order mark, which JSON does not know.
	bom := len(data) - len(bytes.TrimPrefix(data, []byte("\ufeff")))
	data = data[bom:]
	if len(bytes.TrimSpace(data)) == 0 {
		return f, nil
	}
	if err := json.Unmarshal(data, &f.outer); err != nil {
		return settingsFile{}, syntaxError(path, data, err)
	}
	if raw, ok := f.outer["env"]; ok && json.Unmarshal(raw, &f.env) != nil {
		f.env = nil // somebody's own key of that name
	}
	return f, nil
}

// syntaxError says where in the file the mistake is.
func syntaxError(path string, data []byte, err error) error {
	offset := 0
	if se, ok := errors.AsType[*json.SyntaxError](err); ok {
		offset = int(se.Offset)
	} else if te, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		offset = int(te.Offset)
	}
	before := data[:min(max(offset-1, 0), len(data))]
	line := bytes.Count(before, []byte("\n")) + 1
	column := len(before) - bytes.LastIndexByte(before, '\n')
	return fmt.Errorf("%s:%d:%d: %w; mend or remove the file", path, line, column, err)
}

// SetInFile sets one key in the settings file at path, see [SetAllInFile].
func SetInFile(path, key, value string) error {
	return SetAllInFile(path, map[string]string{key: value})
}

// SetAllInFile sets keys in the settings file at path, which is made if it is not
// there. Everything else in the file stays, also what another process sets at the same
// time; an empty value removes the key. The file is replaced in one step and readable by
// the user alone. A file that cannot be parsed is left as it is, with an error.
func SetAllInFile(path string, values map[string]string) (err error) {
	release, err := lockSettings(path)
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	defer func() { err = errors.Join(err, release()) }()
	if target, err := filepath.EvalSymlinks(path); err == nil {
		path = target // keep a link into somebody's dotfiles a link
	}
	f, err := parseSettings(path)
	if err != nil {
		return err
	}
	if f.outer == nil {
		f.outer = make(map[string]json.RawMessage)
	}
	for key, value := range values {
		if err := f.set(key, value); err != nil {
			return fmt.Errorf("set %s: %w", key, err)
		}
	}
	if f.env != nil {
		if f.outer["env"], err = json.Marshal(f.env); err != nil {
			return fmt.Errorf("write the settings: %w", err)
		}
	}
	data, err := json.MarshalIndent(f.outer, "", "  ")
	if err != nil {
		return fmt.Errorf("write the settings: %w", err)
	}
	return WriteFile(path, append(data, '\n'))
}

// lockedWithin is how long a change of the settings waits for another, which takes
// milliseconds.
const lockedWithin = 5 * time.Second

// lockSettings keeps others who change the settings file waiting until release is called.
// The lock is a file beside it, for the settings file itself is replaced, and beside the
// link where that is one: nobody wants it among their dotfiles. The folder is made if
// need be.
func lockSettings(path string) (release func() error, err error) {
	if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
		return nil, err
	}
	lock := flock.New(path+".lock", flock.SetPermissions(0o600))
	ctx, cancel := context.WithTimeout(context.Background(), lockedWithin)
	defer cancel()
	if _, err := lock.TryLockContext(ctx, 5*time.Millisecond); err != nil {
		_ = lock.Close()
		return nil, fmt.Errorf("lock %s: %w", lock.Path(), err)
	}
	return lock.Close, nil
}

// set sets a key where it stands, or else where the settings are.
func (f *settingsFile) set(key, value string) (err error) {
	object := f.outer
	if _, flat := f.outer[key]; !flat && f.env != nil {
		object = f.env
	}
	if value == "" {
		delete(object, key)
		return nil
	}
	object[key], err = json.Marshal(value)
	return err
}

// WriteFile replaces the file at path in one step by one that only the user may
// read: whoever reads it meanwhile sees the old or the new content, whole.
func WriteFile(path string, data []byte) error {
	return ReplaceFile(path, func(w io.Writer) error {
		_, err := w.Write(data)
		return err
	})
}

// ReplaceFile is [WriteFile] for content that write writes. If that fails, the file
// stays as it was.
func ReplaceFile(path string, write func(w io.Writer) error) (err error) {
	tmp, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*") // mode 0600
	if at, ok := errors.AsType[*fs.PathError](err); ok {
		err = at.Err // its path is the temporary file's
	}
	if err != nil {
		return fmt.Errorf("write %s: %w", path, err)
	}
	defer func() {
		if err != nil {
			_ = os.Remove(tmp.Name())
			err = fmt.Errorf("write %s: %w", path, err)
		}
	}()
	err = write(tmp)
	err = errors.Join(err, tmp.Sync(), tmp.Close())
	if err != nil {
		return err
	}
	return os.Rename(tmp.Name(), path)
}
