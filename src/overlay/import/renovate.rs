//! Renovate: comments name the images; the settings file is named as what a person has to look at.

use super::{File, add};
use crate::model::{Imported, ImportedService, Leftover};
use crate::overlay::format::renovate;

/// Whether a file holds Renovate's settings.
pub(super) fn is_settings(name: &str) -> bool {
    matches!(
        name,
        "renovate.json" | "renovate.json5" | ".renovaterc" | ".renovaterc.json" | ".renovaterc.json5"
    )
}

pub(super) fn read(files: &[File<'_>], imported: &mut Imported) {
    for file in files {
        if is_settings(file.path.file_name()) {
            let what = "Renovate's settings are not carried over; let it ignore the images that Towpath sets (`ignoreDeps`)";
            let (file, what) = (file.path.clone(), what.to_owned());
            imported.leftovers.push(Leftover { file, line: 1, what });
            continue;
        }
        for hinted in renovate::find(file.raw()) {
            let name = hinted.image.name.rsplit('/').next().unwrap_or_default();
            if let (Ok(name), Ok(image)) = (name.parse(), hinted.image.name.parse()) {
                let paths = vec![file.path.clone()];
                add(imported, ImportedService { name, image, range: "*".to_owned(), marker: None, paths });
            }
        }
    }
}
