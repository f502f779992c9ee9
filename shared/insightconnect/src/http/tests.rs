//! What takes too long to wait for in a test, or another machine to try.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::body::Body;
use axum::http::{Method, Request, StatusCode};
use clap::Parser;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _, DuplexStream, duplex};
use tokio::sync::watch;
use tower::ServiceExt as _;

use super::args::Args;
use super::connection::{self, Peer};
use super::routes::router;
use super::server::Server;

#[derive(Parser)]
struct Http {
    #[command(flatten)]
    args: Args,
}

fn server(arguments: &[&str]) -> Arc<Server> {
    let arguments = [&["http"], arguments].concat();
    Arc::new(Server::new(&Http::parse_from(arguments).args))
}

fn peer(address: &str) -> Peer {
    let address: SocketAddr = address.parse().expect("an address");
    Peer::of(address)
}

async fn shut_down(server: &Arc<Server>, from: &str) -> StatusCode {
    let request = Request::builder()
        .method(Method::POST)
        .uri("/api/v1/admin/shutdown")
        .extension(peer(from))
        .body(Body::empty())
        .expect("a request");
    let answer = router(Arc::clone(server)).oneshot(request).await;
    answer.expect("an answer").status()
}

#[tokio::test]
async fn another_machine_may_not_shut_it_down_unless_it_is_let() {
    for (arguments, from, status) in [
        (&[][..], "192.0.2.7:4711", StatusCode::FORBIDDEN),
        (&[], "[2001:db8::7]:4711", StatusCode::FORBIDDEN),
        (&[], "127.0.0.1:4711", StatusCode::OK),
        (&[], "[::1]:4711", StatusCode::OK),
        // An IPv4 caller of a server that listens on IPv6.
        (&[], "[::ffff:127.0.0.1]:4711", StatusCode::OK),
        (&[], "[::ffff:192.0.2.7]:4711", StatusCode::FORBIDDEN),
        (
            &["--allow-remote-shutdown"],
            "192.0.2.7:4711",
            StatusCode::OK,
        ),
    ] {
        let server = server(arguments);
        assert_eq!(shut_down(&server, from).await, status, "{from}");
        let closing = server.closing.load(std::sync::atomic::Ordering::SeqCst);
        assert_eq!(closing, status == StatusCode::OK, "{from}");
    }
}

/// A caller of the server, which waits for nothing: time goes by itself once nobody does anything.
fn connected(server: &Arc<Server>) -> (DuplexStream, watch::Sender<bool>) {
    let (caller, stream) = duplex(1 << 16);
    let (end, ending) = watch::channel(false);
    let router = router(Arc::clone(server));
    tokio::spawn(connection::serve(
        stream,
        peer("127.0.0.1:4711"),
        router,
        ending,
    ));
    (caller, end)
}

/// Whatever is answered until the connection is closed.
async fn told(caller: &mut DuplexStream) -> String {
    let mut answer = Vec::new();
    caller.read_to_end(&mut answer).await.expect("an end");
    String::from_utf8_lossy(&answer).into_owned()
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_ends_the_connection() {
    let server = server(&[]);
    for sent in ["", "POST /actions/get_user HTTP/1.1\r\nhost: plu"] {
        let (mut caller, _end) = connected(&server);
        caller.write_all(sent.as_bytes()).await.expect("sent");
        let _ = told(&mut caller).await;
    }
    // Nor does one stay open for ever after an answer.
    let (mut caller, _end) = connected(&server);
    let request = "GET /api/v1/status HTTP/1.1\r\nhost: plugin\r\n\r\n";
    caller.write_all(request.as_bytes()).await.expect("sent");
    let answer = told(&mut caller).await;
    assert!(answer.starts_with("HTTP/1.1 200 "), "{answer}");
    let head = "x".repeat(super::limits::LARGEST_HEAD);
    let (mut caller, _end) = connected(&server);
    let request = format!("GET /api/v1/status HTTP/1.1\r\nhost: plugin\r\nx: {head}\r\n\r\n");
    let _ = caller.write_all(request.as_bytes()).await;
    let answer = told(&mut caller).await;
    assert!(!answer.starts_with("HTTP/1.1 200 "), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_told_and_its_room_is_free_again() {
    let server = server(&[]);
    for length in ["content-length: 100", "transfer-encoding: chunked"] {
        let (mut caller, _end) = connected(&server);
        let request =
            format!("POST /actions/get_user HTTP/1.1\r\nhost: plugin\r\n{length}\r\n\r\n1\r\n{{");
        caller.write_all(request.as_bytes()).await.expect("sent");
        let answer = told(&mut caller).await;
        assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
        assert!(
            answer.contains("The body took longer than 60 s."),
            "{answer}"
        );
    }
    let room = server.limits.message(64 << 20);
    assert!(room.is_some(), "a message is still counted");
}

#[tokio::test(start_paused = true)]
async fn the_end_closes_connections_that_are_idle() {
    let server = server(&[]);
    let (mut caller, end) = connected(&server);
    let request = "GET /api/v1/status HTTP/1.1\r\nhost: plugin\r\n\r\n";
    caller.write_all(request.as_bytes()).await.expect("sent");
    let mut first = [0; 12];
    caller.read_exact(&mut first).await.expect("an answer");
    let begun = tokio::time::Instant::now();
    end.send(true).expect("the connection");
    let _ = told(&mut caller).await;
    assert!(begun.elapsed() < super::limits::HEAD);
}
