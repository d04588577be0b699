//! A text as it reads without the escapes of addresses, forms, JSON and HTML, each byte with its place in the text.
//!
//! Undoing escapes finds a secret however much of it a peer has escaped, in upper or lower case; writing each secret in all
//! those ways would not end. An address in JSON is escaped twice, so escapes are undone twice.

use std::ops::Range;

use memchr::memchr;

/// How often escapes are undone, one kind after another.
const DEPTH_MAX: usize = 2;
/// Longest name or number of a character in HTML, in bytes.
const ENTITY_BYTES_MAX: usize = 10;

/// A text in lower case, perhaps without escapes.
#[derive(Debug)]
pub(super) struct View {
    bytes: Vec<u8>,
    /// Where each byte comes from, and where the text ends; `None` where each byte is at its place.
    places: Option<Vec<usize>>,
}

/// How a text may be escaped.
#[derive(Copy, Clone, Debug)]
enum Escaping {
    /// `%2F`, in an address.
    Percent,
    /// The same, and `+` for a blank, in a form.
    Form,
    /// `\/`, `\u002f` and `\x2f`, in JSON and source code.
    Backslash,
    /// `&amp;`, `&#47;` and `&#x2F;`, in HTML.
    Entity,
}

/// A text as it is, and without each kind of escapes that is in it.
pub(super) fn views(text: &str) -> Vec<View> {
    let mut views = vec![View { bytes: text.as_bytes().to_vec(), places: None }];
    let mut from = 0;
    for _depth in 0..DEPTH_MAX {
        let new: Vec<View> = views.iter().skip(from).flat_map(View::unescaped).collect();
        from = views.len();
        views.extend(new);
    }
    views.iter_mut().for_each(|view| view.bytes.make_ascii_lowercase());
    views
}

impl View {
    pub(super) fn bytes(&self) -> &[u8] {
        &self.bytes
    }

    /// Where some bytes of the view stand in the text.
    pub(super) fn source(&self, bytes: Range<usize>) -> Range<usize> {
        self.place(bytes.start)..self.place(bytes.end)
    }

    fn place(&self, index: usize) -> usize {
        self.places.as_ref().map_or(index, |places| places.get(index).copied().unwrap_or(index))
    }

    fn unescaped(&self) -> Vec<Self> {
        Escaping::ALL.into_iter().filter_map(|escaping| self.without(escaping)).collect()
    }

    /// The view without escapes of one kind; `None` if there are none.
    fn without(&self, escaping: Escaping) -> Option<Self> {
        memchr(escaping.mark(), &self.bytes)?;
        let (mut bytes, mut places) = (Vec::with_capacity(self.bytes.len()), Vec::new());
        let mut at = 0;
        while let Some((first, _)) = self.bytes.get(at..).and_then(<[u8]>::split_first) {
            let length = escaping.unescape(&self.bytes[at..], &mut bytes).unwrap_or_else(|| {
                bytes.push(*first);
                1
            });
            places.resize(bytes.len(), self.place(at));
            at += length;
        }
        places.push(self.place(at));
        (bytes != self.bytes).then_some(Self { bytes, places: Some(places) })
    }
}

impl Escaping {
    const ALL: [Self; 4] = [Self::Percent, Self::Form, Self::Backslash, Self::Entity];

    /// The character that such an escape has, and other kinds have not.
    const fn mark(self) -> u8 {
        match self {
            Self::Percent => b'%',
            Self::Form => b'+',
            Self::Backslash => b'\\',
            Self::Entity => b'&',
        }
    }

    /// Writes what an escape at the start of a text stands for, and returns its length in bytes; `None` if there is none.
    fn unescape(self, text: &[u8], into: &mut Vec<u8>) -> Option<usize> {
        match (self, text) {
            (Self::Percent | Self::Form, [b'%', high, low, ..]) => {
                into.push(byte([*high, *low])?);
                Some(3)
            }
            (Self::Form, [b'+', ..]) => {
                into.push(b' ');
                Some(1)
            }
            (Self::Backslash, [b'\\', b'x', high, low, ..]) => {
                into.push(byte([*high, *low])?);
                Some(4)
            }
            (Self::Backslash, [b'\\', b'u', rest @ ..]) => utf_16(rest, into),
            (Self::Backslash, [b'\\', escaped, ..]) => {
                into.push(control(*escaped)?);
                Some(2)
            }
            (Self::Entity, [b'&', rest @ ..]) => entity(rest, into),
            (Self::Percent | Self::Form | Self::Backslash | Self::Entity, _) => None,
        }
    }
}

/// The byte of two hexadecimal digits.
fn byte(digits: [u8; 2]) -> Option<u8> {
    let digit = |digit: u8| char::from(digit).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    Some(digit(digits[0])? << 4 | digit(digits[1])?)
}

fn push_char(character: char, into: &mut Vec<u8>) {
    into.extend_from_slice(character.encode_utf8(&mut [0; 4]).as_bytes());
}

/// What `\uXXXX` stands for, the half of a pair with the other half behind it.
fn utf_16(digits: &[u8], into: &mut Vec<u8>) -> Option<usize> {
    let unit = |digits: &[u8]| u16::from_str_radix(std::str::from_utf8(digits.get(..4)?).ok()?, 16).ok();
    let first = unit(digits)?;
    let second = digits.get(4..).and_then(|rest| rest.strip_prefix(b"\\u")).and_then(unit);
    let (units, length): (&[u16], usize) = match second {
        Some(second) if (0xd800..0xdc00).contains(&first) => (&[first, second], 12),
        Some(_) | None => (&[first], 6),
    };
    let characters: Result<String, _> = char::decode_utf16(units.iter().copied()).collect();
    characters.ok()?.chars().for_each(|character| push_char(character, into));
    Some(length)
}

/// What stands behind a backslash for a character.
const fn control(escaped: u8) -> Option<u8> {
    match escaped {
        b'"' | b'\'' | b'\\' | b'/' | b'`' => Some(escaped),
        b'b' => Some(8),
        b'f' => Some(12),
        b'n' => Some(b'\n'),
        b'r' => Some(b'\r'),
        b't' => Some(b'\t'),
        _ => None,
    }
}

/// What `&name;` or `&#number;` stands for.
fn entity(text: &[u8], into: &mut Vec<u8>) -> Option<usize> {
    let text = text.get(..text.len().min(ENTITY_BYTES_MAX + 1))?;
    let end = memchr(b';', text)?;
    let name = std::str::from_utf8(&text[..end]).ok()?.to_ascii_lowercase();
    let character = match name.as_str() {
        "amp" => '&',
        "lt" => '<',
        "gt" => '>',
        "quot" => '"',
        "apos" => '\'',
        "sol" => '/',
        "plus" => '+',
        "equals" => '=',
        "colon" => ':',
        "nbsp" => ' ',
        numbered => {
            let number = numbered.strip_prefix('#')?;
            let number = match number.strip_prefix('x') {
                Some(digits) => u32::from_str_radix(digits, 16),
                None => number.parse(),
            };
            char::from_u32(number.ok()?)?
        }
    };
    push_char(character, into);
    Some(end + '&'.len_utf8() + ';'.len_utf8())
}
