package exchange

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"unicode/utf8"

	"claude-mem/memory"
)

// maxLine bounds a line. The largest event that is taken in is far below it.
const maxLine = 64 << 20

// decoder reads a file line by line. What it returns is valid in itself.
type decoder struct {
	r      *bufio.Reader
	number int   // of the line last read
	read   int64 // bytes
	seen   Counts
}

// newDecoder reads the header.
func newDecoder(r io.Reader) (*decoder, error) {
	d := &decoder{r: bufio.NewReaderSize(r, 1<<16)}
	text, err := d.text()
	if err != nil && !errors.Is(err, io.EOF) {
		return nil, err
	}
	// Of a newer version only these are sure.
	var first struct {
		Header struct {
			Format  string `json:"format"`
			Version int    `json:"version"`
		} `json:"header"`
	}
	if json.Unmarshal(text, &first) != nil || first.Header.Format != Format || first.Header.Version < 1 {
		return nil, d.errorf("header: this is no export of claude-mem; give the file that `claude-mem export` wrote")
	}
	if v := first.Header.Version; v > Version {
		return nil, d.errorf("header.version: the file is of version %d, and this program reads up to %d; upgrade claude-mem", v, Version)
	}
	return d, nil
}

// errorf is an error about the line last read.
func (d *decoder) errorf(format string, args ...any) error {
	return lineError(d.number, fmt.Errorf(format, args...))
}

// lineError says which line is wrong.
func lineError(number int, err error) error {
	if _, ours := errors.AsType[*memory.Error](err); ours {
		return fmt.Errorf("line %d: %w", number, err)
	}
	return memory.Errorf(memory.CodeValidation, "line %d: %v", number, err)
}

// next reads the next row; the end of the file is io.EOF.
func (d *decoder) next() (line, error) {
	text, err := d.text()
	if errors.Is(err, io.EOF) {
		return line{}, d.errorf("the file ends here, before its last line, \"end\": it was cut off; export again. " +
			"What stands before is good")
	}
	if err != nil {
		return line{}, err
	}
	l, err := parse(text)
	if err != nil {
		return line{}, lineError(d.number, err)
	}
	if l.End == nil {
		d.seen.add(l)
		return l, nil
	}
	if l.End.Counts != d.seen {
		return line{}, d.errorf("end.counts: there should be %+v, but there are %+v: lines were lost; export again", l.End.Counts, d.seen)
	}
	if _, err := d.text(); !errors.Is(err, io.EOF) {
		if err == nil {
			err = d.errorf("there is more after the end; import one file at a time")
		}
		return line{}, err
	}
	return line{}, io.EOF
}

// add counts the row of a line.
func (c *Counts) add(l line) {
	switch {
	case l.Team != nil:
		c.Teams++
	case l.Project != nil:
		c.Projects++
	case l.Session != nil:
		c.Sessions++
	case l.Event != nil:
		c.Events++
	case l.Job != nil:
		c.Jobs++
	case l.Observation != nil:
		c.Observations++
	}
}

// text reads the next line that is not blank, without what ends it.
func (d *decoder) text() ([]byte, error) {
	for {
		text, err := d.rawLine()
		if text = bytes.TrimSpace(text); len(text) > 0 {
			if !utf8.Valid(text) {
				return nil, d.errorf("the line is no valid UTF-8; export again")
			}
			return text, nil
		}
		if err != nil {
			return nil, err
		}
	}
}

// rawLine reads a line of bounded size. The last one may come with io.EOF.
func (d *decoder) rawLine() (text []byte, err error) {
	d.number++
	for {
		part, err := d.r.ReadSlice('\n')
		text = append(text, part...)
		d.read += int64(len(part))
		switch {
		case len(text) > maxLine:
			return nil, d.errorf("the line is longer than %d bytes; no export has such", maxLine)
		case errors.Is(err, bufio.ErrBufferFull):
			continue
		case err != nil && !errors.Is(err, io.EOF):
			return nil, fmt.Errorf("line %d: read the file: %w", d.number, err)
		}
		return text, err
	}
}

// parse decodes and checks one line after the header.
func parse(text []byte) (line, error) {
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.DisallowUnknownFields()
	var l line
	if err := dec.Decode(&l); err != nil {
		var wrong *json.UnmarshalTypeError
		if errors.As(err, &wrong) {
			return line{}, fmt.Errorf("%s: a %s cannot stand here; export again, or mend it", wrong.Field, wrong.Value)
		}
		return line{}, fmt.Errorf("this is no line of an export (%w); export again, or mend it", err)
	}
	if dec.More() {
		return line{}, errors.New("more than one object stands in the line; export again")
	}
	return l, l.validate()
}
