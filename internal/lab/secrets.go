package lab

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"math/big"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"time"
)

// secrets are the lab's keys and tokens. They are made anew for each lab.
type secrets struct {
	ca       []byte // PEM
	caFile   string // the same
	certFile string // the API servers' certificate, for 127.0.0.1
	keyFile  string
	saFile   string // signs the tokens of service accounts
	tokens   string // a kube-apiserver's token file
	admin    string // token of an administrator
	argo     string // token of Argo CD
}

// newSecrets makes the secrets and writes what the API servers read.
func newSecrets(dir string) (secrets, error) {
	s := secrets{
		caFile: filepath.Join(dir, "ca.crt"), certFile: filepath.Join(dir, "tls.crt"), keyFile: filepath.Join(dir, "tls.key"),
		saFile: filepath.Join(dir, "service-accounts.key"), tokens: filepath.Join(dir, "tokens.csv"),
		admin: rand.Text(), argo: rand.Text(),
	}
	ca, cert, key, err := newCertificate()
	if err != nil {
		return s, err
	}
	s.ca = ca
	// Service account tokens are signed with RSA: kube-apiserver's default, RS256.
	sa, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		return s, err
	}
	saPEM := pem.EncodeToMemory(&pem.Block{Type: "RSA PRIVATE KEY", Bytes: x509.MarshalPKCS1PrivateKey(sa)})
	tokens := s.admin + `,lab-admin,lab-admin,"system:masters"` + "\n" + s.argo + `,argocd,argocd,"system:masters"` + "\n"
	for file, data := range map[string][]byte{s.caFile: ca, s.certFile: cert, s.keyFile: key, s.saFile: saPEM, s.tokens: []byte(tokens)} {
		if err := os.WriteFile(file, data, 0o600); err != nil {
			return s, err
		}
	}
	return s, nil
}

// TLSFiles are the files of an authority's certificate, and of a certificate for
// 127.0.0.1 that it has signed, with its key: for servers that a test adds.
func (l *Lab) TLSFiles() (ca, cert, key string) {
	return l.secrets.caFile, l.secrets.certFile, l.secrets.keyFile
}

// certificateLife is longer than any lab.
const certificateLife = 30 * 24 * time.Hour

// newCertificate makes an authority and its certificate for servers on 127.0.0.1,
// all as PEM.
func newCertificate() (ca, cert, key []byte, err error) {
	caKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, nil, err
	}
	serverKey, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return nil, nil, nil, err
	}
	from := time.Now().Add(-time.Minute)
	authority := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "shopslo lab"},
		NotBefore: from, NotAfter: from.Add(certificateLife),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	server := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "kube-apiserver"},
		NotBefore: from, NotAfter: from.Add(certificateLife),
		KeyUsage: x509.KeyUsageDigitalSignature, ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, DNSNames: []string{"localhost"},
	}
	caDER, err := x509.CreateCertificate(rand.Reader, authority, authority, caKey.Public(), caKey)
	if err != nil {
		return nil, nil, nil, err
	}
	serverDER, err := x509.CreateCertificate(rand.Reader, server, authority, serverKey.Public(), caKey)
	if err != nil {
		return nil, nil, nil, err
	}
	keyDER, err := x509.MarshalPKCS8PrivateKey(serverKey)
	if err != nil {
		return nil, nil, nil, err
	}
	block := func(kind string, der []byte) []byte {
		return pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: der})
	}
	return block("CERTIFICATE", caDER), block("CERTIFICATE", serverDER), block("PRIVATE KEY", keyDER), nil
}

// client talks to the API servers, and checks that they are the lab's.
func (s secrets) client() *http.Client {
	pool := x509.NewCertPool()
	pool.AppendCertsFromPEM(s.ca)
	return &http.Client{Transport: &bearer{s.admin, &http.Transport{TLSClientConfig: &tls.Config{RootCAs: pool}, DisableKeepAlives: true}}}
}

// bearer adds a token to each request.
type bearer struct {
	token string
	next  http.RoundTripper
}

func (b *bearer) RoundTrip(r *http.Request) (*http.Response, error) {
	r = r.Clone(r.Context())
	r.Header.Set("Authorization", "Bearer "+b.token)
	return b.next.RoundTrip(r)
}
