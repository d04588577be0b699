//! Makes every spot of an image say the same release, and proves that nothing else does.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashSet};

use super::files::{Looked, look};
use super::mention::Mention;
use super::replaced::Replaced;
use super::spot::{Change, ImageLocation};
use super::stale;
use crate::model::{
    DeclaredScalar, ImageDiscovery, ImageName, ImageReference, Location, RepositoryPath, Tree,
};
use crate::overlay::document::quotes::Quotes;
use crate::overlay::document::written::{SUBSTITUTION, Unreadable};
use crate::overlay::kustomize::note::Uncertain;
use crate::overlay::kustomize::resolved::{ImageUse, Resolved};
use crate::overlay::{EditObstacle, Limit, OverlayError, SetTo};

/// The new content of the files that make a location run an image so; none where it already does.
///
/// # Errors
/// Where content is missing, the image is not there, an edit is not safe, or it would not have exactly the wanted
/// effect.
pub(in crate::overlay) fn set_image(
    tree: &Tree,
    location: &Location,
    image: &ImageName,
    to: &SetTo,
) -> Result<Vec<(RepositoryPath, Vec<u8>)>, OverlayError> {
    let before = look(tree, location, Some(image))?;
    before.reject_doubts(image, Quotes::Given)?;
    if before.spots_of(image).next().is_none() {
        return Err(before.not_found(image));
    }
    let mut changes: BTreeMap<&RepositoryPath, Vec<Change>> = BTreeMap::new();
    for (path, sheet, spot) in before.spots_of(image).filter(|(_, _, spot)| !spot.says(to)) {
        let at = |refused: EditObstacle| {
            EditObstacle { line: refused.line.or(Some(sheet.line(spot))), ..refused }.of(path)
        };
        stale::check(&sheet.found.spots, spot, image, to).map_err(at)?;
        let changes = changes.entry(path).or_default();
        for change in spot.changes(to).map_err(at)? {
            // Two spots may read one scalar, through aliases.
            if !(change.is_for_aliases() && changes.contains(&change)) {
                changes.push(change);
            }
        }
    }
    let mut files = Vec::new();
    for (path, sheet) in &before.sheets {
        if let Some(changes) = changes.get(path) {
            files.push((
                path.clone(),
                sheet.edited(changes).map_err(|refused| refused.of(path))?.into_bytes(),
            ));
        }
    }
    let after = look(&tree.with_files(&files), location, Some(image))?;
    prove(&before, &after, image, to)?;
    Ok(files)
}

/// Refuses a promotion after which one of the replaced digests is still in the files of a location: in all of them, or
/// where a marker or the configuration names the scalars, in those that it edits.
///
/// # Errors
/// At the scalar that holds the digest, and where content is missing.
pub(in crate::overlay) fn check_replaced(
    edited: &Tree,
    location: &Location,
    replaced: &Replaced<'_>,
) -> Result<(), OverlayError> {
    let after = look(edited, location, None)?;
    let edited_paths: BTreeSet<&RepositoryPath> = edited.edited_paths().collect();
    let is_by_format = location.finding == ImageDiscovery::ByFormat;
    let meant = after.sheets.iter().filter(|(path, _)| is_by_format || edited_paths.contains(path));
    for (path, sheet) in meant {
        sheet.check_replaced(replaced).map_err(|refused| refused.of(path))?;
    }
    Ok(())
}

/// Every spot of the image says what is wanted, and all others what they said.
fn prove(before: &Looked, after: &Looked, image: &ImageName, to: &SetTo) -> Result<(), OverlayError> {
    let refuse = |why: &str| {
        let way_out = "set the image by hand, and please report this";
        Err(EditObstacle::whole(Limit::Unsafe, why).or_else(way_out).of(&before.path))
    };
    let (old, new) = (before.all(), after.all());
    if old.len() != new.len() {
        return refuse("the edit would change what images are here");
    }
    let is_right = |(old, new): (&&ImageLocation, &&ImageLocation)| {
        if old.is_of(image) { new.is_of(image) && new.says(to) } else { old.image == new.image }
    };
    if old.iter().zip(&new).all(is_right) {
        Ok(())
    } else {
        refuse("the edit would not have the wanted effect")
    }
}

impl Looked {
    fn all(&self) -> Vec<&ImageLocation> {
        self.sheets.iter().flat_map(|(_, sheet)| &sheet.found.spots).collect()
    }

    /// The error for an image that nothing shows.
    pub(super) fn not_found(&self, image: &ImageName) -> OverlayError {
        let hidden = self.sheets.iter().find_map(|(path, sheet)| {
            sheet.found.hidden.first().map(|hidden| format!("{path}:{}: {}", hidden.line, hidden.why))
        });
        let hidden = hidden.or_else(|| self.variable_name());
        let way_out = match &self.finding {
            ImageDiscovery::Marker(marker) => format!(
                "no scalar in it has the marker `{marker}`: write `# {{\"$imagepolicy\": \"{marker}:tag\"}}` behind the \
                 scalar that holds the tag, or correct `marker` in the configuration"
            )
            .into(),
            ImageDiscovery::Declared(scalars) => {
                let named = |scalar: &DeclaredScalar| format!("`{}` in {}", scalar.path, scalar.file);
                let scalars: Vec<String> = scalars.iter().map(named).collect();
                let scalars = scalars.join(", ");
                format!("correct `set` in the configuration, which names {scalars}, or add the scalar there")
                    .into()
            }
            ImageDiscovery::ByFormat | ImageDiscovery::Values(_) => self.way_out(image),
        };
        OverlayError::NotFound { image: image.clone(), file: self.path.clone(), hidden, way_out }
    }

    /// What to do where no format shows an image.
    fn way_out(&self, image: &ImageName) -> Cow<'static, str> {
        Mention::find(self.texts(), image).map_or_else(
            || {
                "name it there, or declare where it stands with `set` or a `marker` in the configuration"
                    .into()
            },
            |mention| {
                mention.way_out("in no form that is known; declare it with `set` in the configuration").into()
            },
        )
    }

    /// The place of the first image whose name holds a variable: it may be any.
    fn variable_name(&self) -> Option<String> {
        self.sheets.iter().find_map(|(path, sheet)| {
            let spot = sheet.found.spots.iter().find(|spot| spot.image.name.contains(SUBSTITUTION))?;
            Some(format!("{path}:{}: {}", sheet.line(spot), spot.image.unreadable().why))
        })
    }

    /// Fails where what is not certain could change what runs of this image.
    fn reject_doubts(&self, image: &ImageName, quotes: Quotes) -> Result<(), OverlayError> {
        for (path, sheet) in &self.sheets {
            for (index, hidden) in &sheet.found.doubts {
                let spot = sheet.found.spots.get(*index).filter(|spot| spot.is_of(image));
                let hidden = spot.and_then(|_| sheet.found.hidden.get(*hidden));
                if let Some(hidden) = hidden.filter(|hidden| !quotes.allow(hidden.limit)) {
                    return Err(EditObstacle::at_line(hidden.limit, hidden.line, hidden.why.clone()).of(path));
                }
            }
        }
        Ok(())
    }

    /// Every image that can be read, and what is not certain.
    pub(in crate::overlay) fn resolved(&self) -> Resolved {
        let mut resolved = Resolved::default();
        for (path, sheet) in &self.sheets {
            let first_note = resolved.uncertain.len();
            let altering: HashSet<usize> = sheet.found.doubts.values().copied().collect();
            for (index, hidden) in sheet.found.hidden.iter().enumerate() {
                let note = Uncertain::hiding(hidden.limit, path, hidden.line, hidden.why.clone());
                resolved.uncertain.push(if altering.contains(&index) { note.altering() } else { note });
            }
            for (index, spot) in sheet.found.spots.iter().enumerate() {
                let line = sheet.line(spot);
                let doubt = sheet.found.doubts.get(&index).map(|hidden| first_note + hidden);
                match spot.image.reference() {
                    Ok(reference) => {
                        let found = ImageUse::plain(reference, path, line, spot.set_by);
                        resolved.uses.push(ImageUse { doubt, ..found });
                    }
                    Err(_) => {
                        let Unreadable { limit, why } = spot.image.unreadable();
                        resolved.uncertain.push(Uncertain::hiding(limit, path, line, why));
                    }
                }
            }
        }
        resolved
    }

    /// What all spots of an image say together; of those that differ, both places.
    ///
    /// # Errors
    /// Where no spot says anything of the image, or two disagree.
    pub(in crate::overlay) fn running(
        &self,
        image: &ImageName,
        quotes: Quotes,
    ) -> Result<ImageUse, OverlayError> {
        self.reject_doubts(image, quotes)?;
        let mut agreed: Option<ImageUse> = None;
        for (path, sheet, spot) in self.spots_of(image) {
            let line = sheet.line(spot);
            let Some(reference) = spot.reference(image) else {
                let Unreadable { limit, why } = spot.image.unreadable();
                let refused = EditObstacle::at_line(limit, line, why);
                let way_out = "write a tag or digest that is one";
                let is_bad = limit == Limit::NotAnImage;
                return Err(if is_bad { refused.or_else(way_out) } else { refused }.of(path));
            };
            let found = ImageUse::plain(reference, path, line, spot.set_by);
            agreed = Some(match agreed {
                None => found,
                Some(first) => joined(first, &found)?,
            });
        }
        agreed.ok_or_else(|| self.not_found(image))
    }
}

/// What two places say together: each may leave out tag or digest, but they must not differ.
pub(super) fn joined(first: ImageUse, other: &ImageUse) -> Result<ImageUse, OverlayError> {
    let (one, two) = (&first.reference, &other.reference);
    if !agree(one.tag.as_ref(), two.tag.as_ref()) || !agree(one.digest.as_ref(), two.digest.as_ref()) {
        let why = format!("`{two}` is written here, but `{one}` in {}:{}", first.file, first.line);
        return Err(EditObstacle::at_line(Limit::Disagreement, other.line, why).of(&other.file));
    }
    let reference = ImageReference {
        image: one.image.clone(),
        tag: one.tag.clone().or_else(|| two.tag.clone()),
        digest: one.digest.clone().or_else(|| two.digest.clone()),
    };
    let decides = if first.reference.tag.is_none() { other.clone() } else { first };
    Ok(ImageUse { reference, ..decides })
}

fn agree<T: PartialEq>(one: Option<&T>, other: Option<&T>) -> bool {
    one.is_none() || other.is_none() || one == other
}
