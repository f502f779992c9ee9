//! One connection, from its first request to its end.

use std::convert::Infallible;
use std::net::{IpAddr, SocketAddr};

use axum::Router;
use axum::response::Response;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::body::busy;
use super::limits::{HEAD, LARGEST_HEAD, TO_TURN_AWAY};

/// Who sent a request.
#[derive(Clone, Copy)]
pub(super) struct Peer(IpAddr);

impl Peer {
    pub(super) fn of(address: SocketAddr) -> Self {
        Self(address.ip().to_canonical())
    }

    pub(super) fn is_this_machine(self) -> bool {
        self.0.is_loopback()
    }
}

type Request = hyper::Request<Incoming>;

/// Answers the requests of a connection. Once `ending`, the one that is under way is its last.
pub(super) async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    peer: Peer,
    router: Router,
    ending: watch::Receiver<bool>,
) {
    let service = service_fn(move |mut request: Request| {
        request.extensions_mut().insert(peer);
        router.clone().oneshot(request)
    });
    answer(stream, service, ending).await;
}

/// Tells whoever is one too many that it is so, in answer to the first request.
pub(super) async fn turn_away(stream: impl AsyncRead + AsyncWrite + Unpin + Send) {
    let service = service_fn(async |_: Request| {
        let mut told = busy("The plugin has as many connections as it can");
        let close = axum::http::HeaderValue::from_static("close");
        let headers = told.headers_mut();
        headers.insert(axum::http::header::CONNECTION, close);
        Ok::<_, Infallible>(told)
    });
    let (_open, ending) = watch::channel(false);
    let _ = tokio::time::timeout(TO_TURN_AWAY, answer(stream, service, ending)).await;
}

async fn answer<S>(
    stream: impl AsyncRead + AsyncWrite + Unpin + Send,
    service: S,
    mut ending: watch::Receiver<bool>,
) where
    S: Service<Request, Response = Response, Error = Infallible>,
{
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(HEAD)
        .max_buf_size(LARGEST_HEAD);
    let connection = http.serve_connection(TokioIo::new(stream), service);
    tokio::pin!(connection);
    // An error is a caller who hung up, or sent no HTTP: nobody is there to be told.
    tokio::select! {
        _ = connection.as_mut() => {}
        () = has_begun_to_end(&mut ending) => {
            connection.as_mut().graceful_shutdown();
            let _ = connection.await;
        }
    }
}

async fn has_begun_to_end(ending: &mut watch::Receiver<bool>) {
    let _ = ending.wait_for(|ending| *ending).await;
}
