use super::*;

#[test]
fn what_fits_into_a_header_is_a_validator() {
    for text in ["\"33a64df5\"", "W/\"0815\"", "Wed, 21 Oct 2026 07:28:00 GMT"] {
        assert_eq!(Validator::new(text).unwrap().as_str(), text);
    }
}

#[test]
fn what_could_break_a_header_or_fill_the_ledger_is_none() {
    for text in ["", " ", "two\r\nlines", "ü", " padded ", &"x".repeat(BYTES_MAX + 1)] {
        assert!(Validator::new(text).is_err(), "{text:?}");
    }
}
