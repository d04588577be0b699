//! The content of some blobs in one GraphQL document.
//!
//! GraphQL gives text: of other bytes something else, and of long ones the beginning. So nothing of it is believed but what
//! has the name that Git gives to its bytes.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::Arc;

use serde::Deserialize;
use serde_json::{Value, json};

use super::super::GitHubForge;
use super::super::scope::Scope;
use super::super::transport::Call;
use super::super::wire::GraphResponse;
use super::archive::{Contents, blob_id};
use crate::forge::ForgeError;
use crate::model::{BlobId, RepositoryName};

/// How many blobs one document asks for.
pub(super) const BLOBS_AT_ONCE: usize = 100;

#[derive(Deserialize)]
struct Text {
    text: Option<String>,
}

impl GitHubForge {
    /// The content of those blobs that are text and not long; at most [`BLOBS_AT_ONCE`] are asked for.
    ///
    /// # Errors
    /// If GitHub does not respond.
    pub(super) async fn texts(
        &self,
        repository: &RepositoryName,
        blobs: &[BlobId],
    ) -> Result<Contents, ForgeError> {
        let call = Call::query(Scope::Repository(repository), "read files", question(repository, blobs));
        let response: GraphResponse = self.inner.transport.call(call.once()).await?.json("the files")?;
        let found = response.data.and_then(|mut data| data.remove("repository"));
        let found: BTreeMap<String, Option<Text>> = serde_json::from_value(found.unwrap_or_default())
            .map_err(|error| ForgeError::unavailable(format!("reading files of `{repository}`"), error))?;
        Ok(proven(found))
    }
}

fn question(repository: &RepositoryName, blobs: &[BlobId]) -> Value {
    let (owner, name) = (repository.owner(), repository.short_name());
    let mut asked = String::new();
    for (index, blob) in blobs.iter().enumerate() {
        writeln!(asked, "  b{index}: object(oid: \"{blob}\") {{ ... on Blob {{ text }} }}")
            .expect("a text can be written to");
    }
    let query = format!(
        "query($owner: String!, $name: String!) {{ repository(owner: $owner, name: $name) {{\n{asked}}} }}"
    );
    json!({ "query": query, "variables": { "owner": owner, "name": name } })
}

/// The contents by the names that they have.
fn proven(found: BTreeMap<String, Option<Text>>) -> Contents {
    let texts = found.into_values().flatten().filter_map(|found| found.text);
    let named = texts.filter_map(|text| {
        let content: Arc<[u8]> = text.into_bytes().into();
        Some((blob_id(&content)?, content))
    });
    named.collect()
}
