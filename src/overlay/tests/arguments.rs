use super::fixture::{DIGEST, OLD_DIGEST};
use crate::overlay::{ImageEdit, edit_kustomization};

/// What `kustomize edit set image` makes of an argument and an entry, and what becomes of it here.
struct Case {
    arguments: &'static [&'static str],
    /// The entries before, one line each; `D` and `O` stand for digests.
    before: &'static str,
    theirs: &'static str,
    /// What we write; none where it is the same.
    ours: Option<&'static str>,
}

const fn same(arguments: &'static [&'static str], before: &'static str, theirs: &'static str) -> Case {
    Case { arguments, before, theirs, ours: None }
}

const fn other(
    arguments: &'static [&'static str],
    before: &'static str,
    theirs: &'static str,
    ours: &'static str,
) -> Case {
    Case { arguments, before, theirs, ours: Some(ours) }
}

/// The documented cases in their order. Keys are sorted by kustomize; here they are compared by what they say.
const CASES: [Case; 25] = [
    same(&["image1=my-image1:my-tag"], "", "name: image1, newName: my-image1, newTag: my-tag"),
    same(&["image1=my-image1:1234"], "", "name: image1, newName: my-image1, newTag: \"1234\""),
    same(&["image1=my-image1:3.2e2"], "", "name: image1, newName: my-image1, newTag: \"3.2e2\""),
    same(&["image1=my-image1@D"], "", "name: image1, newName: my-image1, digest: D"),
    same(&["image1:my-tag"], "", "name: image1, newTag: my-tag"),
    same(&["image1@D"], "", "name: image1, digest: D"),
    same(&["my-image1:my-tag@D"], "", "name: my-image1, newTag: my-tag, digest: D"),
    same(&["image1=my-image1:my-tag@D"], "", "name: image1, newName: my-image1, newTag: my-tag, digest: D"),
    same(
        &["ngnix=localhost:5000/my-project/ngnix"],
        "",
        "name: ngnix, newName: localhost:5000/my-project/ngnix",
    ),
    same(
        &["ngnix=localhost:5000/my-project/ngnix:dev-01"],
        "",
        "name: ngnix, newName: localhost:5000/my-project/ngnix, newTag: dev-01",
    ),
    same(
        &["image1=foo.bar.foo:8800/foo/image1:foo-bar"],
        "name: image1, newName: my-image1, newTag: my-tag\nname: image2, newTag: my-tag2",
        "name: image1, newName: foo.bar.foo:8800/foo/image1, newTag: foo-bar\nname: image2, newTag: my-tag2",
    ),
    same(
        &["image1=foo.bar.foo:8800/foo/image1:foo-bar"],
        "name: image1, newName: my-image1, newTag: my-tag",
        "name: image1, newName: foo.bar.foo:8800/foo/image1, newTag: foo-bar",
    ),
    same(&["image1:v1"], "name: image1, newTag: my-tag", "name: image1, newTag: v1"),
    other(
        &["image1:v1", "image2=my-image2@D", "image3=my-image3:my-tag"],
        "name: image1, newTag: a\nname: image2, newTag: b\nname: image3, newTag: c",
        "name: image1, newTag: v1\nname: image2, newName: my-image2, digest: D\nname: image3, newName: my-image3, newTag: my-tag",
        "name: image1, newTag: v1\nname: image2, newName: my-image2, newTag: b, digest: D\nname: image3, newName: my-image3, newTag: my-tag",
    ),
    same(&[], "name: image1", "error: no image specified"),
    same(&["bad", "args"], "", "error: invalid format of image"),
    same(
        &["image1=*:v1"],
        "name: image1, newName: my-image1, newTag: my-tag",
        "name: image1, newName: my-image1, newTag: v1",
    ),
    same(
        &["image1=my-image1:*"],
        "name: image1, newName: other, newTag: my-tag",
        "name: image1, newName: my-image1, newTag: my-tag",
    ),
    same(
        &["image1=*:*"],
        "name: image1, newName: my-image1, newTag: my-tag",
        "name: image1, newName: my-image1, newTag: my-tag",
    ),
    same(&["image1=*:v1"], "name: image1, newTag: my-tag", "name: image1, newTag: v1"),
    same(&["image1=*:v1"], "", "name: image1, newTag: v1"),
    same(&["image1=my-image1:*"], "", "name: image1, newName: my-image1"),
    same(
        &["image2=*@D"],
        "name: image2, newName: my-image2, digest: O",
        "name: image2, newName: my-image2, digest: D",
    ),
    other(
        &["image2=*@D"],
        "name: image2, newName: my-image2, newTag: my-tag",
        "name: image2, newName: my-image2, digest: D",
        "name: image2, newName: my-image2, newTag: my-tag, digest: D",
    ),
    same(
        &["image2=my-image2@*"],
        "name: image2, newName: other, digest: O",
        "name: image2, newName: my-image2, digest: O",
    ),
];

fn filled(text: &str) -> String {
    let word = |word: &str| match word {
        "D" => DIGEST.to_owned(),
        "O" => OLD_DIGEST.to_owned(),
        word => word.strip_suffix("@D").map_or(word.to_owned(), |name| format!("{name}@{DIGEST}")),
    };
    text.split(' ').map(word).collect::<Vec<_>>().join(" ").replace(" D\n", &format!(" {DIGEST}\n"))
}

fn kustomization(entries: &str) -> String {
    let entries: String =
        entries.lines().map(|entry| format!("- {}\n", filled(entry).replace(", ", "\n  "))).collect();
    let images = if entries.is_empty() { String::new() } else { format!("images:\n{entries}") };
    format!("# ours\nresources: [base] # kept\n{images}")
}

/// The entries after all arguments, or that they are refused.
fn outcome(case: &Case) -> Result<String, String> {
    let edits: Result<Vec<ImageEdit>, _> = case.arguments.iter().map(|text| filled(text).parse()).collect();
    let edits = edits.map_err(|error: crate::overlay::ArgumentError| error.to_string())?;
    let bytes = edit_kustomization(kustomization(case.before).as_bytes(), &edits)
        .map_err(|error| error.to_string())?;
    Ok(String::from_utf8(bytes).unwrap())
}

#[test]
fn takes_what_kustomize_takes_in_its_documented_cases() {
    for (index, case) in CASES.iter().enumerate() {
        let number = index + 1;
        // Without an argument it is the command line that refuses.
        if case.arguments.is_empty() {
            continue;
        }
        match (outcome(case), case.theirs.strip_prefix("error: ")) {
            (Ok(text), None) => {
                assert_eq!(text, kustomization(case.ours.unwrap_or(case.theirs)), "case {number}")
            }
            (Err(_), Some(_)) => {}
            (ours, theirs) => panic!("case {number}: {ours:?} beside {theirs:?}"),
        }
    }
}

#[test]
fn says_what_is_wrong_with_an_argument() {
    let wrong = |text: &str| text.parse::<ImageEdit>().unwrap_err().to_string();
    insta::assert_snapshot!(wrong("bad"), @"`bad`: there is nothing to set; write `name:tag`, `name@digest` or `name=newname:tag`, with `*` for what stays");
    insta::assert_snapshot!(wrong("=a:1"), @"`=a:1`: the name is missing; write `name:tag`, `name@digest` or `name=newname:tag`, with `*` for what stays");
    insta::assert_snapshot!(wrong("a=b:not a tag"), @"`a=b:not a tag`: `not a tag` is not an image tag; it has at most 128 letters, digits, `_`, `.` or `-`, not starting with `.` or `-`; write `name:tag`, `name@digest` or `name=newname:tag`, with `*` for what stays");
    insta::assert_snapshot!(wrong("a@sha256:1"), @"`a@sha256:1`: `sha256:1` is not a digest; write `sha256:` and 64 hexadecimal digits, or `sha512:` and 128; write `name:tag`, `name@digest` or `name=newname:tag`, with `*` for what stays");
    insta::assert_snapshot!(wrong("a=B:1"), @"`a=B:1`: `B` is not an image name; write `host/repository` in lower case, such as `ghcr.io/acme/shop`; write `name:tag`, `name@digest` or `name=newname:tag`, with `*` for what stays");
}
