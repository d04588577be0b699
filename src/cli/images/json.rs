//! `towpath images --json`: one array, whose items all have the same keys.
//!
//! An image that may run otherwise than shown says so in `uncertain`. What bears on no image that is listed is an item
//! of its own, with `image` null, and so is the refusal of a whole overlay. A consumer that looks at images alone
//! leaves those out.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use super::disk::Disk;
use crate::model::RepositoryPath;
use crate::overlay::{EditObstacle, ImageUse, Resolved, Step, Uncertain};

/// Everything that a folder runs, then what is not certain beyond that.
pub(super) fn listing(resolved: &Resolved, disk: &Disk, with_trail: bool) -> Value {
    let uncertain = |note: usize| resolved.uncertain.get(note).map(|note| reason(note, disk));
    let uses = resolved.uses.iter().map(|found| {
        let mut object = image(found, disk);
        object["uncertain"] = found.doubt.and_then(uncertain).into();
        if with_trail {
            object["trail"] = found.trail.iter().map(|step| step_json(step, disk)).collect();
        }
        object
    });
    let shown: BTreeSet<usize> = resolved.uses.iter().filter_map(|found| found.doubt).collect();
    let others = resolved.uncertain.iter().enumerate().filter(|(index, _)| !shown.contains(index));
    let others = others.map(|(_, note)| {
        let mut object = nothing(&note.file, Some(note.line), disk);
        object["uncertain"] = reason(note, disk);
        object
    });
    uses.chain(others).collect()
}

/// The refusal of a whole overlay.
pub(super) fn refusal(file: &RepositoryPath, refused: &EditObstacle, disk: &Disk) -> Value {
    let mut object = nothing(file, refused.line, disk);
    object["refused"] = json!({
        "limit": refused.limit.id(),
        "why": refused.why,
        "way_out": refused.way_out,
        "file": disk.relative(file),
        "line": refused.line,
    });
    json!([object])
}

fn image(found: &ImageUse, disk: &Disk) -> Value {
    json!({
        "image": found.reference.image,
        "tag": found.reference.tag,
        "digest": found.reference.digest,
        "file": disk.relative(&found.file),
        "line": found.line,
        "set_by": found.set_by,
        "uncertain": null,
        "refused": null,
    })
}

/// An item that is about no image.
fn nothing(file: &RepositoryPath, line: Option<usize>, disk: &Disk) -> Value {
    json!({
        "image": null,
        "tag": null,
        "digest": null,
        "file": disk.relative(file),
        "line": line,
        "set_by": null,
        "uncertain": null,
        "refused": null,
    })
}

fn reason(note: &Uncertain, disk: &Disk) -> Value {
    json!({
        "limit": note.limit.id(),
        "why": note.why,
        "way_out": note.limit.way_out(),
        "file": disk.relative(&note.file),
        "line": note.line,
    })
}

fn step_json(step: &Step, disk: &Disk) -> Value {
    let Step { file, line, set_by, image, .. } = step;
    json!({ "file": disk.relative(file), "line": line, "set_by": set_by, "image": image })
}
