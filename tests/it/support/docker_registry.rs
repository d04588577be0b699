//! A real container registry on a port of its own, to push to and to count requests at.

use std::collections::BTreeMap;
use std::fs::{self, File};
use std::io::{self, BufRead as _, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStderr, Command, Stdio};
use std::sync::mpsc::{self, Sender};
use std::thread;
use std::time::Duration;

use reqwest::header::{AUTHORIZATION, CONTENT_TYPE, HeaderName, LOCATION};
use reqwest::{Client, RequestBuilder, Response, Url};
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};
use tempfile::TempDir;

use super::peer;

const START_S_MAX: u64 = 30;
/// What a tar archive without entries consists of.
const EMPTY_LAYER: [u8; 1024] = [0; 1024];
const MANIFEST_TYPE: &str = "application/vnd.oci.image.manifest.v1+json";
const CONFIG_TYPE: &str = "application/vnd.oci.image.config.v1+json";
const LAYER_TYPE: &str = "application/vnd.oci.image.layer.v1.tar";
const BLOB_TYPE: &str = "application/octet-stream";
const VERSION_LABEL: &str = "org.opencontainers.image.version";

/// A running Debian docker-registry, empty at first; it ends and its files go when this is dropped.
pub(crate) struct DockerRegistry {
    process: Child,
    /// Host and port on loopback, as they stand in the name of an image.
    host: String,
    /// Its configuration, what was pushed, and its access log.
    folder: TempDir,
    client: Client,
    /// What whoever pushes shows; nothing where anybody may.
    authorization: Option<String>,
}

/// Who may use a registry.
#[derive(Debug)]
pub(crate) struct Guard {
    /// The `auth` of its configuration.
    pub(crate) auth: Value,
    /// What `push` shows: the value of the header `Authorization`.
    pub(crate) authorization: String,
}

impl DockerRegistry {
    /// Starts a registry and waits until it takes requests.
    ///
    /// # Panics
    ///
    /// When it does not start; with what it said.
    pub(crate) fn start() -> Self {
        Self::start_with("notifications", json!({}), None)
    }

    /// The same, where the registry sends its events to an address, with this value of `Authorization`.
    ///
    /// # Panics
    ///
    /// As [`Self::start`].
    pub(crate) fn start_telling(address: &str, authorization: &str) -> Self {
        let endpoint = json!({
            "name": "towpath",
            "url": address,
            "headers": { "Authorization": [authorization] },
            "timeout": "2s",
            "threshold": 3,
            "backoff": "100ms",
        });
        Self::start_with("notifications", json!({ "endpoints": [endpoint] }), None)
    }

    /// Starts a registry that lets in only whom the guard says.
    ///
    /// # Panics
    ///
    /// When it does not start; with what it said.
    pub(crate) fn start_guarded(guard: Guard) -> Self {
        Self::start_with("auth", guard.auth, Some(guard.authorization))
    }

    /// With one more part of its configuration.
    fn start_with(part: &str, content: Value, authorization: Option<String>) -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut process = spawn(folder.path(), part, content);
        let said = process.stderr.take().expect("its standard error is a pipe");
        match wait_for_address(said) {
            Ok(host) => Self { process, host, folder, client: Client::new(), authorization },
            Err(said) => {
                // It may have ended by itself.
                process.kill().ok();
                process.wait().ok();
                panic!("the registry did not start: {said}");
            }
        }
    }

    /// Host and port, `127.0.0.1:41234`: what stands before the repository in the name of an image.
    pub(crate) fn host(&self) -> &str {
        &self.host
    }

    /// Pushes a minimal image and returns the digest of its manifest.
    ///
    /// Its content is made of `tag` and `labels` alone: the same give the same digest, different ones another.
    pub(crate) async fn push(&self, repository: &str, tag: &str, labels: &[(&str, &str)]) -> String {
        let config = config(tag, labels);
        self.push_blob(repository, &EMPTY_LAYER).await;
        self.push_blob(repository, &config).await;
        let manifest = manifest(&config);
        let url = self.url(&format!("/v2/{repository}/manifests/{tag}"));
        self.put(url, MANIFEST_TYPE, &manifest).await;
        digest(&manifest)
    }

    /// How often each was asked for, as in `GET /v2/acme/shop/tags/list`; queries are left out.
    ///
    /// Every request that was answered counts, those of `push` among them.
    pub(crate) fn requests(&self) -> BTreeMap<String, usize> {
        let log =
            fs::read_to_string(access_log(self.folder.path())).expect("the registry keeps an access log");
        let mut counts = BTreeMap::new();
        for request in log.lines().filter_map(request_of) {
            *counts.entry(request).or_default() += 1;
        }
        counts
    }

    /// The address of a path that starts with a slash.
    pub(crate) fn url(&self, path: &str) -> Url {
        format!("http://{}{path}", self.host).parse().expect("host and path make an address")
    }

    async fn push_blob(&self, repository: &str, blob: &[u8]) {
        let uploads = self.url(&format!("/v2/{repository}/blobs/uploads/"));
        let begun = accepted(self.shown(self.client.post(uploads)).send().await);
        let mut upload: Url = header(&begun, &LOCATION).parse().expect("the registry names an address");
        upload.query_pairs_mut().append_pair("digest", &digest(blob));
        self.put(upload, BLOB_TYPE, blob).await;
    }

    async fn put(&self, url: Url, media_type: &str, body: &[u8]) {
        let request = self.client.put(url).header(CONTENT_TYPE, media_type).body(body.to_vec());
        accepted(self.shown(request).send().await);
    }

    /// A request that shows who we are.
    fn shown(&self, request: RequestBuilder) -> RequestBuilder {
        match &self.authorization {
            Some(authorization) => request.header(AUTHORIZATION, authorization),
            None => request,
        }
    }
}

impl Drop for DockerRegistry {
    fn drop(&mut self) {
        // It may have ended by itself, and then there is nothing to end.
        self.process.kill().ok();
        self.process.wait().ok();
    }
}

fn spawn(folder: &Path, part: &str, content: Value) -> Child {
    let program = peer::find("docker-registry", "TOWPATH_TEST_REGISTRY");
    let configuration = folder.join("config.json");
    let mut settings = settings(folder);
    settings[part] = content;
    fs::write(&configuration, settings.to_string()).expect("the temporary folder can be written");
    // A file, not a pipe: the registry writes its line before it answers, so a reader needs not wait for it.
    let log = File::create(access_log(folder)).expect("the temporary folder can be written");
    let mut command = Command::new(&program);
    command.arg("serve").arg(&configuration).stdin(Stdio::null()).stdout(log).stderr(Stdio::piped());
    command.spawn().unwrap_or_else(|error| panic!("{} does not run: {error}", program.display()))
}

/// The configuration, in the part of YAML that is JSON. Port 0 lets the system choose one that is free.
fn settings(folder: &Path) -> Value {
    json!({
        "version": 0.1,
        "log": { "level": "info" },
        "storage": { "filesystem": { "rootdirectory": folder.join("storage") }, "delete": { "enabled": true } },
        "http": { "addr": "127.0.0.1:0", "secret": "only for tests" },
    })
}

fn access_log(folder: &Path) -> PathBuf {
    folder.join("access.log")
}

/// The address the registry says it listens on, or all that it said instead.
fn wait_for_address(said: ChildStderr) -> Result<String, String> {
    let (sender, receiver) = mpsc::channel();
    thread::spawn(move || tell_address(said, &sender));
    let silence = || Err(format!("it did not listen within {START_S_MAX} s"));
    receiver.recv_timeout(Duration::from_secs(START_S_MAX)).unwrap_or_else(|_| silence())
}

/// Sends the address once, then reads on to the end, because a full pipe would stop the registry.
fn tell_address(said: ChildStderr, sender: &Sender<Result<String, String>>) {
    let mut said = BufReader::new(said);
    let mut lines = String::new();
    let address = loop {
        let start = lines.len();
        match said.read_line(&mut lines) {
            Ok(0) | Err(_) => break Err(lines),
            Ok(_) => {}
        }
        if let Some(address) = address_of(&lines[start..]) {
            break Ok(address);
        }
    };
    // Nobody listens any more where the start took too long.
    sender.send(address).ok();
    io::copy(&mut said, &mut io::sink()).ok();
}

fn address_of(line: &str) -> Option<String> {
    let (_, rest) = line.split_once("msg=\"listening on ")?;
    Some(rest.split_once('"')?.0.to_owned())
}

/// The request in a line of the access log, without its query.
fn request_of(line: &str) -> Option<String> {
    let mut words = line.split('"').nth(1)?.split(' ');
    let (verb, path) = (words.next()?, words.next()?);
    Some(format!("{verb} {}", path.split('?').next()?))
}

fn config(tag: &str, labels: &[(&str, &str)]) -> Vec<u8> {
    let mut all = BTreeMap::from([(VERSION_LABEL, tag)]);
    all.extend(labels.iter().copied());
    let config = json!({
        "architecture": "amd64",
        "os": "linux",
        "config": { "Labels": all },
        "rootfs": { "type": "layers", "diff_ids": [digest(&EMPTY_LAYER)] },
    });
    config.to_string().into_bytes()
}

fn manifest(config: &[u8]) -> Vec<u8> {
    let manifest = json!({
        "schemaVersion": 2,
        "mediaType": MANIFEST_TYPE,
        "config": descriptor(CONFIG_TYPE, config),
        "layers": [descriptor(LAYER_TYPE, &EMPTY_LAYER)],
    });
    manifest.to_string().into_bytes()
}

fn descriptor(media_type: &str, content: &[u8]) -> Value {
    json!({ "mediaType": media_type, "digest": digest(content), "size": content.len() })
}

fn digest(content: &[u8]) -> String {
    format!("sha256:{:x}", Sha256::digest(content))
}

fn accepted(answer: reqwest::Result<Response>) -> Response {
    answer.and_then(Response::error_for_status).expect("the registry takes what is pushed")
}

fn header<'a>(response: &'a Response, name: &HeaderName) -> &'a str {
    let value = response.headers().get(name).expect("the registry sends the header");
    value.to_str().expect("the header is text")
}
