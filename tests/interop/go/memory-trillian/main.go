// memory-trillian is a Trillian log server with its administration and its sequencer in one process, over
// storage in memory: what a CT log and Rekor v1 need of Trillian in a test. Its logs end with it. It prints
// the address that it listens on as its first line.
package main

import (
	"context"
	"flag"
	"fmt"
	"log"
	"net"
	"time"

	"github.com/google/trillian"
	"github.com/google/trillian/extension"
	trillianlog "github.com/google/trillian/log"
	"github.com/google/trillian/quota"
	"github.com/google/trillian/server"
	"github.com/google/trillian/server/admin"
	"github.com/google/trillian/server/interceptor"
	"github.com/google/trillian/storage/memory"
	"github.com/google/trillian/util/clock"
	"github.com/google/trillian/util/election2"
	"google.golang.org/grpc"
)

// How often waiting leaves are put into the tree. Clients wait for this, so it is short.
const sequencingInterval = 50 * time.Millisecond

func main() {
	address := flag.String("address", "127.0.0.1:0", "where to listen")
	flag.Parse()

	trees := memory.NewTreeStorage()
	parts := extension.Registry{
		AdminStorage:    memory.NewAdminStorage(trees),
		LogStorage:      newLogStorage(memory.NewLogStorage(trees, nil)),
		ElectionFactory: election2.NoopFactory{},
		QuotaManager:    quota.Noop(),
	}
	service := grpc.NewServer(grpc.UnaryInterceptor(interceptor.ErrorWrapper))
	trillian.RegisterTrillianLogServer(service, server.NewTrillianLogRPCServer(parts, clock.System))
	trillian.RegisterTrillianAdminServer(service, admin.New(parts, nil))

	sequencer := trillianlog.NewOperationManager(trillianlog.OperationInfo{
		Registry:    parts,
		BatchSize:   256,
		NumWorkers:  1,
		RunInterval: sequencingInterval,
		TimeSource:  clock.System,
	}, trillianlog.NewSequencerManager(parts, 0))
	go sequencer.OperationLoop(context.Background())

	listener, err := net.Listen("tcp", *address)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(listener.Addr())
	log.Fatal(service.Serve(listener))
}
