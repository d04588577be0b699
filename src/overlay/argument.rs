//! What `set-image` takes for one image: `[name=]newname[:tag][@digest]`, where `*` keeps what is there.

use super::edit::{ImageEdit, Setting};
use crate::model::{Digest, ImageName, Tag};

/// Why a text does not say what to change about an image.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {why}; write `name:tag`, `name@digest` or `name=newname:tag`, with `*` for what stays")]
pub struct ArgumentError {
    text: String,
    why: String,
}

impl std::str::FromStr for ImageEdit {
    type Err = ArgumentError;

    /// Takes what `kustomize edit set image` takes. What is not named is kept, but a tag alone takes a digest away,
    /// which would win over it.
    fn from_str(text: &str) -> Result<Self, ArgumentError> {
        let wrong = |why: String| ArgumentError { text: text.to_owned(), why };
        let (name, reference) = match text.split_once('=') {
            Some((name, reference)) => (Some(name), reference),
            None => (None, text),
        };
        let Parts { name: new_name, tag, digest } = Parts::of(reference);
        if name.is_none() && tag.is_none() && digest.is_none() {
            return Err(wrong("there is nothing to set".to_owned()));
        }
        if name == Some("") || new_name.is_empty() {
            return Err(wrong("the name is missing".to_owned()));
        }
        let named: Setting<ImageName> = match (name, new_name) {
            (None, _) | (Some(_), KEEP) => Setting::Keep,
            (Some(_), new) => Setting::Set(ImageName::new(new).map_err(|error| wrong(error.to_string()))?),
        };
        let tag: Setting<Tag> = setting(tag).map_err(wrong)?;
        let digest: Setting<Digest> = match (digest, &tag) {
            (None, Setting::Set(_)) => Setting::Clear,
            (digest, _) => setting(digest).map_err(wrong)?,
        };
        Ok(Self { name: name.unwrap_or(new_name).to_owned(), new_name: named, tag, digest })
    }
}

/// What stands for a value that stays.
const KEEP: &str = "*";

/// A reference split as kustomize splits it: a port is no tag.
struct Parts<'a> {
    name: &'a str,
    tag: Option<&'a str>,
    digest: Option<&'a str>,
}

impl<'a> Parts<'a> {
    fn of(reference: &'a str) -> Self {
        let (rest, digest) = match reference.split_once('@') {
            Some((rest, digest)) => (rest, Some(digest)),
            None => (reference, None),
        };
        let host = rest.find('/').unwrap_or(0);
        let at = rest.get(host..).and_then(|path| path.find(':')).map(|at| host + at);
        match at.and_then(|at| Some((rest.get(..at)?, rest.get(at + 1..)?))) {
            Some((name, tag)) => Self { name, tag: Some(tag), digest },
            None => Self { name: rest, tag: None, digest },
        }
    }
}

fn setting<T: std::str::FromStr<Err: std::fmt::Display>>(text: Option<&str>) -> Result<Setting<T>, String> {
    match text {
        None | Some(KEEP) => Ok(Setting::Keep),
        Some(text) => text.parse().map(Setting::Set).map_err(|error: T::Err| error.to_string()),
    }
}
