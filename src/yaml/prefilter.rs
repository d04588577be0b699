//! Which files need not be parsed, told by their bytes.

use memchr::memmem::Finder;

/// Passes over files in which no scalar can hold a text.
///
/// ```
/// use towpath::yaml::Prefilter;
///
/// let shop = Prefilter::new("ghcr.io/acme/shop");
/// assert!(shop.admits(b"image: ghcr.io/acme/shop:v1\n"));
/// assert!(!shop.admits(b"image: ghcr.io/acme/cart:v1\n"));
/// assert!(shop.admits(br#"image: "ghcr.io\/acme/shop:v1""#));
/// ```
#[derive(Clone, Debug)]
pub struct Prefilter {
    /// Nothing where the text could stand in a file without its bytes doing so.
    needle: Option<Finder<'static>>,
}

impl Prefilter {
    /// A filter for one text.
    #[must_use]
    pub fn new(text: &str) -> Self {
        // White space may be folded over lines, and quotes may be doubled.
        let is_always_literal = !text.contains(|c: char| c.is_whitespace() || c == '\'' || c == '"');
        Self { needle: is_always_literal.then(|| Finder::new(text).into_owned()) }
    }

    /// Whether a scalar of a file with these bytes could hold the text; a backslash may spell it otherwise.
    #[must_use]
    pub fn admits(&self, bytes: &[u8]) -> bool {
        match &self.needle {
            Some(needle) => needle.find(bytes).is_some() || memchr::memchr(b'\\', bytes).is_some(),
            None => true,
        }
    }
}
