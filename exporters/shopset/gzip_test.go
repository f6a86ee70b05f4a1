package shopset

import (
	"bytes"
	"compress/gzip"
	"hash/crc32"
	"io"
	"math/rand/v2"
	"testing"
)

func TestChecksumsJoinAsIfTheTextWereOne(t *testing.T) {
	rng := rand.New(rand.NewPCG(1, 2))
	var p packer
	for range 300 {
		a, b := randomText(rng, rng.IntN(5000)), randomText(rng, rng.IntN(70000))
		var pb part
		p.pack(b, &pb)
		if got, want := pb.join(crc32.ChecksumIEEE(a)), crc32.ChecksumIEEE(append(bytes.Clone(a), b...)); got != want {
			t.Fatalf("%d and %d bytes: checksum %08x, want %08x", len(a), len(b), got, want)
		}
	}
}

func randomText(rng *rand.Rand, n int) []byte {
	text := make([]byte, n)
	for i := range text {
		text[i] = "abc\n"[rng.IntN(4)]
	}
	return text
}

// FuzzPartsMakeOneMember cuts a text anywhere, and reads the parts back as one.
func FuzzPartsMakeOneMember(f *testing.F) {
	f.Add([]byte("abcabcabcabc"), uint16(3), uint16(7))
	f.Add([]byte{}, uint16(0), uint16(0))
	f.Add(bytes.Repeat([]byte("shopset_info{} 1\n"), 5000), uint16(40000), uint16(17))
	f.Fuzz(func(t *testing.T, text []byte, a, b uint16) {
		i := min(int(a), len(text))
		j := min(i+int(b), len(text))
		var p packer
		var answer gzipAnswer
		answer.reset()
		for _, piece := range [][]byte{text[:i], text[i:j]} {
			var one part
			p.pack(piece, &one)
			answer.add(&one)
		}
		answer.end(text[j:])
		out := bytes.NewReader(answer.bytes)
		r, err := gzip.NewReader(out)
		if err != nil {
			t.Fatal(err)
		}
		r.Multistream(false)
		got, err := io.ReadAll(r)
		if err != nil || !bytes.Equal(got, text) {
			t.Fatalf("read %d bytes back, want %d (%v)", len(got), len(text), err)
		}
		if rest, _ := io.ReadAll(out); len(rest) > 0 {
			t.Errorf("%d bytes follow the member", len(rest))
		}
	})
}
