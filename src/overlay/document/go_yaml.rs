//! How the YAML reader of kustomize and Helm types a scalar.
//!
//! `sigs.k8s.io/yaml` reads a file with go-yaml v2, which follows YAML 1.1 except for base 60 and dates, and converts
//! it to JSON before it fills typed fields. So a plain `1.10` or `y` is an error where a field needs text, and a number
//! or boolean in Helm values (<https://github.com/yaml/go-yaml/blob/v2/resolve.go>).

use super::text::Text;
use crate::yaml::{NodeId, NodeKind, ScalarStyle};

/// The plain scalars that are true.
const TRUE: [&str; 11] = ["y", "Y", "yes", "Yes", "YES", "on", "On", "ON", "true", "True", "TRUE"];
/// The plain scalars that are false.
const FALSE: [&str; 11] = ["n", "N", "no", "No", "NO", "off", "Off", "OFF", "false", "False", "FALSE"];

/// The plain scalars that are numbers which JSON cannot write.
const NOT_FINITE: [&str; 12] =
    [".nan", ".NaN", ".NAN", ".inf", ".Inf", ".INF", "+.inf", "+.Inf", "+.INF", "-.inf", "-.Inf", "-.INF"];

/// What is read in the place of a scalar.
#[derive(Copy, Clone, Debug, PartialEq)]
pub(in crate::overlay) enum ScalarType {
    /// Nothing at all; a field keeps its default.
    Null,
    Boolean(bool),
    /// Infinity and NaN are errors in every field.
    Number(f64),
    Text,
    /// A scalar with a tag other than `!!str`, which Towpath does not evaluate.
    Tagged,
}

/// The type of a scalar; `None` for a collection or an alias.
pub(in crate::overlay) fn scalar_type(text: &Text, node: NodeId) -> Option<ScalarType> {
    let found = text.tree.node(node);
    let NodeKind::Scalar { value, style } = &found.kind else { return None };
    if found.tagged {
        let is_text =
            matches!(tag_before(text, node), None | Some("!" | "!!str" | "!<tag:yaml.org,2002:str>"));
        return Some(if is_text { ScalarType::Text } else { ScalarType::Tagged });
    }
    Some(match style {
        ScalarStyle::Plain if text.tree.is_null(node) => ScalarType::Null,
        ScalarStyle::Plain => plain_type(value),
        ScalarStyle::SingleQuoted
        | ScalarStyle::DoubleQuoted
        | ScalarStyle::Literal
        | ScalarStyle::Folded => ScalarType::Text,
    })
}

/// The type of a plain scalar that is not null.
pub(in crate::overlay) fn plain_type(value: &str) -> ScalarType {
    if TRUE.contains(&value) || FALSE.contains(&value) {
        return ScalarType::Boolean(TRUE.contains(&value));
    }
    number(value).map_or(ScalarType::Text, ScalarType::Number)
}

/// From which power of ten on Go writes a number with an exponent.
const EXPONENT_MIN: i32 = 6;
/// Below which power of ten Go writes a number with an exponent.
const EXPONENT_MAX_BELOW_ONE: i32 = -4;

/// A number as Go's templates write it (`%v` of a `float64`): `1.10` becomes `1.1`, `20240101` becomes `2.0240101e+07`.
pub(in crate::overlay) fn rendered(number: f64) -> String {
    let scientific = format!("{number:e}");
    let (digits, exponent) = scientific.split_once('e').unwrap_or((&scientific, "0"));
    match exponent.parse::<i32>() {
        Ok(exponent) if !(EXPONENT_MAX_BELOW_ONE..EXPONENT_MIN).contains(&exponent) => {
            let sign = if exponent < 0 { '-' } else { '+' };
            format!("{digits}e{sign}{:02}", exponent.abs())
        }
        Ok(_) | Err(_) => number.to_string(),
    }
}

fn number(value: &str) -> Option<f64> {
    if NOT_FINITE.contains(&value) {
        return Some(f64::INFINITY);
    }
    if value.starts_with('.') {
        // Here underscores count as digits do in Go's own literals.
        let is_separated = !value.contains("__") && !value.ends_with('_');
        let between = |(before, after): (char, char)| before.is_ascii_digit() && after.is_ascii_digit();
        let pairs = value.match_indices('_').filter_map(|(at, _)| {
            Some((value.get(..at)?.chars().next_back()?, value.get(at + 1..)?.chars().next()?))
        });
        let is_valid = is_separated && pairs.into_iter().all(between);
        return if is_valid { decimal(&value.replace('_', "")) } else { None };
    }
    if !value.starts_with(|c: char| c.is_ascii_digit() || c == '+' || c == '-') {
        return None;
    }
    let bare = value.replace('_', "");
    integer(&bare).or_else(|| decimal(&bare))
}

/// An integer in base 2, 8 or 16; those in base 10 are decimals as well. One of more than 64 bits is text.
#[expect(clippy::cast_precision_loss, reason = "only the size and whether it is whole count")]
fn integer(bare: &str) -> Option<f64> {
    let (is_negative, digits) = match bare.strip_prefix(['+', '-']) {
        Some(digits) => (bare.starts_with('-'), digits),
        None => (false, bare),
    };
    let lower = digits.to_ascii_lowercase();
    let prefixes = [("0x", 16), ("0o", 8), ("0b", 2)];
    let (digits, radix) = prefixes
        .iter()
        .find_map(|(prefix, radix)| Some((lower.strip_prefix(prefix)?, *radix)))
        .or_else(|| Some((lower.strip_prefix('0')?, 8)))?;
    if !digits.starts_with(|c: char| c.is_digit(radix)) {
        return None;
    }
    let size = u64::from_str_radix(digits, radix).ok()?;
    let fits = !is_negative || i64::try_from(size).is_ok();
    fits.then_some(if is_negative { -(size as f64) } else { size as f64 })
}

/// A number in base 10 with fraction and exponent; one that is too large is text.
fn decimal(bare: &str) -> Option<f64> {
    let unsigned = bare.strip_prefix(['+', '-']).unwrap_or(bare);
    let (mantissa, exponent) =
        unsigned.split_once(['e', 'E']).map_or((unsigned, None), |(mantissa, rest)| (mantissa, Some(rest)));
    let (whole, fraction) = mantissa.split_once('.').map_or((mantissa, None), |(a, b)| (a, Some(b)));
    let are_digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let has_digits = !whole.is_empty() || fraction.is_some_and(|fraction| !fraction.is_empty());
    let exponent_fits = exponent.is_none_or(|exponent| {
        let digits = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !digits.is_empty() && are_digits(digits)
    });
    let is_decimal = has_digits && are_digits(whole) && fraction.is_none_or(are_digits) && exponent_fits;
    bare.parse::<f64>().ok().filter(|number| is_decimal && number.is_finite())
}

/// Whether a node with a tag is a text whoever reads it; of `! 1.10` kustomize makes a number in resources.
pub(super) fn has_text_tag(text: &Text, node: NodeId) -> bool {
    matches!(tag_before(text, node), Some("!!str" | "!<tag:yaml.org,2002:str>"))
}

/// Whether kustomize reads a plain scalar of a resource as a date, which it writes with a time of day. Helm does not.
pub(in crate::overlay) fn is_date(value: &str) -> bool {
    let parts: Vec<&str> = value.split('-').collect();
    let are_digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit())
    };
    matches!(parts.as_slice(), [year, month, day]
        if are_digits(year, 4..=4) && are_digits(month, 1..=2) && are_digits(day, 1..=2))
}

/// The tag of a node that has one: nodes carry only whether there is one. `None` where nothing is written behind it.
fn tag_before(text: &Text, node: NodeId) -> Option<&str> {
    let start = text.tree.node(node).span.start;
    let mut before = text.source.text().get(..start)?.trim_end();
    loop {
        let word = before.rsplit(char::is_whitespace).next()?;
        if let Some(at) = word.find('!') {
            return word.get(at..);
        }
        // An anchor may stand between a tag and its value.
        before = word.starts_with('&').then(|| before.strip_suffix(word)).flatten()?.trim_end();
    }
}
