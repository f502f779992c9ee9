//! A password or an API key that is kept apart from what it belongs to.

use std::io;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::Duration;

use actions::typed_whole;
use rapid7::CredentialError;
use secrecy::{ExposeSecret as _, SecretString};
use tokio::sync::oneshot;
use tokio::time::sleep;

use super::failure::permanent;
use crate::files;
use crate::settings::SecretAt;

/// Reads it where it is.
pub(super) async fn read(at: &SecretAt) -> Result<SecretString, CredentialError> {
    let (text, place): (SecretString, String) = match at {
        SecretAt::Value(value) => (value.clone(), "the secret".into()),
        SecretAt::File(path) => {
            let place = format!("the secret file {path:?}");
            let text = files::read_secret(path);
            let text =
                text.map_err(|error| permanent(format!("{place} can't be read: {error}")))?;
            (text.into(), place)
        }
        SecretAt::Variable(name) => {
            let text = std::env::var(name).map_err(|_| {
                permanent(format!(
                    "{name} is to hold a secret, and is not set, or is no text"
                ))
            })?;
            (text.into(), name.clone())
        }
        SecretAt::Command(words) => {
            let program = words.first().map_or("", String::as_str);
            let place = format!("what `{program}` printed");
            (printed(words, program).await?, place)
        }
    };
    let typed = typed_whole(text.expose_secret());
    let typed = typed.map_err(|expected| permanent(format!("{place}: {expected}")))?;
    Ok(typed.into())
}

/// A program that ends with who waits for it.
struct Ended(Child);

impl Drop for Ended {
    fn drop(&mut self) {
        if !matches!(self.0.try_wait(), Ok(Some(_))) {
            let _ = self.0.kill();
            let _ = self.0.wait();
        }
    }
}

/// What a program prints. What it says on standard error is for the person who waits; from standard input it gets
/// nothing, which may be the operation's.
async fn printed(words: &[String], program: &str) -> Result<SecretString, CredentialError> {
    let failed =
        |what: String| permanent(format!("`{program}`, which is to print a secret, {what}"));
    let mut command = Command::new(program);
    command
        .args(words.get(1..).unwrap_or_default())
        .stdin(Stdio::null())
        .stdout(Stdio::piped());
    let mut child = command
        .spawn()
        .map(Ended)
        .map_err(|error| match error.kind() {
            io::ErrorKind::NotFound => failed("is no program that there is here".into()),
            _ => failed(format!("can't be started: {error}")),
        })?;
    let output = child.0.stdout.take().expect("it was asked for");
    let (tell, told) = oneshot::channel();
    // A thread of its own, that nobody waits for: it must not keep a run from ending in time.
    thread::spawn(move || {
        tell.send(files::read(output, files::LARGEST_SECRET).map(SecretString::from))
    });
    let text = told
        .await
        .unwrap_or_else(|_| Err(io::ErrorKind::BrokenPipe.into()));
    let text = text.map_err(|error| failed(format!("can't be read: {error}")))?;
    let status = loop {
        match child.0.try_wait() {
            Ok(Some(status)) => break status,
            Ok(None) => sleep(Duration::from_millis(10)).await,
            Err(error) => return Err(failed(format!("can't be waited for: {error}"))),
        }
    };
    match status.success() {
        true => Ok(text),
        false => Err(failed(format!("failed ({status})"))),
    }
}

#[cfg(all(test, unix))]
mod tests {
    use std::time::Instant;

    use super::*;

    fn shell(script: &str) -> SecretAt {
        SecretAt::Command(["sh", "-c", script].map(str::to_owned).to_vec())
    }

    #[tokio::test]
    async fn a_program_prints_a_secret_and_what_is_wrong_is_told_without_it() {
        let read_from = async |script: &str| {
            let read = read(&shell(script)).await;
            read.map(|secret| secret.expose_secret().to_owned())
                .map_err(|error| error.message)
        };
        assert_eq!(
            read_from("echo Correct-Horse-7").await,
            Ok("Correct-Horse-7".into())
        );
        for (script, told) in [
            ("echo canary; exit 3", "failed (exit status: 3)"),
            (
                "printf 'canary\\ncanary'",
                "what `sh` printed: expected one line",
            ),
            ("true", "what `sh` printed: expected text that is not empty"),
            // It gets nothing to read, and can't wait for it.
            ("cat; exit 4", "exit status: 4"),
        ] {
            let error = read_from(script).await.expect_err(script);
            assert!(error.contains(told), "{error}");
            assert!(!error.contains("canary"), "{error}");
        }
        let missing = SecretAt::Command(vec!["no-such-program".into()]);
        let error = read(&missing).await.expect_err("none");
        assert!(
            error.message.contains("no program that there is here"),
            "{error}"
        );
    }

    #[tokio::test]
    async fn a_program_that_nobody_waits_for_any_more_is_ended() {
        let begun = Instant::now();
        let at = shell("exec sleep 60");
        let read = tokio::time::timeout(Duration::from_millis(100), read(&at));
        assert!(read.await.is_err());
        assert!(begun.elapsed() < Duration::from_secs(30));
    }
}
