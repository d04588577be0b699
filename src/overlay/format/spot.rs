//! A place in a file that says what one image runs as, and how it is written there.

use super::line::LineScalar;
use crate::model::{Digest, ImageName, ImageReference, Tag};
use crate::overlay::SetBy;
use crate::overlay::written::Written;
use crate::overlay::{Limit, Refused, SetTo};
use crate::yaml::{Edit, NodeId};

/// A scalar: of a file that is parsed, or on a line of one that is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum At {
    /// In the tree.
    Node(NodeId),
    /// On a line.
    Line(LineScalar),
}

/// One step of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Gives a scalar another value.
    Set(At, String),
    /// Adds something to a parsed file.
    Add(Edit),
    /// Changes the document that a block holds.
    Within(NodeId, Box<Self>),
}

/// One image at one place of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Spot {
    /// What it says.
    pub(super) image: Written,
    /// The scalar that decides.
    pub(super) at: At,
    /// What kind of place it is.
    pub(super) set_by: SetBy,
    /// How it is written.
    pub(super) writing: Writing,
    /// The block that holds the document with all this, and the line; nothing where it stands in the file itself.
    pub(super) within: Option<(NodeId, usize)>,
}

/// How an image is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// One scalar holds name, tag and digest, behind a text such as `name=`.
    Whole { prefix: String },
    /// The tag has a scalar of its own, and so may the digest.
    Parts {
        /// Where the digest is, or goes.
        digest: DigestAt,
    },
    /// The tag has no scalar yet; it goes behind the name.
    Unset {
        /// The mapping.
        map: NodeId,
        /// The key of the name.
        after: String,
        /// The new key.
        key: String,
    },
    /// Only the digest has a scalar.
    DigestOnly,
}

/// Where a digest is, or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DigestAt {
    /// In a scalar of its own.
    Own(NodeId),
    /// It has none, and the format has a key for it.
    New {
        /// The mapping.
        map: NodeId,
        /// The key behind which it goes.
        after: String,
    },
    /// Behind the tag, in the same scalar.
    BehindTag,
    /// Nowhere: whoever reads this knows tags alone.
    Nowhere,
}

impl DigestAt {
    /// For a scalar of its own for the tag: where a digest stands behind one, it stays there.
    pub(super) const fn of_tag(has_digest_behind: bool) -> Self {
        if has_digest_behind { Self::BehindTag } else { Self::Nowhere }
    }
}

impl Spot {
    /// A spot in a parsed file.
    pub(super) const fn new(image: Written, node: NodeId, set_by: SetBy, writing: Writing) -> Self {
        Self { image, at: At::Node(node), set_by, writing, within: None }
    }

    /// Whether it says what this image runs as; `docker.io` and `library/` may be left out.
    pub(super) fn is_of(&self, image: &ImageName) -> bool {
        let is_same =
            |name: &ImageName| (name.host(), name.repository()) == (image.host(), image.repository());
        ImageName::new(self.image.name.as_str()).is_ok_and(|name| is_same(&name))
    }

    /// What it says, under the name by which the image is asked for; nothing where it says nothing readable.
    pub(super) fn reference(&self, image: &ImageName) -> Option<ImageReference> {
        let tag = self.image.tag.as_deref().map(Tag::new).transpose().ok()?;
        let digest = self.image.digest.as_deref().map(Digest::new).transpose().ok()?;
        Some(ImageReference { image: image.clone(), tag, digest })
    }

    /// Whether it says that already.
    pub(super) fn says(&self, to: &SetTo) -> bool {
        let (tag, digest) = self.after(to);
        let text = |tag: &Tag| tag.to_string();
        (&self.image.tag, &self.image.digest)
            == (&tag.as_ref().map(text), &digest.map(|digest| digest.to_string()))
    }

    /// What it will say of that; a place without room for a digest takes the tag alone.
    fn after(&self, to: &SetTo) -> (Option<Tag>, Option<Digest>) {
        match &self.writing {
            Writing::Whole { .. } => (to.tag.clone(), to.digest.clone()),
            Writing::Parts { digest: DigestAt::Nowhere } | Writing::Unset { .. } => (to.tag.clone(), None),
            Writing::Parts { .. } => (to.tag.clone(), to.digest.clone()),
            Writing::DigestOnly => (None, to.digest.clone()),
        }
    }

    /// The changes that make it say that.
    ///
    /// # Errors
    /// Where it has no room for what is wanted.
    pub(super) fn changes(&self, to: &SetTo) -> Result<Vec<Change>, Refused> {
        let changes = self.changes_here(to)?;
        let Some((block, _)) = self.within else { return Ok(changes) };
        Ok(changes.into_iter().map(|change| Change::Within(block, Box::new(change))).collect())
    }

    fn changes_here(&self, to: &SetTo) -> Result<Vec<Change>, Refused> {
        let here = |value: String| vec![Change::Set(self.at.clone(), value)];
        let tag = to.tag.as_ref().map(Tag::as_str).unwrap_or_default();
        Ok(match &self.writing {
            Writing::Whole { prefix } => here(prefix.clone() + &self.whole(to)),
            Writing::Parts { digest } => self.parts(tag, digest, to),
            Writing::Unset { map, after, key } => vec![insertion(*map, after, key, tag.to_owned())],
            Writing::DigestOnly => match &to.digest {
                Some(digest) => here(digest.to_string()),
                None => {
                    return Err(Refused::whole(Limit::DigestOnly, "only a digest is written here"));
                }
            },
        })
    }

    fn whole(&self, to: &SetTo) -> String {
        let tag = to.tag.as_ref().map(ToString::to_string);
        let digest = to.digest.as_ref().map(ToString::to_string);
        Written { name: self.image.name.clone(), tag, digest }.to_string()
    }

    fn parts(&self, tag: &str, digest: &DigestAt, to: &SetTo) -> Vec<Change> {
        let wanted = to.digest.as_ref().map(ToString::to_string);
        let with_digest =
            || wanted.as_ref().map_or_else(|| tag.to_owned(), |digest| format!("{tag}@{digest}"));
        let value = if *digest == DigestAt::BehindTag { with_digest() } else { tag.to_owned() };
        let mut changes = vec![Change::Set(self.at.clone(), value)];
        match digest {
            DigestAt::Own(node) => {
                changes.push(Change::Set(At::Node(*node), wanted.unwrap_or_default()));
            }
            DigestAt::New { map, after } => {
                changes.extend(wanted.map(|value| insertion(*map, after, "digest", value)));
            }
            DigestAt::BehindTag | DigestAt::Nowhere => {}
        }
        changes
    }
}

fn insertion(map: NodeId, after: &str, key: &str, value: String) -> Change {
    Change::Add(Edit::InsertKey { map, after: Some(after.to_owned()), key: key.to_owned(), value })
}
