// read-stargz reads a layer with containerd's library for eStargz and zstd:chunked: the table of contents, checked
// against its digest, then each file chunk by chunk, each checked against its own. It prints a line for every file:
// its path, its chunks, its bytes and its SHA-256, with tabs between them.
package main

import (
	"crypto/sha256"
	"fmt"
	"io"
	"log"
	"os"

	"github.com/containerd/stargz-snapshotter/estargz"
	"github.com/containerd/stargz-snapshotter/estargz/zstdchunked"
	"github.com/opencontainers/go-digest"
)

func main() {
	log.SetFlags(0)
	if len(os.Args) != 3 {
		log.Fatal("usage: read-stargz LAYER TOC-DIGEST")
	}
	if err := read(os.Args[1], digest.Digest(os.Args[2])); err != nil {
		log.Fatal(err)
	}
}

func read(path string, toc digest.Digest) error {
	layer, err := os.Open(path)
	if err != nil {
		return err
	}
	defer layer.Close()
	info, err := layer.Stat()
	if err != nil {
		return err
	}
	blob := io.NewSectionReader(layer, 0, info.Size())
	reader, err := estargz.Open(blob, estargz.WithDecompressors(new(zstdchunked.Decompressor)))
	if err != nil {
		return err
	}
	// VerifyTOC takes no table in which files share members, though all that reads here does.
	if found := reader.TOCDigest(); found != toc {
		return fmt.Errorf("the table of contents has the digest %s, expected %s", found, toc)
	}
	root, ok := reader.Lookup("")
	if !ok {
		return fmt.Errorf("no root")
	}
	return walk(reader, "", root)
}

func walk(reader *estargz.Reader, path string, entry *estargz.TOCEntry) (err error) {
	if entry.Type == "reg" {
		return file(reader, path)
	}
	entry.ForeachChild(func(name string, child *estargz.TOCEntry) bool {
		if path != "" {
			name = path + "/" + name
		}
		err = walk(reader, name, child)
		return err == nil
	})
	return err
}

func file(reader *estargz.Reader, path string) error {
	content, err := reader.OpenFile(path)
	if err != nil {
		return err
	}
	whole, chunks := sha256.New(), 0
	var at int64
	for at < content.Size() {
		chunk, ok := reader.ChunkEntryForOffset(path, at)
		if !ok || chunk.ChunkOffset != at || chunk.ChunkSize <= 0 {
			return fmt.Errorf("%s: no chunk begins at %d", path, at)
		}
		bytes := make([]byte, chunk.ChunkSize)
		if _, err := content.ReadAt(bytes, at); err != nil && err != io.EOF {
			return fmt.Errorf("%s at %d: %w", path, at, err)
		}
		if digest.FromBytes(bytes).String() != chunk.ChunkDigest {
			return fmt.Errorf("%s at %d: not the chunk that the table says", path, at)
		}
		whole.Write(bytes)
		at += chunk.ChunkSize
		chunks++
	}
	fmt.Printf("%s\t%d\t%d\t%x\n", path, chunks, at, whole.Sum(nil))
	return nil
}
