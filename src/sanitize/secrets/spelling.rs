//! How a secret may be written, apart from the escapes that `views` undoes.

use std::collections::BTreeSet;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// The spellings of a secret, in lower case: as it is, in hexadecimal digits, and in both alphabets of base 64 as far as
/// what may stand before and after it does not matter.
pub(super) fn spellings(secret: &str) -> BTreeSet<Vec<u8>> {
    let hexadecimal: String = secret.bytes().map(|byte| format!("{byte:02x}")).collect();
    let in_base_64 = (0..3).map(|before| in_base_64(before, secret));
    let in_base_64 = in_base_64.flat_map(|standard| [standard.replace('+', "-").replace('/', "_"), standard]);
    let all = [secret.to_owned(), hexadecimal].into_iter().chain(in_base_64);
    all.map(|spelling| spelling.to_ascii_lowercase().into_bytes()).collect()
}

/// The characters that stand for a secret alone where some bytes, counted modulo 3, stand before it and others may follow.
fn in_base_64(before: usize, secret: &str) -> String {
    let bytes = [&[0; 3][..before], secret.as_bytes()].concat();
    let encoded = STANDARD_NO_PAD.encode(&bytes);
    // 6 bits for a character: those that hold bits of what stands before or after are left out.
    let (start, end) = ((before * 8).div_ceil(6), bytes.len() * 8 / 6);
    encoded.get(start..end).unwrap_or_default().to_owned()
}
