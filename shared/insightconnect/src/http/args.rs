//! The arguments of the server.

use std::ffi::OsString;

#[derive(clap::Args)]
pub(crate) struct Args {
    /// Port to listen on; 0 for any that is free.
    #[arg(long, default_value_t = 10001)]
    pub(super) port: u16,
    /// Address to listen on.
    #[arg(long, default_value = "0.0.0.0", value_name = "ADDRESS")]
    pub(super) host: std::net::IpAddr,
    /// Accepted for compatibility: one process serves everything.
    #[arg(long = "process_workers", default_value_t = 1, value_name = "NUMBER")]
    pub(super) process_workers: usize,
    /// Threads that run steps. A step that waits for Rapid7 holds none.
    #[arg(
        long = "threads_per_worker",
        default_value_t = 4,
        value_name = "NUMBER"
    )]
    pub(super) threads_per_worker: usize,
    /// After a signal to end, how many seconds steps have to finish.
    #[arg(
        long = "graceful_timeout",
        default_value_t = 30,
        value_name = "SECONDS"
    )]
    pub(super) graceful_timeout: u64,
    /// Let anybody who can reach the server shut it down, not only this machine.
    #[arg(
        long = "allow-remote-shutdown",
        env = services::settings::ALLOW_REMOTE_SHUTDOWN
    )]
    pub(super) allow_remote_shutdown: bool,
    /// Accepted for compatibility, like any other tuning option.
    #[arg(long = "worker_class", hide = true)]
    _worker_class: Option<String>,
    #[arg(long = "worker_connections", hide = true)]
    _worker_connections: Option<String>,
}

/// The arguments without tuning options of the vendor's runtime that mean nothing here, so that those
/// which do count wherever they stand.
pub(crate) fn known(arguments: impl Iterator<Item = OsString>) -> Vec<OsString> {
    const KNOWN: [&str; 10] = [
        "--port",
        "--host",
        "--process_workers",
        "--threads_per_worker",
        "--graceful_timeout",
        "--allow-remote-shutdown",
        "--worker_class",
        "--worker_connections",
        "--debug",
        "--help",
    ];
    let mut arguments = arguments.peekable();
    let (mut kept, mut serving) = (Vec::new(), false);
    while let Some(argument) = arguments.next() {
        let text = argument.to_string_lossy().into_owned();
        let (name, value) = text
            .split_once('=')
            .map_or((text.as_str(), None), |(n, v)| (n, Some(v)));
        if serving && name.starts_with("--") && !KNOWN.contains(&name) {
            let is_value = |next: &OsString| !next.to_string_lossy().starts_with('-');
            if value.is_none() {
                let _ = arguments.next_if(is_value);
            }
            continue;
        }
        serving |= text == "http";
        kept.push(argument);
    }
    kept
}
