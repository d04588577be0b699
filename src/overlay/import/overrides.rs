//! What Argo CD and Flux apply after the files of a folder, and would still apply after a promotion.

use super::Content;
use crate::model::{Imported, NotImported, RepositoryPath};
use crate::overlay::source_override::file_name::is_source_file;
use crate::overlay::source_override::lines_of_source;
use crate::overlay::source_override::objects::in_file;

/// Names every such setting. Of an object, only those of a folder that is carried over.
pub(super) fn read(contents: &[Content<'_>], imported: &mut Imported) {
    let places: Vec<_> = imported.services.iter().flat_map(|service| service.paths.clone()).collect();
    for (file, bytes) in contents {
        if is_source_file(file.file_name()) {
            let note = |(line, what)| NotImported {
                file: (*file).clone(),
                line,
                what: format!(
                    "{what} after the files of this folder; delete the entry, since Argo CD keeps applying it"
                ),
            };
            // Where no other file is beside it, Towpath edits this file itself.
            let folder = file.parent();
            let mut beside = contents.iter().filter(|(other, _)| other.parent() == folder);
            let is_edited = beside.all(|(other, _)| is_source_file(other.file_name()));
            let lines = if is_edited { Vec::new() } else { lines_of_source(bytes) };
            imported.leftovers.extend(lines.into_iter().map(note));
            continue;
        }
        for found in in_file(file, bytes) {
            // A place that is carried over is a folder, or one of the files that were read.
            let is_of = |place: &RepositoryPath| {
                let is_file = contents.iter().any(|(file, _)| *file == place);
                let folder = if is_file { place.parent() } else { Some(place.clone()) };
                folder.as_ref() == Some(&found.folder)
            };
            if places.iter().any(|place| is_of(place) && *place != found.file) {
                let what =
                    format!("{}; delete the setting, so that what Towpath writes takes effect", found.why);
                imported.leftovers.push(NotImported { file: found.file, line: found.line, what });
            }
        }
    }
}
