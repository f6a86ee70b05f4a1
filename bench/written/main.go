// Command written serves one file from memory and does nothing else: the least
// that a scrape of as many bytes may cost.
package main

import (
	"flag"
	"fmt"
	"net/http"
	"os"
	"strconv"
)

func main() {
	file := flag.String("file", "", "`file` to serve; a name that ends in .gz is announced as gzip")
	listen := flag.String("listen", "", "`host:port` to listen on")
	flag.Parse()
	if err := serve(*file, *listen); err != nil {
		fmt.Fprintln(os.Stderr, "written:", err)
		os.Exit(1)
	}
}

func serve(file, listen string) error {
	body, err := os.ReadFile(file)
	if err != nil {
		return err
	}
	http.HandleFunc("GET /metrics", func(w http.ResponseWriter, _ *http.Request) {
		h := w.Header()
		h.Set("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
		if len(file) > 3 && file[len(file)-3:] == ".gz" {
			h.Set("Content-Encoding", "gzip")
		}
		h.Set("Content-Length", strconv.Itoa(len(body)))
		w.Write(body) // an error means that the client has gone
	})
	return http.ListenAndServe(listen, nil)
}
