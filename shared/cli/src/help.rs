//! The list of commands in the help: what somebody needs first, then everything by what it is about.

use actions::Noun;
use anstyle::Style;
use clap::Command;

use crate::commands;
use crate::render::Page;

/// What somebody needs who has never seen it, in this order, as far as it is there.
const FIRST: [(&str, &str); 6] = [
    ("init", "r7user init"),
    ("test-connection", "r7user test-connection"),
    ("list-users", "r7user list-users"),
    ("get-user", "r7user get-user jdoe"),
    ("disable-user", "r7user disable-user jdoe --dry-run"),
    ("offboard-user", "r7user offboard-user jdoe@example.com"),
];

/// No wider, so that it can be read beside something else.
const WIDEST: usize = 80;

/// The command with help that lists its subcommands in groups.
pub(crate) fn grouped(command: Command, page: Page) -> Command {
    let list = list(&command, page.at_most(WIDEST));
    let heading = command.get_styles().get_header();
    let options = paint(*heading, "Options:");
    command.help_template(format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{list}\n{options}\n{{options}}{{after-help}}"
    ))
}

fn list(command: &Command, page: Page) -> String {
    let heading = *command.get_styles().get_header();
    let literal = *command.get_styles().get_literal();
    let about = |name: &str| {
        let found = command.find_subcommand(name)?;
        found.get_about().map(|about| about.to_string())
    };
    let group = |title: &str, rows: Vec<(String, String)>| {
        let rows = rows
            .iter()
            .map(|(name, about)| row(name, about, literal, page));
        format!(
            "{}\n{}",
            paint(heading, &format!("{title}:")),
            rows.collect::<String>()
        )
    };
    let named = |name: &str| Some((name.to_owned(), about(name)?));
    let first = FIRST.iter().filter(|(name, _)| about(name).is_some());
    let first = first.map(|(_, line)| format!("  {}\n", paint(literal, line)));
    let first: String = first.collect();
    let mut groups = vec![format!("{}\n{first}", paint(heading, "First steps:"))];
    let others = commands::all();
    let others = others.iter().filter_map(|other| named(other.get_name()));
    groups.push(group("This program", others.collect()));
    for noun in Noun::ALL {
        let entries = actions::ALL.iter().filter(|entry| entry.noun == noun);
        let entries = entries.filter_map(|entry| named(entry.operation.spec.name));
        groups.push(group(noun.title(), entries.collect()));
    }
    groups.join("\n")
}

/// A command and what it does; where there is little room, below each other.
fn row(name: &str, about: &str, style: Style, page: Page) -> String {
    const NAMES: usize = 31;
    let width = page.width().unwrap_or(WIDEST);
    let (between, indent) = match width < 60 {
        true => ("\n      ".to_owned(), " ".repeat(6)),
        false => (
            " ".repeat(NAMES.saturating_sub(2 + name.len())),
            " ".repeat(NAMES),
        ),
    };
    let text = format!("  {}{between}{about}", paint(style, name));
    format!("{}\n", page.wrapped(&text, &indent))
}

fn paint(style: Style, text: &str) -> String {
    format!("{style}{text}{style:#}")
}

#[cfg(test)]
mod tests {
    use anstream::adapter::strip_str;

    use super::*;

    fn shown(width: usize) -> String {
        let command = crate::command();
        strip_str(&list(&command, Page::wide(width))).to_string()
    }

    #[test]
    fn every_command_is_listed_once_below_the_first_steps_and_fits() {
        for width in [48, 60, 80] {
            let shown = shown(width);
            for line in shown.lines() {
                let first_step = FIRST.iter().any(|(_, step)| line.trim() == *step);
                assert!(
                    first_step || line.chars().count() <= width,
                    "{width}: {line}"
                );
                assert_eq!(line.trim_end(), line);
            }
            for command in crate::command().get_subcommands() {
                let name = command.get_name();
                let lines = shown.lines().filter(|line| {
                    line.strip_prefix("  ")
                        .and_then(|line| line.split(' ').next())
                        == Some(name)
                });
                assert_eq!(lines.count(), 1, "{name}: {shown}");
            }
        }
    }

    /// What somebody tries first is what help says first.
    #[test]
    fn first_steps_can_be_typed() {
        let known = crate::command();
        for (name, line) in FIRST {
            if known.find_subcommand(name).is_some() {
                let read = crate::command().try_get_matches_from(line.split(' '));
                assert!(read.is_ok(), "{line}");
            }
        }
    }
}
