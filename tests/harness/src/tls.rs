//! TLS in front of a server that speaks none, with a certificate of an authority of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::Arc;
use std::thread::{self, JoinHandle};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::PrivatePkcs8KeyDer;
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

/// Serves on a free port of 127.0.0.1, until it is dropped.
pub struct TlsFront {
    address: SocketAddr,
    authority: String,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl TlsFront {
    /// In front of what listens at an address like `http://127.0.0.1:PORT`.
    pub fn of(url: &str) -> Self {
        let address = url.strip_prefix("http://").unwrap_or(url);
        let behind: SocketAddr = address.parse().expect("an address of this machine");
        let (authority, acceptor) = certificate();
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("127.0.0.1 has a free port");
        let address = listener.local_addr().expect("a bound listener");
        listener.set_nonblocking(true).expect("non-blocking");
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name("tls".into())
            .spawn(move || serve(listener, acceptor, behind, stopped))
            .expect("the system has room for a thread");
        Self {
            address,
            authority,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    /// Its address, `https://127.0.0.1:PORT`.
    pub fn url(&self) -> String {
        format!("https://{}", self.address)
    }

    /// `127.0.0.1:PORT`.
    pub fn address(&self) -> String {
        self.address.to_string()
    }

    /// The certificate of the authority, in PEM.
    pub fn authority(&self) -> &str {
        &self.authority
    }
}

impl Drop for TlsFront {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

/// The authority's certificate in PEM, and what serves one of this machine that it issued.
fn certificate() -> (String, TlsAcceptor) {
    let key = KeyPair::generate().expect("a key");
    let mut authority = CertificateParams::default();
    authority.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let name = "Inspection of Example Ltd";
    authority.distinguished_name.push(DnType::CommonName, name);
    let pem = authority.self_signed(&key).expect("a certificate").pem();
    let issuer = Issuer::new(authority, key);
    let names = ["localhost", "127.0.0.1"].map(str::to_owned);
    let key = KeyPair::generate().expect("a key");
    let own = CertificateParams::new(names.to_vec()).expect("names");
    let own = own.signed_by(&key, &issuer).expect("a certificate");
    let private = PrivatePkcs8KeyDer::from(key.serialize_der());
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .expect("ring supports the default versions")
        .with_no_client_auth()
        .with_single_cert(vec![own.der().clone()], private.into())
        .expect("a certificate and its key");
    (pem, TlsAcceptor::from(Arc::new(config)))
}

fn serve(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    behind: SocketAddr,
    stopped: oneshot::Receiver<()>,
) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        let listener = tokio::net::TcpListener::from_std(listener).expect("non-blocking");
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    _ = client.set_nodelay(true);
                    // One that does not trust the certificate goes away again.
                    let mut client = acceptor.accept(client).await?;
                    let mut server = TcpStream::connect(behind).await?;
                    _ = server.set_nodelay(true);
                    copy_bidirectional(&mut client, &mut server).await
                });
            }
        });
        _ = stopped.await;
    });
}
