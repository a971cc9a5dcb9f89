package main

import (
	"context"
	"sync"
	"time"

	"github.com/google/trillian"
	"github.com/google/trillian/storage"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
)

// logStorage is storage in memory, mended in two places where it is not like that of a log which people use.
//
// It keeps the very leaf that the answer to a client is made of, and the sequencer writes into what it
// keeps: now and then while the answer is being encoded, which then fails. Here it gets a copy. And it
// takes the same leaf twice, which Rekor cannot deal with. Here the leaf that is there is given back, with
// the status that says so.
type logStorage struct {
	storage.LogStorage

	mu    sync.Mutex
	known map[leafID]*trillian.LogLeaf
}

type leafID struct {
	tree     int64
	identity string
}

func newLogStorage(inner storage.LogStorage) *logStorage {
	return &logStorage{LogStorage: inner, known: make(map[leafID]*trillian.LogLeaf)}
}

func (s *logStorage) QueueLeaves(ctx context.Context, tree *trillian.Tree, leaves []*trillian.LogLeaf,
	now time.Time) ([]*trillian.QueuedLogLeaf, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	answers := make([]*trillian.QueuedLogLeaf, len(leaves))
	for i, leaf := range leaves {
		id := leafID{tree.TreeId, string(leaf.LeafIdentityHash)}
		if known, ok := s.known[id]; ok {
			exists := status.New(codes.AlreadyExists, "the leaf is in the log").Proto()
			answers[i] = &trillian.QueuedLogLeaf{Leaf: known, Status: exists}
			continue
		}
		kept := proto.Clone(leaf).(*trillian.LogLeaf)
		if _, err := s.LogStorage.QueueLeaves(ctx, tree, []*trillian.LogLeaf{kept}, now); err != nil {
			return nil, err
		}
		s.known[id] = leaf
		answers[i] = &trillian.QueuedLogLeaf{Leaf: leaf}
	}
	return answers, nil
}
