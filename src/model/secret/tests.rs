use super::Secret;

#[test]
fn a_secret_is_not_shown() {
    let secret = Secret::new("s3cret\n").unwrap();
    assert_eq!(format!("{secret:?} {:#?}", Some(&secret)).matches("s3cret").count(), 0);
    assert_eq!(secret.expose(), "s3cret");
}

#[test]
fn nothing_but_blanks_is_no_secret() {
    for text in ["", " ", "\n", "\t\r\n"] {
        assert_eq!(Secret::new(text), None);
    }
}
