//! Consoles ship with a self-signed certificate; so do the fakes.

use std::sync::Arc;

use rcgen::{CertificateParams, DnType, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use sha2::{Digest, Sha256};
use tokio_rustls::TlsAcceptor;

/// A certificate made for one fake.
pub(crate) struct Certificate {
    pub(crate) pem: String,
    /// Of the DER form, as fingerprints are given.
    pub(crate) sha256: String,
}

/// A fresh certificate for `localhost` and `127.0.0.1`, and what serves it.
pub(crate) fn self_signed(name: &str) -> (Certificate, TlsAcceptor) {
    let key = KeyPair::generate().expect("a key pair");
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let mut params = CertificateParams::new(names).expect("the names are valid");
    let subject = &mut params.distinguished_name;
    subject.push(DnType::CommonName, name);
    let certificate = params.self_signed(&key).expect("a certificate");

    let private = PrivateKeyDer::from(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], private)
        .expect("the key belongs to the certificate");
    config.alpn_protocols = vec![b"http/1.1".to_vec()];

    let made = Certificate {
        pem: certificate.pem(),
        sha256: crate::hex(&Sha256::digest(certificate.der())),
    };
    (made, TlsAcceptor::from(Arc::new(config)))
}
