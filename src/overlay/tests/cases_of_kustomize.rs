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
        Err(error) => return error.to_string(),
        Ok(Err(refused)) => return refused.to_string(),
        Ok(Ok(bytes)) => String::from_utf8(bytes).unwrap(),
    };
    let list = edited.split_once("images:\n").map_or("", |(_, list)| list).replace(D, "D").replace('"', "'");
    let entries = list.split("- ").filter(|entry| !entry.trim().is_empty());
    let entries = entries.map(|entry| entry.lines().map(str::trim).collect::<Vec<_>>().join(", "));
    entries.collect::<Vec<_>>().join(" | ")
}

#[test]
fn each_documented_case_has_its_outcome() {
    let (name, new_name, tag) = (("name", "image1"), ("newName", "my-image1"), ("newTag", "my-tag"));
    let image2 = || entry(&[("name", "image2"), ("newName", "my-image2"), ("newTag", "my-tag2")]);
    let digested = || entry(&[("name", "image2"), ("newName", "my-image2"), ("digest", D)]);
    let both = || entry(&[name, new_name, tag]);
    let only_tag = || entry(&[name, tag]);
    // Number, entries, arguments, what kustomize makes of it.
    let cases: Vec<(usize, Vec<String>, Vec<&str>, &str)> = vec![
        (1, vec![], vec!["image1=my-image1:my-tag"], "name: image1, newName: my-image1, newTag: my-tag"),
        (2, vec![], vec!["image1=my-image1:1234"], "name: image1, newName: my-image1, newTag: '1234'"),
        (3, vec![], vec!["image1=my-image1:3.2e2"], "name: image1, newName: my-image1, newTag: '3.2e2'"),
        (4, vec![], vec!["image1=my-image1@D"], "digest: D, name: image1, newName: my-image1"),
        (5, vec![], vec!["image1:my-tag"], "name: image1, newTag: my-tag"),
        (6, vec![], vec!["image1@D"], "digest: D, name: image1"),
        (7, vec![], vec!["my-image1:my-tag@D"], "digest: D, name: my-image1, newTag: my-tag"),
        (
            8,
            vec![],
            vec!["image1=my-image1:my-tag@D"],
            "digest: D, name: image1, newName: my-image1, newTag: my-tag",
        ),
        (
            9,
            vec![],
            vec!["ngnix=localhost:5000/my-project/ngnix"],
            "name: ngnix, newName: localhost:5000/my-project/ngnix",
        ),
        (
            10,
            vec![],
            vec!["ngnix=localhost:5000/my-project/ngnix:dev-01"],
            "name: ngnix, newName: localhost:5000/my-project/ngnix, newTag: dev-01",
        ),
        (
            11,
            vec![both(), image2()],
            vec!["image1=foo.bar.foo:8800/foo/image1:foo-bar"],
            "name: image1, newName: foo.bar.foo:8800/foo/image1, newTag: foo-bar | name: image2, newName: my-image2, newTag: my-tag2",
        ),
        (
            12,
            vec![both(), image2()],
            vec!["image1=foo.bar.foo:8800/foo/image1:foo-bar"],
            "as 11, with other fields kept and moved",
        ),
        (13, vec![only_tag()], vec!["image1:v1"], "name: image1, newTag: v1"),
        (
            14,
            vec![both(), image2()],
            vec!["image1=my-image1:v2", "image2=my-image2@D", "image3:my-tag"],
            "name: image1, newName: my-image1, newTag: v2 | digest: D, name: image2, newName: my-image2 | name: image3, newTag: my-tag",
        ),
        (15, vec![], vec![], "error: no image specified"),
        (16, vec![], vec!["bad", "args"], "error: invalid format of image"),
        (17, vec![both()], vec!["image1=*:v1"], "name: image1, newName: my-image1, newTag: v1"),
        (18, vec![both()], vec!["image1=my-image2:*"], "name: image1, newName: my-image2, newTag: my-tag"),
        (19, vec![both()], vec!["image1=*:*"], "name: image1, newName: my-image1, newTag: my-tag"),
        (20, vec![only_tag()], vec!["image1=*:v1"], "name: image1, newTag: v1"),
        (21, vec![], vec!["image1=*:v1"], "name: image1, newTag: v1"),
        (22, vec![], vec!["image1=my-image1:*"], "name: image1, newName: my-image1"),
        (23, vec![digested()], vec!["image2=*@D"], "digest: D, name: image2, newName: my-image2"),
        (24, vec![image2()], vec!["image2=*@D"], "digest: D, name: image2, newName: my-image2"),
        (25, vec![digested()], vec!["image2=my-image3@*"], "digest: D, name: image2, newName: my-image3"),
    ];
    let row = |(number, entries, arguments, theirs): &(usize, Vec<String>, Vec<&str>, &str)| {
        format!(
            "{number:>2} {}\n   theirs  {theirs}\n   ours    {}\n",
            arguments.join(" "),
            set(entries, arguments)
        )
    };
    assert_snapshot!(cases.iter().map(row).collect::<String>(), @"
     1 image1=my-image1:my-tag
       theirs  name: image1, newName: my-image1, newTag: my-tag
       ours    name: image1, newName: my-image1, newTag: my-tag
     2 image1=my-image1:1234
       theirs  name: image1, newName: my-image1, newTag: '1234'
       ours    name: image1, newName: my-image1, newTag: '1234'
     3 image1=my-image1:3.2e2
       theirs  name: image1, newName: my-image1, newTag: '3.2e2'
       ours    name: image1, newName: my-image1, newTag: '3.2e2'
     4 image1=my-image1@D
       theirs  digest: D, name: image1, newName: my-image1
       ours    name: image1, newName: my-image1, digest: D
     5 image1:my-tag
       theirs  name: image1, newTag: my-tag
       ours    name: image1, newTag: my-tag
     6 image1@D
       theirs  digest: D, name: image1
       ours    name: image1, digest: D
     7 my-image1:my-tag@D
       theirs  digest: D, name: my-image1, newTag: my-tag
       ours    name: my-image1, newTag: my-tag, digest: D
     8 image1=my-image1:my-tag@D
       theirs  digest: D, name: image1, newName: my-image1, newTag: my-tag
       ours    name: image1, newName: my-image1, newTag: my-tag, digest: D
     9 ngnix=localhost:5000/my-project/ngnix
       theirs  name: ngnix, newName: localhost:5000/my-project/ngnix
       ours    name: ngnix, newName: localhost:5000/my-project/ngnix
    10 ngnix=localhost:5000/my-project/ngnix:dev-01
       theirs  name: ngnix, newName: localhost:5000/my-project/ngnix, newTag: dev-01
       ours    name: ngnix, newName: localhost:5000/my-project/ngnix, newTag: dev-01
    11 image1=foo.bar.foo:8800/foo/image1:foo-bar
       theirs  name: image1, newName: foo.bar.foo:8800/foo/image1, newTag: foo-bar | name: image2, newName: my-image2, newTag: my-tag2
       ours    name: image1, newName: foo.bar.foo:8800/foo/image1, newTag: foo-bar | name: image2, newName: my-image2, newTag: my-tag2
    12 image1=foo.bar.foo:8800/foo/image1:foo-bar
       theirs  as 11, with other fields kept and moved
       ours    name: image1, newName: foo.bar.foo:8800/foo/image1, newTag: foo-bar | name: image2, newName: my-image2, newTag: my-tag2
    13 image1:v1
       theirs  name: image1, newTag: v1
       ours    name: image1, newTag: v1
    14 image1=my-image1:v2 image2=my-image2@D image3:my-tag
       theirs  name: image1, newName: my-image1, newTag: v2 | digest: D, name: image2, newName: my-image2 | name: image3, newTag: my-tag
       ours    name: image1, newName: my-image1, newTag: v2 | name: image2, newName: my-image2, digest: D | name: image3, newTag: my-tag
    15 
       theirs  error: no image specified
       ours    
    16 bad args
       theirs  error: invalid format of image
       ours    `bad`: there is nothing to set; write `name:tag`, `name@digest`, `name=newname`, or `name=newname:tag@digest`
    17 image1=*:v1
       theirs  name: image1, newName: my-image1, newTag: v1
       ours    name: image1, newName: my-image1, newTag: v1
    18 image1=my-image2:*
       theirs  name: image1, newName: my-image2, newTag: my-tag
       ours    name: image1, newName: my-image2, newTag: my-tag
    19 image1=*:*
       theirs  name: image1, newName: my-image1, newTag: my-tag
       ours    name: image1, newName: my-image1, newTag: my-tag
    20 image1=*:v1
       theirs  name: image1, newTag: v1
       ours    name: image1, newTag: v1
    21 image1=*:v1
       theirs  name: image1, newTag: v1
       ours    name: image1, newTag: v1
    22 image1=my-image1:*
       theirs  name: image1, newName: my-image1
       ours    name: image1, newName: my-image1
    23 image2=*@D
       theirs  digest: D, name: image2, newName: my-image2
       ours    name: image2, newName: my-image2, digest: D
    24 image2=*@D
       theirs  digest: D, name: image2, newName: my-image2
       ours    name: image2, newName: my-image2, digest: D
    25 image2=my-image3@*
       theirs  digest: D, name: image2, newName: my-image3
       ours    name: image2, newName: my-image3, digest: D
    ");
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
