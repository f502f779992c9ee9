//! Consoles ship with a self-signed certificate; so do the fakes.

use std::sync::Arc;

use base64::prelude::{BASE64_STANDARD, Engine as _};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::ServerConfig;
use rustls::crypto::ring::sign::any_supported_type;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::sign::{CertifiedKey, SingleCertAndKey};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

/// A certificate made for one fake.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    /// Of the DER form, as fingerprints are given.
    pub(crate) sha256: String,
}

/// What kind of certificate a fake shows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CertificateForm {
    /// Its own, for `localhost` and `127.0.0.1`.
    Usual,
    /// Its own and an authority's, which names its host as the subject alone: what
    /// `openssl req -x509 -subj /CN=127.0.0.1` makes.
    Authority,
    /// The same, and no longer valid.
    ExpiredAuthority,
    /// The same for another host.
    AuthorityElsewhere,
    /// Its own, of X.509 version 1, which has no extensions. Its subject is `127.0.0.1`.
    Version1,
}

/// A fresh certificate, and what serves it.
pub(crate) fn self_signed(name: &str, form: CertificateForm) -> (Certificate, TlsAcceptor) {
    let key = KeyPair::generate().expect("a key pair");
    let (name, names) = match form {
        CertificateForm::Usual => (name, ["localhost", "127.0.0.1"].map(str::to_owned).to_vec()),
        CertificateForm::AuthorityElsewhere => ("console.example.com", Vec::new()),
        _ => ("127.0.0.1", Vec::new()),
    };
    let mut params = CertificateParams::new(names).expect("the names are valid");
    let subject = &mut params.distinguished_name;
    subject.push(DnType::CommonName, name);
    if form != CertificateForm::Usual {
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    }
    if form == CertificateForm::ExpiredAuthority {
        params.not_before = date_time_ymd(2020, 1, 1);
        params.not_after = date_time_ymd(2021, 1, 1);
    }
    let certificate = params.self_signed(&key).expect("a certificate");
    let der = match form {
        CertificateForm::Version1 => version_1(certificate.der()).into(),
        _ => certificate.der().clone(),
    };

    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let key = any_supported_type(&private).expect("a key");
    // Nothing looks into the certificate, of which rustls takes no version 1.
    let shown = SingleCertAndKey::from(CertifiedKey::new(vec![der.clone()], key));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_no_client_auth()
        .with_cert_resolver(Arc::new(shown));
    config.alpn_protocols = vec![b"http/1.1".to_vec()];

    let made = Certificate {
        pem: pem(&der),
        sha256: crate::hex(&Sha256::digest(&der)),
    };
    (made, TlsAcceptor::from(Arc::new(config)))
}

fn pem(der: &[u8]) -> String {
    let base64 = BASE64_STANDARD.encode(der);
    let lines = base64.as_bytes().chunks(64).map(String::from_utf8_lossy);
    let lines: String = lines.map(|line| format!("{line}\n")).collect();
    format!("-----BEGIN CERTIFICATE-----\n{lines}-----END CERTIFICATE-----\n")
}

/// The certificate without version and extensions. Its signature fits no more, which nobody looks at in one
/// that is its own authority.
fn version_1(der: &[u8]) -> Vec<u8> {
    let (_, parts, _) = element(der);
    let (_, signed, rest) = element(parts);
    let mut kept = Vec::new();
    let mut left = signed;
    while !left.is_empty() {
        let (tag, _, after) = element(left);
        // Version and extensions are the ones with a tag of their own.
        if ![0xA0, 0xA3].contains(&tag) {
            kept.extend_from_slice(&left[..left.len() - after.len()]);
        }
        left = after;
    }
    sequence(&[sequence(&kept), rest.to_vec()].concat())
}

/// Tag and content of a DER element, and what follows it.
fn element(der: &[u8]) -> (u8, &[u8], &[u8]) {
    let (length, begin) = match der[1] {
        short @ 0..=0x7F => (usize::from(short), 2),
        0x81 => (usize::from(der[2]), 3),
        _ => (usize::from(der[2]) << 8 | usize::from(der[3]), 4),
    };
    (der[0], &der[begin..begin + length], &der[begin + length..])
}

fn sequence(content: &[u8]) -> Vec<u8> {
    let length = u16::try_from(content.len()).expect("short").to_be_bytes();
    let length = match length {
        [0, short @ 0..=0x7F] => vec![short],
        [0, long] => vec![0x81, long],
        long => vec![0x82, long[0], long[1]],
    };
    [&[0x30], &length[..], content].concat()
}
