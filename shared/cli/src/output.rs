//! In which form somebody wants answers and errors.

use std::ffi::OsString;
use std::io::{IsTerminal as _, stderr, stdout};

use clap::builder::EnumValueParser;
use clap::{Arg, ArgAction, ArgMatches, ValueEnum};
use rapid7::printable_lines;
use serde_json::Value;

use crate::render::{self, Page};

const JSON: &str = "json";
const JSON_LINES: &str = "json_lines";
const OUTPUT: &str = "output";

/// The form of an answer.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Output {
    /// Tables, for people.
    Table,
    /// One JSON document.
    Json,
    /// The rows of a list as they come, one JSON object per line.
    JsonLines,
    /// The rows of a list, comma-separated.
    Csv,
    /// The rows of a list, tab-separated.
    Tsv,
}

/// The arguments that choose a form.
pub(crate) fn arguments() -> [Arg; 3] {
    let switch = |name: &'static str, help: &'static str| {
        Arg::new(name)
            .help(help)
            .global(true)
            .action(ArgAction::SetTrue)
    };
    [
        Arg::new(OUTPUT)
            .long("output")
            .value_name("FORM")
            .help("Format of the answer [default: table on a terminal, json to a pipe]")
            .global(true)
            .hide_possible_values(false)
            .value_parser(EnumValueParser::<Output>::new()),
        switch(JSON, "Short for --output json").long("json"),
        switch(
            JSON_LINES,
            "Short for --output json-lines: the rows of a list as they come",
        )
        .long("json-lines"),
    ]
}

/// What somebody asked for.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Form {
    asked: Option<Output>,
}

impl Form {
    /// By the arguments.
    ///
    /// # Errors
    /// If they contradict each other: how.
    pub(crate) fn of(arguments: &ArgMatches) -> Result<Self, &'static str> {
        let output = arguments.get_one::<Output>(OUTPUT).copied();
        // Lines of JSON are JSON, too.
        let short = match (arguments.get_flag(JSON), arguments.get_flag(JSON_LINES)) {
            (_, true) => Some(Output::JsonLines),
            (true, false) => Some(Output::Json),
            (false, false) => None,
        };
        match (output, short) {
            (Some(output), Some(short)) if output != short => {
                Err("'--output' and '--json' or '--json-lines' ask for different forms")
            }
            _ => Ok(Self {
                asked: output.or(short),
            }),
        }
    }

    /// By what was typed, where that can't be read.
    pub(crate) fn guessed(typed: &[OsString]) -> Self {
        let mut words = typed.iter().map_while(|word| match word.to_str() {
            Some("--") => None,
            word => Some(word.unwrap_or_default()),
        });
        let mut asked = None;
        while let Some(word) = words.next() {
            let named = match word {
                "--json" => Some("json"),
                "--json-lines" => Some("json-lines"),
                "--output" => words.next(),
                word => word.strip_prefix("--output="),
            };
            let named = named.and_then(|name| Output::from_str(name, false).ok());
            // Whoever asks for two of them reads JSON, if that is one.
            asked = match asked {
                Some(Output::Json | Output::JsonLines) => asked,
                _ => named.or(asked),
            };
        }
        Self { asked }
    }

    /// How the answer is told.
    pub(crate) fn output(self) -> Output {
        self.asked.unwrap_or(match stdout().is_terminal() {
            true => Output::Table,
            false => Output::Json,
        })
    }

    /// Whether programs read the answer: then no plan is told that nobody asked for.
    pub(crate) fn is_for_programs(self) -> bool {
        self.output() != Output::Table
    }

    /// Whether an error is told in JSON: where that was asked for, and where nobody at a terminal reads it. Who
    /// pipes answers into another program reads errors all the same.
    pub(crate) fn errors_in_json(self) -> bool {
        match self.asked {
            Some(Output::Json | Output::JsonLines) => true,
            Some(_) => false,
            None => !stdout().is_terminal() && !stderr().is_terminal(),
        }
    }

    /// Whether JSON was asked for by name.
    pub(crate) fn asks_for_json(self) -> bool {
        matches!(self.asked, Some(Output::Json | Output::JsonLines))
    }

    /// Whether rows are printed as they come.
    pub(crate) fn streams(self) -> bool {
        self.output() == Output::JsonLines
    }

    /// What a person should know of an answer, where its form has no place for it.
    pub(crate) fn untold(self, answer: &Value) -> Vec<String> {
        let rows_alone = match self.output() {
            Output::Csv | Output::Tsv => true,
            Output::JsonLines => answer["count"].is_number() || answer["rows"].is_array(),
            _ => false,
        };
        if !rows_alone && !answer["text"].is_string() {
            return Vec::new();
        }
        let list = |member: &str| answer[member].as_array().into_iter().flatten();
        let warnings = list("warnings")
            .filter_map(Value::as_str)
            .map(str::to_owned);
        let unread = list("surfaces").filter(|surface| surface["read"] == false);
        let unread = unread.map(|surface| {
            let name = surface["name"].as_str().unwrap_or_default();
            format!("{name} could not be read: its accounts are missing")
        });
        let more = (answer["has_more_pages"] == true).then(|| {
            "there are more changes: --output json has the state to go on from".to_owned()
        });
        warnings.chain(unread).chain(more).collect()
    }

    /// An answer as it is printed; empty, if its rows have been.
    pub(crate) fn shown(self, answer: &Value) -> String {
        let shown = |text: String| match stdout().is_terminal() {
            true => printable_lines(&text),
            false => text,
        };
        match (self.output(), &answer["text"]) {
            (Output::JsonLines, _) => render::lines(answer),
            (_, Value::String(document)) => shown(document.trim_end().to_owned()),
            (Output::Json, _) => printable_lines(&format!("{answer:#}")),
            (Output::Csv, _) => shown(render::separated(answer, b',')),
            (Output::Tsv, _) => {
                let lines = render::separated(answer, b'\t');
                lines
                    .split('\t')
                    .map(|cell| shown(cell.to_owned()))
                    .collect::<Vec<_>>()
                    .join("\t")
            }
            (Output::Table, _) => render::answer(answer, Page::of_stdout()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_typed_tells_the_form_even_if_it_can_not_be_read() {
        for (line, json) in [
            ("r7user get-user --json", true),
            ("r7user --output json get-usr", true),
            ("r7user get-user --output=json-lines --nonsense", true),
            ("r7user get-user --json-lines", true),
            ("r7user get-user --json --output csv", true),
            ("r7user get-user --output csv", false),
            ("r7user get-user --output", false),
            ("r7user get-user --output nonsense", false),
            ("r7user get-user -- --json", false),
        ] {
            let typed: Vec<OsString> = line.split(' ').map(OsString::from).collect();
            assert_eq!(Form::guessed(&typed).asks_for_json(), json, "{line}");
        }
    }
}
