//! What is found in made-up crates.

use super::graph::Imports;
use super::modules::Sources;

fn sources(files: &[(&str, &str)]) -> Sources {
    let files = files.iter();
    files
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect()
}

fn imports(files: &[(&str, &str)]) -> Imports {
    Imports::of(&sources(files)).expect("a crate")
}

/// The imports that are part of a circle.
fn circles(files: &[(&str, &str)]) -> Vec<Vec<String>> {
    let imports = imports(files);
    let circles = imports.circles();
    let told = |circle: Vec<_>| circle.iter().map(ToString::to_string).collect();
    circles.into_iter().map(told).collect()
}

/// What imports which file, of a crate whose lib.rs declares the modules.
fn told(files: &[(&str, &str)]) -> Vec<String> {
    imports(files).all().map(ToString::to_string).collect()
}

#[test]
fn a_circle_is_told_with_an_import_of_every_edge() {
    let found = circles(&[
        (
            "src/lib.rs",
            "mod a;\nmod b;\nmod c;\nmod d;\npub use a::A;",
        ),
        (
            "src/a.rs",
            "use std::fmt;\n\nuse crate::b::{B, other};\npub struct A;",
        ),
        (
            "src/b.rs",
            "use super::c as renamed;\npub struct B(renamed::C);\nfn other() {}",
        ),
        (
            "src/c.rs",
            "pub struct C;\nfn c() -> Option<crate::A> {}\nconst D: u8 = crate::d::D;",
        ),
        ("src/d.rs", "pub const D: u8 = 1;"),
    ]);
    let expected = [
        "src/a.rs:3 imports crate::b::B from src/b.rs",
        "src/b.rs:2 imports renamed::C from src/c.rs",
        "src/c.rs:2 imports crate::A from src/a.rs",
    ];
    assert_eq!(found, [expected]);
}

#[test]
fn two_circles_are_two() {
    let found = circles(&[
        ("src/lib.rs", "mod a;\nmod b;\nmod c;\nmod d;"),
        (
            "src/a.rs",
            "use crate::b::B;\nuse crate::c::C;\npub struct A;",
        ),
        ("src/b.rs", "use crate::a::A;\npub struct B;"),
        ("src/c.rs", "use crate::d::D;\npub struct C;"),
        ("src/d.rs", "use crate::c::C;\npub struct D;"),
    ]);
    assert_eq!(found.len(), 2, "{found:?}");
}

#[test]
fn an_import_that_goes_up_is_told_with_its_line() {
    let imports = imports(&[
        (
            "src/lib.rs",
            "mod core;\nmod engine;\nmod operations;\npub const NAME: u8 = 1;",
        ),
        ("src/core/mod.rs", "pub mod error;\npub mod text;"),
        (
            "src/core/error.rs",
            "use super::text::Text;\n\nuse crate::engine::Engine;\npub struct Error;",
        ),
        ("src/core/text.rs", "use crate::NAME;\npub struct Text;"),
        (
            "src/engine.rs",
            "use crate::core::error::Error;\npub struct Engine;",
        ),
        (
            "src/operations.rs",
            "use crate::engine::Engine;\nuse crate::core::error::Error;",
        ),
    ]);
    let expected = [
        "src/core/error.rs:3 imports crate::engine::Engine from src/engine.rs, a floor above",
        "src/core/text.rs:1 imports crate::NAME from src/lib.rs, a floor above",
    ];
    assert_eq!(
        imports.against(&[&["operations"], &["engine"], &["core"]]),
        expected
    );
    // On one floor, an import goes neither up nor down.
    assert_eq!(
        imports.against(&[&["operations", "engine", "core"]]),
        expected[1..]
    );
}

#[test]
fn what_has_no_floor_is_told_and_so_is_a_floor_without_anything() {
    let imports = imports(&[("src/lib.rs", "mod a;"), ("src/a.rs", "")]);
    let expected = ["src/a has no floor", "src/b has a floor and is not there"];
    assert_eq!(imports.against(&[&["b"]]), expected);
}

#[test]
fn the_code_of_tests_is_left_aside() {
    let found = told(&[
        (
            "src/lib.rs",
            "mod a;\nmod b;\n#[cfg(all(test, unix))]\nmod testing;",
        ),
        (
            "src/a.rs",
            "pub struct A { #[cfg(test)] b: crate::b::B }\n\
             impl A { #[cfg(test)] fn b() -> crate::b::B {} }\n\
             #[cfg(test)]\nuse crate::b::B;\n\
             #[cfg(test)]\nfn c() { crate::b::c() }\n\
             #[cfg(test)]\nmod tests;\n\
             fn d() { #[cfg(test)] let b = crate::b::B; }",
        ),
        ("src/a/tests.rs", "mod deeper;\nuse crate::b::B;"),
        ("src/a/tests/deeper.rs", "use crate::b::B;"),
        (
            "src/b.rs",
            "#[cfg(test)]\nmod tests { use crate::a::A; }\npub struct B;",
        ),
        ("src/testing.rs", "use crate::b::B;"),
    ]);
    assert!(found.is_empty(), "{found:?}");
    let other = told(&[
        ("src/lib.rs", "mod a;\n#[cfg(not(test))]\nmod b;"),
        ("src/a.rs", "pub struct A;"),
        ("src/b.rs", "#[cfg(any(test, unix))]\nuse crate::a::A;"),
    ]);
    assert_eq!(other, ["src/b.rs:2 imports crate::a::A from src/a.rs"]);
}

#[test]
fn a_name_that_is_passed_on_is_the_defining_files() {
    let found = told(&[
        (
            "src/lib.rs",
            "mod a;\nmod b;\npub use a::{Deep as Renamed, Far, inner};",
        ),
        (
            "src/a/mod.rs",
            "mod far;\npub mod inner;\npub use far::*;\npub use inner::Deep;",
        ),
        (
            "src/a/far.rs",
            "made! { pub struct Far { deep: u8 } }\npub struct Near;",
        ),
        ("src/a/inner.rs", "pub struct Deep;"),
        (
            "src/b.rs",
            "use crate::{Far, Renamed};\nuse crate::inner;\nfn b() { inner::deep() }\nuse crate::a::Here;",
        ),
    ]);
    let expected = [
        "src/b.rs:1 imports crate::Far from src/a/far.rs",
        "src/b.rs:1 imports crate::Renamed from src/a/inner.rs",
        "src/b.rs:4 imports crate::a::Here from src/a/mod.rs",
    ];
    assert_eq!(found, expected);
}

/// Children may use what their module defines, unless it uses them.
#[test]
fn what_a_module_passes_on_of_its_children_is_its_import_once_it_uses_it() {
    let child = ("src/a/child.rs", "use super::NAME;\npub struct Child;");
    let passes_on = "mod child;\npub use child::Child;\npub const NAME: u8 = 1;";
    let uses = format!("{passes_on}\nfn uses() -> Option<Child> {{}}");
    let calls = format!("{passes_on}\nfn calls() {{ println!(\"{{}}\", Child) }}");
    let root = ("src/lib.rs", "mod a;");
    for text in [passes_on, &passes_on.replace("child::Child;", "child::*;")] {
        assert!(circles(&[root, ("src/a.rs", text), child]).is_empty());
    }
    let globs = uses.replace("child::Child;", "child::*;");
    for text in [uses, calls, globs] {
        assert_eq!(
            circles(&[root, ("src/a.rs", &text), child]).len(),
            1,
            "{text}"
        );
    }
    // What is not its child's is its import, passed on or not.
    let found = told(&[
        ("src/lib.rs", "mod a;\nmod b;"),
        ("src/a.rs", "pub(crate) use crate::b::B;"),
        ("src/b.rs", "pub struct B;"),
    ]);
    assert_eq!(found, ["src/a.rs:1 imports crate::b::B from src/b.rs"]);
}

#[test]
fn paths_in_macros_attributes_and_every_kind_of_code_are_seen() {
    let code = [
        "macro_rules! m { () => { $crate::b::B } }",
        "fn f() { println!(\"{}\", crate::b::name()); }",
        "fn f() { assert!(matches!(x, [Some(crate::b::B)])); }",
        "#[serde(default = \"crate::b::none\")]\nstruct S;",
        "struct S { #[serde(with = \"crate::b\", default = \"super::b::none\")] s: u8 }",
        "#[derive(crate::b::Derive)]\nstruct S;",
        "crate::b::declare! { struct S; }",
        "fn f<T: crate::b::B>() {}",
        "impl crate::b::B for u8 {}",
        "fn f(x: u8) { if let crate::b::B { .. } = x {} }",
        "fn f() { <u8 as crate::b::B>::f() }",
        "fn f() { use super::b::B; }",
        "use super::{b::{self as other}};\nfn f() { other::f::<u8>() }",
        "mod inner { use super::super::b::B; }",
    ];
    for text in code {
        let found = told(&[
            ("src/lib.rs", "mod a;\nmod b;"),
            ("src/a.rs", text),
            ("src/b.rs", ""),
        ]);
        assert_eq!(found.len(), 1, "{text}: {found:?}");
    }
    let others = [
        "pub(in crate::b) fn f() {}",
        "/// See [`crate::b::B`].\nfn f() {}",
        "fn f() { b::B.crate_b() }",
        "use ::b::B;",
        "fn f() { vec![<u8>::b::B, x.b] }",
    ];
    for text in others {
        let found = told(&[
            ("src/lib.rs", "mod a;\nmod b;"),
            ("src/a.rs", text),
            ("src/b.rs", ""),
        ]);
        assert!(found.is_empty(), "{text}: {found:?}");
    }
}

/// A `use` of names that lead to each other is no reason to search for ever.
#[test]
fn names_that_lead_in_a_circle_end_the_search() {
    let found = told(&[
        ("src/lib.rs", "mod a;\nmod b;\npub use a::*;\npub use b::*;"),
        (
            "src/a.rs",
            "pub use crate::b::X;\nuse crate::*;\nmacro_rules! m { () => {} }\npub(crate) use m;",
        ),
        ("src/b.rs", "use crate::a::m;\npub use crate::a::X;"),
    ]);
    assert!(
        found.contains(&"src/b.rs:1 imports crate::a::m from src/a.rs".to_owned()),
        "{found:?}"
    );
}

#[test]
fn what_can_not_be_read_is_an_error_and_never_left_out() {
    let read = |files: &[(&str, &str)]| Imports::of(&sources(files)).expect_err("an error");
    assert_eq!(
        read(&[("src/lib.rs", "mod a;")]),
        "src/lib.rs: no file for `mod a`"
    );
    assert_eq!(
        read(&[("src/lib.rs", ""), ("src/a.rs", "")]),
        "src/a.rs belongs to no module"
    );
    let broken = read(&[("src/lib.rs", "\nfn {")]);
    assert!(broken.starts_with("src/lib.rs:2: "), "{broken}");
    let elsewhere = read(&[("src/lib.rs", "#[path = \"b.rs\"]\nmod a;")]);
    assert!(elsewhere.contains("#[path]"), "{elsewhere}");
}

#[test]
fn modules_that_a_macro_declares_or_passes_on_are_read() {
    for declared in ["", "mod disable;\nmod enable;\n"] {
        let called = format!("{declared}operations! {{ disable::Disable, enable::Enable }}");
        let found = told(&[
            ("src/lib.rs", "mod a;\nmod operations;"),
            (
                "src/a.rs",
                "use crate::operations::Enable;\nuse crate::operations::disable::f;",
            ),
            ("src/operations/mod.rs", &called),
            (
                "src/operations/disable.rs",
                "pub struct Disable;\nuse crate::a::A;",
            ),
            ("src/operations/enable.rs", "pub struct Enable;"),
        ]);
        let line = declared.lines().count() + 1;
        let expected = [
            "src/a.rs:2 imports crate::operations::disable::f from src/operations/disable.rs",
            "src/a.rs:1 imports crate::operations::Enable from src/operations/enable.rs",
            "src/operations/disable.rs:2 imports crate::a::A from src/a.rs",
            &format!(
                "src/operations/mod.rs:{line} imports disable::Disable from src/operations/disable.rs"
            ),
            &format!(
                "src/operations/mod.rs:{line} imports enable::Enable from src/operations/enable.rs"
            ),
        ];
        assert_eq!(found, expected);
    }
}

/// A library and a program in one package are two crates.
#[test]
fn a_program_has_modules_of_its_own() {
    let found = told(&[
        ("src/lib.rs", "mod a;"),
        ("src/a.rs", "pub struct A;"),
        (
            "src/bin/tool/main.rs",
            "mod part;\nfn main() { crate::part::run() }",
        ),
        ("src/bin/tool/part.rs", "pub fn run() {}"),
    ]);
    assert_eq!(
        found,
        ["src/bin/tool/main.rs:2 imports crate::part::run from src/bin/tool/part.rs"]
    );
}
