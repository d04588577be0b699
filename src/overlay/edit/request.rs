//! What `kustomize edit set image` takes, as an edit: `[NAME=]IMAGE[:TAG][@DIGEST]`, with `*` for what stays.

use std::str::FromStr;

use super::image_edit::{ImageEdit, Setting};
use crate::model::{Digest, ImageName, Tag};
use crate::overlay::document::written::WrittenImage;

/// What stands for a part that stays as it is. What is not named stays anyway.
const KEPT: &str = "*";
/// How a request is written.
const SHAPES: &str = "write `name:tag`, `name@digest`, `name=newname`, or `name=newname:tag@digest`";

/// Why a text asks for nothing that could be set.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}`: {why}; {SHAPES}")]
pub struct RequestError {
    text: String,
    why: String,
}

impl FromStr for ImageEdit {
    type Err = RequestError;

    /// A tag without a digest takes the place of both, and so does a digest without a tag: an old digest would win
    /// over a new tag, and an old tag would lie about a new digest.
    fn from_str(text: &str) -> Result<Self, RequestError> {
        let wrong = |why: String| RequestError { text: text.to_owned(), why };
        let (name, reference) =
            text.split_once('=').map_or((None, text), |(name, reference)| (Some(name), reference));
        let WrittenImage { name: image, tag, digest } = WrittenImage::new(reference);
        if name.is_none() && tag.is_none() && digest.is_none() {
            return Err(wrong("there is nothing to set".to_owned()));
        }
        if let (Some(name), None, None) = (name, &tag, &digest)
            && looks_like_tag(&image)
        {
            let why = format!(
                "`{image}` would be the new name of the image, and looks like a tag; did you mean `{name}:{image}`? \
                 (an image of that name is `docker.io/library/{image}`)"
            );
            return Err(wrong(why));
        }
        let own = name.unwrap_or(&image);
        if own.is_empty() || own == KEPT {
            return Err(wrong("it does not say which image is meant".to_owned()));
        }
        let checked = |image: &str| ImageName::new(image).map_err(|error| wrong(error.to_string()));
        let new_name = match name {
            Some(_) if image != KEPT => Setting::Set(checked(&image)?),
            Some(_) => Setting::Keep,
            None => checked(&image).map(|_| Setting::Keep)?,
        };
        let new_tag =
            part(tag.as_deref(), digest.as_deref(), Tag::new).map_err(|error| wrong(error.to_string()))?;
        let new_digest =
            part(digest.as_deref(), tag.as_deref(), Digest::new).map_err(|error| wrong(error.to_string()))?;
        Ok(Self { name: own.to_owned(), new_name, tag: new_tag, digest: new_digest })
    }
}

/// What becomes of the tag or the digest, by what is written for it and for the other one.
fn part<T, E>(
    text: Option<&str>,
    other: Option<&str>,
    check: impl FnOnce(String) -> Result<T, E>,
) -> Result<Setting<T>, E> {
    match (text, other) {
        (Some(KEPT), _) | (None, None | Some(KEPT)) => Ok(Setting::Keep),
        (Some(text), _) => check(text.to_owned()).map(Setting::Set),
        (None, Some(_)) => Ok(Setting::Clear),
    }
}

/// `1.2.0`, `v1.2`, `2024-01-01`, `latest`: what nobody calls an image.
fn looks_like_tag(text: &str) -> bool {
    let number = text.strip_prefix('v').unwrap_or(text);
    let digits = number.len() - number.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    let behind = number.get(digits..).unwrap_or_default();
    text == "latest" || (digits > 0 && (behind.is_empty() || behind.starts_with(['.', '-', '_', '+'])))
}
