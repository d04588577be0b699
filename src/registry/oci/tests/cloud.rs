//! The clouds' own ways, against services on loopback that answer as theirs do.

use aws_lc_rs::signature::{KeyPair as _, RSA_PKCS1_2048_8192_SHA256, UnparsedPublicKey};
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use serde_json::json;

use super::*;
use crate::registry::{AcrIdentity, AcrLogin, AwsKeys, EcrLogin, GarLogin};

/// A registry that wants this name and password.
fn password_wanting(name: &str, password: &str) -> impl Fn(&Asked) -> Answer + Clone + Send + Sync {
    let wanted = format!("Basic {}", STANDARD.encode(format!("{name}:{password}")));
    move |asked| match asked.headers.get("authorization") {
        Some(shown) if shown == wanted.as_str() => listing(&["1.0.0"]),
        _ => with(status(401), "www-authenticate", "Basic realm=\"r\""),
    }
}

fn header<'a>(asked: &'a Asked, name: &str) -> &'a str {
    asked.headers.get(name).and_then(|value| value.to_str().ok()).unwrap_or_default()
}

/// ECR's own service, for a call that is signed with this key.
fn ecr_service(key: &'static str) -> impl Fn(&Asked) -> Answer + Clone + Send + Sync {
    move |asked| {
        let is_signed = header(asked, "authorization")
            .starts_with(&format!("AWS4-HMAC-SHA256 Credential={key}/20260302/eu-west-1/ecr/aws4_request, "));
        let is_call = header(asked, "x-amz-target").ends_with(".GetAuthorizationToken") && asked.body == "{}";
        if !is_signed || !is_call {
            return (StatusCode::BAD_REQUEST, r#"{"__type":"InvalidSignatureException","message":"hush"}"#)
                .into_response();
        }
        let token = STANDARD.encode("AWS:pw");
        // Noon, and twelve hours.
        json!({ "authorizationData": [{ "authorizationToken": token, "expiresAt": 1_772_496_000.5 }] })
            .to_string()
            .into_response()
    }
}

fn ecr(service: &Face, keys: AwsKeys) -> Login {
    let endpoint = Some(format!("http://{}/", service.here));
    Login::Ecr(EcrLogin { region: Some("eu-west-1".to_owned()), keys, endpoint })
}

fn given(id: &str) -> AwsKeys {
    AwsKeys::Given { id: id.to_owned(), secret: "hush".into(), session: None }
}

#[tokio::test]
async fn ecr_gives_a_password_for_a_signed_call_which_serves_for_hours() {
    let service = Face::new(ecr_service("AKIA")).await;
    let face = Face::new(password_wanting("AWS", "pw")).await;
    let registry = face.registry_for(ecr(&service, given("AKIA")));
    for _ in 0..3 {
        registry.tags(&face.image(), None).await.unwrap();
    }
    assert_eq!((service.requests().len(), face.requests().len()), (1, 4));
}

#[tokio::test]
async fn ecr_takes_keys_from_the_machine_the_container_or_the_cluster() {
    let service = Face::new(ecr_service("ASIA")).await;
    let keys = json!({ "AccessKeyId": "ASIA", "SecretAccessKey": "s", "Token": "t", "Expiration": "2026" });
    let keys = keys.to_string();
    let inside = Face::new(move |asked| match (asked.method.as_str(), asked.path.as_str()) {
        ("PUT", "/latest/api/token") => "session".into_response(),
        ("GET", "/latest/meta-data/iam/security-credentials/") if header(asked, "x-aws-ec2-metadata-token") == "session" => "a.role\n".into_response(),
        ("GET", "/latest/meta-data/iam/security-credentials/a.role") => keys.clone().into_response(),
        ("GET", "/v1/credentials") if header(asked, "authorization") == "pod" => keys.clone().into_response(),
        ("POST", "/") if asked.body.contains("Action=AssumeRoleWithWebIdentity") && asked.body.ends_with("&WebIdentityToken=jwt") => {
            "<AssumeRoleWithWebIdentityResponse><Credentials><AccessKeyId>ASIA</AccessKeyId><SecretAccessKey>s</SecretAccessKey><SessionToken>t</SessionToken></Credentials></AssumeRoleWithWebIdentityResponse>".into_response()
        }
        _ => status(403),
    })
    .await;
    let token = tempfile::NamedTempFile::new().unwrap();
    std::fs::write(token.path(), "jwt\n").unwrap();
    let there = format!("http://{}", inside.here);
    let sources = [
        AwsKeys::Machine { endpoint: there.clone() },
        AwsKeys::Container {
            url: format!("{there}/v1/credentials"),
            authorization: Some(Secret::Text("pod".into())),
        },
        AwsKeys::WebIdentity {
            role: "arn:aws:iam::1:role/towpath".to_owned(),
            token: token.path().to_owned(),
            endpoint: Some(format!("{there}/")),
        },
    ];
    for keys in sources {
        let face = Face::new(password_wanting("AWS", "pw")).await;
        let said = format!("{keys:?}");
        assert_eq!(face.tags_for(ecr(&service, keys)).await, Ok(vec!["1.0.0".to_owned()]), "{said}");
    }
}

#[tokio::test]
async fn what_a_cloud_refuses_is_named_by_its_code_alone() {
    let service = Face::new(ecr_service("AKIA")).await;
    let face = Face::new(password_wanting("AWS", "pw")).await;
    let registry = face.registry_for(ecr(&service, given("WRONG")));
    let why = face.words(&registry.tags(&face.image(), None).await.unwrap_err());
    assert!(registry.tags(&face.image(), None).await.is_err());
    assert_eq!(service.requests().len(), 1);
    insta::assert_snapshot!(why.replace(&service.here.to_string(), "ecr"), @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: the credentials could not be used: `http://ecr` answered 400 Bad Request, `InvalidSignatureException`; check its `credentials` under `registries`, and what they may read");
}

#[tokio::test]
async fn a_cloud_that_does_not_answer_is_not_our_credentials_fault() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let gone = Face { here: listener.local_addr().unwrap(), requests: Arc::default() };
    drop(listener);
    let face = Face::new(password_wanting("AWS", "pw")).await;
    let why = face.why_not(ecr(&gone, given("AKIA"))).await;
    insta::assert_snapshot!(why.replace(&gone.here.to_string(), "ecr"), @"the registry `registry:5000` gave no usable answer about `registry:5000/acme/shop`: our credentials cannot be had: `http://ecr` does not answer: Connection refused (os error 111): nothing listens there; check that the registry runs, and its host and port");
}

#[tokio::test]
async fn a_region_that_nobody_names_is_asked_for() {
    let face = Face::new(password_wanting("AWS", "pw")).await;
    let login = Login::Ecr(EcrLogin { region: None, keys: given("AKIA"), endpoint: None });
    insta::assert_snapshot!(face.why_not(login).await.replace("`127.0.0.1", "`registry"), @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: the credentials could not be used: the region of `registry:5000` is not known; write `region` under `ecr`; check its `credentials` under `registries`, and what they may read");
}

#[tokio::test]
async fn google_gives_a_machine_its_token() {
    let service = Face::new(|asked| match asked.path.as_str() {
        "/computeMetadata/v1/instance/service-accounts/default/token"
            if header(asked, "metadata-flavor") == "Google" =>
        {
            r#"{"access_token":"ya29","expires_in":3599,"token_type":"Bearer"}"#.into_response()
        }
        _ => status(403),
    })
    .await;
    let face = Face::new(password_wanting("oauth2accesstoken", "ya29")).await;
    let login = Login::Gar(GarLogin::Machine { endpoint: format!("http://{}", service.here) });
    assert_eq!(face.tags_for(login).await, Ok(vec!["1.0.0".to_owned()]));
}

/// A key for signing, as Google writes it, and its public half.
fn signing_key() -> (String, Vec<u8>) {
    use aws_lc_rs::encoding::AsDer as _;
    let pair = aws_lc_rs::rsa::KeyPair::generate(aws_lc_rs::rsa::KeySize::Rsa2048).unwrap();
    let der: aws_lc_rs::encoding::Pkcs8V1Der<'_> = pair.as_der().unwrap();
    let text = STANDARD.encode(der.as_ref());
    let pem = format!("-----BEGIN PRIVATE KEY-----\n{text}\n-----END PRIVATE KEY-----\n");
    (pem, pair.public_key().as_ref().to_vec())
}

#[tokio::test]
async fn google_takes_an_assertion_that_is_signed_with_the_key_of_a_service_account() {
    let (private, public) = signing_key();
    let service = Face::new(move |asked| {
        let (_, assertion) = asked.body.split_once("&assertion=").unwrap_or_default();
        let (signed, signature) = assertion.rsplit_once('.').unwrap_or_default();
        let signature = URL_SAFE_NO_PAD.decode(signature).unwrap_or_default();
        let key = UnparsedPublicKey::new(&RSA_PKCS1_2048_8192_SHA256, &public);
        let claims = URL_SAFE_NO_PAD.decode(signed.split('.').nth(1).unwrap_or_default()).unwrap_or_default();
        let claims: serde_json::Value = serde_json::from_slice(&claims).unwrap_or_default();
        let is_good = key.verify(signed.as_bytes(), &signature).is_ok()
            && claims["iss"] == "towpath@acme.iam.gserviceaccount.com"
            && claims["iat"] == 1_772_452_800
            && claims["aud"] == format!("http://{}/token", asked.here);
        if is_good { r#"{"access_token":"ya29"}"#.into_response() } else { status(400) }
    })
    .await;
    let key = json!({
        "type": "service_account", "client_email": "towpath@acme.iam.gserviceaccount.com",
        "private_key": private, "private_key_id": "k1", "token_uri": format!("http://{}/token", service.here),
    });
    let face = Face::new(password_wanting("oauth2accesstoken", "ya29")).await;
    let login = Login::Gar(GarLogin::Key(Secret::Text(key.to_string().into())));
    assert_eq!(face.tags_for(login).await, Ok(vec!["1.0.0".to_owned()]));
}

#[tokio::test]
async fn a_key_that_is_none_is_refused_without_repeating_it() {
    let face = Face::new(password_wanting("oauth2accesstoken", "ya29")).await;
    let none = Login::Gar(GarLogin::Key(Secret::Text("{\"private_key\": \"hush\"}".into())));
    insta::assert_snapshot!(face.why_not(none).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: the credentials could not be used: the key of `gar` is not that of a service account; check its `credentials` under `registries`, and what they may read");
    let broken = json!({ "client_email": "a", "private_key": "hush", "token_uri": "https://a" });
    let broken = Login::Gar(GarLogin::Key(Secret::Text(broken.to_string().into())));
    insta::assert_snapshot!(face.why_not(broken).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: the credentials could not be used: the private key in the key file of `gar` is not valid; check its `credentials` under `registries`, and what they may read");
}

/// Azure's login service and machine service, and a registry of Azure.
fn azure(asked: &Asked) -> Answer {
    let has = |part: &str| asked.body.contains(part);
    match asked.path.as_str() {
        "/acme-tenant/oauth2/v2.0/token" if has("client_secret=hush") || has("client_assertion=jwt") => {
            r#"{"access_token":"aad"}"#.into_response()
        }
        "/metadata/identity/oauth2/token" if header(asked, "metadata") == "true" => {
            r#"{"access_token":"aad"}"#.into_response()
        }
        "/oauth2/exchange" if has("grant_type=access_token") && has("&access_token=aad") => {
            r#"{"refresh_token":"refresh"}"#.into_response()
        }
        "/oauth2/token" if has("refresh_token=refresh") && has("%3Apull%2Cmetadata_read") => {
            r#"{"access_token":"good"}"#.into_response()
        }
        path if path.starts_with("/v2/") && asked.token.as_deref() == Some("good") => listing(&["1.0.0"]),
        path if path.starts_with("/v2/") => {
            let realm = format!("http://{}/oauth2/token", asked.here);
            let scope = "repository:acme/shop:metadata_read";
            let challenge = format!("Bearer realm=\"{realm}\",service=\"{}\",scope=\"{scope}\"", asked.here);
            with(status(401), "www-authenticate", &challenge)
        }
        _ => (StatusCode::UNAUTHORIZED, r#"{"error":"invalid_client"}"#).into_response(),
    }
}

#[tokio::test]
async fn azure_exchanges_who_we_are_for_a_token_of_the_registry() {
    let face = Face::new(azure).await;
    let there = format!("http://{}", face.here);
    let application = |shown: &str, is_assertion| AcrIdentity::Application {
        authority: there.clone(),
        client_id: "app".to_owned(),
        shown: Secret::Text(shown.into()),
        is_assertion,
    };
    let machine = AcrIdentity::Machine { endpoint: there.clone(), client_id: None };
    for identity in [application("hush", false), application("jwt", true), machine] {
        let login = Login::Acr(AcrLogin { identity, tenant: Some("acme-tenant".to_owned()) });
        assert_eq!(face.tags_for(login).await, Ok(vec!["1.0.0".to_owned()]));
    }
    let wrong = AcrLogin { identity: application("wrong", false), tenant: Some("acme-tenant".to_owned()) };
    insta::assert_snapshot!(face.why_not(Login::Acr(wrong)).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: the credentials could not be used: `http://registry:5000` answered 401 Unauthorized, `invalid_client`; check its `credentials` under `registries`, and what they may read");
    let lost = AcrLogin { identity: application("hush", false), tenant: None };
    insta::assert_snapshot!(face.why_not(Login::Acr(lost)).await, @"the registry `registry:5000` refuses access to `registry:5000/acme/shop`: the credentials could not be used: no tenant is named; write `tenant` under `acr`, or set `AZURE_TENANT_ID`; check its `credentials` under `registries`, and what they may read");
}

/// What we show to each of the clouds' services.
const SHOWN: &str = "hush-hush-hush-hush";

/// A way to log in at each cloud, whose own service is this one.
fn logins(service: &Face) -> [Login; 4] {
    let there = format!("http://{}", service.here);
    let keys = AwsKeys::Given { id: "AKIA".to_owned(), secret: SHOWN.into(), session: Some(SHOWN.into()) };
    let azure = AcrIdentity::Application {
        authority: there.clone(),
        client_id: "app".to_owned(),
        shown: Secret::Text(SHOWN.into()),
        is_assertion: false,
    };
    [
        ecr(service, keys),
        ecr(service, AwsKeys::Machine { endpoint: there.clone() }),
        Login::Gar(GarLogin::Machine { endpoint: there }),
        Login::Acr(AcrLogin { identity: azure, tenant: Some("acme-tenant".to_owned()) }),
    ]
}

#[tokio::test]
async fn whatever_a_cloud_answers_nothing_goes_elsewhere_and_no_secret_is_repeated() {
    let elsewhere = Face::new(|_| listing(&["6.6.6"])).await;
    let trap = format!("http://{}/", elsewhere.here);
    let texts = [
        String::new(),
        "null".to_owned(),
        "[]".to_owned(),
        "{".repeat(100_000),
        "x".repeat(300 << 10),
        format!(r#"{{"access_token":"{SHOWN}\r\nX-Other: 1","expires_in":18446744073709551615}}"#),
        format!(r#"{{"access_token":"","refresh_token":"","expires_in":0,"__type":"{SHOWN}"}}"#),
        r#"{"authorizationData":[{"authorizationToken":"////","expiresAt":1e308}]}"#.to_owned(),
        r#"{"authorizationData":[]}"#.to_owned(),
        format!(r#"{{"AccessKeyId":"a\nb","SecretAccessKey":"{SHOWN}","Token":"\u0000"}}"#),
        "../../latest\n".to_owned(),
    ];
    for (text, code) in texts.iter().flat_map(|text| [200, 307, 400, 500].map(|code| (text.clone(), code))) {
        let (body, location) = (text.clone(), trap.clone());
        let service = Face::new(move |_| {
            let answer = (StatusCode::from_u16(code).unwrap(), body.clone()).into_response();
            with(answer, "location", &location)
        })
        .await;
        let face = Face::new(password_wanting("nobody", "nothing")).await;
        for login in logins(&service) {
            let why = face.why_not(login).await;
            assert!(!why.contains(SHOWN), "{code} {text:.60}: {why}");
            assert!(why.len() < 2_000, "{code} {text:.60}: {why}");
        }
    }
    assert_eq!(elsewhere.requests(), [""; 0]);
}
