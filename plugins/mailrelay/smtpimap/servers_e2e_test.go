//go:build e2e

package smtpimap

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"fmt"
	"math/big"
	"net"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
	"time"
)

// password has signs that look different in base 64 and in a URL.
const password = "SECRET+canary/with=odd&signs"

// servers are a real Postfix, which takes mails from those who log in and puts them into
// a maildir, and a real Dovecot, which serves the maildir and knows who may log in.
type servers struct {
	t                        *testing.T
	dir                      string
	smtp, imap, imaps, login int // ports
	roots                    *x509.CertPool
	mail                     *user.User // whose the mailbox is
}

func startServers(t *testing.T) *servers {
	t.Helper()
	// Not in t.TempDir: the servers' own users must get there.
	dir, err := os.MkdirTemp("", "canary")
	if err != nil {
		t.Fatal(err)
	}
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	mail, err := user.Lookup("mail")
	if err != nil {
		t.Fatal(err)
	}
	s := &servers{mail: mail, t: t, dir: dir, smtp: port(t), imap: port(t), imaps: port(t), login: port(t)}
	t.Cleanup(func() { s.root("rm", "-rf", dir) })
	s.certificate()
	s.write("users", "canary:{PLAIN}"+password+"\n")
	s.write("dovecot.conf", s.fill(dovecotConf))
	s.root("mkdir", "-p", dir+"/mail", dir+"/postfix", dir+"/queue", dir+"/data")
	s.root("chown", "mail:mail", dir+"/mail")
	s.root("chown", "postfix", dir+"/data")
	s.write("main.cf", s.fill(mainCF))
	s.write("master.cf", s.fill(masterCF))
	s.root("cp", dir+"/main.cf", dir+"/master.cf", dir+"/postfix/")
	s.root("dovecot", "-c", dir+"/dovecot.conf")
	t.Cleanup(func() { s.root("doveadm", "-c", dir+"/dovecot.conf", "stop") })
	s.root("postfix", "-c", dir+"/postfix", "start")
	t.Cleanup(func() { s.root("postfix", "-c", dir+"/postfix", "stop") })
	t.Cleanup(func() {
		if t.Failed() {
			s.showLogs()
		}
	})
	for _, p := range []int{s.smtp, s.imap, s.imaps} {
		s.await(p)
	}
	return s
}

func port(t *testing.T) int {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	return l.Addr().(*net.TCPAddr).Port
}

// root runs a command as root, which Postfix' and Dovecot's masters are.
func (s *servers) root(args ...string) {
	s.t.Helper()
	if os.Getuid() != 0 {
		args = append([]string{"sudo", "-n"}, args...)
	}
	cmd := exec.Command(args[0], args[1:]...)
	cmd.Env = append(os.Environ(), "PATH="+os.Getenv("PATH")+":/usr/sbin:/sbin", "MAIL_CONFIG="+s.dir+"/postfix")
	if cmd.Err != nil { // only /usr/sbin has it
		cmd.Path, cmd.Err = "/usr/sbin/"+args[0], nil
	}
	// A file, since a daemon keeps a pipe open.
	out, err := os.CreateTemp("", "canary-out")
	if err != nil {
		s.t.Fatal(err)
	}
	defer os.Remove(out.Name())
	defer out.Close()
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Run(); err != nil {
		text, _ := os.ReadFile(out.Name())
		s.t.Errorf("%s: %v\n%s", strings.Join(args, " "), err, text)
	}
}

func (s *servers) write(name, text string) {
	s.t.Helper()
	if err := os.WriteFile(filepath.Join(s.dir, name), []byte(text), 0o644); err != nil {
		s.t.Fatal(err)
	}
}

func (s *servers) fill(text string) string {
	return strings.NewReplacer("DIR", s.dir, "SMTPPORT", fmt.Sprint(s.smtp), "IMAPPORT", fmt.Sprint(s.imap), "IMAPSPORT", fmt.Sprint(s.imaps), "LOGINPORT", fmt.Sprint(s.login),
		"MAILUID", s.mail.Uid, "MAILGID", s.mail.Gid).Replace(text)
}

func (s *servers) await(port int) {
	s.t.Helper()
	for end := time.Now().Add(20 * time.Second); time.Now().Before(end); time.Sleep(50 * time.Millisecond) {
		if c, err := net.Dial("tcp", fmt.Sprintf("127.0.0.1:%d", port)); err == nil {
			c.Close()
			return
		}
	}
	s.showLogs()
	s.t.Fatalf("nothing listens on %d", port)
}

func (s *servers) logs() string {
	var all string
	for _, name := range []string{"mail.log", "dovecot.log"} {
		text, _ := os.ReadFile(filepath.Join(s.dir, name))
		all += "── " + name + "\n" + string(text)
	}
	return all
}

// deliver puts a mail into the maildir, as any other sender's.
func (s *servers) deliver(text string) {
	s.t.Helper()
	s.write("other", text)
	s.root("cp", s.dir+"/other", s.dir+"/mail/canary/new/1.other.test")
	s.root("chown", "mail:mail", s.dir+"/mail/canary/new/1.other.test")
}

// mails are how many are in the maildir.
func (s *servers) mails() int {
	n := 0
	for _, folder := range []string{"new", "cur"} {
		files, err := os.ReadDir(filepath.Join(s.dir, "mail/canary", folder))
		if err != nil {
			s.t.Fatal(err)
		}
		n += len(files)
	}
	return n
}

func (s *servers) showLogs() { s.t.Log(s.logs()) }

// certificate makes a certificate for 127.0.0.1 that signs itself.
func (s *servers) certificate() {
	s.t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		s.t.Fatal(err)
	}
	c := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "canary test"}, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour),
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}, IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageDigitalSignature | x509.KeyUsageCertSign}
	der, err := x509.CreateCertificate(rand.Reader, c, c, &key.PublicKey, key)
	if err != nil {
		s.t.Fatal(err)
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		s.t.Fatal(err)
	}
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	s.write("cert.pem", string(text))
	s.write("key.pem", string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: private})))
	s.roots = x509.NewCertPool()
	s.roots.AppendCertsFromPEM(text)
}

const dovecotConf = `
base_dir = DIR/run
state_dir = DIR/state
log_path = DIR/dovecot.log
listen = 127.0.0.1
protocols = imap
ssl = required
ssl_cert = <DIR/cert.pem
ssl_key = <DIR/key.pem
auth_mechanisms = plain
first_valid_uid = 1
mail_location = maildir:DIR/mail/canary
namespace inbox {
  inbox = yes
  mailbox Verdacht {
    special_use = \Junk
    auto = create
  }
}
passdb {
  driver = passwd-file
  args = username_format=%u DIR/users
}
userdb {
  driver = static
  args = uid=mail gid=mail home=DIR/mail
}
service imap-login {
  inet_listener imap {
    port = IMAPPORT
  }
  inet_listener imaps {
    port = IMAPSPORT
    ssl = yes
  }
}
service auth {
  inet_listener {
    address = 127.0.0.1
    port = LOGINPORT
  }
}
`

const mainCF = `
compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
maillog_file = DIR/mail.log
maillog_file_prefixes = DIR
myhostname = relay.test
mydestination =
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
virtual_mailbox_domains = mailbox.test
virtual_mailbox_base = DIR/mail
virtual_mailbox_maps = static:canary/
virtual_minimum_uid = 1
virtual_uid_maps = static:MAILUID
virtual_gid_maps = static:MAILGID
smtpd_tls_security_level = may
smtpd_tls_cert_file = DIR/cert.pem
smtpd_tls_key_file = DIR/key.pem
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = inet:127.0.0.1:LOGINPORT
smtpd_relay_restrictions = permit_sasl_authenticated, reject
minimal_backoff_time = 2s
queue_run_delay = 2s
`

const masterCF = `
127.0.0.1:SMTPPORT inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
tlsmgr unix - - n 1000? 1 tlsmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
discard unix - - n - - discard
local unix - n n - - local
virtual unix - n n - - virtual
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`
