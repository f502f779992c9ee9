//! A look at a server that nobody trusts yet: whether it can be reached, and which certificate it shows.

use std::sync::{Arc, Mutex, PoisonError};

use crate::answer::connection_error;
use crate::error::{Error, Names};
use crate::request::Request;
use crate::tls::{Shown, noting};
use crate::transport::{Options, http_client};
use crate::url::{InvalidUrl, console_url};

/// What a look tells.
#[derive(Debug, Clone)]
pub struct Look {
    /// The address, as it is used from then on.
    pub address: String,
    /// The certificate; none of an address without TLS.
    pub certificate: Option<Shown>,
}

/// Why there is nothing to see.
#[derive(Debug, thiserror::Error)]
pub enum LookError {
    /// It is no address.
    #[error(transparent)]
    Address(#[from] InvalidUrl),
    /// There is no way to it.
    #[error("{}", .0.message)]
    NoWay(Box<Error>),
}

/// Asks a console for nothing, without saying who asks, and tells which certificate it shows: whom to trust is a
/// person's to say.
///
/// # Errors
/// When it can't be reached, or that is no console's address.
pub async fn look_at_console(url: &str, options: &Options) -> Result<Look, LookError> {
    let address = console_url(url)?;
    let shown = Arc::new(Mutex::new(None));
    let http = http_client(noting(&shown), options)?;
    let request = http.head(format!("{address}/"));
    let answer = request.timeout(options.request_timeout).send().await;
    let certificate = shown.lock().unwrap_or_else(PoisonError::into_inner).take();
    match answer {
        // What it answers, or whether it does once the certificate is known, says nothing yet.
        Ok(_) => {}
        Err(_) if certificate.is_some() => {}
        Err(error) => {
            let asked = Request::new("HEAD", "/");
            let proxy = options.proxy.as_ref();
            let error = connection_error(&asked, error, proxy, &Names::default());
            return Err(LookError::NoWay(Box::new(error)));
        }
    }
    Ok(Look {
        address,
        certificate,
    })
}
