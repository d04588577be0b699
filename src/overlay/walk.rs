//! Follows a kustomization to its manifests in the order in which kustomize builds it.

use super::entry::Entry;
use super::kustomization::{Kustomization, Link};
use super::link::{self, Target};
use super::manifest;
use super::patch::{self, Body, Piece};
use super::resolved::SetBy;
use super::written::Written;
use super::{BYTES_READ_MAX, FILES_MAX, FOLDER_DEPTH_MAX, MATCHES_MAX, OverlayError, Refused};
use crate::model::{Missing, RepositoryPath, Tree, TreeError};

/// An image on its way through the kustomizations.
#[derive(Clone, Debug)]
pub(super) struct Use {
    pub(super) image: Written,
    /// The file and line that decide tag or digest so far.
    pub(super) file: RepositoryPath,
    pub(super) line: usize,
    pub(super) set_by: SetBy,
    /// The name that the root's own entries see.
    pub(super) seen_as: String,
    /// The last of the root's own entries that matched.
    pub(super) entry: Option<usize>,
    /// Where an entry with `tagSuffix` leaves open what runs.
    pub(super) suffixed: Option<(RepositoryPath, usize)>,
}

/// How something that is not evaluated bears on the answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Doubt {
    /// There may be images that are not seen.
    Hides,
    /// One image may run otherwise than shown.
    Concerns(String),
    /// Images may run otherwise than shown.
    Alters {
        /// The images that it writes; none where that is not known.
        images: Vec<String>,
        /// Whether it comes after the root's own entries, so that these cannot overrule it.
        after_own: bool,
    },
}

/// Something that is not evaluated.
#[derive(Clone, Debug)]
pub(super) struct Note {
    pub(super) file: RepositoryPath,
    pub(super) line: usize,
    pub(super) why: String,
    pub(super) doubt: Doubt,
}

/// The root's own kustomization and everything that it leads to.
#[derive(Debug)]
pub(super) struct Walked {
    pub(super) file: RepositoryPath,
    pub(super) own: Kustomization,
    pub(super) uses: Vec<Use>,
    pub(super) notes: Vec<Note>,
}

/// Follows the kustomization of a folder; all files that lack their content are named at once, level by level.
pub(super) fn walk(tree: &Tree, folder: &RepositoryPath) -> Result<Walked, OverlayError> {
    let mut walk = Walk {
        tree,
        missing: Missing::default(),
        notes: Vec::new(),
        open: Vec::new(),
        files: 0,
        bytes: 0,
        matches: 0,
    };
    let mut uses = Vec::new();
    let own = walk.folder(folder, &mut uses)?;
    match own {
        Some((file, own)) if walk.missing.0.is_empty() => Ok(Walked { file, own, uses, notes: walk.notes }),
        Some(_) | None => Err(OverlayError::Missing(walk.missing)),
    }
}

struct Walk<'a> {
    tree: &'a Tree,
    missing: Missing,
    notes: Vec<Note>,
    /// The folders on the way here.
    open: Vec<RepositoryPath>,
    files: usize,
    bytes: usize,
    matches: usize,
}

impl<'a> Walk<'a> {
    /// Adds what a folder's kustomization brings, then applies it to all uses gathered so far.
    ///
    /// A base comes with an empty list, a component with the list of whoever includes it.
    fn folder(
        &mut self,
        folder: &RepositoryPath,
        uses: &mut Vec<Use>,
    ) -> Result<Option<(RepositoryPath, Kustomization)>, OverlayError> {
        let file = link::kustomization(self.tree, folder).map_err(|(file, refused)| refused.of(&file))?;
        let Some(bytes) = self.read(&file)? else { return Ok(None) };
        let own = Kustomization::read(bytes).map_err(|refused| refused.of(&file))?;
        self.open.push(folder.clone());
        for resource in &own.resources {
            self.resource(&file, resource, uses)?;
        }
        self.hiding(&file, &own);
        for component in &own.components {
            self.component(&file, component, uses)?;
        }
        for piece in &own.patches {
            self.piece(&file, piece, false)?;
        }
        self.images(&file, &own.entries, uses)?;
        for piece in &own.replacements {
            self.piece(&file, piece, self.is_root())?;
        }
        self.open.pop();
        Ok(Some((file, own)))
    }

    fn is_root(&self) -> bool {
        self.open.len() == 1
    }

    fn resource(
        &mut self,
        file: &RepositoryPath,
        link: &Link,
        uses: &mut Vec<Use>,
    ) -> Result<(), OverlayError> {
        match self.follow(file, link)? {
            Target::File(path) => self.manifest(&path, uses),
            Target::Folder(folder) => {
                let mut base = Vec::new();
                self.enter(file, link, &folder, &mut base)?;
                uses.append(&mut base);
                Ok(())
            }
            Target::Remote => {
                let why = format!("`{}` lies in another place, which is not read", link.target);
                self.note(file, link.line, why, Doubt::Hides);
                Ok(())
            }
        }
    }

    fn component(
        &mut self,
        file: &RepositoryPath,
        link: &Link,
        uses: &mut Vec<Use>,
    ) -> Result<(), OverlayError> {
        match self.follow(file, link)? {
            Target::Folder(folder) => self.enter(file, link, &folder, uses),
            Target::File(_) => {
                let why = format!("the component `{}` is a file", link.target);
                Err(Refused::at_line(link.line, why, "write the path of its folder").of(file))
            }
            Target::Remote => {
                let why = format!("the component `{}` lies in another place, which is not read", link.target);
                self.note(file, link.line, why, Doubt::Alters { images: Vec::new(), after_own: false });
                Ok(())
            }
        }
    }

    fn enter(
        &mut self,
        file: &RepositoryPath,
        link: &Link,
        folder: &RepositoryPath,
        uses: &mut Vec<Use>,
    ) -> Result<(), OverlayError> {
        let refuse = |why: String, way_out: &str| Err(Refused::at_line(link.line, why, way_out).of(file));
        if self.open.contains(folder) {
            return refuse(
                format!("`{}` leads back here in a circle", link.target),
                "remove one of the links",
            );
        }
        if self.open.len() >= FOLDER_DEPTH_MAX {
            return refuse(
                format!("more than {FOLDER_DEPTH_MAX} folders lead to each other"),
                "shorten the chain",
            );
        }
        self.folder(folder, uses).map(drop)
    }

    fn follow(&self, file: &RepositoryPath, link: &Link) -> Result<Target, OverlayError> {
        let folder = file.parent().expect("a file lies in a folder");
        link::follow(self.tree, &folder, link).map_err(|refused| refused.of(file))
    }

    fn manifest(&mut self, path: &RepositoryPath, uses: &mut Vec<Use>) -> Result<(), OverlayError> {
        let Some(bytes) = self.read(path)? else { return Ok(()) };
        let manifest = manifest::read(bytes);
        for (line, why) in manifest.hidden {
            self.note(path, line, why, Doubt::Hides);
        }
        uses.extend(manifest.images.into_iter().map(|(image, line)| Use {
            seen_as: image.name.clone(),
            image,
            file: path.clone(),
            line,
            set_by: SetBy::Manifest,
            entry: None,
            suffixed: None,
        }));
        Ok(())
    }

    fn hiding(&mut self, file: &RepositoryPath, own: &Kustomization) {
        for opaque in &own.hiding {
            self.note(file, opaque.line, opaque.why.to_owned(), Doubt::Hides);
        }
        if let Some(opaque) = &own.transformers {
            let doubt = Doubt::Alters { images: Vec::new(), after_own: self.is_root() };
            self.note(file, opaque.line, opaque.why.to_owned(), doubt);
        }
    }

    /// Notes a patch or replacement if it could touch an image.
    fn piece(&mut self, file: &RepositoryPath, piece: &Piece, after_own: bool) -> Result<(), OverlayError> {
        let text = match &piece.body {
            Body::Inline(text) => Some(text.clone()),
            Body::File(target) => {
                let link = Link { target: target.clone(), line: piece.line };
                match self.follow(file, &link)? {
                    Target::File(path) => match self.read(&path)? {
                        Some(bytes) => Some(String::from_utf8_lossy(bytes).into_owned()),
                        None => return Ok(()),
                    },
                    Target::Folder(_) | Target::Remote => None,
                }
            }
            Body::Unknown => None,
        };
        if text.as_deref().is_some_and(|text| !patch::touches_images(text, piece.key)) {
            return Ok(());
        }
        let is_patch = piece.key != "replacements";
        let images = text.filter(|_| is_patch).map(|text| patch::image_names(&text)).unwrap_or_default();
        let why = format!("this item of `{}` may change an image and is not evaluated", piece.key);
        self.note(file, piece.line, why, Doubt::Alters { images, after_own });
        Ok(())
    }

    fn images(
        &mut self,
        file: &RepositoryPath,
        entries: &[Entry],
        uses: &mut [Use],
    ) -> Result<(), OverlayError> {
        self.matches += (uses.len() + entries.len()) * (entries.len() + 1);
        self.check_bounds(file)?;
        for found in uses {
            found.seen_as.clone_from(&found.image.name);
            for (index, entry) in entries.iter().enumerate() {
                if entry.matches(&found.image) {
                    found.take(file, entry);
                    found.entry = self.is_root().then_some(index);
                }
            }
        }
        Ok(())
    }

    /// The content of a file; nothing where it is missing, which is noted.
    fn read(&mut self, path: &RepositoryPath) -> Result<Option<&'a [u8]>, OverlayError> {
        self.files += 1;
        match self.tree.read(path) {
            Ok(bytes) => {
                self.bytes += bytes.len();
                self.check_bounds(path)?;
                Ok(Some(bytes))
            }
            Err(TreeError::Missing) => {
                self.missing.0.insert(path.clone());
                self.check_bounds(path)?;
                Ok(None)
            }
            Err(TreeError::NotFound | TreeError::NotAFile(_)) => {
                Err(Refused::whole("this is no file", "put a file there, or correct the path").of(path))
            }
        }
    }

    fn check_bounds(&self, path: &RepositoryPath) -> Result<(), OverlayError> {
        let why = if self.files > FILES_MAX {
            format!("the overlay leads to more than {FILES_MAX} files")
        } else if self.bytes > BYTES_READ_MAX {
            format!("the overlay leads to files of more than {} MiB", BYTES_READ_MAX >> 20)
        } else if self.matches > MATCHES_MAX {
            "the overlay has too many images and entries of `images`".to_owned()
        } else {
            return Ok(());
        };
        Err(Refused::whole(why, "split the overlay").of(path))
    }

    fn note(&mut self, file: &RepositoryPath, line: usize, why: String, doubt: Doubt) {
        self.notes.push(Note { file: file.clone(), line, why, doubt });
    }
}

impl Use {
    /// Applies an entry that matches.
    fn take(&mut self, file: &RepositoryPath, entry: &Entry) {
        entry.apply(&mut self.image);
        if let Some(field) = entry.decides() {
            self.file = file.clone();
            self.line = field.line;
            self.set_by = SetBy::Images;
            self.suffixed = None;
        }
        // Beside a tag or digest kustomize ignores the suffix; alone it appends it, to some workloads twice.
        if let Some(suffix) = entry.tag_suffix.as_ref().filter(|_| entry.decides().is_none()) {
            self.suffixed = Some((file.clone(), suffix.line));
        }
    }
}
