//! HTTPS with the console's own certificate.

use std::sync::Arc;

use fake_console::{FakeConsole, Fault, FaultKind, State};
use reqwest::Client;
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use sha2::{Digest, Sha256};

use super::client::{ADMIN, install_provider};

/// A client that trusts the console's certificate and no other.
fn trusting(console: &FakeConsole) -> Client {
    install_provider();
    let mut roots = RootCertStore::empty();
    let pem = console.certificate_pem().as_bytes();
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
    let request = client.get(format!("{url}/api/3/users/1"));
    let response = request.basic_auth(ADMIN.0, Some(ADMIN.1)).send().await?;
    Ok(response.status().as_u16())
}

#[tokio::test]
async fn the_certificate_is_good_for_both_names() {
    let console = FakeConsole::start(State::realistic());
    let client = trusting(&console);
    assert_eq!(status(&client, console.url()).await.unwrap(), 200);
    let by_name = console.url().replace("127.0.0.1", "localhost");
    assert_eq!(status(&client, &by_name).await.unwrap(), 200);
}

#[tokio::test]
async fn nobody_else_trusts_it_and_nothing_arrives() {
    let console = FakeConsole::start(State::realistic());
    let other = FakeConsole::start(State::realistic());
    let client = trusting(&other);
    assert!(status(&client, console.url()).await.is_err());
    assert!(console.requests().is_empty());
}

#[tokio::test]
async fn the_fingerprint_is_that_of_the_certificate() {
    let console = FakeConsole::start(State::realistic());
    let pem = console.certificate_pem().as_bytes();
    let der = CertificateDer::from_pem_slice(pem).unwrap();
    let digest = Sha256::digest(&der);
    let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
    assert_eq!(console.certificate_sha256(), hex);
}

#[tokio::test]
async fn a_reset_and_a_cut_body_end_an_encrypted_connection_too() {
    let console = FakeConsole::start(State::realistic());
    let client = trusting(&console);
    console.push_fault(Fault::new(FaultKind::ResetBefore));
    assert!(status(&client, console.url()).await.is_err());
    console.push_fault(Fault::new(FaultKind::CutBody));
    let request = client.get(format!("{}/api/3/users/1", console.url()));
    let response = request
        .basic_auth(ADMIN.0, Some(ADMIN.1))
        .send()
        .await
        .unwrap();
    assert!(response.bytes().await.is_err());
    assert_eq!(status(&client, console.url()).await.unwrap(), 200);
}

#[test]
fn a_given_port_is_used_and_free_again_afterwards() {
    let first = FakeConsole::start(State::realistic());
    let port = first.url().rsplit(':').next().unwrap().parse().unwrap();
    assert!(FakeConsole::start_on(State::realistic(), port).is_err());
    drop(first);
    let second = FakeConsole::start_on(State::realistic(), port).unwrap();
    assert_eq!(second.url(), format!("https://127.0.0.1:{port}"));
}
