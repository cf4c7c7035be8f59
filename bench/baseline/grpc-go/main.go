// A grpc-go server that allows every check without looking at it: what any ext_authz server in Go costs at the least.
// Usage: grpc-go-bare ADDRESS
package main

import (
	"context"
	"log"
	"net"
	"os"

	auth "github.com/envoyproxy/go-control-plane/envoy/service/auth/v3"
	"google.golang.org/genproto/googleapis/rpc/status"
	"google.golang.org/grpc"
)

var allowed = &auth.CheckResponse{
	Status:       &status.Status{},
	HttpResponse: &auth.CheckResponse_OkResponse{OkResponse: &auth.OkHttpResponse{}},
}

type allowAll struct{}

func (allowAll) Check(context.Context, *auth.CheckRequest) (*auth.CheckResponse, error) {
	return allowed, nil
}

func main() {
	listener, err := net.Listen("tcp", os.Args[1])
	if err != nil {
		log.Fatal(err)
	}
	server := grpc.NewServer()
	auth.RegisterAuthorizationServer(server, allowAll{})
	log.Fatal(server.Serve(listener))
}
