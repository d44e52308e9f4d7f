package main

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/pem"
	"errors"
	"math/big"
	"net"
	"os"
	"path/filepath"
	"time"
)

// authority signs the certificates of the plane and of its users.
type authority struct {
	folder      string
	certificate *x509.Certificate
	key         *ecdsa.PrivateKey
}

// newAuthority makes one, and writes `ca.crt` and `ca.key` into the folder.
func newAuthority(folder string) (*authority, error) {
	authority := &authority{folder: folder}
	return authority, authority.sign("ca", &x509.Certificate{
		Subject:               pkix.Name{CommonName: "test cluster"},
		KeyUsage:              x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
		IsCA:                  true,
		BasicConstraintsValid: true,
	})
}

// issue makes a certificate that serves both as a server's on loopback and as that of a client: a user and their groups.
func (authority *authority) issue(name, user string, groups ...string) error {
	return authority.sign(name, &x509.Certificate{
		Subject:     pkix.Name{CommonName: user, Organization: groups},
		KeyUsage:    x509.KeyUsageDigitalSignature,
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth, x509.ExtKeyUsageClientAuth},
		IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		DNSNames:    []string{"localhost"},
	})
}

// sign makes a key, signs its certificate, and writes `NAME.crt` and `NAME.key`. The first one is the authority's own.
func (authority *authority) sign(name string, template *x509.Certificate) error {
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		return err
	}
	if template.SerialNumber, err = rand.Int(rand.Reader, big.NewInt(1<<62)); err != nil {
		return err
	}
	// Clocks differ a little, and a developer's cluster may run for weeks.
	template.NotBefore, template.NotAfter = begun.Add(-time.Hour), begun.AddDate(0, 3, 0)
	issuer, signer := authority.certificate, authority.key
	if issuer == nil {
		issuer, signer = template, key
	}
	certificate, err := x509.CreateCertificate(rand.Reader, template, issuer, key.Public(), signer)
	if err != nil {
		return err
	}
	private, err := x509.MarshalPKCS8PrivateKey(key)
	if err != nil {
		return err
	}
	if authority.certificate == nil {
		authority.key = key
		// Read back: strict clients want to find its key identifier in what it signs, and the template has none.
		if authority.certificate, err = x509.ParseCertificate(certificate); err != nil {
			return err
		}
	}
	return errors.Join(
		writePEM(filepath.Join(authority.folder, name+".crt"), "CERTIFICATE", certificate),
		writePEM(filepath.Join(authority.folder, name+".key"), "PRIVATE KEY", private),
	)
}

func writePEM(path, kind string, content []byte) error {
	return os.WriteFile(path, pem.EncodeToMemory(&pem.Block{Type: kind, Bytes: content}), 0o600)
}
