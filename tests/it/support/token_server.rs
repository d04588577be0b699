//! A token server that docker-registry trusts, for one account.

use std::path::PathBuf;
use std::process::Command;
use std::sync::{Arc, Mutex};

use aws_lc_rs::rand::SystemRandom;
use aws_lc_rs::signature::{RSA_PKCS1_SHA256, RsaKeyPair};
use axum::Router;
use axum::extract::Request;
use axum::http::StatusCode;
use axum::http::header::AUTHORIZATION;
use axum::response::{IntoResponse as _, Response};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::{Value, json};
use tempfile::TempDir;
use tokio::net::TcpListener;
use towpath::observe::{Clock as _, SystemClock};

use super::docker_registry::Guard;
use super::peer;

const ISSUER: &str = "token server";
const SERVICE: &str = "registry";
/// How long its tokens are good.
const LIFE_S: i64 = 300;

/// A token server on loopback until the test ends.
#[derive(Debug)]
pub(crate) struct TokenServer {
    address: String,
    signer: Arc<Signer>,
    requests: Arc<Mutex<Vec<String>>>,
}

/// A key, and the certificate by which docker-registry knows it.
#[derive(Debug)]
struct Signer {
    folder: TempDir,
    key: RsaKeyPair,
    /// The certificate, in base 64.
    certificate: String,
}

impl TokenServer {
    /// Starts a server that gives tokens to whoever shows this `Authorization`.
    pub(crate) async fn start(wanted: &'static str) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a free port on loopback");
        let address = listener.local_addr().expect("it listens").to_string();
        let (signer, requests) = (Arc::new(Signer::new()), Arc::<Mutex<Vec<String>>>::default());
        let (own, asked) = (Arc::clone(&signer), Arc::clone(&requests));
        let handler = async move |request: Request| {
            asked.lock().expect("no test thread panicked").push(request.uri().to_string());
            answer(&own, wanted, &request)
        };
        let router = Router::new().fallback(handler);
        tokio::spawn(async move { axum::serve(listener, router).await });
        Self { address, signer, requests }
    }

    /// What makes docker-registry trust this server, and lets the test push to a repository.
    pub(crate) fn guard(&self, repository: &str) -> Guard {
        let auth = json!({ "token": {
            "realm": format!("http://{}/token", self.address),
            "service": SERVICE,
            "issuer": ISSUER,
            "rootcertbundle": self.signer.certificate_file(),
        } });
        let token = self.signer.token(repository, &["pull", "push"]);
        Guard { auth, authorization: format!("Bearer {token}") }
    }

    /// Its address, to which the registry sends clients.
    pub(crate) fn address(&self) -> String {
        self.address.to_string()
    }

    /// What it was asked since the last call.
    pub(crate) fn requests(&self) -> Vec<String> {
        std::mem::take(&mut *self.requests.lock().expect("no test thread panicked"))
    }
}

fn answer(signer: &Signer, wanted: &str, request: &Request) -> Response {
    if request.headers().get(AUTHORIZATION).is_none_or(|shown| shown != wanted) {
        return StatusCode::UNAUTHORIZED.into_response();
    }
    let query = request.uri().query().unwrap_or_default();
    let scope = query.split('&').find_map(|pair| pair.strip_prefix("scope=repository%3A"));
    let Some((repository, "pull")) = scope.and_then(|scope| scope.rsplit_once("%3A")) else {
        return StatusCode::BAD_REQUEST.into_response();
    };
    let token = signer.token(&repository.replace("%2F", "/"), &["pull"]);
    json!({ "token": token, "expires_in": LIFE_S }).to_string().into_response()
}

impl Signer {
    fn new() -> Self {
        let folder = TempDir::new().expect("a temporary folder");
        let mut command = Command::new(peer::find("openssl", "TOWPATH_TEST_OPENSSL"));
        command
            .current_dir(folder.path())
            .args(["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2"]);
        command.args(["-subj", "/CN=token", "-keyout", "key.pem", "-out", "certificate.pem"]);
        let made = command.output().expect("openssl runs");
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("openssl wrote it");
        let (key, certificate) = (body_of(&read("key.pem")), body_of(&read("certificate.pem")));
        let key = RsaKeyPair::from_pkcs8(&STANDARD.decode(key).expect("base 64")).expect("a key");
        Self { folder, key, certificate }
    }

    fn certificate_file(&self) -> PathBuf {
        self.folder.path().join("certificate.pem")
    }

    fn token(&self, repository: &str, actions: &[&str]) -> String {
        let now = SystemClock.now().timestamp();
        let header = json!({ "typ": "JWT", "alg": "RS256", "x5c": [self.certificate] });
        let access = json!([{ "type": "repository", "name": repository, "actions": actions }]);
        let claims = json!({
            "iss": ISSUER, "aud": SERVICE, "sub": "robot", "jti": repository, "access": access,
            "iat": now, "nbf": now - 60, "exp": now + LIFE_S,
        });
        let encode = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let signed = format!("{}.{}", encode(&header), encode(&claims));
        let mut signature = vec![0; self.key.public_modulus_len()];
        let random = SystemRandom::new();
        let made = self.key.sign(&RSA_PKCS1_SHA256, &random, signed.as_bytes(), &mut signature);
        made.expect("the key signs");
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }
}

/// What stands between the lines that begin and end a PEM text.
fn body_of(pem: &str) -> String {
    pem.lines().filter(|line| !line.starts_with("-----")).collect()
}
