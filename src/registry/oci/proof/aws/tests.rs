use super::*;
use crate::sanitize::exposed;

fn signature(session: Option<&str>) -> String {
    let keys = Keys {
        id: "AKIDEXAMPLE".to_owned(),
        secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY".into(),
        session: session.map(SecretString::from),
    };
    let url = Url::parse("https://api.ecr.eu-west-1.amazonaws.com/").unwrap();
    let target = "AmazonEC2ContainerRegistry_V20150921.GetAuthorizationToken";
    let call = Call { url: &url, region: "eu-west-1", service: "ecr", target, body: "{}" };
    let headers = signed_headers(&call, &keys, "2026-03-02T09:00:00Z".parse().unwrap()).unwrap();
    assert!(!format!("{headers:?}").contains("Signature"));
    headers["authorization"].to_str().unwrap().to_owned()
}

/// The expected values come from botocore.
#[test]
fn a_call_is_signed_as_amazons_own_library_signs_it() {
    let wanted = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260302/eu-west-1/ecr/aws4_request, \
                  SignedHeaders=content-type;host;x-amz-date;x-amz-target, \
                  Signature=e9b9975807ce119d0f45e2917951a0a71b8034bf0572ce32252e7e25589900b0";
    assert_eq!(signature(None), wanted);
    let wanted = "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/20260302/eu-west-1/ecr/aws4_request, \
                  SignedHeaders=content-type;host;x-amz-date;x-amz-security-token;x-amz-target, \
                  Signature=370ceb675709cf582d13b7a36d45eb739b057877ec041bbaa0ca6401672a4fb1";
    assert_eq!(signature(Some("the-session")), wanted);
}

#[test]
fn the_keys_of_a_profile_are_those_below_its_heading() {
    let text = "[default]\naws_access_key_id = A\naws_secret_access_key=s\n\n# ours\n[ci]\n\
                aws_access_key_id=B\naws_secret_access_key = t = u\naws_session_token=v\n[half]\naws_access_key_id=C\n";
    let told = |profile: &str| {
        let keys = of_profile(text, profile)?;
        let session = keys.session.as_ref().map(|session| exposed(session).to_owned());
        Some((keys.id, exposed(&keys.secret).to_owned(), session))
    };
    assert_eq!(told("default"), Some(("A".to_owned(), "s".to_owned(), None)));
    assert_eq!(told("ci"), Some(("B".to_owned(), "t = u".to_owned(), Some("v".to_owned()))));
    assert_eq!((told("half"), told("absent")), (None, None));
}

#[test]
fn keys_are_not_shown_to_those_who_debug() {
    let keys = of_xml(
        "<r><AccessKeyId>A</AccessKeyId><SecretAccessKey>hush</SecretAccessKey><SessionToken>hush</SessionToken></r>",
    );
    assert!(!format!("{:?}", keys.unwrap()).contains("hush"));
}
