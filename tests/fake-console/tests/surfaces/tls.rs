//! HTTPS with the fakes' own certificates.

use std::io;

use fake_console::{
    FakeConsole, FakePlatform, Fault, FaultKind, ORGANIZATION_KEY, PlatformState, State,
};
use reqwest::{Client, RequestBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use sha2::{Digest, Sha256};

use crate::client::trusting;
use crate::console::client::ADMIN;

fn user(client: &Client, url: &str) -> RequestBuilder {
    let request = client.get(format!("{url}/api/3/users/1"));
    request.basic_auth(ADMIN.0, Some(ADMIN.1))
}

fn validation(client: &Client, url: &str) -> RequestBuilder {
    let request = client.get(format!("{url}/validate"));
    request.header("X-Api-Key", ORGANIZATION_KEY)
}

async fn status(request: RequestBuilder) -> reqwest::Result<u16> {
    Ok(request.send().await?.status().as_u16())
}

#[tokio::test]
async fn the_certificate_is_good_for_both_names() {
    let console = FakeConsole::start(State::realistic());
    let client = trusting(console.certificate_pem());
    assert_eq!(status(user(&client, console.url())).await.unwrap(), 200);
    let by_name = console.url().replace("127.0.0.1", "localhost");
    assert_eq!(status(user(&client, &by_name)).await.unwrap(), 200);

    let platform = FakePlatform::start(PlatformState::empty());
    let client = trusting(platform.certificate_pem());
    let request = validation(&client, platform.url());
    assert_eq!(status(request).await.unwrap(), 200);
}

#[tokio::test]
async fn nobody_else_trusts_it_and_nothing_arrives() {
    let console = FakeConsole::start(State::realistic());
    let platform = FakePlatform::start(PlatformState::empty());
    let stranger = trusting(platform.certificate_pem());
    assert!(status(user(&stranger, console.url())).await.is_err());
    assert!(console.requests().is_empty());
    let stranger = trusting(console.certificate_pem());
    assert!(status(validation(&stranger, platform.url())).await.is_err());
    assert!(platform.requests().is_empty());

    // Nor does who trusts another of the same kind.
    let other = FakeConsole::start(State::realistic());
    let client = trusting(other.certificate_pem());
    assert!(status(user(&client, console.url())).await.is_err());
    let other = FakePlatform::start(PlatformState::empty());
    let client = trusting(other.certificate_pem());
    assert!(status(validation(&client, platform.url())).await.is_err());
    assert!(console.requests().is_empty() && platform.requests().is_empty());
}

#[test]
fn the_fingerprint_is_that_of_the_certificate() {
    let console = FakeConsole::start(State::realistic());
    let platform = FakePlatform::start(PlatformState::empty());
    for (pem, fingerprint) in [
        (console.certificate_pem(), console.certificate_sha256()),
        (platform.certificate_pem(), platform.certificate_sha256()),
    ] {
        let der = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
        let digest = Sha256::digest(&der);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(fingerprint, hex);
    }
}

#[tokio::test]
async fn a_reset_and_a_cut_body_end_an_encrypted_connection_too() {
    let console = FakeConsole::start(State::realistic());
    let client = trusting(console.certificate_pem());
    console.push_fault(Fault::new(FaultKind::ResetBefore));
    assert!(status(user(&client, console.url())).await.is_err());
    console.push_fault(Fault::new(FaultKind::CutBody));
    let response = user(&client, console.url()).send().await.unwrap();
    assert!(response.bytes().await.is_err());
    assert_eq!(status(user(&client, console.url())).await.unwrap(), 200);
}

fn is_free_again_afterwards<F>(
    start_on: impl Fn(u16) -> io::Result<F>,
    url: impl Fn(&F) -> String,
) {
    let first = start_on(0).unwrap();
    let port = url(&first).rsplit(':').next().unwrap().parse().unwrap();
    assert!(start_on(port).is_err());
    drop(first);
    let second = start_on(port).unwrap();
    assert_eq!(url(&second), format!("https://127.0.0.1:{port}"));
}

#[test]
fn a_given_port_is_used_and_free_again_afterwards() {
    is_free_again_afterwards(
        |port| FakeConsole::start_on(State::realistic(), port),
        |console| console.url().to_owned(),
    );
    is_free_again_afterwards(
        |port| FakePlatform::start_on(PlatformState::empty(), port),
        |platform| platform.url().to_owned(),
    );
}

#[test]
fn plain_http_has_no_certificate() {
    let platform = FakePlatform::start_http(PlatformState::empty());
    assert!(platform.url().starts_with("http://127.0.0.1:"));
    assert_eq!(platform.certificate_pem(), "");
    assert_eq!(platform.certificate_sha256(), "");
}
