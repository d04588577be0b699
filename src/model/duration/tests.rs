use super::*;

#[test]
fn reads_what_people_write() {
    for (text, seconds) in [("0s", 0), ("30m", 1800), ("1d12h", 129_600), ("90s", 90), ("1h0m5s", 3605)] {
        assert_eq!(parse_duration(text).unwrap(), Duration::from_secs(seconds), "{text}");
    }
}

#[test]
fn refuses_what_is_not_a_duration() {
    for text in ["", "5", "h", "1h1h", "1m1h", "1.5h", "-1s", "1w", "99999999999999999999d", "4000d"] {
        assert!(parse_duration(text).is_err(), "{text}");
    }
}

#[test]
fn writes_what_it_reads() {
    for text in ["0s", "30m", "1d12h", "1h5s"] {
        assert_eq!(format_duration(parse_duration(text).unwrap()), text);
    }
    assert_eq!(format_duration(Duration::from_secs(90)), "1m30s");
}
