//! The server from its start to its end.

use std::net::SocketAddr;
use std::process::{ExitCode, exit};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use services::signals::Signals;
use tokio::net::TcpListener;
use tracing::{error, info, warn};

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
    // As the first process of a container, this program ends at no signal by itself.
    let mut signals = Signals::caught()?;
    let closing = Arc::clone(&server);
    let served =
        axum::serve(listener, router(Arc::clone(&server))).with_graceful_shutdown(async move {
            let name = signals.next().await.name();
            info!("{name}: told to end: finishing what is running");
            closing.closing.store(true, Ordering::SeqCst);
            let _ = stop.send(name);
            tokio::spawn(async move {
                let second = signals.next().await;
                warn!(
                    "{}: ended at once; what was being changed may be half done",
                    second.name()
                );
                exit(second.exit_code().into());
            });
        });
    // Steps that take longer than the patience are ended where they have not begun to write. What a write
    // dropped is given back, by the step's own deadline.
    let patience = async {
        let Ok(name) = stopped.await else {
            return std::future::pending().await;
        };
        tokio::time::sleep(Duration::from_secs(args.graceful_timeout)).await;
        server
            .plugin
            .ending()
            .tell(format!("interrupted by {name}"));
        all_ended(&server).await;
    };
    let finished = async {
        served.await?;
        all_ended(&server).await;
        Ok(())
    };
    tokio::select! {
        finished = finished => finished,
        () = patience => Ok(()),
    }
}

/// Waits for the steps, also those whose callers hung up: they go on without a connection that would be
/// waited for.
async fn all_ended(server: &Server) {
    while server.active.load(Ordering::SeqCst) > 0 {
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
}
