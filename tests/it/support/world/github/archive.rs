//! Archives of commits, which GitHub keeps at a host of their own.

use std::net::SocketAddr;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::extract::{Path, State as Shared};
use axum::http::{HeaderMap, Response, StatusCode};
use axum::response::Redirect;
use axum::routing::get;
use flate2::Compression;
use flate2::write::GzEncoder;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use towpath::model::CommitId;

use super::super::{FakeWorld, State};
use super::{Said, not_found};
use crate::support::fixture::Files;

/// What the host of archives keeps.
#[derive(Debug, Default)]
pub(crate) struct Archives {
    host: Option<SocketAddr>,
    /// How many were fetched.
    pub(crate) fetched: usize,
    /// Whether attributes of Git leave out or change every second file.
    pub(crate) have_attributes: bool,
    /// What the host of archives answers instead of them.
    pub(crate) refusal: Option<u16>,
    /// How large each file is said to be.
    pub(crate) claimed_bytes: Option<u64>,
}

impl FakeWorld {
    /// Serves the archives at an address of their own.
    pub(super) async fn serve_archives(&self) {
        let listener = TcpListener::bind(("127.0.0.1", 0)).await.expect("a free port");
        self.state().github.archives.host = Some(listener.local_addr().expect("it has an address"));
        let server = Self { watch: self.watch.for_a_server(), ..self.clone() };
        let router = Router::new()
            .route("/{owner}/{name}/legacy.tar.gz/{commit}", get(sent_on))
            .route("/kept/{owner}/{name}/{commit}", get(archive));
        tokio::spawn(async move { axum::serve(listener, router.with_state(server)).await });
    }
}

/// Sends whoever comes on within the same host, as a proxy before it might.
async fn sent_on(
    Path((owner, name, commit)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Redirect {
    assert!(!headers.contains_key("authorization"), "the token stays with the interface");
    Redirect::temporary(&format!("/kept/{owner}/{name}/{commit}"))
}

async fn archive(
    Shared(world): Shared<FakeWorld>,
    Path((_, _, commit)): Path<(String, String, String)>,
    headers: HeaderMap,
) -> Response<Body> {
    assert!(!headers.contains_key("authorization"), "the token stays with the interface");
    let mut state = world.state();
    if let Some(status) = state.github.archives.refusal {
        let refused = Response::builder().status(status).header("retry-after", "60");
        let refused =
            refused.header("date", "Thu, 01 Jan 2026 00:00:00 GMT").header("x-ratelimit-remaining", "0");
        return refused.body(Body::from("Too many requests")).expect("a response");
    }
    let Some(commit) = state.found_commit(&commit) else {
        return Response::builder().status(StatusCode::NOT_FOUND).body(Body::empty()).expect("a response");
    };
    state.github.archives.fetched += 1;
    let files = state.git.get(&commit).files.clone();
    let files = if state.github.archives.have_attributes { with_attributes(files) } else { files };
    Response::new(Body::from(packed(&files)))
}

/// Every second file is another, and every fourth is not there.
fn with_attributes(files: Files) -> Files {
    let numbered = files.into_iter().enumerate().filter(|(index, _)| index % 4 != 3);
    numbered
        .map(|(index, (path, content))| {
            let other = || Arc::from([&content[..], b"# $Format: expanded$\n"].concat());
            (path, if index % 4 == 1 { other() } else { content })
        })
        .collect()
}

fn packed(files: &Files) -> Vec<u8> {
    let mut archive = tar::Builder::new(GzEncoder::new(Vec::new(), Compression::fast()));
    for (path, content) in files {
        let mut header = tar::Header::new_gnu();
        header.set_size(content.len() as u64);
        header.set_mode(0o664);
        let path = format!("acme-deploy-0123456/{path}");
        archive.append_data(&mut header, path, &content[..]).expect("a file fits");
    }
    let packer = archive.into_inner().expect("an archive ends");
    packer.finish().expect("a file ends")
}

impl State {
    /// Where the archive of a commit is.
    pub(super) fn archive_of(&self, commit: &str) -> Said {
        let found = self.found_commit(commit).zip(self.github.archives.host);
        found.map_or_else(not_found, |(commit, host): (CommitId, SocketAddr)| {
            (302, json!(format!("http://{host}/{}/legacy.tar.gz/{commit}", self.place.repository)))
        })
    }
}

/// What is said of a place elsewhere.
pub(super) fn elsewhere(value: &Value) -> &str {
    value.as_str().expect("a place")
}
