use super::*;

#[test]
fn a_platform_reads_as_it_is_written() {
    for text in ["linux/amd64", "linux/arm64/v8", "windows/amd64"] {
        assert_eq!(text.parse::<Platform>().unwrap().to_string(), text);
    }
    let platform: Platform = "linux/arm/v7".parse().unwrap();
    let parts = (platform.os(), platform.architecture(), platform.variant());
    assert_eq!(parts, ("linux", "arm", Some("v7")));
}

#[test]
fn what_is_no_platform_says_how_one_is_written() {
    for text in
        ["", "linux", "linux/", "/amd64", "linux/arm64/", "linux/arm/v7/x", "linux/am d64", "linux/🚢"]
    {
        assert!(text.parse::<Platform>().is_err(), "{text}");
    }
    insta::assert_snapshot!("arm64".parse::<Platform>().unwrap_err(), @"`arm64` is not a platform; write `os/architecture` or `os/architecture/variant`, such as `linux/arm64/v8`");
}

#[test]
fn an_empty_variant_is_none() {
    assert_eq!(Platform::new("linux", "amd64", Some("")), "linux/amd64".parse());
}

#[test]
fn a_label_is_cut_and_holds_no_control_characters() {
    assert_eq!(Description::text(" two\r\nlines\u{7} "), Some("twolines".to_owned()));
    assert_eq!(Description::text("\u{0}\n"), None);
    let text = Description::text(&"ü🚢".repeat(100)).unwrap();
    assert!(text.len() <= TEXT_BYTES_MAX && text.len() > TEXT_BYTES_MAX - 4, "{}", text.len());
}

#[test]
fn a_description_comes_back_from_json() {
    let described = Description {
        kind: ArtifactKind::Image,
        created: Some("2026-03-02T09:00:00Z".parse().unwrap()),
        source: Some("https://github.com/acme/shop".to_owned()),
        revision: None,
        version: Some("1.10.0".to_owned()),
        platforms: ["linux/amd64".parse().unwrap(), "linux/arm64/v8".parse().unwrap()].into(),
        defect: Some(Defect::NoImage),
    };
    for description in [described, Description::of(ArtifactKind::Chart)] {
        let json = serde_json::to_string(&description).unwrap();
        assert_eq!(serde_json::from_str::<Description>(&json).unwrap(), description);
    }
}
