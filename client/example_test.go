package client_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"

	"claude-mem/client"
	"claude-mem/memory"
)

// What a server refuses can be told apart as if it were a function's error.
func ExampleClient_Search() {
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("Authorization") != "Bearer cmem_good" {
			w.WriteHeader(http.StatusForbidden)
			_, _ = fmt.Fprint(w, `{"error": "Forbidden", "message": "Invalid API key or insufficient scope"}`)
			return
		}
		_, _ = fmt.Fprint(w, `{"observations": [{"number": 41, "id": "o1", "content": "the retry budget is three"}]}`)
	}))
	defer server.Close()
	ask := client.SearchRequest{ProjectID: "/src/api", Query: "retry budget", Limit: 5}

	found, err := client.New(server.URL, "cmem_good", client.Options{}).Search(context.Background(), ask)
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, o := range found.Observations {
		fmt.Printf("#%d %s\n", o.Number, o.Content)
	}
	_, err = client.New(server.URL, "cmem_revoked", client.Options{}).Search(context.Background(), ask)
	fmt.Println(errors.Is(err, memory.ErrForbidden), err)
	// Output:
	// #41 the retry budget is three
	// true Invalid API key or insufficient scope
}
