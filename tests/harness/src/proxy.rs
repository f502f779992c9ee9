//! An HTTP proxy that makes tunnels and keeps what it sees.

use std::io::{self, Read as _, Write as _};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::thread::{self, JoinHandle};

/// A proxy on a free port of 127.0.0.1, until it is dropped. It knows `CONNECT` alone.
pub struct ConnectProxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

/// A request for a tunnel.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tunnel {
    /// Where to, as `HOST:PORT`.
    pub to: String,
    /// The header `Proxy-Authorization`.
    pub authorization: Option<String>,
}

#[derive(Default)]
struct Shared {
    seen: Mutex<Seen>,
    ends: AtomicBool,
}

#[derive(Default)]
struct Seen {
    tunnels: Vec<Tunnel>,
    /// Every byte that clients sent, what went into tunnels included.
    bytes: Vec<u8>,
    refuses: Option<u16>,
}

impl Shared {
    fn seen(&self) -> MutexGuard<'_, Seen> {
        self.seen.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl ConnectProxy {
    /// One that lets everybody through.
    pub fn start() -> Self {
        let listener = TcpListener::bind(("127.0.0.1", 0)).expect("127.0.0.1 has a free port");
        let address = listener.local_addr().expect("a bound listener");
        let shared = Arc::new(Shared::default());
        let serving = Arc::clone(&shared);
        let serve = move || {
            for stream in listener.incoming() {
                if serving.ends.load(Ordering::Acquire) {
                    return;
                }
                let Ok(stream) = stream else { continue };
                let shared = Arc::clone(&serving);
                // A connection that breaks off is the client's to tell.
                thread::spawn(move || _ = answer(&shared, stream));
            }
        };
        let thread = thread::Builder::new().name("proxy".into()).spawn(serve);
        Self {
            address,
            shared,
            thread: Some(thread.expect("the system has room for a thread")),
        }
    }

    /// Its address, without credentials.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Its address with credentials, which are taken as they are.
    pub fn url_with(&self, credentials: &str) -> String {
        format!("http://{credentials}@{}", self.address)
    }

    /// From now on tunnels are refused with this status.
    pub fn refuse(&self, status: u16) {
        self.shared.seen().refuses = Some(status);
    }

    /// The tunnels that were asked for, refused ones included.
    pub fn tunnels(&self) -> Vec<Tunnel> {
        self.shared.seen().tunnels.clone()
    }

    /// Where tunnels were asked for to, each once.
    pub fn targets(&self) -> Vec<String> {
        let mut targets: Vec<String> = self.tunnels().into_iter().map(|one| one.to).collect();
        targets.sort();
        targets.dedup();
        targets
    }

    /// Every byte that clients sent.
    pub fn bytes(&self) -> Vec<u8> {
        self.shared.seen().bytes.clone()
    }

    /// Forgets what it has seen.
    pub fn forget(&self) {
        let mut seen = self.shared.seen();
        seen.tunnels.clear();
        seen.bytes.clear();
    }
}

impl Drop for ConnectProxy {
    fn drop(&mut self) {
        self.shared.ends.store(true, Ordering::Release);
        // Wakes it.
        drop(TcpStream::connect(self.address));
        if let Some(thread) = self.thread.take() {
            _ = thread.join();
        }
    }
}

fn answer(shared: &Arc<Shared>, mut client: TcpStream) -> io::Result<()> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        client.read_exact(&mut byte)?;
        head.push(byte[0]);
    }
    shared.seen().bytes.extend_from_slice(&head);
    let head = String::from_utf8_lossy(&head).into_owned();
    let mut lines = head.lines();
    let mut words = lines.next().unwrap_or_default().split(' ');
    let (Some("CONNECT"), Some(to)) = (words.next(), words.next()) else {
        return client.write_all(b"HTTP/1.1 405 Method Not Allowed\r\ncontent-length: 0\r\n\r\n");
    };
    let header = |line: &str| {
        let (name, value) = line.split_once(':')?;
        let is_it = name.eq_ignore_ascii_case("proxy-authorization");
        is_it.then(|| value.trim().to_owned())
    };
    let authorization = lines.find_map(header);
    let refuses = {
        let mut seen = shared.seen();
        let to = to.to_owned();
        seen.tunnels.push(Tunnel { to, authorization });
        seen.refuses
    };
    if let Some(status) = refuses {
        let answer =
            format!("HTTP/1.1 {status} No\r\ncontent-length: 0\r\nconnection: close\r\n\r\n");
        return client.write_all(answer.as_bytes());
    }
    let Ok(server) = TcpStream::connect(to) else {
        return client.write_all(b"HTTP/1.1 502 Bad Gateway\r\ncontent-length: 0\r\n\r\n");
    };
    client.write_all(b"HTTP/1.1 200 Connection established\r\n\r\n")?;
    // Without it a small piece can wait 40 ms for the other's delayed ACK.
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let (back, to_client) = (server.try_clone()?, client.try_clone()?);
    thread::spawn(move || pass(back, to_client, |_| ()));
    pass(client, server, |piece| {
        shared.seen().bytes.extend_from_slice(piece)
    });
    Ok(())
}

/// Passes on what comes until no more does.
fn pass(mut from: TcpStream, mut to: TcpStream, kept: impl Fn(&[u8])) {
    let mut piece = [0; 16 * 1024];
    while let Ok(length @ 1..) = from.read(&mut piece) {
        kept(&piece[..length]);
        if to.write_all(&piece[..length]).is_err() {
            break;
        }
    }
    _ = to.shutdown(Shutdown::Write);
}
