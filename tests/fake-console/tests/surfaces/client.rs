//! What callers of both fakes do alike.

use std::sync::{Arc, Once};
use std::time::Duration;

use reqwest::header::HeaderMap;
use reqwest::{Client, ClientBuilder, RequestBuilder};
use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use rustls::{ClientConfig, RootCertStore};
use serde_json::Value;

/// A client that does nothing by itself: no second try, no redirect, no proxy.
fn builder() -> ClientBuilder {
    // reqwest sets TLS up even for plain HTTP.
    static ONCE: Once = Once::new();
    ONCE.call_once(|| {
        let _ = rustls::crypto::ring::default_provider().install_default();
    });
    Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .retry(reqwest::retry::never())
}

pub(crate) fn client() -> Client {
    builder().build().unwrap()
}

/// A client that trusts one certificate and no other.
pub(crate) fn trusting(pem: &str) -> Client {
    let mut roots = RootCertStore::empty();
    let certificate = CertificateDer::from_pem_slice(pem.as_bytes()).unwrap();
    roots.add(certificate).unwrap();
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ClientConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_root_certificates(roots)
        .with_no_client_auth();
    builder().tls_backend_preconfigured(config).build().unwrap()
}

pub(crate) async fn status(request: RequestBuilder) -> u16 {
    request.send().await.unwrap().status().as_u16()
}

/// The answer is a page, whatever was asked for: its headers.
pub(crate) async fn is_html(request: RequestBuilder, status: u16) -> HeaderMap {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), status);
    let headers = response.headers().clone();
    assert!(response.text().await.unwrap().contains("<html>"));
    headers
}

/// The answer is called JSON and is none.
pub(crate) async fn is_no_json(request: RequestBuilder, content_type: &str) {
    let response = request.send().await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], content_type);
    let text = response.text().await.unwrap();
    assert!(!text.is_empty());
    assert!(serde_json::from_str::<Value>(&text).is_err(), "{text}");
}

/// An answer that takes longer than its caller waits is carried out all the same.
pub(crate) async fn is_carried_out_later(request: RequestBuilder, done: impl Fn() -> bool) {
    let impatient = request.timeout(Duration::from_millis(30));
    assert!(impatient.send().await.unwrap_err().is_timeout());
    assert!(!done());
    tokio::time::sleep(Duration::from_millis(400)).await;
    assert!(done());
}
