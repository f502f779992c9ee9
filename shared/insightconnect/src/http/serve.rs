//! The server from its start to its end.

use std::net::SocketAddr;
use std::process::ExitCode;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use tokio::net::TcpListener;
use tracing::{error, info};

use super::args::Args;
use super::routes::router;
use super::server::Server;
use crate::plugin::Plugin;

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
    let server = Arc::new(Server {
        plugin: Plugin::new(),
        args: (args.process_workers, args.threads_per_worker),
        closing: AtomicBool::new(false),
        active: AtomicUsize::new(0),
    });
    info!("listening on http://{}", listener.local_addr()?);
    let (stop, stopped) = tokio::sync::oneshot::channel();
    let served = axum::serve(listener, router(Arc::clone(&server))).with_graceful_shutdown(async {
        ended().await;
        info!("told to end: finishing what is running");
        let _ = stop.send(());
    });
    let patience = async {
        let _ = stopped.await;
        tokio::time::sleep(Duration::from_secs(args.graceful_timeout)).await;
    };
    let finished = async {
        served.await?;
        // Steps whose callers hung up go on without a connection that would be waited for.
        while server.active.load(Ordering::SeqCst) > 0 {
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
        Ok(())
    };
    tokio::select! {
        finished = finished => finished,
        () = patience => Ok(()),
    }
}

/// Waits for a signal to end. As the first process of a container, this program ends at none by
/// itself.
async fn ended() {
    use tokio::signal::unix::{SignalKind, signal};

    let (Ok(mut terminate), Ok(mut interrupt)) = (
        signal(SignalKind::terminate()),
        signal(SignalKind::interrupt()),
    ) else {
        return std::future::pending().await;
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = interrupt.recv() => {}
    }
}
