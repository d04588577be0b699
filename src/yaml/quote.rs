//! When a scalar needs quotes, and how it is written.
//!
//! Readers of YAML 1.1 and 1.2 disagree on what a plain scalar means; kustomize refuses tags that any of them
//! takes for something but a text. So whatever one of them could mistake is quoted.

use super::tree::ScalarStyle;

const WORDS: [&str; 14] =
    ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan", "inf", ".nan", ".inf", "~"];

/// Whether a text would be read as something else, or not at all, without quotes.
#[must_use]
pub fn needs_quote(value: &str) -> bool {
    is_word(value) || is_number_like(value) || is_date(value) || !is_plain(value)
}

/// Writes a text in a style; a plain one gets double quotes where it needs them.
///
/// Block styles are written with double quotes: they would need lines of their own.
#[must_use]
pub fn render_scalar(value: &str, style: ScalarStyle) -> String {
    let has_controls = value.chars().any(char::is_control);
    match style {
        ScalarStyle::Plain if !needs_quote(value) => value.to_owned(),
        ScalarStyle::SingleQuoted if !has_controls => format!("'{}'", value.replace('\'', "''")),
        ScalarStyle::Plain
        | ScalarStyle::SingleQuoted
        | ScalarStyle::DoubleQuoted
        | ScalarStyle::Literal
        | ScalarStyle::Folded => double_quoted(value),
    }
}

fn double_quoted(value: &str) -> String {
    let mut text = String::from("\"");
    for character in value.chars() {
        match character {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\t' => text.push_str("\\t"),
            '\r' => text.push_str("\\r"),
            control if control.is_control() => text.push_str(&format!("\\u{:04X}", u32::from(control))),
            other => text.push(other),
        }
    }
    text.push('"');
    text
}

fn is_word(value: &str) -> bool {
    WORDS.iter().any(|word| value.eq_ignore_ascii_case(word))
}

/// Numbers of YAML 1.1, 1.2 and go-yaml: decimal with fraction and exponent, hexadecimal, octal, binary,
/// base 60; underscores count for nothing.
fn is_number_like(value: &str) -> bool {
    let unsigned = value.strip_prefix(['+', '-']).unwrap_or(value);
    let starts_like_one = unsigned.starts_with(|c: char| c.is_ascii_digit() || c == '.');
    let bare: String = unsigned.chars().filter(|c| *c != '_').collect();
    starts_like_one && (is_based(&bare) || is_decimal(&bare) || is_sexagesimal(&bare))
}

fn is_based(text: &str) -> bool {
    let lower = text.to_ascii_lowercase();
    let all = |rest: &str, radix: u32| rest.chars().all(|c| c.is_digit(radix));
    [("0x", 16), ("0o", 8), ("0b", 2)]
        .iter()
        .any(|(prefix, radix)| lower.strip_prefix(prefix).is_some_and(|rest| all(rest, *radix)))
}

fn is_decimal(text: &str) -> bool {
    let (mantissa, exponent) = text.split_once(['e', 'E']).map_or((text, None), |(m, e)| (m, Some(e)));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = |part: &str| part.chars().all(|c| c.is_ascii_digit());
    let exponent_is_fine = exponent.is_none_or(|exponent| {
        let exponent = exponent.strip_prefix(['+', '-']).unwrap_or(exponent);
        !exponent.is_empty() && digits(exponent)
    });
    digits(whole) && digits(fraction) && !(whole.is_empty() && fraction.is_empty()) && exponent_is_fine
}

fn is_sexagesimal(text: &str) -> bool {
    let parts: Vec<&str> = text.split(':').collect();
    parts.len() > 1
        && parts.iter().all(|part| !part.is_empty() && part.chars().all(|c| c.is_ascii_digit() || c == '.'))
}

fn is_date(value: &str) -> bool {
    let parts: Vec<&str> = value.split(['T', 't', ' ']).next().unwrap_or_default().split('-').collect();
    let digits = |part: &str, lengths: std::ops::RangeInclusive<usize>| {
        lengths.contains(&part.len()) && part.chars().all(|c| c.is_ascii_digit())
    };
    matches!(parts.as_slice(), [year, month, day] if digits(year, 4..=4) && digits(month, 1..=2) && digits(day, 1..=2))
}

/// Whether a text may stand plain in block and flow context alike.
fn is_plain(value: &str) -> bool {
    let starts_badly = value.starts_with(|c: char| "-?:,[]{}#&*!|>'\"%@`=<".contains(c) || c.is_whitespace());
    let holds_badly = [": ", " #"].iter().any(|bad| value.contains(bad))
        || value.contains([',', '[', ']', '{', '}'])
        || value.chars().any(|c| c.is_control() || c == '\u{feff}');
    !value.is_empty() && !starts_badly && !holds_badly && !value.ends_with([' ', ':', '\t'])
}
