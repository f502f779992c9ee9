//! The handle, and the thread that serves what is behind it.
// Surfaces cannot be added from outside, so nobody outside needs the trait.
#![expect(private_bounds)]

use std::io;
use std::net::{Ipv4Addr, TcpListener};
use std::ops::DerefMut;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::runtime::Runtime;
use tokio::sync::oneshot;
use tokio_rustls::TlsAcceptor;

use crate::console::State;
use crate::exchange::{Cut, Shared};
use crate::faults::Fault;
use crate::log::LoggedRequest;
use crate::platform::PlatformState;
use crate::socket::{ResetSwitch, Socket};
use crate::surface::Surface;
use crate::tls::{self, Certificate, CertificateForm};

/// A running console.
pub type FakeConsole = Fake<State>;

/// A running Insight Platform.
pub type FakePlatform = Fake<PlatformState>;

/// A running [`FakeConsole`] or [`FakePlatform`]. It has a runtime of its own, so that it serves
/// blocking and async tests alike, and stops when dropped.
///
/// # Panics
/// Dropping it panics when a fault is still queued: the test meant something to happen that never
/// did. It does not when the thread is panicking already.
pub struct Fake<S: Surface> {
    shared: Arc<Shared<S>>,
    url: String,
    certificate: Option<Certificate>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl<S: Surface> Fake<S> {
    /// Serves HTTPS on a free port of the loopback address, with a certificate made for it.
    pub fn start(state: S) -> Fake<S> {
        Fake::start_on(state, 0).expect("a free port")
    }

    /// Serves plain HTTP on a free port of the loopback address.
    pub fn start_http(state: S) -> Fake<S> {
        Fake::bind(state, 0, None).expect("a free port")
    }

    /// Serves HTTPS on the given port of the loopback address.
    pub fn start_on(state: S, port: u16) -> io::Result<Fake<S>> {
        let usual = tls::self_signed(S::CERTIFICATE, CertificateForm::Usual);
        Fake::bind(state, port, Some(usual))
    }

    /// Serves HTTPS on a free port of the loopback address, with another kind of certificate.
    pub fn start_showing(state: S, form: CertificateForm) -> Fake<S> {
        let shown = tls::self_signed(S::CERTIFICATE, form);
        Fake::bind(state, 0, Some(shown)).expect("a free port")
    }

    fn bind(
        mut state: S,
        port: u16,
        tls: Option<(Certificate, TlsAcceptor)>,
    ) -> io::Result<Fake<S>> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let (certificate, acceptor) = tls.unzip();
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr()?);
        state.served_at(&url);
        let shared = Arc::new(Shared::new(state));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name(format!("fake-{}", S::NAME))
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name(format!("fake-{}", S::NAME))
            .spawn(move || run(served, runtime, listener, acceptor, stopped))?;
        Ok(Fake {
            shared,
            url,
            certificate,
            stop: Some(stop),
            thread: Some(thread),
        })
    }

    /// The address, e.g. `https://127.0.0.1:41231`.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The certificate as PEM; empty when serving plain HTTP.
    pub fn certificate_pem(&self) -> &str {
        self.certificate.as_ref().map_or("", |made| &made.pem)
    }

    /// The SHA-256 of the certificate's DER form in lower-case hex; empty when serving plain HTTP.
    pub fn certificate_sha256(&self) -> String {
        self.certificate
            .as_ref()
            .map_or_else(String::new, |made| made.sha256.clone())
    }

    /// The state, to look at or to edit: "another administrator changes something". No request is
    /// carried out while the guard lives, so do not hold it across one.
    ///
    /// # Panics
    /// When the state stays locked for five seconds, as by a second guard in the same expression.
    pub fn state(&self) -> impl DerefMut<Target = S> + use<'_, S> {
        self.shared.state()
    }

    /// Queues a fault.
    pub fn push_fault(&self, fault: Fault<S>) {
        self.shared.faults().push(fault);
    }

    /// The faults that are still to happen.
    pub fn pending_faults(&self) -> Vec<Fault<S>> {
        self.shared.faults().clone()
    }

    /// Forgets the faults that are still to happen.
    pub fn clear_faults(&self) {
        self.shared.faults().clear();
    }

    /// The requests so far, in the order in which they arrived. Clear them now and then in a long
    /// run: nothing is ever left out.
    pub fn requests(&self) -> Vec<LoggedRequest> {
        self.shared.log().requests()
    }

    /// Forgets the requests so far.
    pub fn clear_requests(&self) {
        self.shared.log().clear();
    }
}

impl<S: Surface> std::fmt::Debug for Fake<S> {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct(S::HANDLE)
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl<S: Surface> Drop for Fake<S> {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let pending = self.pending_faults();
        if !pending.is_empty() && !std::thread::panicking() {
            let name = S::NAME;
            panic!("no request consumed these faults of the {name}: {pending:#?}");
        }
    }
}

fn run<S: Surface>(
    shared: Arc<Shared<S>>,
    runtime: Runtime,
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
    stopped: oneshot::Receiver<()>,
) {
    runtime.spawn(accept(shared, listener, acceptor));
    let _ = runtime.block_on(stopped);
    // Drops the listener, the connections, and requests that hang.
    runtime.shutdown_timeout(Duration::from_secs(2));
}

async fn accept<S: Surface>(
    shared: Arc<Shared<S>>,
    listener: TcpListener,
    acceptor: Option<TlsAcceptor>,
) {
    let listener = tokio::net::TcpListener::from_std(listener).expect("the listener is sound");
    let mut connection = 0;
    loop {
        let Ok((tcp, _)) = listener.accept().await else {
            // Out of file descriptors, most likely: give others the time to close theirs.
            tokio::time::sleep(Duration::from_millis(10)).await;
            continue;
        };
        connection += 1;
        let shared = Arc::clone(&shared);
        tokio::spawn(connect(shared, tcp, acceptor.clone(), connection));
    }
}

async fn connect<S: Surface>(
    shared: Arc<Shared<S>>,
    tcp: TcpStream,
    acceptor: Option<TlsAcceptor>,
    connection: u64,
) {
    let _ = tcp.set_nodelay(true);
    let reset = ResetSwitch::default();
    let socket = Socket {
        tcp,
        reset: reset.clone(),
    };
    match acceptor {
        None => serve(shared, socket, reset, connection).await,
        Some(acceptor) => {
            // A client that does not trust the certificate goes away again.
            if let Ok(stream) = acceptor.accept(socket).await {
                serve(shared, stream, reset, connection).await;
            }
        }
    }
}

async fn serve<S: Surface>(
    shared: Arc<Shared<S>>,
    stream: impl AsyncRead + AsyncWrite + Unpin + Send + 'static,
    reset: ResetSwitch,
    connection: u64,
) {
    let service = service_fn(move |request| {
        let answering = Arc::clone(&shared).serve(connection, request);
        let reset = reset.clone();
        async move {
            let answered = answering.await;
            if matches!(answered, Err(Cut::Reset)) {
                reset.turn_on();
            }
            answered
        }
    });
    // An error here is a connection that was cut, on purpose or by the client.
    let _ = http1::Builder::new()
        .serve_connection(TokioIo::new(stream), service)
        .await;
}
