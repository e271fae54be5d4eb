package contract

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"claude-mem/internal/recorded"
)

// Every recorded case is replayed, or there is a reason why not.
func TestEveryRecordingIsAccountedFor(t *testing.T) {
	files, err := os.ReadDir(filepath.Join(recorded.Dir(t), "contract", Version))
	if err != nil {
		t.Fatal(err)
	}
	replayed := make(map[string]bool)
	for _, c := range Cases() {
		if replayed[c.Name] {
			t.Errorf("%s is replayed twice", c.Name)
		}
		if (c.Status != 0 || c.Solo != 0) != (c.Why != "") {
			t.Errorf("%s: a status of ours and its reason go together", c.Name)
		}
		replayed[c.Name] = true
	}
	left := Left()
	for _, f := range files {
		name := strings.TrimSuffix(f.Name(), ".json")
		if strings.HasPrefix(name, "cli_") {
			continue // of the command line
		}
		if replayed[name] == (left[name] != "") {
			t.Errorf("%s: replayed %v, left out because %q", name, replayed[name], left[name])
		}
		delete(left, name)
		delete(replayed, name)
	}
	if len(left) > 0 || len(replayed) > 0 {
		t.Errorf("not recorded: %v %v", left, replayed)
	}
}

func TestCompare(t *testing.T) {
	const id, ours = "4d0a45b2-b317-48a7-a7b2-37a39348b006", "0195f0e2-7c1b-7000-8000-3b1f2d4c5e6f"
	for name, c := range map[string]struct {
		theirs, ours string
		status       int // of both, ours is 200 otherwise
		differs      string
	}{
		"same":              {`{"a":1,"b":"x"}`, `{"a":2,"b":"y","more":true}`, 200, ""},
		"null may be left":  {`{"a":null}`, `{}`, 200, ""},
		"a field is gone":   {`{"a":1}`, `{}`, 200, "has no a"},
		"another kind":      {`{"a":1}`, `{"a":"1"}`, 200, "a is 1, theirs 1"},
		"an empty list":     {`{"a":[1]}`, `{"a":[]}`, 200, "a is []"},
		"a list of objects": {`{"a":[{"b":1}]}`, `{"a":[{}]}`, 200, "a has no b"},
		"metadata is open":  {`{"metadata":{"a":1}}`, `{"metadata":{}}`, 200, ""},
		"no JSON":           {`{}`, `<html>`, 200, "no JSON"},
		"error":             {`{"error":"E","message":"m"}`, `{"error":"E","message":"m","requestId":"r"}`, 404, ""},
		"other message":     {`{"error":"E","message":"m"}`, `{"error":"E","message":"n"}`, 404, "error E n"},
		"other issue":       {`{"error":"E","issues":[{"code":"c","path":["a",1]}]}`, `{"error":"E","issues":[{"code":"c","path":["a",2]}]}`, 400, "issue 0: path"},
		"other status":      {`{"error":"E"}`, `{"error":"E"}`, 500, "status 200"},
	} {
		var x Exchange
		x.Response.Status = c.status
		if err := json.Unmarshal([]byte(c.theirs), &x.Response.Body); err != nil {
			t.Fatal(err)
		}
		status := c.status
		if c.status == 500 {
			status = 200
		}
		got := strings.Join(Case{}.Compare(x, status, []byte(c.ours), Names{}), "; ")
		if c.differs == "" && got != "" || !strings.Contains(got, c.differs) {
			t.Errorf("%s: %q", name, got)
		}
	}
	names := Names{}
	var x Exchange
	x.Response.Status, x.Response.Body = 200, map[string]any{"id": id}
	Case{}.Compare(x, 200, []byte(`{"id":"`+ours+`"}`), names)
	if names[id] != ours {
		t.Errorf("names %v", names)
	}
	if got := (Case{Status: 404}).Compare(x, 404, nil, names); got != nil {
		t.Errorf("a status of ours: %v", got)
	}
}
