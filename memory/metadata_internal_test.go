package memory

import (
	"encoding/json"
	"reflect"
	"testing"
)

// FuzzSplitObject holds the fast way to read an object against encoding/json: what it
// takes is valid, and has the same fields.
func FuzzSplitObject(f *testing.F) {
	for _, s := range []string{
		`{}`, ` { "title" : "a" , "facts" : [ "x" , "y" ] } `, `{"title":"a\"b\\","facts":[]}`, `{"a":"\ud800"}`, `{"a":"\x"}`,
		`{"a":"b","a":"c"}`, `{"a":1}`, `{"a":["b"],}`, `{"a":"b"}x`, `{"a":"b","c":null}`, `{"a":["b" "c"]}`, `{"a":["b",]}`,
		"{\"a\":\"b\nc\"}", "{\"a\xff\":\"b\"}", "{\"a\":\"b\xff\"}", `{"a\u0062":"c"}`, `{"":""}`, `{"a":"b"`, `{"a"}`, `[]`, `null`, `{"a":["b\n","c"]}`,
	} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		fields, ok := splitObject(b)
		if !ok {
			return
		}
		var want map[string]json.RawMessage
		if err := json.Unmarshal(b, &want); err != nil {
			t.Fatalf("%q is taken for an object: %v", b, err)
		}
		got := make(map[string]json.RawMessage)
		for _, f := range fields {
			got[f.name] = f.value
		}
		if len(got) != len(fields) || !reflect.DeepEqual(got, want) {
			t.Errorf("%q: %q, want %q", b, got, want)
		}
	})
}

// Most of what is stored has to be read the fast way.
func TestPlainMetadataIsSplit(t *testing.T) {
	b, err := json.Marshal(Metadata{
		Title: "Count by place", Narrative: "It said \"UTC\" <here>,\nnot there.", Facts: []string{"one", "two\ttabs"},
		FilesModified: []string{"day.go"}, Provider: "local", Model: "rules-1",
	})
	if err != nil {
		t.Fatal(err)
	}
	if fields, ok := splitObject(b); !ok || len(fields) != 6 {
		t.Errorf("%s: %d fields", b, len(fields))
	}
}

// What is kept does not lie in the reader's buffer.
func TestMetadataKeepsNothingOfItsInput(t *testing.T) {
	in := []byte(`{"title":"a","mine":"b"}`)
	var m Metadata
	if err := m.UnmarshalJSON(in); err != nil {
		t.Fatal(err)
	}
	for i := range in {
		in[i] = 'x'
	}
	if m.Title != "a" || string(m.Extra["mine"]) != `"b"` {
		t.Errorf("%+v", m)
	}
}
