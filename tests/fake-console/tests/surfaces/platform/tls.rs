//! HTTPS with a certificate of its own.

use std::sync::Arc;

use fake_console::{FakePlatform, ORGANIZATION_KEY, PlatformState};
use reqwest::Client;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};

use super::client::install_provider;

/// A client that trusts the platform's certificate and no other.
fn trusting(platform: &FakePlatform) -> Client {
    install_provider();
    let mut roots = RootCertStore::empty();
    let pem = platform.certificate_pem().as_bytes();
    roots
        .add(CertificateDer::from_pem_slice(pem).unwrap())
        .unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    Client::builder()
        .no_proxy()
        .retry(reqwest::retry::never())
        .tls_backend_preconfigured(config)
        .build()
        .unwrap()
}

async fn status(client: &Client, url: &str) -> reqwest::Result<u16> {
    let request = client.get(format!("{url}/validate"));
    let response = request.header("X-Api-Key", ORGANIZATION_KEY).send().await?;
    Ok(response.status().as_u16())
}

#[tokio::test]
async fn who_trusts_the_certificate_gets_in_and_nobody_else() {
    let platform = FakePlatform::start(PlatformState::empty());
    assert!(platform.url().starts_with("https://127.0.0.1:"));
    assert_eq!(platform.certificate_sha256().len(), 64);
    let client = trusting(&platform);
    assert_eq!(status(&client, platform.url()).await.unwrap(), 200);

    let other = FakePlatform::start(PlatformState::empty());
    assert!(status(&client, other.url()).await.is_err());
    assert!(other.requests().is_empty());
}

#[test]
fn a_given_port_is_used_and_free_again_afterwards() {
    let first = FakePlatform::start(PlatformState::empty());
    let port = first.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(FakePlatform::start_on(PlatformState::empty(), port).is_err());
    drop(first);
    let second = FakePlatform::start_on(PlatformState::empty(), port).unwrap();
    assert_eq!(second.url(), format!("https://127.0.0.1:{port}"));
}

#[test]
fn plain_http_has_no_certificate() {
    let platform = FakePlatform::start_http(PlatformState::empty());
    assert!(platform.url().starts_with("http://127.0.0.1:"));
    assert_eq!(platform.certificate_pem(), "");
    assert_eq!(platform.certificate_sha256(), "");
}
