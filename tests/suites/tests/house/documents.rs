//! The documents: links lead somewhere, commands can be typed, every variable is described, and no page is longer
//! than a person reads.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};
use std::process::Command;
use std::{fs, iter};

use harness::{target_dir, workspace_root};
use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd};

/// A page by hand has so many lines at most.
const LONGEST: usize = 300;

/// The README.
const LONGEST_README: usize = 200;

/// Pages that are made, or looked things up in.
const REFERENCES: [&str; 4] = [
    "CHANGELOG.md",
    "docs/operations/",
    "docs/man/",
    "infra/insightconnect/help.md",
];

/// What a page has that can be checked.
#[derive(Default)]
struct Page {
    text: String,
    links: Vec<String>,
    anchors: BTreeSet<String>,
    /// The lines of its blocks of shell commands.
    commands: Vec<String>,
}

/// Every page of the project, by its path.
fn pages() -> BTreeMap<PathBuf, Page> {
    let root = workspace_root();
    let mut folders = vec![PathBuf::new(), "docs".into(), "infra".into()];
    let mut pages = BTreeMap::new();
    while let Some(folder) = folders.pop() {
        for file in fs::read_dir(root.join(&folder)).expect("a folder") {
            let file = file.expect("a file");
            let path = folder.join(file.file_name());
            let is_ours = !folder.as_os_str().is_empty();
            if file.file_type().expect("a type").is_dir() && is_ours {
                folders.push(path);
            } else if path.extension().is_some_and(|end| end == "md") {
                // A template of a page is no page.
                if !path.starts_with("infra/xtask") {
                    pages.insert(path.clone(), page(&root.join(path)));
                }
            }
        }
    }
    assert!(pages.len() > 50, "{}", pages.len());
    pages
}

fn page(path: &Path) -> Page {
    let text = fs::read_to_string(path).expect("a page");
    let mut page = Page::default();
    let mut heading: Option<String> = None;
    let mut is_shell = false;
    for event in Parser::new_ext(&text, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::Link { dest_url, .. } | Tag::Image { dest_url, .. }) => {
                page.links.push(dest_url.into_string());
            }
            Event::Start(Tag::Heading { .. }) => heading = Some(String::new()),
            Event::End(TagEnd::Heading(_)) => {
                let slug = slug(&heading.take().unwrap_or_default());
                let again = iter::once(slug.clone()).chain((1..).map(|n| format!("{slug}-{n}")));
                let free = again.into_iter().find(|slug| !page.anchors.contains(slug));
                page.anchors.extend(free);
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(language))) => {
                is_shell = &*language == "sh";
            }
            Event::End(TagEnd::CodeBlock) => is_shell = false,
            Event::Text(text) if is_shell => {
                let lines = text.replace("\\\n", " ");
                page.commands.extend(lines.lines().map(str::to_owned));
            }
            Event::Text(text) | Event::Code(text) => {
                if let Some(heading) = &mut heading {
                    heading.push_str(&text);
                }
            }
            _ => {}
        }
    }
    page.text = text;
    page
}

/// The anchor of a heading, as code hosts make it.
fn slug(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || " -_".contains(*c));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// A path without `..` in it.
fn plain(path: &Path) -> PathBuf {
    let mut plain = PathBuf::new();
    for part in path {
        match part.to_str() {
            Some("..") => {
                plain.pop();
            }
            Some(".") => {}
            _ => plain.push(part),
        }
    }
    plain
}

#[test]
fn every_link_inside_leads_somewhere() {
    let pages = pages();
    let mut wrong = Vec::new();
    for (path, page) in &pages {
        for link in &page.links {
            if link.contains("://") || link.starts_with("mailto:") {
                continue;
            }
            let (file, anchor) = link.split_once('#').unwrap_or((link, ""));
            let folder = path.parent().expect("a folder");
            let target = match file {
                "" => path.clone(),
                file => plain(&folder.join(file)),
            };
            let there = workspace_root().join(&target).exists();
            let has = |page: &Page| page.anchors.contains(anchor);
            if !there || !anchor.is_empty() && !pages.get(&target).is_some_and(has) {
                wrong.push(format!("{}: {link}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "lead nowhere:\n{}", wrong.join("\n"));
}

/// The programs whose commands can be tried without doing anything: `--help` behind all that is typed.
fn is_ours(program: &str) -> Option<&'static str> {
    match program {
        "r7user" => Some("r7user"),
        "insightconnect-plugin" => Some("insightconnect-plugin"),
        "cargo xtask" => Some("xtask"),
        _ => None,
    }
}

/// The commands of a line of shell, as words: what is behind a pipe is another one.
fn commands(line: &str) -> Vec<Vec<String>> {
    let Some(words) = shlex::split(line) else {
        return Vec::new();
    };
    let mut commands = vec![Vec::new()];
    for word in words {
        match word.as_str() {
            word if word.starts_with('#') => break,
            "|" | "&&" | "||" | ";" => commands.push(Vec::new()),
            ">" | ">>" | "<" | "2>" => commands.push(vec!["redirected".into()]),
            _ => commands.last_mut().expect("one").push(word),
        }
    }
    for command in &mut commands {
        let is_set = |word: &String| {
            let name = word.split_once('=').map(|(name, _)| name);
            name.is_some_and(|name| {
                name.bytes()
                    .all(|b| b.is_ascii_uppercase() || b == b'_' || b == b'7')
            })
        };
        while command.first().is_some_and(is_set) {
            command.remove(0);
        }
    }
    commands
}

#[test]
fn every_command_of_ours_can_be_typed_as_it_stands() {
    let mut wrong = Vec::new();
    let mut tried = 0;
    for (path, page) in pages() {
        for line in &page.commands {
            for mut words in commands(line) {
                if words.len() > 1 && words[0] == "cargo" && words[1] == "xtask" {
                    words.splice(..2, ["cargo xtask".to_owned()]);
                }
                let Some(program) = words.first().and_then(|word| is_ours(word)) else {
                    continue;
                };
                // A program that is not one of those that tests build.
                let binary = target_dir().join("debug").join(program);
                let mut command = Command::new(&binary);
                command.args(&words[1..]).arg("--help").env_clear();
                let output = command.output().expect("the program runs");
                tried += 1;
                if !output.status.success() {
                    let said = String::from_utf8_lossy(&output.stderr);
                    let said = said.lines().next().unwrap_or_default();
                    wrong.push(format!("{}: {line}\n    {said}", path.display()));
                }
            }
        }
    }
    assert!(tried > 60, "{tried}");
    assert!(wrong.is_empty(), "can't be typed:\n{}", wrong.join("\n"));
}

#[test]
fn every_variable_that_documents_name_is_one() {
    let known = services::settings::variables();
    let mut wrong = BTreeSet::new();
    for (path, page) in pages() {
        let letter = |c: char| c.is_ascii_uppercase() || c.is_ascii_digit() || c == '_';
        for name in page.text.split(|c| !letter(c)) {
            let is_name = name.starts_with("RAPID7_") && name.len() > 7 && !name.ends_with('_');
            if is_name && !known.contains(&name) {
                wrong.insert(format!("{}: {name}", path.display()));
            }
        }
    }
    assert!(wrong.is_empty(), "{wrong:?}");
}

/// The options that every command of `r7user` has.
#[test]
fn every_option_of_the_command_line_is_described() {
    let output = Command::new(target_dir().join("debug/r7user"))
        .arg("--help")
        .output();
    let help = String::from_utf8(output.expect("r7user runs").stdout).expect("text");
    let page = fs::read_to_string(workspace_root().join("docs/command-line.md")).expect("the page");
    let options = help.split_whitespace().filter_map(|word| {
        let option = word.trim_end_matches([',', '.', ')', ':', '\'']);
        let is_name = |name: &str| name.bytes().all(|b| b.is_ascii_lowercase() || b == b'-');
        let name = option.strip_prefix("--")?;
        (!name.is_empty() && is_name(name)).then_some(option)
    });
    let options: BTreeSet<&str> = options.collect();
    assert!(options.len() > 5, "{options:?}");
    let lacks: Vec<&&str> = options
        .iter()
        .filter(|option| !page.contains(**option))
        .collect();
    assert!(lacks.is_empty(), "docs/command-line.md lacks {lacks:?}");
}

#[test]
fn no_page_is_longer_than_a_person_reads() {
    let mut long = Vec::new();
    for (path, page) in pages() {
        let name = path.to_string_lossy();
        let lines = page.text.lines().count();
        let most = match &*name {
            "README.md" => LONGEST_README,
            name if REFERENCES.iter().any(|start| name.starts_with(start)) => continue,
            _ => LONGEST,
        };
        if lines > most {
            long.push(format!("{name}: {lines} lines of {most}"));
        }
        // Nobody reads a line that has to be scrolled; tables can't be broken.
        for line in page.text.lines().filter(|line| !line.starts_with('|')) {
            if line.chars().count() > 160 && !line.contains("](") && !line.starts_with("  ") {
                long.push(format!("{name}: a line of {}", line.chars().count()));
            }
        }
    }
    assert!(long.is_empty(), "too long:\n{}", long.join("\n"));
}
