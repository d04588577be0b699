//! A command line, split into words and `key=value` pairs.

use std::iter::{Enumerate, Peekable};
use std::str::Chars;

use super::characters::{
    closes, is_quote, is_single_quote, is_space, is_suspicious, is_suspicious_in_quotes,
};
use super::error::{ParseErrorKind, TokenError};

/// A word of the line, and where it stands.
pub(super) struct Token {
    /// Where it starts, in characters from 1.
    pub(super) column: usize,
    /// The key of `key=value`.
    pub(super) key: Option<String>,
    /// The value, or the whole word where there is no key.
    pub(super) text: String,
}

/// All words of a line, the prefix among them.
pub(super) fn split(line: &str) -> Result<Vec<Token>, TokenError> {
    let mut reader = TokenReader { characters: line.chars().enumerate().peekable() };
    let mut words = Vec::new();
    while let Some(word) = reader.word()? {
        words.push(word);
    }
    Ok(words)
}

struct TokenReader<'a> {
    characters: Peekable<Enumerate<Chars<'a>>>,
}

impl TokenReader<'_> {
    fn word(&mut self) -> Result<Option<Token>, TokenError> {
        while self.characters.next_if(|(_, c)| is_space(*c)).is_some() {}
        let Some((index, _)) = self.characters.peek().copied() else { return Ok(None) };
        let column = index + 1;
        let start = self.bare(Some('='))?;
        if self.characters.next_if(|(_, c)| *c == '=').is_none() {
            return Ok(Some(Token { column, key: None, text: start }));
        }
        let text = match self.characters.next_if(|(_, c)| is_quote(*c)) {
            Some((at, opening)) => self.quoted(at + 1, opening)?,
            None => self.bare(None)?,
        };
        Ok(Some(Token { column, key: Some(start), text }))
    }

    /// Characters up to the end of the word, or up to what ends a key.
    fn bare(&mut self, key_end: Option<char>) -> Result<String, TokenError> {
        let mut text = String::new();
        while let Some((index, character)) = self.characters.next_if(|(_, c)| {
            let ends_key = !text.is_empty() && Some(*c) == key_end;
            !is_space(*c) && !ends_key
        }) {
            if is_quote(character) || is_single_quote(character) {
                return Err(TokenError::new(index + 1, ParseErrorKind::StrayQuote));
            }
            if is_suspicious(character) {
                return Err(TokenError::new(index + 1, ParseErrorKind::SuspiciousCharacter(character)));
            }
            text.push(character);
        }
        Ok(text)
    }

    /// The rest of a quoted text, up to its closing quote, which ends the word.
    fn quoted(&mut self, column: usize, opening: char) -> Result<String, TokenError> {
        let mut text = String::new();
        while let Some((index, character)) = self.characters.next() {
            if closes(opening, character) {
                let ends = self.characters.peek().is_none_or(|(_, next)| is_space(*next));
                return if ends {
                    Ok(text)
                } else {
                    Err(TokenError::new(index + 1, ParseErrorKind::StrayQuote))
                };
            }
            if is_suspicious_in_quotes(character) {
                return Err(TokenError::new(index + 1, ParseErrorKind::SuspiciousCharacter(character)));
            }
            text.push(character);
        }
        Err(TokenError::new(column, ParseErrorKind::UnclosedQuote))
    }
}
