// Command serve runs a registry in memory, written by others, on a free port of loopback.
//
// Each has the referrers API, and its own view of it: ociregistry answers OCI-Subject,
// go-containerregistry does not and takes the configuration's media type for the artifact's.
package main

import (
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"time"

	"cuelabs.dev/go/oci/ociregistry/ocimem"
	"cuelabs.dev/go/oci/ociregistry/ociserver"
	"github.com/google/go-containerregistry/pkg/registry"
)

func handler(name string) http.Handler {
	switch name {
	case "ociregistry":
		return ociserver.New(ocimem.New(), nil)
	case "go-containerregistry":
		return registry.New(registry.WithReferrersSupport(true))
	}
	log.Fatalf("no such registry: %q", name)
	return nil
}

func main() {
	if len(os.Args) != 2 {
		log.Fatal("usage: serve ociregistry|go-containerregistry")
	}
	served := handler(os.Args[1])
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Fprintf(os.Stderr, "listening on %s\n", listener.Addr())
	server := &http.Server{Handler: served, ReadHeaderTimeout: 10 * time.Second}
	log.Fatal(server.Serve(listener))
}
