//! An HTTP server on a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::thread::{self, JoinHandle};

use axum::Router;
use axum::serve::ListenerExt;
use tokio::sync::oneshot;

/// Serves a router on a free port of 127.0.0.1 until it is dropped.
pub(crate) struct Server {
    address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    pub(crate) fn start(name: &str, router: Router) -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("127.0.0.1 has a free port");
        let address = listener
            .local_addr()
            .expect("a bound listener has an address");
        listener
            .set_nonblocking(true)
            .expect("a listener can be made non-blocking");
        let (stop, stopped) = oneshot::channel();
        let thread = thread::Builder::new()
            .name(name.to_owned())
            .spawn(move || serve(listener, router, stopped))
            .expect("the system has room for a thread");
        Self {
            address,
            stop: Some(stop),
            thread: Some(thread),
        }
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.address
    }
}

/// Returns, and with that closes every connection, when `stopped` completes. Not a graceful
/// shutdown: that would wait for long polls to end.
fn serve(listener: TcpListener, router: Router, stopped: oneshot::Receiver<()>) {
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime starts");
    runtime.block_on(async {
        // Without TCP_NODELAY a small answer can wait 40 ms for the client's delayed ACK.
        let listener = tokio::net::TcpListener::from_std(listener)
            .expect("the listener is non-blocking")
            .tap_io(|stream| _ = stream.set_nodelay(true));
        tokio::spawn(async { axum::serve(listener, router).await });
        _ = stopped.await;
    });
}

impl Drop for Server {
    fn drop(&mut self) {
        drop(self.stop.take());
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}
