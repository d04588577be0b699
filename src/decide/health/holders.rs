//! Environments in which no user may ask for a promotion.

use std::collections::BTreeSet;

use super::{Diagnosis, Topic, warning};
use crate::model::{EnvironmentName, ForgeName, Policy, Right, Service, ServiceEnvironment};

/// The environments at a forge without permissions in which the configuration names no user who may promote. A list that is
/// empty on purpose is not reported. Who may approve is named by the gates.
#[must_use]
pub fn holder_findings(policy: &Policy, forge: &ForgeName) -> Option<Diagnosis> {
    if !policy.without_permissions.contains(forge) {
        return None;
    }
    let mut found = BTreeSet::new();
    for service in policy.services.iter().filter(|service| service.place.forge == *forge) {
        let environments = policy.pipeline_of(service).environments.iter().map(|own| &own.name);
        found.extend(
            environments.filter(|environment| has_no_promoter(policy, service, environment)).cloned(),
        );
    }
    (!found.is_empty()).then(|| warning(Topic::WithoutPromoters(found)))
}

fn has_no_promoter(policy: &Policy, service: &Service, environment: &EnvironmentName) -> bool {
    let target = ServiceEnvironment { service: service.name.clone(), environment: environment.clone() };
    let rights = policy.rights.get(environment);
    let is_listed = rights.is_some_and(|rights| rights.0.contains_key(&Right::Promote));
    !is_listed && policy.holders(Right::Promote, &target).is_empty()
}
