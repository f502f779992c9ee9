//! What a module defines, imports and mentions.

use std::collections::BTreeSet;

use proc_macro2::{Ident, Punct, Spacing, TokenStream, TokenTree};
use syn::punctuated::Punctuated;
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, Item, Meta, Token, UseTree, Visibility};

/// A path in a file, e.g. `crate::core::error::Error`.
#[derive(Debug, Clone)]
pub(super) struct Mention {
    pub(super) path: Vec<String>,
    pub(super) line: usize,
    /// Whether it is in a `pub use`, of whatever reach.
    pub(super) passed_on: bool,
    /// Whether it is in a `use` with `::*` behind it.
    pub(super) glob: bool,
}

/// A name that a `use` brings into a module.
#[derive(Debug)]
pub(super) struct Binding {
    pub(super) name: String,
    pub(super) path: Vec<String>,
    passed_on: bool,
}

/// The names in a module, without those in its tests and in other modules.
#[derive(Debug, Default)]
pub(super) struct Names {
    pub(super) defined: BTreeSet<String>,
    pub(super) bindings: Vec<Binding>,
    /// What `use …::*` brings all names of.
    pub(super) globs: Vec<Vec<String>>,
    pub(super) mentions: Vec<Mention>,
}

impl Names {
    /// Reads a module.
    pub(super) fn of(items: &[Item]) -> Self {
        let mut names = Self::default();
        for item in items.iter().filter(|item| !matches!(item, Item::Mod(_))) {
            names.visit_item(item);
            names.define(item);
        }
        names.forget_its_own();
        names
    }

    /// A single name is a mention of another file only where it is passed on and used here too: every
    /// other `use` is a mention itself.
    fn forget_its_own(&mut self) {
        let Self {
            bindings, mentions, ..
        } = self;
        let glob = mentions.iter().any(|one| one.passed_on && one.glob);
        let passed_on = |name: &String| {
            let mut bindings = bindings.iter().filter(|one| one.passed_on);
            glob || bindings.any(|one| one.name == *name)
        };
        mentions.retain(|one| one.glob || one.path.len() > 1 || one.path.iter().all(passed_on));
    }

    /// Notes the names that an item defines.
    fn define(&mut self, item: &Item) {
        let name = match item {
            Item::Const(item) => &item.ident,
            Item::Enum(item) => &item.ident,
            Item::Fn(item) => &item.sig.ident,
            Item::Static(item) => &item.ident,
            Item::Struct(item) => &item.ident,
            Item::Trait(item) => &item.ident,
            Item::Type(item) => &item.ident,
            Item::Union(item) => &item.ident,
            Item::Macro(item) => match &item.ident {
                Some(name) => name,
                None => return self.define_by_macro(&item.mac.tokens),
            },
            _ => return,
        };
        self.defined.insert(plain(name));
    }

    /// What a macro is told to define, as far as it can be seen: `input! { pub struct … }`.
    fn define_by_macro(&mut self, tokens: &TokenStream) {
        let mut defines = false;
        for token in tokens.clone() {
            match token {
                TokenTree::Ident(name) if defines => {
                    self.defined.insert(plain(&name));
                    defines = false;
                }
                TokenTree::Ident(word) => {
                    let words = ["const", "enum", "fn", "static", "struct", "trait", "type"];
                    defines = words.iter().any(|known| word == known);
                }
                _ => defines = false,
            }
        }
    }

    fn mention(&mut self, path: Vec<String>, line: usize) {
        self.mentions.push(Mention {
            path,
            line,
            passed_on: false,
            glob: false,
        });
    }

    fn import(&mut self, tree: &UseTree, before: &[String], passed_on: bool) {
        let below = |name| [before, &[plain(name)]].concat();
        let line = tree.span().start().line;
        let mut bind = |name: String, path: Vec<String>| {
            self.mentions.push(Mention {
                path: path.clone(),
                line,
                passed_on,
                glob: false,
            });
            let binding = Binding {
                name,
                path,
                passed_on,
            };
            self.bindings.push(binding);
        };
        match tree {
            UseTree::Path(path) => self.import(&path.tree, &below(&path.ident), passed_on),
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, passed_on);
                }
            }
            UseTree::Name(name) if name.ident == "self" => {
                let bound = before.last().cloned().unwrap_or_default();
                bind(bound, before.to_vec());
            }
            UseTree::Name(name) => bind(plain(&name.ident), below(&name.ident)),
            UseTree::Rename(name) if name.ident == "self" => {
                bind(plain(&name.rename), before.to_vec());
            }
            UseTree::Rename(name) => bind(plain(&name.rename), below(&name.ident)),
            UseTree::Glob(_) => {
                self.mentions.push(Mention {
                    path: before.to_vec(),
                    line,
                    passed_on,
                    glob: true,
                });
                self.globs.push(before.to_vec());
            }
        }
    }

    /// Finds `name::name::…` in what a macro is called with, or becomes.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut path: Vec<String> = Vec::new();
        let mut line = 0;
        let mut colons = 0;
        let mut dot = false;
        // Ends a path that nothing follows.
        let end = TokenTree::Punct(Punct::new(';', Spacing::Alone));
        for token in tokens.into_iter().chain([end]) {
            match token {
                TokenTree::Ident(name) if colons == 2 && !path.is_empty() => {
                    path.push(plain(&name));
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' && colons < 2 => colons += 1,
                other => {
                    if !path.is_empty() {
                        self.mention(std::mem::take(&mut path), line);
                    }
                    let ends_in_a_dot =
                        matches!(&other, TokenTree::Punct(one) if one.as_char() == '.');
                    match other {
                        // Not behind `<T>::` or a dot, which are no modules.
                        TokenTree::Ident(name) if colons != 2 && !dot => {
                            line = name.span().start().line;
                            path.push(plain(&name));
                        }
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        _ => {}
                    }
                    dot = ends_in_a_dot;
                    colons = 0;
                }
            }
        }
    }

    /// Paths in texts, as in `#[serde(default = "crate::input::none")]`.
    fn quoted(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.quoted(group.stream()),
                TokenTree::Literal(literal) => {
                    let line = literal.span().start().line;
                    let Ok(text) = syn::parse_str::<syn::LitStr>(&literal.to_string()) else {
                        continue;
                    };
                    let Ok(path) = text.parse_with(syn::Path::parse_mod_style) else {
                        continue;
                    };
                    let path: Vec<_> = path.segments.iter().map(|one| plain(&one.ident)).collect();
                    if path.len() > 1 {
                        self.mention(path, line);
                    }
                }
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }
}

/// Leaves out what is for tests.
macro_rules! unless_for_tests {
    ($($visit:ident($node:ty)),* $(,)?) => {
        $(fn $visit(&mut self, node: &'ast $node) {
            if !needs_test(&node.attrs) {
                visit::$visit(self, node);
            }
        })*
    };
}

impl<'ast> Visit<'ast> for Names {
    unless_for_tests! {
        visit_field(syn::Field), visit_impl_item_const(syn::ImplItemConst),
        visit_impl_item_fn(syn::ImplItemFn), visit_item_const(syn::ItemConst), visit_item_enum(syn::ItemEnum),
        visit_item_fn(syn::ItemFn), visit_item_impl(syn::ItemImpl), visit_item_macro(syn::ItemMacro),
        visit_item_mod(syn::ItemMod), visit_item_static(syn::ItemStatic), visit_item_struct(syn::ItemStruct),
        visit_item_trait(syn::ItemTrait), visit_item_type(syn::ItemType), visit_local(syn::Local),
        visit_variant(syn::Variant),
    }

    fn visit_item_use(&mut self, item: &'ast syn::ItemUse) {
        if !needs_test(&item.attrs) && item.leading_colon.is_none() {
            let passed_on = !matches!(item.vis, Visibility::Inherited);
            self.import(&item.tree, &[], passed_on);
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            let names = path.segments.iter().map(|segment| plain(&segment.ident));
            self.mention(names.collect(), path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, called: &'ast syn::Macro) {
        self.visit_path(&called.path);
        self.tokens(called.tokens.clone());
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
            self.quoted(list.tokens.clone());
        }
    }

    /// `pub(in crate::…)` is no import.
    fn visit_visibility(&mut self, _: &'ast Visibility) {}
}

/// A name without `r#`.
pub(super) fn plain(name: &Ident) -> String {
    let name = name.to_string();
    name.strip_prefix("r#").unwrap_or(&name).to_owned()
}

/// Whether something is compiled for tests only.
pub(super) fn needs_test(attributes: &[Attribute]) -> bool {
    let mut conditions = attributes.iter().filter(|one| one.path().is_ident("cfg"));
    conditions.any(|one| one.parse_args().is_ok_and(|condition| is_test(&condition)))
}

fn is_test(condition: &Meta) -> bool {
    match condition {
        Meta::Path(path) => path.is_ident("test"),
        Meta::List(list) => {
            let parts = list.parse_args_with(Punctuated::<Meta, Token![,]>::parse_terminated);
            let parts = parts.unwrap_or_default();
            list.path.is_ident("all") && parts.iter().any(is_test)
                || list.path.is_ident("any") && !parts.is_empty() && parts.iter().all(is_test)
        }
        Meta::NameValue(_) => false,
    }
}
