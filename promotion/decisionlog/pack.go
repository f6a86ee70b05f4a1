package decisionlog

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"runtime"
	"sync"

	"github.com/klauspost/compress/gzip"
)

// packedAlone is how much of a record is worth a stream of its own: 256 KiB, so that a
// big one keeps all processors at it.
const packedAlone = 256 << 10

// pack is the contrary of unpack.
func pack(record []byte) ([]byte, error) {
	parts := make([]bytes.Buffer, max(1, min(runtime.GOMAXPROCS(0), len(record)/packedAlone)))
	errs := make([]error, len(parts))
	var all sync.WaitGroup
	for i := range parts {
		all.Go(func() { errs[i] = packTo(&parts[i], record[i*len(record)/len(parts):(i+1)*len(record)/len(parts)]) })
	}
	all.Wait()
	packed := parts[0].Bytes()
	for i := range parts[1:] {
		packed = append(packed, parts[i+1].Bytes()...)
	}
	return packed, errors.Join(errs...)
}

// packers are kept: one takes more memory than what it writes.
var packers = sync.Pool{New: func() any {
	w, err := gzip.NewWriterLevel(nil, gzip.BestSpeed)
	if err != nil { // there is such a level
		panic(err)
	}
	return w
}}

func packTo(b *bytes.Buffer, data []byte) error {
	b.Grow(len(data) / 4)
	w := packers.Get().(*gzip.Writer)
	defer packers.Put(w)
	w.Reset(b)
	if _, err := w.Write(data); err != nil {
		return err
	}
	return w.Close()
}

// unpack takes streams of gzip, one behind the other, and nothing after them.
func unpack(packed []byte) ([]byte, error) {
	r, err := gzip.NewReader(bytes.NewReader(packed))
	if err != nil {
		return nil, err
	}
	data, err := io.ReadAll(io.LimitReader(r, MaxRecord+1))
	if len(data) > MaxRecord {
		return nil, fmt.Errorf("it has more than %d bytes", MaxRecord)
	}
	return data, err
}
