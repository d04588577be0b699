//! The 25 documented cases of `kustomize edit set image`: what it makes of them beside what we do. Theirs are the
//! entries that its own tests expect; ours keep the order of the list, of the keys and every comment.

use insta::assert_snapshot;

use crate::overlay::{ImageEdit, edit_kustomization};

const D: &str = "sha256:24a0c4b4a4c0eb97a1aabb8e29f18e917d05abfe1b7a7c07857230879ce7d3d3";

/// An entry of a list with these keys.
fn entry(keys: &[(&str, &str)]) -> String {
    let lines = keys
        .iter()
        .enumerate()
        .map(|(index, (key, value))| format!("{} {key}: {value}\n", if index == 0 { "-" } else { " " }));
    lines.collect()
}

/// What is in the list after the arguments, one line for each entry; or the refusal.
fn set(entries: &[String], arguments: &[&str]) -> String {
    let text = if entries.is_empty() {
        "resources: []\n".to_owned()
    } else {
        format!("images:\n{}", entries.concat())
    };
    let requests: Result<Vec<ImageEdit>, _> =
        arguments.iter().map(|argument| argument.replace("@D", &format!("@{D}")).parse()).collect();
    let edited = match requests.map(|requests| edit_kustomization(text.as_bytes(), &requests)) {
        Err(error) => return error.to_string().split(';').next().unwrap_or_default().to_owned(),
        Ok(Err(refused)) => return refused.to_string(),
        Ok(Ok(bytes)) => String::from_utf8(bytes).unwrap(),
    };
    let list = edited.split_once("images:\n").map_or("", |(_, list)| list).replace(D, "D").replace('"', "'");
    let entries = list.split("- ").filter(|entry| !entry.trim().is_empty());
    let entries = entries.map(|entry| entry.lines().map(str::trim).collect::<Vec<_>>().join(", "));
    entries.collect::<Vec<_>>().join(" | ")
}

/// Number; the entries that are there; the arguments; what kustomize makes of it; what we make of it, where that is
/// something else than the same keys in the order in which they were.
const CASES: &str = "\
1; ; image1=my-image1:my-tag; name: image1, newName: my-image1, newTag: my-tag
2; ; image1=my-image1:1234; name: image1, newName: my-image1, newTag: '1234'
3; ; image1=my-image1:3.2e2; name: image1, newName: my-image1, newTag: '3.2e2'
4; ; image1=my-image1@D; digest: D, name: image1, newName: my-image1
5; ; image1:my-tag; name: image1, newTag: my-tag
6; ; image1@D; digest: D, name: image1
7; ; my-image1:my-tag@D; digest: D, name: my-image1, newTag: my-tag
8; ; image1=my-image1:my-tag@D; digest: D, name: image1, newName: my-image1, newTag: my-tag
9; ; ngnix=localhost:5000/my-project/ngnix; name: ngnix, newName: localhost:5000/my-project/ngnix
10; ; ngnix=localhost:5000/my-project/ngnix:dev-01; name: ngnix, newName: localhost:5000/my-project/ngnix, newTag: dev-01
11; both two; image1=foo.bar.foo:8800/foo/image1:foo-bar; name: image1, newName: foo.bar.foo:8800/foo/image1, newTag: foo-bar | name: image2, newName: my-image2, newTag: my-tag2
12; both two; image1=foo.bar.foo:8800/foo/image1:foo-bar; as 11, with all other fields moved; name: image1, newName: foo.bar.foo:8800/foo/image1, newTag: foo-bar | name: image2, newName: my-image2, newTag: my-tag2
13; tag; image1:v1; name: image1, newTag: v1
14; both two; image1=my-image1:v2 image2=my-image2@D image3:my-tag; name: image1, newName: my-image1, newTag: v2 | digest: D, name: image2, newName: my-image2 | name: image3, newTag: my-tag
15; ; ; error: no image specified; 
16; ; bad args; error: invalid format of image; `bad`: there is nothing to set
17; both; image1=*:v1; name: image1, newName: my-image1, newTag: v1
18; both; image1=my-image2:*; name: image1, newName: my-image2, newTag: my-tag
19; both; image1=*:*; name: image1, newName: my-image1, newTag: my-tag
20; tag; image1=*:v1; name: image1, newTag: v1
21; ; image1=*:v1; name: image1, newTag: v1
22; ; image1=my-image1:*; name: image1, newName: my-image1
23; digest; image2=*@D; digest: D, name: image2, newName: my-image2
24; two; image2=*@D; digest: D, name: image2, newName: my-image2
25; digest; image2=my-image3@*; digest: D, name: image2, newName: my-image3
";

/// An entry by the name that it has in the cases.
fn known(entry_name: &str) -> String {
    let (name, new_name, tag) = (("name", "image1"), ("newName", "my-image1"), ("newTag", "my-tag"));
    match entry_name {
        "both" => entry(&[name, new_name, tag]),
        "tag" => entry(&[name, tag]),
        "two" => entry(&[("name", "image2"), ("newName", "my-image2"), ("newTag", "my-tag2")]),
        "digest" => entry(&[("name", "image2"), ("newName", "my-image2"), ("digest", D)]),
        other => panic!("there is no entry `{other}`"),
    }
}

#[test]
fn each_documented_case_has_its_outcome() {
    assert_eq!(CASES.lines().count(), 25);
    for line in CASES.lines() {
        let columns: Vec<&str> = line.split(';').map(str::trim).collect();
        let [number, entries, arguments, theirs, own @ ..] = columns.as_slice() else { panic!("{line}") };
        let entries: Vec<String> = entries.split_whitespace().map(known).collect();
        let ours = set(&entries, &arguments.split_whitespace().collect::<Vec<_>>());
        let expected = own.first().unwrap_or(theirs);
        assert_eq!(in_order(&ours), *expected, "case {number}");
    }
}

/// The keys of each entry in the order of the alphabet, in which kustomize writes them.
fn in_order(entries: &str) -> String {
    let sorted = entries.split(" | ").map(|entry| {
        let mut keys: Vec<&str> = entry.split(", ").collect();
        keys.sort_unstable();
        keys.join(", ")
    });
    sorted.collect::<Vec<_>>().join(" | ")
}

#[test]
fn what_kustomize_drops_without_a_star_is_kept() {
    let full = entry(&[("name", "image1"), ("newName", "my-image1"), ("newTag", "v1"), ("digest", D)]);
    assert_snapshot!(set(std::slice::from_ref(&full), &["image1:v2"]), @"name: image1, newName: my-image1, newTag: v2");
    assert_snapshot!(set(std::slice::from_ref(&full), &["image1=other"]), @"name: image1, newName: other, newTag: v1, digest: D");
    assert_snapshot!(set(&[full], &["image1=*:*@D"]), @"name: image1, newName: my-image1, newTag: v1, digest: D");
}

#[test]
fn what_says_nothing_is_refused() {
    for wrong in
        ["", "=x:1", "*:v1", "image1", "image1:no tag", "Image1:v1", "image1=x:-", "image1@sha256:abc"]
    {
        assert!(wrong.parse::<ImageEdit>().is_err(), "{wrong}");
    }
}
