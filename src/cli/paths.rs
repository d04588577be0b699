//! The overlays of services, looked up in their config repositories.

use super::engines::RealEngine;
use crate::decide::health::{Diagnosis, missing_paths, refused_overlays};
use crate::forge::{Forge as _, ForgeError};
use crate::model::Place;
use crate::observe;

/// What is wrong with the overlays at a place: paths that its branch does not hold, and overlays that are refused. Those
/// that the next promotion mends are warnings.
///
/// # Errors
/// Where the branch cannot be read.
pub(super) async fn wrong(engine: &RealEngine, place: &Place) -> Result<Vec<Diagnosis>, ForgeError> {
    let head = engine.ports.forge.head(place).await?;
    let entries = engine.ports.forge.entries(place, &head).await?;
    let mut wrong = missing_paths(&engine.policy, place, &entries);
    let found = observe::runs(&engine.ports, &engine.policy, place).await?;
    let refused = refused_overlays(&found.running, &found.lacking_quotes, &wrong);
    wrong.extend(refused);
    Ok(wrong)
}
