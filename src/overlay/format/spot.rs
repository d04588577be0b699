//! A place in a file that says what one image runs as, and how it is written there.

use super::digest::{DigestScalar, DigestSpelling};
use super::line::LineScalar;
use super::neighbours::ScalarNeighbours;
use crate::model::{Digest, ImageName, ImageReference, Tag};
use crate::overlay::document::written::WrittenImage;
use crate::overlay::{EditObstacle, Limit, SetBy, SetTo};
use crate::yaml::{Edit, NodeId};

/// A scalar: of a file that is parsed, or on a line of one that is not.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum ScalarLocation {
    /// In the tree.
    Node(NodeId),
    /// On a line.
    Line(LineScalar),
}

impl ScalarLocation {
    /// The node; `None` in a file that is not parsed.
    pub(super) const fn node(&self) -> Option<NodeId> {
        match self {
            Self::Node(node) => Some(*node),
            Self::Line(_) => None,
        }
    }
}

/// One step of an edit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// Gives a scalar another value.
    Set(ScalarLocation, String),
    /// Gives a scalar another value, which the aliases of its anchor take too.
    SetWithAliases(NodeId, String),
    /// Adds something to a parsed file.
    Add(Edit),
    /// Changes the document that a block holds.
    Within(NodeId, Box<Self>),
}

impl Change {
    /// Whether it changes what aliases stand for.
    pub(super) fn is_for_aliases(&self) -> bool {
        match self {
            Self::SetWithAliases(..) => true,
            Self::Within(_, inner) => inner.is_for_aliases(),
            Self::Set(..) | Self::Add(_) => false,
        }
    }
}

/// One image at one place of a sheet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct ImageLocation {
    /// What it says.
    pub(super) image: WrittenImage,
    /// The scalar that decides.
    pub(super) at: ScalarLocation,
    /// What kind of place it is.
    pub(super) set_by: SetBy,
    /// How it is written.
    pub(super) writing: Writing,
    /// The block that holds the document with all this, and the line; nothing where it stands in the file itself.
    pub(super) within: Option<(NodeId, usize)>,
    /// The aliases (`*…`) through which its scalars are read.
    pub(super) aliases: Vec<NodeId>,
    /// What stands around its scalars and bears on an edit.
    pub(super) surroundings: ScalarNeighbours,
    /// Whether the tag is read by a field that takes text alone; Helm values take every type.
    pub(super) is_typed: bool,
    /// Whether the tag lacks the quotes without which something else is read than what is written.
    pub(super) is_misread: bool,
    /// Whether it is a value of a chart, whose template may put a tag from elsewhere behind the name.
    pub(super) is_chart_value: bool,
    /// Whether the tag is the version of a chart, in which `+` stands for `_`: tags have no `+`.
    /// <https://helm.sh/docs/topics/registries/#using-the-oci-protocol>
    pub(super) is_chart_version: bool,
}

/// How an image is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Writing {
    /// One scalar holds name, tag and digest.
    Whole {
        /// The text before the name, such as `name=`.
        prefix: String,
        /// The beginning of the name that is written elsewhere, such as `ghcr.io/`.
        registry: String,
        /// The digest's own scalars, in place of the digest in the reference.
        digests: Vec<DigestScalar>,
    },
    /// The tag has a scalar of its own, and so may the digest.
    Parts {
        /// Where the digest is, or goes.
        digest: DigestLocation,
    },
    /// The tag has no scalar yet; it goes behind the name.
    Unset {
        /// The mapping.
        map: NodeId,
        /// The key of the name.
        after: String,
        /// The new key.
        key: String,
        /// Whether there is a key `digest` for the digest.
        takes_digest: bool,
    },
    /// Only the digest has a scalar.
    DigestOnly(DigestSpelling),
}

/// Where a digest is, or goes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum DigestLocation {
    /// In scalars of its own, mostly one.
    Own(Vec<DigestScalar>),
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

impl DigestLocation {
    /// For a scalar of its own for the tag: where a digest stands behind one, it stays there.
    pub(super) const fn of_tag(has_digest_behind: bool) -> Self {
        if has_digest_behind { Self::BehindTag } else { Self::Nowhere }
    }
}

impl Writing {
    /// One scalar holds all, behind a text such as `name=`.
    pub(super) fn whole(prefix: &str) -> Self {
        Self::Whole { prefix: prefix.to_owned(), registry: String::new(), digests: Vec::new() }
    }
}

impl ImageLocation {
    /// A spot in a parsed file.
    pub(super) fn new(image: WrittenImage, node: NodeId, set_by: SetBy, writing: Writing) -> Self {
        Self::at(ScalarLocation::Node(node), image, set_by, writing)
    }

    /// A spot in a file that is parsed or not.
    pub(super) fn at(at: ScalarLocation, image: WrittenImage, set_by: SetBy, writing: Writing) -> Self {
        Self {
            image,
            at,
            set_by,
            writing,
            within: None,
            aliases: Vec::new(),
            surroundings: ScalarNeighbours::default(),
            is_typed: false,
            is_misread: false,
            is_chart_value: false,
            is_chart_version: false,
        }
    }

    /// The same, where the tag is read by a field that takes text alone.
    pub(super) const fn typed(mut self) -> Self {
        self.is_typed = true;
        self
    }

    /// The same, read at a node that may be an alias of the scalar.
    pub(super) fn through(mut self, [read, scalar]: [NodeId; 2]) -> Self {
        if read != scalar {
            self.aliases.push(read);
        }
        self
    }

    /// The node at which its scalar is read, which may be an alias; `None` in a file that is not parsed.
    pub(super) fn read_at(&self) -> Option<NodeId> {
        self.aliases.first().copied().or_else(|| self.at.node())
    }

    /// The scalars that an edit of it writes.
    pub(super) fn scalars(&self) -> Vec<ScalarLocation> {
        let digests = match &self.writing {
            Writing::Whole { digests, .. } | Writing::Parts { digest: DigestLocation::Own(digests) } => {
                digests.as_slice()
            }
            Writing::Parts { .. } | Writing::Unset { .. } | Writing::DigestOnly(_) => &[],
        };
        let digests = digests.iter().map(|digest| ScalarLocation::Node(digest.node));
        std::iter::once(self.at.clone()).chain(digests).collect()
    }

    /// Whether it says what this image runs as; `docker.io` and `library/` may be left out.
    pub(super) fn is_of(&self, image: &ImageName) -> bool {
        ImageName::new(self.image.name.as_str()).is_ok_and(|name| name.is_same_repository(image))
    }

    /// What it says, under the name by which the image is asked for; nothing where it says nothing readable.
    pub(super) fn reference(&self, image: &ImageName) -> Option<ImageReference> {
        let tag = self.image.tag.as_deref().map(Tag::new).transpose().ok()?;
        let digest = self.image.digest.as_deref().map(Digest::new).transpose().ok()?;
        Some(ImageReference { image: image.clone(), tag, digest })
    }

    /// Whether it says that already, and is read so.
    pub(super) fn says(&self, to: &SetTo) -> bool {
        let (tag, digest) = self.after(to);
        let text = |tag: &Tag| tag.to_string();
        let is_written = (&self.image.tag, &self.image.digest)
            == (&tag.as_ref().map(text), &digest.map(|digest| digest.to_string()));
        is_written && !self.is_misread
    }

    /// What it will say of that; a place without room for a digest takes the tag alone.
    fn after(&self, to: &SetTo) -> (Option<Tag>, Option<Digest>) {
        match &self.writing {
            Writing::Whole { .. } => (to.tag.clone(), to.digest.clone()),
            Writing::Parts { digest: DigestLocation::Nowhere }
            | Writing::Unset { takes_digest: false, .. } => (to.tag.clone(), None),
            Writing::Unset { takes_digest: true, .. } => (to.tag.clone(), to.digest.clone()),
            Writing::Parts { .. } => (to.tag.clone(), to.digest.clone()),
            Writing::DigestOnly(_) => (None, to.digest.clone()),
        }
    }

    /// The changes that make it say that.
    ///
    /// # Errors
    /// Where it has no room for what is wanted.
    pub(super) fn changes(&self, to: &SetTo) -> Result<Vec<Change>, EditObstacle> {
        let changes = self.changes_here(to)?;
        let Some((block, _)) = self.within else { return Ok(changes) };
        Ok(changes.into_iter().map(|change| Change::Within(block, Box::new(change))).collect())
    }

    fn changes_here(&self, to: &SetTo) -> Result<Vec<Change>, EditObstacle> {
        let tag = to.tag.as_ref().map(Tag::as_str).unwrap_or_default();
        let version = if self.is_chart_version { tag.replace('_', "+") } else { tag.to_owned() };
        let tag = version.as_str();
        match &self.writing {
            Writing::Whole { prefix, registry, digests } => {
                let value = prefix.clone() + &self.whole(registry, digests.is_empty(), to);
                self.with_digests(value, digests, to)
            }
            Writing::Parts { digest } => self.parts(tag, digest, to),
            Writing::Unset { map, after, key, takes_digest } => {
                let mut changes = vec![insertion(*map, after, key, tag.to_owned())];
                if let (true, Some(digest)) = (takes_digest, &to.digest) {
                    changes.push(insertion(*map, after, "digest", digest.to_string()));
                }
                Ok(changes)
            }
            Writing::DigestOnly(_) if to.digest.is_none() => {
                Err(EditObstacle::whole(Limit::DigestOnly, "only a digest is written here"))
            }
            Writing::DigestOnly(spelling) => {
                Ok(vec![self.set(self.at.clone(), spelled(*spelling, to.digest.as_ref())?)])
            }
        }
    }

    fn whole(&self, registry: &str, takes_digest: bool, to: &SetTo) -> String {
        let name = self.image.name.strip_prefix(registry).unwrap_or(&self.image.name).to_owned();
        let tag = to.tag.as_ref().map(ToString::to_string);
        let digest = if takes_digest { to.digest.as_ref().map(ToString::to_string) } else { None };
        WrittenImage { name, tag, digest }.to_string()
    }

    fn parts(&self, tag: &str, digest: &DigestLocation, to: &SetTo) -> Result<Vec<Change>, EditObstacle> {
        let wanted = to.digest.as_ref();
        match digest {
            DigestLocation::Own(digests) => self.with_digests(tag.to_owned(), digests, to),
            DigestLocation::New { map, after } => {
                let mut changes = self.with_digests(tag.to_owned(), &[], to)?;
                changes.extend(wanted.map(|value| insertion(*map, after, "digest", value.to_string())));
                Ok(changes)
            }
            DigestLocation::BehindTag => {
                let value = wanted.map_or_else(|| tag.to_owned(), |digest| format!("{tag}@{digest}"));
                self.with_digests(value, &[], to)
            }
            DigestLocation::Nowhere => self.with_digests(tag.to_owned(), &[], to),
        }
    }

    /// The change of the scalar that decides, and those of the digest's own scalars.
    fn with_digests(
        &self,
        value: String,
        digests: &[DigestScalar],
        to: &SetTo,
    ) -> Result<Vec<Change>, EditObstacle> {
        let mut changes = vec![self.set(self.at.clone(), value)];
        for digest in digests {
            let value = spelled(digest.spelling, to.digest.as_ref())?;
            changes.push(self.set(ScalarLocation::Node(digest.node), value));
        }
        Ok(changes)
    }

    fn set(&self, at: ScalarLocation, value: String) -> Change {
        match at {
            ScalarLocation::Node(node) if self.surroundings.has_anchor(node) => {
                Change::SetWithAliases(node, value)
            }
            ScalarLocation::Node(_) | ScalarLocation::Line(_) => Change::Set(at, value),
        }
    }
}

fn spelled(spelling: DigestSpelling, digest: Option<&Digest>) -> Result<String, EditObstacle> {
    spelling.write(digest).ok_or_else(|| {
        let why = "only the digits of a SHA-256 digest are written here, and the new one is another digest";
        EditObstacle::whole(Limit::DigestOnly, why).or_else("write the digest with its algorithm")
    })
}

fn insertion(map: NodeId, after: &str, key: &str, value: String) -> Change {
    Change::Add(Edit::InsertKey { map, after: Some(after.to_owned()), key: key.to_owned(), value })
}
