//! Secrets that are replaced while the client runs.

use std::sync::Mutex;

use chrono::TimeDelta;
use towpath::forge::Forge as _;
use towpath::forge::github::{AppCredentials, SecretReader};

use super::*;

const KEY: &str = include_str!("app.pem");

/// A secret that a test replaces.
#[derive(Clone)]
struct Kept(Arc<Mutex<Result<&'static str, &'static str>>>);

impl Kept {
    fn new(text: &'static str) -> Self {
        Self(Arc::new(Mutex::new(Ok(text))))
    }

    fn replace(&self, text: Result<&'static str, &'static str>) {
        *self.0.lock().expect("it is whole") = text;
    }

    fn reading(&self) -> SecretReader<Secret> {
        let kept = self.clone();
        Arc::new(move || kept.0.lock().expect("it is whole").map(secret).map_err(str::to_owned))
    }
}

#[tokio::test]
async fn a_token_that_was_replaced_is_used_within_seconds() {
    let (ground, kept) = (Ground::new().await, Kept::new("expired"));
    let token = Credentials::token_reading(kept.reading()).unwrap();
    let forge = client(&ground.world, ground.address, token);
    assert!(matches!(forge.head(&place()).await, Err(ForgeError::Misconfigured { .. })));
    kept.replace(Ok(TOKEN));
    forge.head(&place()).await.expect("what GitHub did not take is read again at once");
    kept.replace(Err("the file is being written"));
    ground.world.state().now += TimeDelta::seconds(5);
    forge.head(&place()).await.expect("what cannot be read is what it was");
    kept.replace(Ok("expired"));
    ground.world.state().now += TimeDelta::seconds(4);
    forge.head(&place()).await.expect("it is not read for every request");
    ground.world.state().now += TimeDelta::seconds(1);
    assert!(forge.head(&place()).await.is_err());
}

#[tokio::test]
async fn a_key_of_an_app_that_became_none_is_kept_as_it_was() {
    let (ground, kept) = (Ground::new().await, Kept::new(KEY));
    let app = AppCredentials::reading(12, kept.reading(), None).unwrap();
    let forge = client(&ground.world, ground.address, Credentials::App(app));
    kept.replace(Ok("half a key"));
    forge.head(&place()).await.unwrap();
    assert!(AppCredentials::reading(12, kept.reading(), None).is_err(), "none would start with it");
}
