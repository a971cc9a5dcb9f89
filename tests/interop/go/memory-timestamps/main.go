// memory-timestamps is Sigstore's timestamp authority with a key and certificates that it makes itself. The
// program that Sigstore publishes also opens port 2112 for metrics and cannot be told not to, so that only
// one of it runs on a machine. It prints its own URL on stderr when it is ready.
package main

import (
	"flag"
	"log"
	"time"

	"github.com/sigstore/timestamp-authority/pkg/server"
	"github.com/spf13/viper"
)

func main() {
	port := flag.Int("port", 0, "where to listen on 127.0.0.1")
	flag.Parse()

	viper.Set("timestamp-signer", "memory")
	viper.Set("timestamp-signer-hash", "sha256")
	timeout := 10 * time.Second
	authority := server.NewRestAPIServer("127.0.0.1", *port, []string{"http"}, false, timeout, timeout)
	log.Fatal(authority.Serve())
}
