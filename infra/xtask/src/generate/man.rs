//! The manual pages of `r7user`: one of its own, and one a command.

use clap::Command;
use clap_mangen::Man;

use crate::Failure;

pub(super) const FOLDER: &str = "docs/man";

/// Every page with its path.
pub(super) fn all() -> Result<Vec<(String, Vec<u8>)>, Failure> {
    // The commit that it was built from is the program's to tell.
    let whole = cli::command().version(env!("CARGO_PKG_VERSION"));
    let mut whole = whole.disable_help_subcommand(true);
    // Commands get the options that all of them have.
    whole.build();
    let mut pages = vec![page(&whole, "r7user".to_owned())?];
    for command in whole.get_subcommands() {
        pages.push(page(command, format!("r7user-{}", command.get_name()))?);
    }
    Ok(pages)
}

fn page(command: &Command, name: String) -> Result<(String, Vec<u8>), Failure> {
    let path = format!("{FOLDER}/{name}.1");
    let man = Man::new(command.clone());
    let mut text = Vec::new();
    let written = man
        .render_title(&mut text)
        .and_then(|()| man.render_name_section(&mut text))
        .and_then(|()| man.render_synopsis_section(&mut text))
        .and_then(|()| man.render_description_section(&mut text))
        .and_then(|()| man.render_options_section(&mut text));
    let written = written.and_then(|()| match command.has_subcommands() {
        true => man.render_subcommands_section(&mut text),
        false => Ok(()),
    });
    written.map_err(|error| format!("{path} can't be made: {error}"))?;
    let more = command.get_after_long_help().or(command.get_after_help());
    if let Some(more) = more {
        text.extend(as_it_is("NOTES", &more.to_string()).into_bytes());
    }
    Ok((path, text))
}

/// A section whose lines stay what they are: they are tables and examples.
fn as_it_is(title: &str, text: &str) -> String {
    let lines = text.lines().map(|line| {
        let line = line.replace('\\', "\\e").replace('-', "\\-");
        match line.starts_with(['.', '\'']) {
            true => format!("\\&{line}\n"),
            false => format!("{line}\n"),
        }
    });
    format!(".SH {title}\n.nf\n{}.fi\n", lines.collect::<String>())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_stay_lines_and_nothing_in_them_is_a_request() {
        assert_eq!(
            as_it_is("NOTES", "'a' \\, b\n.fi\n--json"),
            ".SH NOTES\n.nf\n\\&'a' \\e, b\n\\&.fi\n\\-\\-json\n.fi\n"
        );
    }

    #[test]
    fn every_command_has_a_page() {
        let pages = all().expect("pages");
        for command in cli::command().get_subcommands() {
            let path = format!("{FOLDER}/r7user-{}.1", command.get_name());
            assert!(pages.iter().any(|(known, _)| *known == path), "{path}");
        }
    }
}
