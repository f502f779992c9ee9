//! The server from its start to its end.

use std::convert::Infallible;
use std::net::SocketAddr;
use std::process::{ExitCode, exit};
use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use axum::Router;
use services::signals::Signals;
use tokio::net::TcpListener;
use tokio::sync::watch;
use tracing::{error, info, warn};

use super::args::Args;
use super::connection::{self, Peer};
use super::limits::Admission;
use super::routes::router;
use super::server::Server;

pub(crate) fn serve(args: &Args) -> ExitCode {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(args.threads_per_worker.clamp(1, 64))
        .enable_all()
        .build();
    let served = runtime.and_then(|runtime| runtime.block_on(listen(args)));
    match served {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            error!(%error, "the server could not start, or ended");
            ExitCode::FAILURE
        }
    }
}

async fn listen(args: &Args) -> std::io::Result<()> {
    let listener = TcpListener::bind(SocketAddr::new(args.host, args.port)).await?;
    let server = Arc::new(Server::new(args));
    info!("listening on http://{}", listener.local_addr()?);
    // As the first process of a container, this program ends at no signal by itself.
    let mut signals = Signals::caught()?;
    let (end, ending) = watch::channel(false);
    let router = router(Arc::clone(&server));
    let name = tokio::select! {
        never = accept(listener, &server, &router, &ending) => match never {},
        signal = signals.next() => signal.name(),
    };
    info!("{name}: told to end: finishing what is running");
    server.closing.store(true, Ordering::SeqCst);
    let _ = end.send(true);
    tokio::spawn(async move {
        let second = signals.next().await;
        warn!(
            "{}: ended at once; what was being changed may be half done",
            second.name()
        );
        exit(second.exit_code().into());
    });
    // Steps that take longer than the patience are ended where they have not begun to write. What a write
    // dropped is given back, by the step's own deadline.
    let patience = async {
        tokio::time::sleep(Duration::from_secs(args.graceful_timeout)).await;
        server
            .plugin
            .ending()
            .tell(format!("interrupted by {name}"));
        all_ended(&server).await;
    };
    let finished = async {
        server.limits.all_closed().await;
        all_ended(&server).await;
    };
    tokio::select! {
        () = finished => {}
        () = patience => {}
    }
    Ok(())
}

/// Takes connections, each as far as there is room for it.
async fn accept(
    listener: TcpListener,
    server: &Server,
    router: &Router,
    ending: &watch::Receiver<bool>,
) -> Infallible {
    loop {
        let (stream, peer) = match listener.accept().await {
            Ok(accepted) => accepted,
            Err(error) => {
                // A caller who is gone already, or no file descriptor left: others may close theirs.
                warn!(%error, "a connection could not be taken");
                tokio::time::sleep(Duration::from_millis(10)).await;
                continue;
            }
        };
        match server.limits.connection() {
            Admission::Served(held) => {
                let (router, ending) = (router.clone(), ending.clone());
                tokio::spawn(async move {
                    connection::serve(stream, Peer::of(peer), router, ending).await;
                    drop(held);
                });
            }
            Admission::TurnedAway(held) => {
                tokio::spawn(async move {
                    connection::turn_away(stream).await;
                    drop(held);
                });
            }
            Admission::Closed => {}
        }
    }
}

/// Waits for the steps, also those whose callers hung up: they go on without a connection that would be
/// waited for.
async fn all_ended(server: &Server) {
    while server.active.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
