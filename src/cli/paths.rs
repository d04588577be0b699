//! The paths of services, looked up in their config repositories.

use crate::decide::health::{Diagnosis, missing_paths};
use crate::forge::{Forge, ForgeError};
use crate::model::{Place, Policy};

/// The paths of services that the branch of a place does not hold.
///
/// # Errors
/// Where the branch cannot be read.
pub(super) async fn missing<F: Forge>(
    policy: &Policy,
    forge: &F,
    place: &Place,
) -> Result<Vec<Diagnosis>, ForgeError> {
    let head = forge.head(place).await?;
    let entries = forge.entries(place, &head).await?;
    Ok(missing_paths(policy, place, &entries))
}
