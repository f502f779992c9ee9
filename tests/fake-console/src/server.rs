//! The handle, and the thread that serves the console behind it.

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

use crate::exchange::{Cut, Shared};
use crate::faults::Fault;
use crate::log::LoggedRequest;
use crate::socket::{ResetSwitch, Socket};
use crate::state::State;
use crate::tls::{self, Certificate};

/// A running console. It has a runtime of its own, so that it serves blocking and async tests
/// alike, and stops when dropped.
///
/// # Panics
/// Dropping it panics when a fault is still queued: the test meant something to happen that never
/// did. It does not when the thread is panicking already.
pub struct FakeConsole {
    shared: Arc<Shared>,
    url: String,
    certificate: Option<Certificate>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl FakeConsole {
    /// Serves HTTPS on a free port of the loopback address, with a certificate made for it.
    pub fn start(state: State) -> FakeConsole {
        FakeConsole::start_on(state, 0).expect("a free port")
    }

    /// Serves plain HTTP on a free port of the loopback address.
    pub fn start_http(state: State) -> FakeConsole {
        FakeConsole::bind(state, 0, None).expect("a free port")
    }

    /// Serves HTTPS on the given port of the loopback address.
    pub fn start_on(state: State, port: u16) -> io::Result<FakeConsole> {
        FakeConsole::bind(state, port, Some(tls::self_signed()))
    }

    fn bind(
        mut state: State,
        port: u16,
        tls: Option<(Certificate, TlsAcceptor)>,
    ) -> io::Result<FakeConsole> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port))?;
        listener.set_nonblocking(true)?;
        let (certificate, acceptor) = tls.unzip();
        let scheme = if acceptor.is_some() { "https" } else { "http" };
        let url = format!("{scheme}://{}", listener.local_addr()?);
        state.base_url.clone_from(&url);
        let shared = Arc::new(Shared::new(state));
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(2)
            .thread_name("fake-console")
            .enable_all()
            .build()?;
        let (stop, stopped) = oneshot::channel();
        let served = Arc::clone(&shared);
        let thread = std::thread::Builder::new()
            .name("fake-console".to_owned())
            .spawn(move || run(served, runtime, listener, acceptor, stopped))?;
        Ok(FakeConsole {
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
    pub fn state(&self) -> impl DerefMut<Target = State> + use<'_> {
        self.shared.state()
    }

    /// Queues a fault.
    pub fn push_fault(&self, fault: Fault) {
        self.shared.faults().push(fault);
    }

    /// The faults that are still to happen.
    pub fn pending_faults(&self) -> Vec<Fault> {
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

impl std::fmt::Debug for FakeConsole {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("FakeConsole")
            .field("url", &self.url)
            .finish_non_exhaustive()
    }
}

impl Drop for FakeConsole {
    fn drop(&mut self) {
        if let Some(stop) = self.stop.take() {
            let _ = stop.send(());
        }
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
        let pending = self.pending_faults();
        if !pending.is_empty() && !std::thread::panicking() {
            panic!("no request consumed these faults of the console: {pending:#?}");
        }
    }
}

fn run(
    shared: Arc<Shared>,
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

async fn accept(shared: Arc<Shared>, listener: TcpListener, acceptor: Option<TlsAcceptor>) {
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

async fn connect(
    shared: Arc<Shared>,
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

async fn serve(
    shared: Arc<Shared>,
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
