//! The `HelmRepository` objects in view that are OCI registries, to which a `HelmRelease` refers by name and namespace.

use std::collections::BTreeMap;

use super::chart::OCI;

/// The repositories, by name.
#[derive(Debug, Default)]
pub(in crate::overlay) struct HelmRepositories(BTreeMap<String, Vec<HelmRepository>>);

#[derive(Debug)]
struct HelmRepository {
    /// `None` where the object names none, so that what applies it decides.
    namespace: Option<String>,
    address: String,
}

impl HelmRepositories {
    /// Notes a repository, if its address is that of an OCI registry.
    pub(in crate::overlay) fn note(&mut self, name: &str, namespace: Option<&str>, url: &str) {
        let Some(address) = url.strip_prefix(OCI) else { return };
        let (namespace, address) = (namespace.map(str::to_owned), address.trim_end_matches('/').to_owned());
        self.0.entry(name.to_owned()).or_default().push(HelmRepository { namespace, address });
    }

    /// The address, without its scheme, of the repository to which a name leads from a namespace. Another namespace's does
    /// not count; one whose namespace is not known may be meant.
    pub(super) fn address(&self, name: &str, namespace: Option<&str>) -> Option<&str> {
        let named = self.0.get(name)?;
        let same = named.iter().find(|repository| repository.namespace.as_deref() == namespace);
        let may_be = |repository: &&HelmRepository| repository.namespace.is_none() || namespace.is_none();
        same.or_else(|| named.iter().find(may_be)).map(|repository| repository.address.as_str())
    }
}
