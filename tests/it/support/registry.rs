//! A registry on loopback that counts what it is asked and can be told to misbehave.
//!
//! It keeps what is pushed in memory and speaks the distribution protocol over HTTP, so that the production client
//! runs against it unchanged. What it does wrong is a `Fault`, set and taken back by a test.

mod content;
mod fault;
mod requests;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard};

use axum::Router;
use axum::extract::Request;
use axum::response::Response;
use tokio::net::TcpListener;
use towpath::model::{Defect, Digest, ImageName, Tag};
use towpath::registry::oci::{Limits, OciRegistry};
use towpath::registry::{Listing, Login, Registry as _, RegistryError, RegistrySettings};

pub(crate) use content::{Pushed, image_labels};
pub(crate) use fault::Fault;
pub(crate) use requests::Kind;

/// A registry that runs until the test ends.
#[derive(Clone, Debug)]
pub(crate) struct FakeRegistry {
    address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// Everything that it holds and was told.
#[derive(Debug, Default)]
struct State {
    /// What each tag of each repository points to.
    repositories: BTreeMap<String, BTreeMap<String, String>>,
    /// Manifests and blobs by digest.
    content: BTreeMap<String, Vec<u8>>,
    requests: Vec<(Kind, String)>,
    fault: Option<Fault>,
    /// Most tags of a page; all on one where there is none.
    page: Option<usize>,
    gives_etags: bool,
    /// How long its tokens last; it wants none where that is absent.
    token_life_s: Option<u64>,
    tokens_given: usize,
    /// The number of the last token that is taken no more.
    revoked: usize,
}

impl FakeRegistry {
    /// Starts an empty registry that wants no token and gives everything on one page.
    pub(crate) async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
        let address = listener.local_addr().expect("it listens");
        let state = Arc::<Mutex<State>>::default();
        let shared = Arc::clone(&state);
        let router = Router::new().fallback(async move |request: Request| answer(&shared, address, &request));
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, state }
    }

    /// Host and port, as they stand in the name of an image.
    pub(crate) fn host(&self) -> String {
        self.address.to_string()
    }

    /// The name of an image here.
    pub(crate) fn image(&self, repository: &str) -> ImageName {
        format!("{}/{repository}", self.address).parse().expect("a repository in lower case")
    }

    /// The production client, without credentials.
    pub(crate) fn client(&self) -> OciRegistry {
        self.client_within(Limits::default())
    }

    /// The production client with limits of its own.
    pub(crate) fn client_within(&self, limits: Limits) -> OciRegistry {
        client_of([self], limits)
    }

    /// The tags of a repository as a new client sees them, or why it sees none, with the port made equal in all runs.
    pub(crate) async fn tags(&self, repository: &str) -> Result<Vec<String>, String> {
        let listing = self.client().tags(&self.image(repository), None).await;
        listing.map(names_of).map_err(|error| self.words(&error))
    }

    /// What a tag points to, as a new client sees it.
    pub(crate) async fn digest(&self, repository: &str, tag: &str) -> Result<Option<Digest>, String> {
        let tag: Tag = tag.parse().expect("a tag");
        self.client().digest(&self.image(repository), &tag).await.map_err(|error| self.words(&error))
    }

    /// Why an artifact is not described, or `described`.
    pub(crate) async fn described(&self, repository: &str, digest: &Digest) -> String {
        match self.client().description(&self.image(repository), digest).await {
            Ok(Some(description)) => match description.defect {
                None => "described".to_owned(),
                Some(Defect::Unreadable(why) | Defect::Missing(why)) => format!("of no use: {why}"),
                Some(Defect::NoImage) => "of no use: no image".to_owned(),
                Some(Defect::BuildCache) => "of no use: a build cache".to_owned(),
            },
            Ok(None) => "not there".to_owned(),
            Err(error) => self.words(&error),
        }
    }

    /// An error as people read it, with the port made equal in all runs.
    pub(crate) fn words(&self, error: &RegistryError) -> String {
        error.to_string().replace(&self.host(), "registry:5000")
    }

    /// Does this wrong from now on.
    pub(crate) fn misbehave(&self, fault: Fault) {
        self.state().fault = Some(fault);
    }

    /// Does everything right again.
    pub(crate) fn behave(&self) {
        self.state().fault = None;
    }

    /// Gives listings in pages of so many tags.
    pub(crate) fn page_by(&self, tags: usize) {
        self.state().page = Some(tags);
    }

    /// Says with each listing whether it changed.
    pub(crate) fn give_etags(&self) {
        self.state().gives_etags = true;
    }

    /// Wants a token for everything, which lasts so many seconds.
    pub(crate) fn want_tokens(&self, life_s: u64) {
        self.state().token_life_s = Some(life_s);
    }

    /// Takes no token any more that was given so far.
    pub(crate) fn revoke_tokens(&self) {
        let mut state = self.state();
        state.revoked = state.tokens_given;
    }

    /// How often each kind of thing was asked for since the last look.
    pub(crate) fn counts(&self) -> BTreeMap<Kind, usize> {
        let mut counts = BTreeMap::new();
        for (kind, _) in std::mem::take(&mut self.state().requests) {
            *counts.entry(kind).or_default() += 1;
        }
        counts
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().expect("no test thread panicked with the registry in its hands")
    }
}

/// One production client for several registries.
pub(crate) fn client_of<'a>(
    registries: impl IntoIterator<Item = &'a FakeRegistry>,
    limits: Limits,
) -> OciRegistry {
    let settings = |registry: &FakeRegistry| RegistrySettings {
        host: registry.host(),
        plain_http: true,
        realm: None,
        login: Login::Anonymous,
    };
    let noon = || "2026-03-02T12:00:00Z".parse().expect("a time");
    OciRegistry::with_limits(registries.into_iter().map(settings).collect(), Arc::new(noon), limits)
}

/// The tags of a listing, sorted.
pub(crate) fn names_of(listing: Listing) -> Vec<String> {
    let Listing::Tags { tags, .. } = listing else { panic!("nothing was known that could be unchanged") };
    let mut names: Vec<String> = tags.into_iter().map(String::from).collect();
    names.sort();
    names
}

fn answer(state: &Mutex<State>, here: SocketAddr, request: &Request) -> Response {
    let mut state = state.lock().expect("no test thread panicked with the registry in its hands");
    let kind = Kind::of(request);
    state.requests.push((kind, request.uri().to_string()));
    if let Some(wrong) = state.fault.clone().and_then(|fault| fault.answer(&state, kind, request)) {
        return wrong;
    }
    state.answer(kind, here, request)
}
