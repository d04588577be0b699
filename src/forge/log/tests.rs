//! The log without a forge: files by the names of their blobs, as every Git keeps them.

use std::collections::BTreeMap;

use proptest::prelude::*;

use super::*;

/// The log at some commit, and every content that was ever there.
#[derive(Clone, Default)]
struct Log {
    layout: Layout,
    contents: BTreeMap<BlobId, Vec<u8>>,
    lines: Vec<String>,
}

impl Log {
    /// A log that somebody wrote by hand, or an older Towpath.
    fn of(files: &[(&str, &str)]) -> Self {
        let mut log = Self::default();
        for (path, text) in files {
            log.put(path, text);
        }
        log
    }

    /// Somebody writes a file as a whole.
    fn put(&mut self, path: &str, text: &str) {
        let blob = blob_id(text.as_bytes()).unwrap();
        self.contents.insert(blob, text.as_bytes().to_vec());
        let segment = Segment::at(path, blob, text.len() as u64).expect("a file of the log");
        let others = self.layout.segments.iter().filter(|other| other.number != segment.number).cloned();
        self.layout = others.chain([segment.clone()]).collect();
        self.lines = self.read(None).1;
    }

    /// Appends as a forge does, and gives the files that were written.
    fn append(&mut self, lines: &[String]) -> Vec<SegmentWrite> {
        let growing = self.layout.growing(lines);
        let content = growing.and_then(|segment| self.contents.get(&segment.blob));
        let written = self.layout.grown(growing.zip(content.map(Vec::as_slice)), lines).unwrap();
        self.layout = self.layout.with(&written).unwrap();
        for file in &written {
            self.contents.insert(file.segment().unwrap().blob, file.text.clone().into_bytes());
        }
        self.lines.extend_from_slice(lines);
        written
    }

    /// What follows a known log, and whether that is everything.
    fn read(&self, known: Option<&Self>) -> (bool, Vec<String>) {
        let since = known.and_then(|known| self.layout.after(&known.layout));
        match since.and_then(|rest| self.lines_of(&rest)) {
            Some(lines) => (false, lines),
            None => (true, self.lines_of(&self.layout.whole()).unwrap()),
        }
    }

    fn lines_of(&self, rest: &LogRemainder<'_>) -> Option<Vec<String>> {
        let contents: Vec<&Vec<u8>> =
            rest.segments.iter().map(|segment| self.contents.get(&segment.blob).unwrap()).collect();
        rest.lines(&contents).unwrap()
    }

    fn paths(&self) -> Vec<String> {
        self.layout.segments.iter().map(Segment::path).collect()
    }
}

fn lines(texts: &[&str]) -> Vec<String> {
    texts.iter().map(|text| (*text).to_owned()).collect()
}

/// A line of so many bytes.
fn long(bytes: u64) -> String {
    "x".repeat(usize::try_from(bytes).unwrap())
}

/// Lines of all lengths, many of them just about as long as a file may be.
fn any_line() -> impl Strategy<Value = String> {
    let length = prop_oneof![
        6 => 1..200_u64,
        2 => 60_000..150_000_u64,
        1 => SEGMENT_BYTES_MAX - 3..=SEGMENT_BYTES_MAX + 1,
        1 => Just(LINE_BYTES_MAX as u64),
    ];
    (length, "[a-zäß\"]").prop_map(|(length, first)| {
        let rest = length.saturating_sub(first.len() as u64);
        format!("{first}{}", long(rest))
    })
}

fn any_old_text() -> impl Strategy<Value = Option<String>> {
    proptest::option::of("(\\{\"n\":[0-9]\\}\n{1,2}){0,5}(\\{\\})?")
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(48))]

    #[test]
    fn from_any_earlier_commit_exactly_the_lines_after_it_are_read(
        old in any_old_text(),
        appends in proptest::collection::vec(proptest::collection::vec(any_line(), 1..6), 1..8),
    ) {
        let mut log = old.map_or_else(Log::default, |text| Log::of(&[(OLD_FILE, &text)]));
        let mut commits = vec![log.clone()];
        for new in &appends {
            log.append(new);
            commits.push(log.clone());
        }
        prop_assert_eq!(log.read(None), (true, log.lines.clone()));
        for known in &commits {
            let is_nothing = known.layout == Layout::default();
            let after = if is_nothing { 0 } else { known.lines.len() };
            prop_assert_eq!(log.read(Some(known)), (is_nothing, log.lines[after..].to_vec()));
        }
    }

    #[test]
    fn an_append_sends_what_it_appends_and_one_file_at_most(
        appends in proptest::collection::vec(proptest::collection::vec(any_line(), 1..6), 1..8),
    ) {
        let mut log = Log::default();
        for new in &appends {
            let written = log.append(new);
            let sent: u64 = written.iter().map(|file| file.text.len() as u64).sum();
            let own: u64 = new.iter().map(|line| line.len() as u64 + 1).sum();
            prop_assert!(sent <= own + SEGMENT_BYTES_MAX, "{} bytes for {}", sent, own);
            for file in &written {
                let is_one_line = file.text.matches('\n').count() == 1;
                prop_assert!(is_one_line || file.text.len() as u64 <= SEGMENT_BYTES_MAX);
            }
        }
        let pairs = log.layout.segments.windows(2);
        let halves = pairs.map(|pair| pair.iter().map(|segment| segment.bytes).sum::<u64>());
        // So a log of a size has a bounded number of files.
        prop_assert!(halves.into_iter().all(|bytes| bytes >= SEGMENT_BYTES_MAX - 1));
    }
}

#[test]
fn files_are_taken_in_the_order_of_their_numbers_and_others_are_none() {
    let blob = blob_id(b"").unwrap();
    let named = |path: &str| Segment::at(path, blob, 0);
    let paths = ["log/000010.jsonl", "log/000002.jsonl", "log.jsonl"];
    let layout: Layout = paths.iter().filter_map(|path| named(path)).collect();
    let paths: Vec<String> = layout.segments.iter().map(Segment::path).collect();
    assert_eq!(paths, ["log.jsonl", "log/000002.jsonl", "log/000010.jsonl"]);
    for other in
        ["log/1.jsonl", "log/000000.jsonl", "log/+00001.jsonl", "log/000001.json", "log/0000001.jsonl"]
    {
        assert_eq!(named(other), None, "{other}");
    }
    for other in ["README.md", "log", "a/log/000001.jsonl", "log/a/000001.jsonl", "logs/000001.jsonl"] {
        assert_eq!(named(other), None, "{other}");
    }
}

#[test]
fn a_file_is_filled_to_its_bound_and_no_further() {
    let mut log = Log::default();
    log.append(&[long(SEGMENT_BYTES_MAX - 11)]);
    log.append(&lines(&["12345678"]));
    assert_eq!(log.paths(), ["log/000001.jsonl"], "room for ten bytes");
    log.append(&lines(&["1"]));
    assert_eq!(log.paths(), ["log/000001.jsonl", "log/000002.jsonl"]);
    log.append(&[long(LINE_BYTES_MAX as u64), "2".to_owned()]);
    assert_eq!(log.paths().len(), 4, "a line that is larger than a file has one of its own");
}

#[test]
fn the_old_layout_is_gone_on_from_and_stays_as_it_is() {
    let mut log = Log::of(&[(OLD_FILE, "{\"n\":1}\n\n{\"n\":2}")]);
    let old = log.clone();
    let written = log.append(&lines(&["{\"n\":3}"]));
    assert_eq!(written, [SegmentWrite { number: 1, text: "{\"n\":3}\n".to_owned() }]);
    assert_eq!(log.paths(), ["log.jsonl", "log/000001.jsonl"]);
    assert_eq!(log.read(None).1, lines(&["{\"n\":1}", "{\"n\":2}", "{\"n\":3}"]));
    assert_eq!(log.read(Some(&old)), (false, lines(&["{\"n\":3}"])));
}

#[test]
fn what_somebody_wrote_anew_is_no_longer_the_same_log() {
    let mut known = Log::default();
    known.append(&lines(&["{\"n\":1}"]));
    known.append(&[long(SEGMENT_BYTES_MAX - 1), "{\"n\":2}".to_owned()]);
    let rewritten = |path: &str, text: &str| {
        let mut log = known.clone();
        log.put(path, text);
        log.append(&lines(&["{\"n\":9}"]));
        log
    };
    assert_eq!(known.paths().len(), 3);
    for (path, text) in [
        ("log.jsonl", "{\"n\":0}\n"),
        ("log/000001.jsonl", "{\"n\":7}\n"),
        ("log/000003.jsonl", "{\"n\":7}\n"),
        ("log/000003.jsonl", ""),
        // The last line became another one.
        ("log/000003.jsonl", "{\"n\":2} {\"n\":3}\n"),
    ] {
        let log = rewritten(path, text);
        assert_eq!(log.read(Some(&known)), (true, log.read(None).1), "{path} {text}");
    }
    let fuller = rewritten("log/000003.jsonl", "{\"n\":2}\n{\"n\":3}");
    assert_eq!(fuller.read(Some(&known)), (false, lines(&["{\"n\":3}", "{\"n\":9}"])));
    let mut less = known.clone();
    less.layout = less.layout.segments.into_iter().skip(1).collect();
    assert!(less.read(Some(&known)).0, "a file that is gone");
}

#[test]
fn a_line_without_its_end_may_go_on_no_further() {
    let known = Log::of(&[("log/000001.jsonl", "{\"n\":1}")]);
    for (text, since) in [
        ("{\"n\":1}\n{\"n\":2}\n", (false, lines(&["{\"n\":2}"]))),
        ("{\"n\":1}\r\n{\"n\":2}\r\n", (false, lines(&["{\"n\":2}"]))),
        ("{\"n\":1}{\"n\":2}\n", (true, lines(&["{\"n\":1}{\"n\":2}"]))),
    ] {
        let now = Log::of(&[("log/000001.jsonl", text)]);
        assert_eq!(now.read(Some(&known)), since, "{text:?}");
    }
}

#[test]
fn what_is_no_record_is_refused() {
    let said = |line: &str| check_lines(&lines(&["{}", line])).unwrap_err().to_string();
    assert_eq!(said("{}\n{}"), "a record is one line");
    assert_eq!(said(""), "a record is one line");
    insta::assert_snapshot!(said(&long(LINE_BYTES_MAX as u64 + 1)), @"a record has 409601 bytes, and the log takes at most 409600");
    assert_eq!(check_lines(&[long(LINE_BYTES_MAX as u64)]), Ok(()));
}

#[test]
fn a_log_without_an_end_is_refused_with_a_way_out() {
    let of_size = |bytes: u64| Log {
        layout: Layout { segments: vec![Segment { number: 1, blob: blob_id(b"").unwrap(), bytes }] },
        ..Log::default()
    };
    assert_eq!(of_size(LOG_BYTES_MAX).layout.check(), Ok(()));
    let full = of_size(LOG_BYTES_MAX).layout.with(&[SegmentWrite { number: 2, text: "{}\n".to_owned() }]);
    insta::assert_snapshot!(full.unwrap_err(), @"the log comes to 67108867 bytes, more than 67108864; keep a copy of the branch `towpath/log` and delete its oldest files there, as the bot: what only they say, such as that something is locked or in quarantine, is forgotten then");
    let files = (1..=1_001).map(|number| Segment { number, blob: blob_id(b"").unwrap(), bytes: 0 });
    let crowd: Layout = files.collect();
    insta::assert_snapshot!(crowd.check().unwrap_err(), @"the log comes to 1001 files, more than 1000; keep a copy of the branch `towpath/log` and delete its oldest files there, as the bot: what only they say, such as that something is locked or in quarantine, is forgotten then");
    let last = Log::of(&[("log/999999.jsonl", &long(SEGMENT_BYTES_MAX))]);
    let full = last.layout.grown(None, &lines(&["{}"]));
    insta::assert_snapshot!(full.unwrap_err(), @"the log comes to a file with the number 999999; keep a copy of the branch `towpath/log` and delete its oldest files there, as the bot: what only they say, such as that something is locked or in quarantine, is forgotten then");
}

#[test]
fn what_is_no_text_is_named() {
    let mut log = Log::of(&[("log/000001.jsonl", "{}\n")]);
    let blob = blob_id(&[0xff]).unwrap();
    log.layout = log.layout.segments.into_iter().chain(Segment::at("log/000002.jsonl", blob, 1)).collect();
    let contents: [&[u8]; 2] = [b"{}\n", &[0xff]];
    insta::assert_snapshot!(log.layout.whole().lines(&contents).unwrap_err(), @"`log/000002.jsonl` on the branch `towpath/log` is not text: invalid utf-8 sequence of 1 bytes from index 0; fix it, or restore the previous version");
}
