//! The end of the story, verified by reading the Git repository and nothing else.

use anyhow::{Context as _, ensure};

use super::scene::Scene;
use crate::forge::Forge as _;
use crate::model::{ChangeState, Digest, Missing, Tree};
use crate::overlay::{self, OverlayError};

/// How often content may turn out to be missing.
const READS_MAX: usize = 16;

/// What is true of the repository, in sentences; an error for what should be and is not.
pub(super) async fn verify(scene: &Scene, tag: &str, digest: &Digest) -> anyhow::Result<Vec<String>> {
    let mut truths = Vec::new();
    let service = scene.settings.policy.services.first().context("the demo has a service")?;
    let head = scene.forge.head(&scene.place).await?;
    for environment in scene.settings.policy.pipeline_of(service).environments.iter().map(|own| &own.name) {
        let location = service.locations.get(environment).context("each environment has a folder")?;
        let running = running(scene, &head, location).await?;
        let is_new = running.tag.as_ref().is_some_and(|found| found.as_str() == tag)
            && running.digest.as_ref() == Some(digest);
        ensure!(is_new, "{environment} runs {running} instead of {tag}@{digest}");
        truths.push(format!("{environment:<10} runs {tag} at {}", digest.short()));
    }
    let changes = scene.forge.list(scene.repository()).await?;
    let merged = changes.iter().filter(|change| matches!(change.state, ChangeState::Merged { .. })).count();
    ensure!(
        changes.len() == 3 && merged == 3,
        "{merged} of {} changes are merged instead of 3 of 3",
        changes.len()
    );
    truths.push("three changes, three merges, nothing twice".to_owned());
    let branches = scene.forge.branches(&scene.place).await?;
    ensure!(branches.is_empty(), "branches are left: {branches:?}");
    truths.push("no branch is left behind".to_owned());
    Ok(truths)
}

async fn running(
    scene: &Scene,
    head: &crate::model::CommitId,
    location: &crate::model::Location,
) -> anyhow::Result<crate::model::ImageReference> {
    let service = scene.settings.policy.services.first().context("the demo has a service")?;
    let image = &service.images.first().context("a service has an image")?.name;
    let mut tree = Tree::new(head.clone(), scene.forge.entries(&scene.place, head).await?);
    for _read in 0..READS_MAX {
        match overlay::running(&tree, location, image) {
            Ok(running) => return Ok(running.images.first().context("the image runs")?.reference.clone()),
            Err(OverlayError::Missing(missing)) => fill(scene, &mut tree, missing).await?,
            Err(error) => return Err(error.into()),
        }
    }
    anyhow::bail!("{} leads from file to file too deeply", location.path)
}

async fn fill(scene: &Scene, tree: &mut Tree, missing: Missing) -> anyhow::Result<()> {
    let blobs: Vec<_> =
        missing.0.iter().filter_map(|path| tree.entry(path)).map(|entry| entry.blob).collect();
    let contents = scene.forge.blobs(&scene.place, &blobs).await?;
    blobs.into_iter().zip(contents).for_each(|(blob, content)| tree.add_blob(blob, content));
    Ok(())
}
