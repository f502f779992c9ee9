//! What a person at a terminal sees while a run goes on, and the file that keeps its rows.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{self, Write as _};
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard, PoisonError};

use actions::{Error, Progress};
use indicatif::{ProgressBar, ProgressDrawTarget, ProgressStyle};
use rapid7::printable;
use serde_json::Value;
use services::files;
use services::output::heard;

use crate::arguments::LARGEST_FILE;
use crate::private_file::appended;
use crate::{out, render};

/// Shows a run to the person at the terminal, and keeps its rows.
pub(crate) struct Watcher {
    warned: Mutex<BTreeSet<String>>,
    report: Mutex<Option<Report>>,
    bar: Mutex<Option<ProgressBar>>,
    /// A preview shows no progress, and its rows are not kept.
    for_real: AtomicBool,
    /// Where rows of an answer go as they come.
    rows: Option<Mutex<io::BufWriter<io::Stdout>>>,
}

fn unusable(path: &Path, error: &io::Error) -> Error {
    let expected = format!("{} can't be used: {error}", path.display());
    Error::invalid_input("--report", &expected)
}

fn earlier_rows(path: &Path) -> Result<String, Error> {
    files::check_regular(path).map_err(|error| unusable(path, &error))?;
    match files::read_file(path, LARGEST_FILE) {
        Ok(text) => Ok(text),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(String::new()),
        Err(error) => Err(unusable(path, &error)),
    }
}

/// What a dry run goes on from: it keeps no rows, so the file is neither made nor anybody's.
///
/// # Errors
/// `InvalidInput` if the file can't be used.
pub(crate) fn rows_of(path: &Path, resume: bool) -> Result<Option<String>, Error> {
    match resume {
        true => earlier_rows(path).map(Some),
        false => Ok(None),
    }
}

struct Report {
    file: File,
    shown: String,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl Watcher {
    /// With `streams`, the rows of an answer are printed as they come.
    pub(crate) fn new(streams: bool) -> Self {
        Self {
            warned: Mutex::default(),
            report: Mutex::default(),
            bar: Mutex::default(),
            for_real: AtomicBool::default(),
            rows: streams.then(|| Mutex::new(io::BufWriter::with_capacity(1 << 16, io::stdout()))),
        }
    }

    /// Keeps rows in a file from now on. With `resume`, what is in it already is returned; without, it
    /// must be empty or not there.
    ///
    /// # Errors
    /// `InvalidInput` if the file can't be used, before anything is done.
    pub(crate) fn keep_rows(&self, path: &Path, resume: bool) -> Result<Option<String>, Error> {
        let shown = path.display().to_string();
        let failed = |error: io::Error| unusable(path, &error);
        let earlier = earlier_rows(path)?;
        if !resume && !earlier.trim().is_empty() {
            let expected = format!(
                "{shown} has the rows of an earlier run: --resume goes on from it, or name another"
            );
            return Err(Error::invalid_input("--report", &expected));
        }
        let mut file = appended(path).map_err(failed)?;
        // A row that was cut must not swallow the next one.
        if !earlier.is_empty() && !earlier.ends_with('\n') {
            file.write_all(b"\n").map_err(failed)?;
        }
        *lock(&self.report) = Some(Report { file, shown });
        Ok(resume.then_some(earlier))
    }

    /// From here on rows are kept and progress is shown.
    pub(crate) fn begin_for_real(&self) {
        self.for_real.store(true, Ordering::Relaxed);
    }

    /// Takes the progress off the terminal, and prints the rows that are still on their way.
    ///
    /// # Errors
    /// If they can't be printed.
    pub(crate) fn end(&self) -> io::Result<()> {
        if let Some(bar) = lock(&self.bar).take() {
            bar.finish_and_clear();
        }
        match &self.rows {
            Some(rows) => heard(lock(rows).flush()),
            None => Ok(()),
        }
    }

    /// Keeps a row: when this returns it is out of this process.
    pub(crate) fn keep(&self, row: &Value) -> Result<(), String> {
        let mut report = lock(&self.report);
        let Some(report) = report.as_mut() else {
            return Ok(());
        };
        let kept = report
            .file
            .write_all(format!("{row}\n").as_bytes())
            .and_then(|()| report.file.sync_data());
        kept.map_err(|error| format!("{} can't be written: {error}", report.shown))
    }
}

impl Progress for Watcher {
    fn begin(&self, what: &str, total: usize) {
        if !self.for_real.load(Ordering::Relaxed) {
            return;
        }
        // Nothing is drawn where standard error is no terminal.
        let bar = ProgressBar::with_draw_target(Some(total as u64), ProgressDrawTarget::stderr());
        if let Ok(style) = ProgressStyle::with_template("{wide_bar} {pos} of {len} {msg}") {
            bar.set_style(style);
        }
        bar.set_message(what.to_owned());
        bar.tick();
        *lock(&self.bar) = Some(bar);
    }

    fn done(&self, row: &Value) -> Result<(), String> {
        if !self.for_real.load(Ordering::Relaxed) {
            return Ok(());
        }
        if let Some(bar) = lock(&self.bar).as_ref() {
            bar.inc(1);
        }
        self.keep(row)
    }

    fn streams(&self) -> bool {
        self.rows.is_some()
    }

    fn row(&self, row: &str) -> Result<(), String> {
        let Some(rows) = &self.rows else {
            return Ok(());
        };
        let mut rows = lock(rows);
        let written = rows.write_all(printable(row).as_bytes());
        let written = written.and_then(|()| rows.write_all(b"\n"));
        heard(written).map_err(|error| error.to_string())
    }

    fn warning(&self, text: &str) {
        if !lock(&self.warned).insert(text.to_owned()) {
            return;
        }
        let tell = || out::say(render::warning(text, render::Page::of_stderr()));
        match lock(&self.bar).as_ref() {
            Some(bar) => bar.suspend(tell),
            None => tell(),
        }
    }
}
