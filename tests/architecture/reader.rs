//! What stands in a file that the rules ask about: the paths it names, and a few constructs.

use proc_macro2::{Delimiter, Span, TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{
    Attribute, Expr, ExprAsync, ExprClosure, ExprMethodCall, ExprStruct, FnArg, ImplItem, ItemExternCrate,
    ItemImpl, ItemMod, ItemUse, Lit, Macro, Meta, Pat, Signature, Type, UseTree, Visibility,
};

/// The name by which `main.rs` calls the library.
const CRATE: &str = "towpath";

/// A path that the code names.
#[derive(Debug)]
pub(crate) struct Mention {
    /// Its parts; first `crate` for our own code, with `self` and `super` followed, else as written.
    pub(crate) path: Vec<String>,
    /// The line, from 1.
    pub(crate) line: usize,
    /// How it is named.
    pub(crate) how: How,
    /// The name that it gets by `as`; `_` for none.
    pub(crate) alias: Option<String>,
}

/// How a path is named.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum How {
    /// In the midst of code.
    Inline,
    /// By `use`, for this module alone.
    Use,
    /// By `pub use`, for others too.
    Reexport,
}

/// A module that a file declares.
#[derive(Debug)]
pub(crate) struct Module {
    /// Its name.
    pub(crate) name: String,
    /// The line, from 1.
    pub(crate) line: usize,
    /// Whether its code is right here, in braces.
    pub(crate) is_inline: bool,
    /// Whether only tests see it.
    pub(crate) is_test: bool,
    /// Whether `#[path]` puts its file somewhere else.
    pub(crate) is_elsewhere: bool,
}

/// What stands in a file.
#[derive(Debug, Default)]
pub(crate) struct Facts {
    /// Every path.
    pub(crate) mentions: Vec<Mention>,
    /// Every module that it declares.
    pub(crate) modules: Vec<Module>,
    /// Functions that belong to a type and need no value of it: the type's name, and the function's.
    pub(crate) constructors: Vec<(String, String)>,
    /// Lines with `async`.
    pub(crate) waits: Vec<usize>,
    /// Struct literals: the type's name, and the line.
    pub(crate) literals: Vec<(String, usize)>,
    /// Lines that ask whether tests are built, declarations of `mod tests;` apart.
    pub(crate) test_switches: Vec<usize>,
    /// Lines of items other than modules at the top of the file.
    pub(crate) items: Vec<usize>,
    /// Parameters of functions that are taken apart as a tuple, closures apart: the function's name, and the line.
    pub(crate) tuple_parameters: Vec<(String, usize)>,
    /// Lines with `.filter(|_| ..)`, whose condition does not depend on the item.
    pub(crate) constant_filters: Vec<usize>,
}

/// Reads a file that is the module `module`.
pub(crate) fn read(file: &syn::File, module: &[String]) -> Facts {
    let mut reader = Reader { module: module.to_vec(), facts: Facts::default() };
    let items = file.items.iter().filter(|item| !matches!(item, syn::Item::Mod(_)));
    reader.facts.items = items.map(|item| line(item.span())).collect();
    reader.visit_file(file);
    reader.facts
}

struct Reader {
    module: Vec<String>,
    facts: Facts,
}

impl Reader {
    /// Notes a path as it is written, `prefix` before it.
    fn mention(&mut self, written: Vec<String>, span: Span, how: How) {
        let path = self.resolve(written);
        // One word in the midst of code is a name in scope: whoever brought it there was noted there.
        if how != How::Inline || path.len() > 1 {
            self.facts.mentions.push(Mention { path, line: line(span), how, alias: None });
        }
    }

    /// Follows `crate`, `self` and `super` at the front.
    fn resolve(&self, written: Vec<String>) -> Vec<String> {
        let mut base = self.module.clone();
        let mut rest = written.as_slice();
        match rest.first().map(String::as_str) {
            Some("crate" | CRATE) => {
                base.clear();
                rest = &rest[1..];
            }
            Some("self" | "super") => {
                while let Some(step @ ("self" | "super")) = rest.first().map(String::as_str) {
                    if step == "super" {
                        base.pop();
                    }
                    rest = &rest[1..];
                }
            }
            _ => return written,
        }
        std::iter::once("crate".to_owned()).chain(base).chain(rest.iter().cloned()).collect()
    }

    /// Notes every path of a `use`, which may branch.
    fn mention_tree(&mut self, tree: &UseTree, mut prefix: Vec<String>, public: bool) {
        let plain = if public { How::Reexport } else { How::Use };
        match tree {
            UseTree::Path(path) => {
                prefix.push(path.ident.to_string());
                self.mention_tree(&path.tree, prefix, public);
            }
            UseTree::Group(group) => {
                group.items.iter().for_each(|item| self.mention_tree(item, prefix.clone(), public));
            }
            UseTree::Name(name) => self.mention(join(prefix, &name.ident), name.ident.span(), plain),
            UseTree::Rename(name) => {
                self.mention(join(prefix, &name.ident), name.ident.span(), plain);
                self.facts.mentions.last_mut().expect("just noted").alias = Some(name.rename.to_string());
            }
            UseTree::Glob(glob) => {
                prefix.push("*".to_owned());
                self.mention(prefix, glob.star_token.span(), plain);
            }
        }
    }

    /// Notes every path in tokens that nobody parsed, as the arguments of a macro, `prefix` before it.
    fn mention_tokens(&mut self, tokens: TokenStream, prefix: &[String]) {
        let mut path = prefix.to_vec();
        let mut start = Span::call_site();
        let (mut colons, mut after_word) = (0, false);
        for token in tokens {
            match token {
                TokenTree::Punct(punct) if punct.as_char() == ':' && after_word && colons < 2 => colons += 1,
                TokenTree::Ident(ident) => {
                    self.note_word(&ident);
                    if !(after_word && colons == 2) {
                        self.end_path(&mut path, prefix, start);
                        start = ident.span();
                    }
                    path.push(ident.to_string());
                    (colons, after_word) = (0, true);
                }
                TokenTree::Group(group) => {
                    let branches = after_word && colons == 2 && group.delimiter() == Delimiter::Brace;
                    self.mention_tokens(group.stream(), if branches { &path } else { prefix });
                    self.end_path(&mut path, prefix, start);
                    (colons, after_word) = (0, false);
                }
                TokenTree::Punct(_) | TokenTree::Literal(_) => {
                    self.end_path(&mut path, prefix, start);
                    (colons, after_word) = (0, false);
                }
            }
        }
        self.end_path(&mut path, prefix, start);
    }

    fn end_path(&mut self, path: &mut Vec<String>, prefix: &[String], start: Span) {
        if path.len() > prefix.len() {
            self.mention(std::mem::take(path), start, How::Inline);
        }
        prefix.clone_into(path);
    }

    fn note_word(&mut self, word: &syn::Ident) {
        if word == "async" {
            self.facts.waits.push(line(word.span()));
        }
    }

    /// Notes paths in the strings of an attribute, as in `#[serde(with = "crate::model::time")]`.
    fn mention_strings(&mut self, tokens: TokenStream) {
        for token in tokens {
            match token {
                TokenTree::Group(group) => self.mention_strings(group.stream()),
                TokenTree::Literal(literal) => self.mention_string(&Lit::new(literal)),
                TokenTree::Ident(_) | TokenTree::Punct(_) => {}
            }
        }
    }

    fn mention_string(&mut self, literal: &Lit) {
        if let Lit::Str(text) = literal
            && let Ok(path) = text.parse::<syn::Path>()
        {
            self.mention(words(&path), text.span(), How::Inline);
        }
    }
}

impl<'ast> Visit<'ast> for Reader {
    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        let public = !matches!(item.vis, Visibility::Inherited);
        self.mention_tree(&item.tree, Vec::new(), public);
        item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
    }

    fn visit_item_extern_crate(&mut self, item: &'ast ItemExternCrate) {
        let name = if item.ident == "self" { "crate".to_owned() } else { item.ident.to_string() };
        self.mention(vec![name], item.ident.span(), How::Use);
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let declares_tests = item.ident == "tests" && item.content.is_none();
        let is_test = item.attrs.iter().any(asks_for_test);
        self.facts.modules.push(Module {
            name: item.ident.to_string(),
            line: line(item.ident.span()),
            is_inline: item.content.is_some(),
            is_test,
            is_elsewhere: item.attrs.iter().any(|attribute| attribute.path().is_ident("path")),
        });
        if !(declares_tests && is_test) {
            item.attrs.iter().for_each(|attribute| self.visit_attribute(attribute));
        }
        self.module.push(item.ident.to_string());
        item.content.iter().flat_map(|(_, items)| items).for_each(|item| self.visit_item(item));
        self.module.pop();
    }

    fn visit_item_impl(&mut self, item: &'ast ItemImpl) {
        let of = type_name(&item.self_ty);
        for item in &item.items {
            if let ImplItem::Fn(function) = item
                && function.sig.receiver().is_none()
            {
                self.facts.constructors.push((of.clone(), function.sig.ident.to_string()));
            }
        }
        visit::visit_item_impl(self, item);
    }

    fn visit_expr_struct(&mut self, literal: &'ast ExprStruct) {
        if let Some(name) = words(&literal.path).pop() {
            self.facts.literals.push((name, line(literal.span())));
        }
        visit::visit_expr_struct(self, literal);
    }

    fn visit_signature(&mut self, signature: &'ast Signature) {
        self.facts.waits.extend(signature.asyncness.map(|token| line(token.span)));
        let name = signature.ident.to_string();
        let packed = signature.inputs.iter().filter(|input| is_tuple(input));
        self.facts.tuple_parameters.extend(packed.map(|input| (name.clone(), line(input.span()))));
        visit::visit_signature(self, signature);
    }

    fn visit_expr_method_call(&mut self, call: &'ast ExprMethodCall) {
        if call.method == "filter" && call.args.iter().any(ignores_its_input) {
            self.facts.constant_filters.push(line(call.method.span()));
        }
        visit::visit_expr_method_call(self, call);
    }

    fn visit_expr_async(&mut self, block: &'ast ExprAsync) {
        self.facts.waits.push(line(block.async_token.span));
        visit::visit_expr_async(self, block);
    }

    fn visit_expr_closure(&mut self, closure: &'ast ExprClosure) {
        self.facts.waits.extend(closure.asyncness.map(|token| line(token.span)));
        visit::visit_expr_closure(self, closure);
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        self.mention(words(path), path.span(), How::Inline);
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast Macro) {
        if call.path.is_ident("cfg") && has_word(call.tokens.clone(), "test") {
            self.facts.test_switches.push(line(call.span()));
        }
        self.mention_tokens(call.tokens.clone(), &[]);
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if asks_for_test(attribute) {
            self.facts.test_switches.push(line(attribute.span()));
        }
        if let Meta::List(list) = &attribute.meta {
            self.mention_tokens(list.tokens.clone(), &[]);
            self.mention_strings(list.tokens.clone());
        }
        self.visit_path(attribute.path());
    }

    fn visit_visibility(&mut self, _: &'ast Visibility) {
        // `pub(in crate::decide)` names who may look, not what is looked at.
    }
}

fn line(span: Span) -> usize {
    span.start().line
}

fn words(path: &syn::Path) -> Vec<String> {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

/// `prefix::ident`; a `self` at the end of a branch is the branch itself.
fn join(mut prefix: Vec<String>, ident: &syn::Ident) -> Vec<String> {
    if ident != "self" || prefix.is_empty() {
        prefix.push(ident.to_string());
    }
    prefix
}

fn is_tuple(input: &FnArg) -> bool {
    let FnArg::Typed(parameter) = input else { return false };
    let is_behind_reference =
        |pattern: &Pat| matches!(pattern, Pat::Reference(inner) if matches!(*inner.pat, Pat::Tuple(_)));
    matches!(*parameter.pat, Pat::Tuple(_)) || is_behind_reference(&parameter.pat)
}

fn ignores_its_input(argument: &Expr) -> bool {
    matches!(argument, Expr::Closure(closure) if matches!(closure.inputs.first(), Some(Pat::Wild(_))))
}

fn type_name(of: &Type) -> String {
    if let Type::Path(path) = of { words(&path.path).pop().unwrap_or_default() } else { String::new() }
}

fn asks_for_test(attribute: &Attribute) -> bool {
    let is_condition = attribute.path().is_ident("cfg") || attribute.path().is_ident("cfg_attr");
    is_condition && matches!(&attribute.meta, Meta::List(list) if has_word(list.tokens.clone(), "test"))
}

fn has_word(tokens: TokenStream, word: &str) -> bool {
    tokens.into_iter().any(|token| match token {
        TokenTree::Ident(ident) => ident == word,
        TokenTree::Group(group) => has_word(group.stream(), word),
        TokenTree::Punct(_) | TokenTree::Literal(_) => false,
    })
}
