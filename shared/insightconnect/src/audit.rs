//! Audit records of a plugin's steps: in the log of the step, which the workflow keeps, and on
//! standard error.

use std::io::Write as _;

use actions::{Audit, AuditRecord};
use rapid7::BoxFuture;

use crate::log::Tee;
use services::audit::line;

/// The log of the step that is running, and standard error.
pub(super) struct LoggedAudit;

impl Audit for LoggedAudit {
    fn write<'a>(&'a self, record: &'a AuditRecord<'a>) -> BoxFuture<'a, Result<(), String>> {
        Box::pin(async move {
            let line = line(record)?;
            Tee.write_all(&line).map_err(|error| error.to_string())
        })
    }
}
