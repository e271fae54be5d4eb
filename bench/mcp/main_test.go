package main

import (
	"strconv"
	"strings"
	"testing"

	"claude-mem/internal/recorded"
)

// What agents are told has to cost less than the data it is made of.
func TestEveryAnswerCostsLessThanJSON(t *testing.T) {
	recorded.Dir(t)
	var out strings.Builder
	if err := run(t.Context(), &out, 2); err != nil {
		t.Fatal(err)
	}
	rows := 0
	for line := range strings.Lines(out.String()) {
		cells := strings.Split(line, "|")
		less, err := strconv.ParseFloat(strings.TrimSpace(cells[max(len(cells)-2, 0)]), 64)
		if err != nil {
			continue // a heading
		}
		if rows++; less <= 1.5 {
			t.Errorf("%s", line)
		}
	}
	if rows != 4 {
		t.Errorf("%d rows:\n%s", rows, out.String())
	}
}

func TestCitedNumbers(t *testing.T) {
	got := cited("2026-01-19 #891 discovery: see #12 there ~5\n> 03:43 #7 change: x (#9 a)\n  03:44 #8 y\nno number\n")
	if len(got) != 3 || got[0] != 891 || got[1] != 7 || got[2] != 8 {
		t.Errorf("%v", got)
	}
}
