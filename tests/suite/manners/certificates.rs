//! Certificates, each with one fault or none.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair};
use rustls::pki_types::{CertificateDer, PrivateKeyDer, PrivatePkcs8KeyDer};

/// A certificate authority.
pub(crate) struct Authority {
    key: KeyPair,
    certificate: rcgen::Certificate,
}

/// A certificate with its key.
pub(crate) struct Certificate {
    key: KeyPair,
    signed: rcgen::Certificate,
    clients: Option<CertificateDer<'static>>,
}

impl Authority {
    pub(crate) fn new() -> Authority {
        let key = KeyPair::generate().unwrap();
        let mut params = CertificateParams::new(Vec::new()).unwrap();
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.distinguished_name.push(DnType::CommonName, "chaosc test authority");
        Authority { certificate: params.self_signed(&key).unwrap(), key }
    }

    /// Returns it as a kubeconfig has it: PEM in base64.
    pub(crate) fn data(&self) -> String {
        STANDARD.encode(self.pem())
    }

    /// Returns it as PEM.
    pub(crate) fn pem(&self) -> String {
        pem("CERTIFICATE", self.certificate.der())
    }

    /// Makes a certificate for names, valid from one year to another.
    pub(crate) fn issue(&self, names: &[&str], years: (i32, i32)) -> Certificate {
        let key = KeyPair::generate().unwrap();
        let names: Vec<String> = names.iter().map(|name| (*name).to_owned()).collect();
        let mut params = CertificateParams::new(names).unwrap();
        params.not_before = rcgen::date_time_ymd(years.0, 1, 1);
        params.not_after = rcgen::date_time_ymd(years.1, 1, 1);
        let signed = params.signed_by(&key, &self.certificate, &self.key).unwrap();
        Certificate { key, signed, clients: None }
    }

    /// Makes a certificate without a fault for a server on loopback.
    pub(crate) fn good(&self) -> Certificate {
        self.issue(&["127.0.0.1", "localhost", "api.example"], (2000, 2100))
    }
}

impl Certificate {
    /// Returns the same for a server that asks its clients for a certificate of an authority.
    pub(crate) fn asking_clients(self, authority: &Authority) -> Certificate {
        Certificate { clients: Some(authority.certificate.der().clone()), ..self }
    }

    /// Returns the certificate and the key as a kubeconfig has them.
    pub(crate) fn data(&self) -> (String, String) {
        let (certificate, key) = self.pem();
        (STANDARD.encode(certificate), STANDARD.encode(key))
    }

    /// Returns the certificate and the key as PEM.
    pub(crate) fn pem(&self) -> (String, String) {
        (pem("CERTIFICATE", self.signed.der()), pem("PRIVATE KEY", &self.key.serialize_der()))
    }

    /// Returns the settings of a server that shows it.
    pub(crate) fn server(&self) -> rustls::ServerConfig {
        let builder = rustls::ServerConfig::builder();
        let builder = match &self.clients {
            Some(authority) => {
                let mut roots = rustls::RootCertStore::empty();
                roots.add(authority.clone()).unwrap();
                let verifier = rustls::server::WebPkiClientVerifier::builder(roots.into()).build().unwrap();
                builder.with_client_cert_verifier(verifier)
            }
            None => builder.with_no_client_auth(),
        };
        let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(self.key.serialize_der()));
        builder.with_single_cert(vec![self.signed.der().clone()], key).unwrap()
    }
}

fn pem(label: &str, der: &[u8]) -> String {
    let text = STANDARD.encode(der);
    let lines: Vec<&str> = text.as_bytes().chunks(64).map(|line| std::str::from_utf8(line).unwrap()).collect();
    format!("-----BEGIN {label}-----\n{}\n-----END {label}-----\n", lines.join("\n"))
}
