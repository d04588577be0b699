//! Helm values files that the configuration lists: merged in Helm's order, and edited where only one environment
//! reads them.

use super::merged::{Merged, SourceChange};
use super::replaced::Replaced;
use super::set::joined;
use crate::model::{
    ImageName, Location, Missing, RepositoryPath, Tree, TreeError, ValuesFile, ValuesSharing,
};
use crate::overlay::document::quotes::Quotes;
use crate::overlay::document::text::Text;
use crate::overlay::document::trail::Place;
use crate::overlay::document::value::{Lines, Value};
use crate::overlay::document::written::Unreadable;
use crate::overlay::edit::scalar_edit;
use crate::overlay::kustomize::note::Uncertain;
use crate::overlay::kustomize::object_images::helm;
use crate::overlay::kustomize::resolved::{ImageUse, Resolved};
use crate::overlay::{BYTES_READ_MAX, EditObstacle, Limit, OverlayError, SetTo};

/// What a folder's listed values files say together.
#[derive(Debug)]
pub(in crate::overlay) struct MergedFiles<'a> {
    path: &'a RepositoryPath,
    files: &'a [ValuesFile],
    merged: Merged,
}

impl<'a> MergedFiles<'a> {
    /// Reads and merges the files.
    ///
    /// # Errors
    /// Where content is missing, a file is absent, or one is no mapping of values.
    pub(in crate::overlay) fn read(
        tree: &Tree,
        location: &'a Location,
        files: &'a [ValuesFile],
    ) -> Result<Self, OverlayError> {
        let path = &location.path;
        let mut values = Value::Map(Vec::new());
        for (file, bytes) in contents(tree, path, files)? {
            if let Some(over) = read_values(file, bytes)? {
                helm::merge(&mut values, over);
            }
        }
        let too_much = || {
            let why = "the values files are too large or too deep together";
            EditObstacle::whole(Limit::TooMuch, why).or_else("make the values files smaller").of(path)
        };
        if !values.is_bounded() {
            return Err(too_much());
        }
        let merged = Merged::helm_values(&values, path).map_err(|_| too_much())?;
        Ok(Self { path, files, merged })
    }

    /// Every image that can be read, and what is not certain.
    pub(in crate::overlay) fn resolved(&self) -> Resolved {
        let mut resolved = Resolved::default();
        let hidden = self.merged.hidden().into_iter();
        let notes =
            hidden.map(|hidden| Uncertain::hiding(hidden.limit, &hidden.file, hidden.line, hidden.why));
        resolved.uncertain.extend(notes);
        for index in 0..self.merged.len() {
            let (Some(image), Some(source)) = (self.merged.image(index), self.merged.source(index)) else {
                continue;
            };
            match image.reference() {
                Ok(reference) => {
                    let found = ImageUse::merged(reference, self.merged.trail(index));
                    resolved.uses.push(ImageUse { doubt: self.merged.doubt(index), ..found });
                }
                Err(_) => {
                    let Unreadable { limit, why } = image.unreadable();
                    let note = Uncertain::hiding(limit, &source.file, source.line, why);
                    resolved.uncertain.push(note);
                }
            }
        }
        resolved
    }

    /// What the merged values say of one image.
    ///
    /// # Errors
    /// Where they do not name it, name it with two tags, or a tag is not certain.
    pub(in crate::overlay) fn running(
        &self,
        image: &ImageName,
        quotes: Quotes,
    ) -> Result<ImageUse, OverlayError> {
        self.reject_doubts(image, quotes)?;
        let mut agreed: Option<ImageUse> = None;
        for index in self.indices(image) {
            let (Some(source), Some(reference)) =
                (self.merged.source(index), self.merged.reference(index, image))
            else {
                let Some((written, source)) = self.merged.image(index).zip(self.merged.source(index)) else {
                    continue;
                };
                let Unreadable { limit, why } = written.unreadable();
                return Err(EditObstacle::at_line(limit, source.line, why).of(&source.file));
            };
            let found =
                ImageUse { line: source.line, ..ImageUse::merged(reference, self.merged.trail(index)) };
            agreed = Some(match agreed {
                None => found,
                Some(first) => joined(first, &found)?,
            });
        }
        agreed.ok_or_else(|| self.not_found(image))
    }

    /// Fails where what is not certain could change what runs of an image.
    fn reject_doubts(&self, image: &ImageName, quotes: Quotes) -> Result<(), OverlayError> {
        let hidden = self.merged.hidden();
        let mut doubts = self.indices(image).filter_map(|index| hidden.get(self.merged.doubt(index)?));
        match doubts.find(|doubt| !quotes.allow(doubt.limit)) {
            Some(doubt) => {
                Err(EditObstacle::at_line(doubt.limit, doubt.line, doubt.why.clone()).of(&doubt.file))
            }
            None => Ok(()),
        }
    }

    /// Refuses a value that still holds one of the replaced digests.
    ///
    /// # Errors
    /// At the first such value.
    pub(in crate::overlay) fn check_replaced(&self, replaced: &Replaced<'_>) -> Result<(), OverlayError> {
        self.merged.check_replaced(replaced)
    }

    /// Hands out every line of the merged values, with the place that it comes from.
    pub(in crate::overlay) fn places(&self, take: &mut impl FnMut(&Place, &str)) {
        self.merged.places(take);
    }

    fn indices<'b>(&'b self, image: &'b ImageName) -> impl Iterator<Item = usize> + 'b {
        (0..self.merged.len()).filter(move |index| self.merged.is_of(*index, image))
    }

    fn not_found(&self, image: &ImageName) -> OverlayError {
        let hidden = self.merged.hidden().into_iter().next();
        let hidden = hidden.map(|hidden| format!("{}:{}: {}", hidden.file, hidden.line, hidden.why));
        let way_out = "name it in one of the files under `values`".into();
        OverlayError::NotFound { image: image.clone(), file: self.path.clone(), hidden, way_out }
    }

    /// The changes that make the merged values say that, each with the file where it is made.
    fn changes(
        &self,
        image: &ImageName,
        to: &SetTo,
    ) -> Result<Vec<(RepositoryPath, SourceChange)>, OverlayError> {
        let mut changes = Vec::new();
        for index in self.indices(image).filter(|index| !self.merged.says(*index, to)) {
            for change in self.merged.changes(index, image, to)? {
                let file = self.file_for(&change, image)?;
                changes.push((file.clone(), change));
            }
        }
        Ok(changes)
    }

    /// The file in which a change is made: the one that sets the scalar if nobody else reads it, else the last one of this
    /// service and environment, which has to come later. Without one it is the last file that other services of the same
    /// environment read, too: the isolation check proves that they keep what they run.
    fn file_for(&self, change: &SourceChange, image: &ImageName) -> Result<&RepositoryPath, OverlayError> {
        let setter = self.files.iter().rposition(|file| file.path == change.source.file);
        let last = |sharing| self.files.iter().rposition(|file| file.sharing == sharing);
        let own = last(ValuesSharing::Own).or_else(|| last(ValuesSharing::Services));
        let refused = |why: String| EditObstacle::at_line(Limit::ValuesShared, change.source.line, why);
        let refuse = |why: String| Err(refused(why).of(&change.source.file));
        match (setter.and_then(|at| self.files.get(at)), own.and_then(|at| self.files.get(at))) {
            (Some(setter), _) if setter.sharing == ValuesSharing::Own => Ok(&setter.path),
            (Some(setter), Some(file)) if setter.path == file.path => Ok(&setter.path),
            (_, None) => refuse(format!("every values file that may set `{image}` is shared")),
            (_, Some(file)) if own < setter => {
                refuse(format!("this shared values file comes after `{}` and sets `{image}`", file.path))
            }
            (_, Some(file)) if change.source.path.is_none() => {
                let why =
                    format!("`{image}` stands in a list of a shared file, and Helm replaces whole lists");
                let way_out = format!("copy the list to `{}`", file.path);
                Err(refused(why).or_else(way_out).of(&change.source.file))
            }
            (_, Some(file)) => Ok(&file.path),
        }
    }
}

/// The new content of the files that make the merged values say an image so; none where they already do.
///
/// # Errors
/// As [`MergedFiles::read`]; also where no value names the image, only a shared file could set it, or an edit is not safe
/// or would not have exactly the wanted effect.
pub(in crate::overlay) fn set_image(
    tree: &Tree,
    location: &Location,
    files: &[ValuesFile],
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    let before = MergedFiles::read(tree, location, files)?;
    if before.indices(image).next().is_none() {
        return Err(before.not_found(image));
    }
    before.reject_doubts(image, Quotes::Given)?;
    let mut edited: Vec<(RepositoryPath, Vec<u8>)> = Vec::new();
    for (file, change) in before.changes(image, to)? {
        let now = tree.with_files(&edited);
        let bytes = now.read(&file).map_err(|_| absent(&file))?;
        let bytes = if file == change.source.file {
            scalar_edit::edited(&file, bytes, &[&change])?
        } else {
            let lost = || EditObstacle::whole(Limit::Unsafe, "a list or a text holds the value to set");
            let edited = change.target().ok_or_else(lost).and_then(|target| target.put(bytes));
            edited.map_err(|refused| refused.of(&file))?
        };
        edited.retain(|(other, _)| *other != file);
        edited.push((file, bytes));
    }
    let after = tree.with_files(&edited);
    prove(&before, &MergedFiles::read(&after, location, files)?, image, to)?;
    Ok(edited)
}

/// Every place of the image says what is wanted, and all other images what they said.
fn prove(
    before: &MergedFiles<'_>,
    after: &MergedFiles<'_>,
    image: &ImageName,
    to: &SetTo,
) -> Result<(), OverlayError> {
    let (old, new) = (&before.merged, &after.merged);
    let is_right = |index: usize| {
        if old.is_of(index, image) {
            new.is_of(index, image) && new.says(index, to)
        } else {
            old.image(index) == new.image(index)
        }
    };
    if old.len() == new.len() && (0..old.len()).all(is_right) {
        return Ok(());
    }
    let why = "the edit would not have exactly the wanted effect on the merged values";
    Err(EditObstacle::whole(Limit::Unsafe, why).or_else("set the image by hand").of(before.path))
}

/// The content of every file, in order; all that lack it are named at once.
fn contents<'a, 'b>(
    tree: &'a Tree,
    path: &RepositoryPath,
    files: &'b [ValuesFile],
) -> Result<Vec<(&'b RepositoryPath, &'a [u8])>, OverlayError> {
    let (mut contents, mut missing) = (Vec::new(), Missing::default());
    for file in files {
        match tree.read(&file.path) {
            Ok(bytes) => contents.push((&file.path, bytes)),
            Err(TreeError::Missing) => drop(missing.0.insert(file.path.clone())),
            Err(TreeError::NotFound | TreeError::NotAFile(_)) => return Err(absent(&file.path)),
        }
    }
    if contents.iter().map(|(_, bytes)| bytes.len()).sum::<usize>() > BYTES_READ_MAX {
        let why = format!("the values files have more than {} MiB", BYTES_READ_MAX >> 20);
        return Err(EditObstacle::whole(Limit::TooMuch, why)
            .or_else("make the values files smaller")
            .of(path));
    }
    if missing.0.is_empty() { Ok(contents) } else { Err(OverlayError::Missing(missing)) }
}

fn absent(file: &RepositoryPath) -> OverlayError {
    let way_out = "add the file, or correct `values` in the configuration";
    EditObstacle::whole(Limit::NoFile, "this values file does not exist").or_else(way_out).of(file)
}

/// The values in a file; `None` where it has none.
fn read_values(file: &RepositoryPath, bytes: &[u8]) -> Result<Option<Value>, OverlayError> {
    let text = Text::new(bytes).map_err(|error| EditObstacle::from(error).of(file))?;
    let Some(values) = helm::values_of(&text, file, Lines::After(0)) else { return Ok(None) };
    let refuse = |line, why: String| {
        Err(EditObstacle::at_line(Limit::ManifestUnread, line, why)
            .or_else("correct the values file")
            .of(file))
    };
    if let Some(second) = text.second_document() {
        let why = "this values file has several documents, which Helm 3 and Helm 4 read in different ways";
        return Err(EditObstacle::at_line(Limit::SeveralDocuments, text.line(second), why).of(file));
    }
    let mut unread = Vec::new();
    values.unread(&mut unread);
    match (unread.into_iter().next(), &values) {
        (Some((line, why)), _) => refuse(line, why),
        (None, Value::Map(_)) => Ok(Some(values)),
        (None, Value::List(_) | Value::Scalar(_) | Value::Unread { .. }) => {
            refuse(1, "Helm values are a mapping".to_owned())
        }
    }
}
