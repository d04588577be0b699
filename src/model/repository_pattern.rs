//! Which repositories of a forge Towpath may use.

use super::RepositoryName;

/// A repository, or with `*` at its end all whose names start so.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct RepositoryPattern(String);

impl RepositoryPattern {
    /// A pattern; nothing where the text is neither `owner/name` nor `owner/*`.
    #[must_use]
    pub fn new(text: &str) -> Option<Self> {
        let name = text.strip_suffix('*').map_or_else(|| text.to_owned(), |owner| format!("{owner}any"));
        let is_one = name.matches('/').count() == 1 && RepositoryName::new(&name).is_ok();
        is_one.then(|| Self(text.to_owned()))
    }

    /// Whether a repository is meant. Forges do not tell upper from lower case in such names.
    #[must_use]
    pub fn takes(&self, repository: &RepositoryName) -> bool {
        let name = repository.as_str();
        match self.0.strip_suffix('*') {
            Some(start) => name.get(..start.len()).is_some_and(|own| own.eq_ignore_ascii_case(start)),
            None => name.eq_ignore_ascii_case(&self.0),
        }
    }
}

#[cfg(test)]
mod tests;
