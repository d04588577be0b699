//! Regular expressions and file globs of Go, and what the group that a policy of Flux extracts may hold.

use regex_syntax::ast::{self, Ast, GroupKind};
use regex_syntax::hir::{Class, Hir, HirKind, Look};

use crate::model::Pattern;

/// The name that a group without one is given.
const NAME: &str = "order";

/// An expression and the group of it that is compared.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Extracted {
    /// The expression, in which the group has a name.
    pub(super) pattern: String,
    /// The name of the group.
    pub(super) group: String,
    /// What the group may hold.
    pub(super) holds: Holds,
    /// Whether the group is all of the tag, but for a `v` before it.
    pub(super) is_whole: bool,
}

/// What a group may hold, as far as that decides how it compares.
#[derive(Copy, Clone, Debug, PartialEq, Eq)]
pub(super) enum Holds {
    /// Digits, always as many.
    DigitsOfOneLength,
    /// Digits.
    Digits,
    /// Anything but digits alone.
    Text,
    /// Anything to the end of the tag.
    Rest,
    /// Digits or other text.
    Mixed,
}

/// An expression of Go that means the same here.
///
/// # Errors
/// Why there is none.
pub(super) fn expression(text: &str) -> Result<String, String> {
    let refused = |why: String| format!("the expression `{text}` is not carried over: {why}");
    if text.chars().any(char::is_control) {
        return Err(refused("it holds a control character".to_owned()));
    }
    Pattern::new(text).map_err(|error| refused(error.to_string()))?;
    let parsed = ast::parse::Parser::new().parse(text).map_err(|error| refused(error.kind().to_string()))?;
    let nested = ast::visit(&parsed, NestedClasses::default()).unwrap_or(true);
    if nested {
        return Err(refused("a `[` or a doubled operator in a class means something else here".to_owned()));
    }
    Ok(text.to_owned())
}

/// Finds character classes that Go reads otherwise: nested ones, and the operators `&&`, `--` and `~~`.
#[derive(Default)]
struct NestedClasses(bool);

impl ast::Visitor for NestedClasses {
    type Output = bool;
    type Err = ();

    fn finish(self) -> Result<bool, ()> {
        Ok(self.0)
    }

    fn visit_class_set_item_pre(&mut self, item: &ast::ClassSetItem) -> Result<(), ()> {
        self.0 |= matches!(item, ast::ClassSetItem::Bracketed(_));
        Ok(())
    }

    fn visit_class_set_binary_op_pre(&mut self, _: &ast::ClassSetBinaryOp) -> Result<(), ()> {
        self.0 = true;
        Ok(())
    }
}

/// A glob of Go's `filepath.Match` as an expression for the whole tag.
///
/// # Errors
/// Why there is none.
pub(super) fn glob(text: &str) -> Result<String, String> {
    let refused = || format!("the glob `{text}` is not carried over");
    let mut expression = String::from("^");
    let mut letters = text.chars();
    while let Some(letter) = letters.next() {
        match letter {
            '*' => expression.push_str(".*"),
            '?' => expression.push('.'),
            '[' => {
                let (class, rest) = letters.as_str().split_once(']').ok_or_else(refused)?;
                expression.push_str(&format!("[{class}]"));
                letters = rest.chars();
            }
            '\\' => expression.extend(letters.next().map(|letter| regex::escape(&letter.to_string()))),
            letter => expression.push_str(&regex::escape(&letter.to_string())),
        }
    }
    expression.push('$');
    self::expression(&expression).map_err(|_| refused())
}

/// The one group that a template such as `$ts`, `${ts}` or `$1` takes out of an expression.
///
/// # Errors
/// Why it cannot be told.
pub(super) fn extracted(pattern: &str, template: &str) -> Result<Extracted, String> {
    let pattern = expression(pattern)?;
    let reference = template.strip_prefix('$').unwrap_or_default();
    let braced = reference.strip_prefix('{').and_then(|reference| reference.strip_suffix('}'));
    let reference = braced.unwrap_or(reference);
    let is_name = |letter: char| letter.is_ascii_alphanumeric() || letter == '_';
    if reference.is_empty() || !reference.chars().all(is_name) {
        return Err(format!("`extract: {template}` is more than one group of the expression"));
    }
    let (pattern, group) = with_named_group(&pattern, reference)
        .ok_or_else(|| format!("`extract: {template}` is not a group of the expression"))?;
    // Tags are ASCII, and so are Go's `\d` and `\w`.
    let mut parser = regex_syntax::ParserBuilder::new().unicode(false).utf8(false).build();
    let parsed = parser.parse(&pattern).map_err(|_| format!("the expression `{pattern}` is not of ASCII"))?;
    let hir = captured(&parsed, &group).ok_or_else(|| format!("`extract: {template}` is no group"))?;
    let (holds, is_whole) = (holds(hir), is_whole(&parsed, &group));
    Ok(Extracted { pattern, group, holds, is_whole })
}

impl Extracted {
    /// The expression with a group that held anything to the end of the tag narrowed to digits.
    pub(super) fn narrowed_to_digits(&self) -> Option<String> {
        let named = format!("<{}>", self.group);
        let (before, behind) = self.pattern.split_once(&named)?;
        let is_end = [".*)", ".*)$", ".+)", ".+)$"].contains(&behind);
        is_end.then(|| format!("{before}{named}[0-9]+)$"))
    }
}

/// The expression in which a group has a name, and that name.
fn with_named_group(pattern: &str, reference: &str) -> Option<(String, String)> {
    let Ok(index) = reference.parse::<u32>() else {
        return Some((pattern.to_owned(), reference.to_owned()));
    };
    let parsed = ast::parse::Parser::new().parse(pattern).ok()?;
    let group = groups(&parsed).into_iter().find(|group| capture_index(group) == Some(index))?;
    if let GroupKind::CaptureName { name, .. } = &group.kind {
        return Some((pattern.to_owned(), name.name.clone()));
    }
    let mut named = pattern.to_owned();
    named.insert_str(group.span.start.offset + 1, &format!("?P<{NAME}>"));
    Some((named, NAME.to_owned()))
}

fn capture_index(group: &ast::Group) -> Option<u32> {
    match &group.kind {
        GroupKind::CaptureIndex(index) => Some(*index),
        GroupKind::CaptureName { name, .. } => Some(name.index),
        GroupKind::NonCapturing(_) => None,
    }
}

fn groups(ast: &Ast) -> Vec<&ast::Group> {
    match ast {
        Ast::Group(group) => std::iter::once(&**group).chain(groups(&group.ast)).collect(),
        Ast::Repetition(repetition) => groups(&repetition.ast),
        Ast::Alternation(alternation) => alternation.asts.iter().flat_map(groups).collect(),
        Ast::Concat(concat) => concat.asts.iter().flat_map(groups).collect(),
        Ast::Empty(_)
        | Ast::Flags(_)
        | Ast::Literal(_)
        | Ast::Dot(_)
        | Ast::Assertion(_)
        | Ast::ClassUnicode(_)
        | Ast::ClassPerl(_)
        | Ast::ClassBracketed(_) => Vec::new(),
    }
}

/// What is inside of a named group.
fn captured<'a>(hir: &'a Hir, name: &str) -> Option<&'a Hir> {
    match hir.kind() {
        HirKind::Capture(capture) if capture.name.as_deref() == Some(name) => Some(&capture.sub),
        HirKind::Capture(capture) => captured(&capture.sub, name),
        HirKind::Repetition(repetition) => captured(&repetition.sub, name),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => {
            parts.iter().find_map(|part| captured(part, name))
        }
        HirKind::Empty | HirKind::Literal(_) | HirKind::Class(_) | HirKind::Look(_) => None,
    }
}

fn holds(hir: &Hir) -> Holds {
    let (least, most) = (hir.properties().minimum_len(), hir.properties().maximum_len());
    let is_filled = least.is_some_and(|least| least > 0);
    match (only_digits(hir), may_be_digits(hir)) {
        (true, _) if is_filled && least == most => Holds::DigitsOfOneLength,
        (true, _) if is_filled => Holds::Digits,
        (_, false) => Holds::Text,
        _ if is_anything(hir) => Holds::Rest,
        _ => Holds::Mixed,
    }
}

/// Whether every text that it matches consists of digits.
fn only_digits(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.iter().all(u8::is_ascii_digit),
        HirKind::Class(class) => ranges(class).iter().all(|(start, end)| *start >= '0' && *end <= '9'),
        HirKind::Repetition(repetition) => only_digits(&repetition.sub),
        HirKind::Capture(capture) => only_digits(&capture.sub),
        HirKind::Concat(parts) | HirKind::Alternation(parts) => parts.iter().all(only_digits),
    }
}

/// Whether some text that it matches may consist of digits, or be empty.
fn may_be_digits(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Empty | HirKind::Look(_) => true,
        HirKind::Literal(literal) => literal.0.iter().all(u8::is_ascii_digit),
        HirKind::Class(class) => ranges(class).iter().any(|(start, end)| *start <= '9' && *end >= '0'),
        HirKind::Repetition(repetition) => repetition.min == 0 || may_be_digits(&repetition.sub),
        HirKind::Capture(capture) => may_be_digits(&capture.sub),
        HirKind::Concat(parts) => parts.iter().all(may_be_digits),
        HirKind::Alternation(parts) => parts.iter().any(may_be_digits),
    }
}

fn ranges(class: &Class) -> Vec<(char, char)> {
    match class {
        Class::Unicode(class) => class.ranges().iter().map(|range| (range.start(), range.end())).collect(),
        Class::Bytes(class) => {
            class.ranges().iter().map(|range| (range.start().into(), range.end().into())).collect()
        }
    }
}

/// Whether it is `.*` or `.+`.
fn is_anything(hir: &Hir) -> bool {
    let HirKind::Repetition(repetition) = hir.kind() else { return false };
    let HirKind::Class(class) = repetition.sub.kind() else { return false };
    repetition.max.is_none() && ranges(class).iter().any(|(start, end)| *start <= '-' && *end >= 'z')
}

/// Whether a group begins at the start of the tag or behind a `v` there, and reaches to its end.
fn is_whole(hir: &Hir, name: &str) -> bool {
    let HirKind::Concat(parts) = hir.kind() else { return false };
    let [start, middle @ .., last] = parts.as_slice() else { return false };
    let is_group =
        |hir: &Hir| matches!(hir.kind(), HirKind::Capture(capture) if capture.name.as_deref() == Some(name));
    let ends = |hir: &Hir| matches!(hir.kind(), HirKind::Look(Look::End));
    let starts = matches!(start.kind(), HirKind::Look(Look::Start));
    let (before, group) = match middle {
        [before @ .., group] if ends(last) => (before, group),
        before => (before, last),
    };
    let is_closed = ends(last) || captured(group, name).is_some_and(is_anything);
    starts && is_closed && is_group(group) && before.iter().all(is_v) && before.len() < 2
}

/// Whether it is `v` or `v?`.
fn is_v(hir: &Hir) -> bool {
    match hir.kind() {
        HirKind::Literal(literal) => *literal.0 == *b"v",
        HirKind::Repetition(repetition) => {
            (repetition.min, repetition.max) == (0, Some(1)) && is_v(&repetition.sub)
        }
        HirKind::Empty
        | HirKind::Class(_)
        | HirKind::Look(_)
        | HirKind::Capture(_)
        | HirKind::Concat(_)
        | HirKind::Alternation(_) => false,
    }
}

#[cfg(test)]
mod tests;
