use super::*;

fn read(text: &str) -> (Source, Tree) {
    let source = Source::new(text).unwrap();
    let tree = parse(&source).unwrap();
    (source, tree)
}

/// Sets `images/0/newTag`, or inserts it after `name`.
fn set_tag(text: &str, value: &str) -> Result<String, String> {
    let (source, tree) = read(text);
    let path = [PathSegment::Key("images".to_owned()), PathSegment::Index(0)];
    let item = tree.at(tree.root().unwrap(), &path).unwrap();
    let value = value.to_owned();
    let edits = match tree.get(item, "newTag") {
        Some(node) => vec![Edit::SetScalar { node, value }],
        None => {
            vec![Edit::InsertKey {
                map: item,
                after: Some("name".to_owned()),
                key: "newTag".to_owned(),
                value,
            }]
        }
    };
    edit(&source, &tree, &edits)
        .map_err(|refusal| format!("{}:{}: {refusal}", refusal.position.line, refusal.position.column))
}

fn check(text: &str, value: &str, expected: &str) {
    assert_eq!(set_tag(text, value).as_deref(), Ok(expected));
}

#[test]
fn keeps_the_comment_and_the_quotes() {
    check("images:\n- name: a\n  newTag: v1 # pinned\n", "v2", "images:\n- name: a\n  newTag: v2 # pinned\n");
    check("images:\n- name: a\n  newTag:   'v1'\n", "v2", "images:\n- name: a\n  newTag:   'v2'\n");
    check("images:\n- name: a\n  newTag: \"1.0\"\n", "v2", "images:\n- name: a\n  newTag: \"v2\"\n");
}

#[test]
fn sets_an_anchored_value_only_together_with_its_aliases() {
    let (source, tree) = read("a: &v v1 # ours\nb: *v\n");
    let node = tree.get(tree.root().unwrap(), "a").unwrap();
    let value = "1.10".to_owned();
    let alone = edit(&source, &tree, &[Edit::SetScalar { node, value: value.clone() }]);
    assert_eq!(alone.unwrap_err().reason, EditRefusalReason::Anchored);
    let together = edit(&source, &tree, &[Edit::SetWithAliases { node, value }]);
    assert_eq!(together.as_deref(), Ok("a: &v \"1.10\" # ours\nb: *v\n"));
}

#[test]
fn quotes_what_would_be_read_as_a_number() {
    check("images:\n- name: a\n  newTag: v1\n", "1.10", "images:\n- name: a\n  newTag: \"1.10\"\n");
}

#[test]
fn keeps_line_breaks_byte_order_mark_and_the_missing_newline() {
    check("images:\r\n- name: a\r\n  newTag: v1\r\n", "v2", "images:\r\n- name: a\r\n  newTag: v2\r\n");
    check("\u{feff}images:\n- name: a\n  newTag: v1", "v2", "\u{feff}images:\n- name: a\n  newTag: v2");
    check("images:\r\n- name: a\r\n", "v2", "images:\r\n- name: a\r\n  newTag: v2\r\n");
    check("images:\n- name: a", "v2", "images:\n- name: a\n  newTag: v2");
}

#[test]
fn inserts_in_the_manner_of_the_text() {
    check(
        "images:\n  -   name: a # x\n\n# y\n",
        "v2",
        "images:\n  -   name: a # x\n      newTag: v2\n\n# y\n",
    );
    check("images: [{name: a}]\n", "v2", "images: [{name: a, newTag: v2}]\n");
    check(
        "images:\n- name: a\n- name: b\n  newTag: 'x'\n",
        "v2",
        "images:\n- name: a\n  newTag: 'v2'\n- name: b\n  newTag: 'x'\n",
    );
}

#[test]
fn fills_an_empty_value() {
    check(
        "images:\n- name: a\n  newTag: # none yet\n",
        "v2",
        "images:\n- name: a\n  newTag: v2 # none yet\n",
    );
}

#[test]
fn refuses_what_it_cannot_change_alone() {
    let refused = |text: &str| set_tag(text, "v2").unwrap_err();
    insta::assert_snapshot!(refused("x: &t v1\nimages:\n- name: a\n  newTag: *t\n"), @"4:11: the value is an alias (`*…`); write the value itself here");
    insta::assert_snapshot!(refused("images:\n- name: a\n  newTag: &t v1\n"), @"3:14: the value has an anchor (`&…`), so other places would change with it; write the value without it");
    insta::assert_snapshot!(refused("images:\n- name: a\n  newTag: !!str v1\n"), @"3:17: the value has a tag (`!…`); write it without");
    insta::assert_snapshot!(refused("images:\n- name: a\n  newTag: |\n    v1\n"), @"3:11: the value is a block scalar (`|` or `>`); write it on one line");
    insta::assert_snapshot!(refused("x: &x {a: b}\nimages:\n- name: a\n  <<: *x\n"), @"4:3: the mapping has a merge key (`<<`); write its keys out");
}

fn create(text: &str) -> Result<String, String> {
    let (source, tree) = read(text);
    let entries = vec![("name".to_owned(), "a".to_owned()), ("newTag".to_owned(), "1.0".to_owned())];
    let map = tree.root().unwrap();
    let edit = Edit::CreateSequence { map, key: "images".to_owned(), entries };
    super::edit(&source, &tree, &[edit]).map_err(|refusal| refusal.to_string())
}

#[test]
fn creates_a_list_as_the_other_lists_are_laid_out() {
    let indented = create("resources:\n  - base\n# end\n").unwrap();
    assert_eq!(indented, "resources:\n  - base\nimages:\n  - name: a\n    newTag: \"1.0\"\n# end\n");
    let flush = create("kind: Kustomization\r\nresources:\r\n- base").unwrap();
    assert_eq!(
        flush,
        "kind: Kustomization\r\nresources:\r\n- base\r\nimages:\r\n- name: a\r\n  newTag: \"1.0\""
    );
    assert_eq!(
        create("a: b\nimages:\nc: d\n").unwrap(),
        "a: b\nimages:\n- name: a\n  newTag: \"1.0\"\nc: d\n"
    );
    assert_eq!(create("a: b\nimages: []\n").unwrap(), "a: b\nimages: [{name: a, newTag: \"1.0\"}]\n");
    assert_eq!(create("{a: b}\n").unwrap(), "{a: b, images: [{name: a, newTag: \"1.0\"}]}\n");
    assert!(create("a: b\nimages: ~\n").unwrap_err().contains("there already"));
}

#[test]
fn appends_an_item_like_the_last_one() {
    let (source, tree) = read("images:\n  -  name: b # x\n     newTag: 'y'\n# z\nother: 1\n");
    let sequence = tree.get(tree.root().unwrap(), "images").unwrap();
    let entries = vec![("name".to_owned(), "a".to_owned()), ("newTag".to_owned(), "v2".to_owned())];
    let text = edit(&source, &tree, &[Edit::AppendItem { sequence, entries }]).unwrap();
    assert_eq!(
        text,
        "images:\n  -  name: b # x\n     newTag: 'y'\n  -  name: a\n     newTag: 'v2'\n# z\nother: 1\n"
    );
}

fn remove(text: &str, key: &str) -> String {
    let (source, tree) = read(text);
    let map = tree.at(tree.root().unwrap(), &[PathSegment::Key("m".to_owned())]).unwrap();
    edit(&source, &tree, &[Edit::RemoveKey { map, key: key.to_owned() }]).unwrap()
}

#[test]
fn removes_a_key_with_its_line() {
    assert_eq!(remove("m:\n  a: 1\n  b: 2 # x\n  c: 3\n", "b"), "m:\n  a: 1\n  c: 3\n");
    assert_eq!(remove("m:\n  a: 1\n  b: 2", "b"), "m:\n  a: 1");
    assert_eq!(remove("m:\n  a: 1\n  b: 2\n", "a"), "m:\n  b: 2\n");
    assert_eq!(remove("m:\n  a: 1\n  # about b\n  b: 2\n  c: 3\n", "b"), "m:\n  a: 1\n  # about b\n  c: 3\n");
    assert_eq!(remove("m: {a: 1, b: 2, c: 3}\n", "b"), "m: {a: 1, c: 3}\n");
    assert_eq!(remove("m: {a: 1, b: 2}\n", "a"), "m: {b: 2}\n");
}

#[test]
fn several_edits_go_together() {
    let (source, tree) = read("m:\n  name: a\n  newTag: v1\n  x: y\n");
    let map = tree.get(tree.root().unwrap(), "m").unwrap();
    let node = tree.get(map, "newTag").unwrap();
    let edits = [
        Edit::SetScalar { node, value: "v2".to_owned() },
        Edit::InsertKey {
            map,
            after: Some("newTag".to_owned()),
            key: "digest".to_owned(),
            value: "sha256:ab".to_owned(),
        },
    ];
    assert_eq!(
        edit(&source, &tree, &edits).unwrap(),
        "m:\n  name: a\n  newTag: v2\n  digest: sha256:ab\n  x: y\n"
    );
}

#[test]
fn the_quoting_table() {
    let quoted = [
        "1.10",
        "1.",
        "20240101",
        "0123",
        "0x1f",
        "0b101",
        "1_000",
        "1.5_0",
        "1e3",
        "1234e56",
        "0o17",
        "08",
        "12e34567",
        "true",
        "Yes",
        "n",
        "null",
        "2024-01-01",
        "190:20:30",
        ".5",
        "+1",
        "-1",
        "~",
        "",
        "a: b",
        "a #b",
        "- a",
        "*x",
        "@x",
        " x",
        "x ",
        "a,b",
    ];
    for text in quoted {
        assert!(needs_quote(text), "{text:?}");
    }
    let plain = [
        "latest",
        "1.0.0",
        "v1",
        "1e",
        "0b102",
        "4f2e8a1",
        "_1",
        "1.10-alpine",
        "2024-01-01-rc1",
        "sha256:ab",
    ];
    for text in plain {
        assert!(!needs_quote(text), "{text:?}");
    }
}

#[test]
fn flatten_names_items() {
    let (source, tree) = read("images:\n- name: a\n  newTag: '1'\n- x\n");
    let flat = flatten(&source, &tree).unwrap();
    let flat: Vec<String> = flat.into_iter().map(|(path, text)| format!("{path} = {text}")).collect();
    assert_eq!(flat, ["/images[name=a]/name = a", "/images[name=a]/newTag = '1'", "/images[1] = x"]);
}

#[test]
fn caps_hold() {
    let deep = "[".repeat(200) + &"]".repeat(200);
    let error = parse(&Source::new(deep).unwrap()).unwrap_err();
    assert!(error.what.contains("deep"), "{error}");
    let deep_blocks = "- ".repeat(100_000);
    assert!(parse(&Source::new(deep_blocks).unwrap()).is_err());
    assert!(Source::new("a".repeat(BYTES_MAX + 1)).is_err());
    assert!(Source::new("a\0b").is_err());
    assert_eq!(Source::from_bytes(b"a\nb\xff").unwrap_err().position.line, 2);
}

mod properties {
    use super::*;
    use proptest::prelude::*;

    /// Every scalar that may be edited, replaced by a sentinel, gives exactly that difference.
    fn each_scalar_can_be_replaced(text: &str) {
        let Ok(source) = Source::new(text) else { return };
        let Ok(tree) = parse(&source) else { return };
        for index in 0..tree.nodes.len() {
            let node = NodeId::new(index);
            if tree.scalar(node).is_none() {
                continue;
            }
            let edits = [Edit::SetScalar { node, value: "sentinel".to_owned() }];
            let Ok(edited) = edit(&source, &tree, &edits) else { continue };
            let span = tree.node(node).span.clone();
            assert!(edited.starts_with(&text[..span.start]), "{text:?} -> {edited:?}");
            assert!(edited.ends_with(&text[span.end..]) || span.is_empty(), "{text:?} -> {edited:?}");
            let again = Source::new(edited.clone()).unwrap();
            let tree = parse(&again).unwrap();
            assert_eq!(edit(&again, &tree, &edits).as_deref(), Ok(edited.as_str()));
        }
    }

    fn yaml_like() -> impl Strategy<Value = String> {
        let piece = prop::sample::select(vec![
            "a", "b", ": ", ":\n", "\n", "  ", "- ", "[", "]", "{", "}", ", ", "'", "\"", "# c\n", "|\n",
            ">-\n", "&x ", "*x", "!!str ", "---\n", "...\n", "é", "\r\n", "\t", "~", "null", "1.10",
            "\u{feff}", "? ", "<<", "%",
        ]);
        prop::collection::vec(piece, 0..40).prop_map(|pieces| pieces.concat())
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2_000))]

        #[test]
        fn arbitrary_text_never_panics_and_edits_are_exact(text in yaml_like()) {
            each_scalar_can_be_replaced(&text);
        }

        #[test]
        fn any_value_survives_quoting(value in "\\PC{0,20}") {
            let source = Source::new("k: v\n").unwrap();
            let tree = parse(&source).unwrap();
            let node = tree.get(tree.root().unwrap(), "k").unwrap();
            let edited = edit(&source, &tree, &[Edit::SetScalar { node, value: value.clone() }]).unwrap();
            let source = Source::new(edited).unwrap();
            let tree = parse(&source).unwrap();
            let node = tree.get(tree.root().unwrap(), "k").unwrap();
            prop_assert_eq!(tree.scalar(node), Some(value.as_str()));
        }
    }
}

/// Texts that kustomize's parser takes although a line is not indented as YAML's grammar wants it, and what `key`
/// means there.
const LENIENT: [(&str, &str); 11] = [
    ("a:\n  args: [\n    \"x\"\n  ]\n  key: v1\n", "v1"),
    ("a:\n  args: [\n  \"x\", { b: c,\nd: e }\n  ]\n  key: v1\n", "v1"),
    ("a:\n  - args: [ 'it''s', # a ] comment\n\n  ]\n    key: v1\n", "v1"),
    ("a:\n  note: \"goes on\nhere \\\" ]\n\n too\"\n  key: v1\n", "v1"),
    ("a:\n  note: 'goes on\nhere'\n  key: 'v1'\n", "v1"),
    ("a:\n  text: |\n    [ not flow\n    \"\n  args: [\n  x\n  ]\n  key: v1\n", "v1"),
    ("\u{feff}a:\r\n  args: [\r\n    é,\r\n  ]\r\n  key: v1\r\n", "v1"),
    ("a:\n  args: {\n  }\n  key: \"goes\n on\"\n", "goes on"),
    ("a:\n  args: [\n  ]\n  key: [\n  v1\n  ]\n", "v1"),
    ("a:\n  args: {\n? b\n: c }\n  key: v1\n", "v1"),
    ("a:\n  args: [ \"b\n: c\" ]\n  key: v1\n", "v1"),
];

/// The scalar under `key`, alone in a list or not.
fn key_of(tree: &Tree) -> NodeId {
    let a = tree.get(tree.root().unwrap(), "a").unwrap();
    let map = tree.items(a).first().copied().unwrap_or(a);
    let node = tree.get(map, "key").unwrap();
    tree.items(node).first().copied().unwrap_or(node)
}

#[test]
fn reads_and_edits_lines_that_are_indented_as_kustomize_takes_them() {
    for (text, expected) in LENIENT {
        let (source, tree) = read(text);
        let node = key_of(&tree);
        assert_eq!(tree.scalar(node), Some(expected), "{text}");
        let edited = edit(&source, &tree, &[Edit::SetScalar { node, value: "v2".to_owned() }]).unwrap();
        let span = tree.node(node).span.clone();
        let (before, after) = (&text[..span.start], &text[span.end..]);
        assert!(edited.starts_with(before) && edited.ends_with(after), "{text}\n{edited}");
        assert_eq!(read(&edited).1.scalar(key_of(&read(&edited).1)), Some("v2"), "{edited}");
    }
}

#[test]
fn says_where_the_text_itself_is_wrong_when_no_indentation_helps() {
    for text in [
        "a: [\n  b\nc: d\n",
        "a: \"x\n---\ny\"\n",
        "a:\n b: [\n ]\n c: ]\n",
        "a: b\n- [\n]\n",
        "a: {\nb\n: c\n}\n",
    ] {
        let source = Source::new(text).unwrap();
        let error = parse(&source).unwrap_err();
        assert!(error.position.line <= 4, "{text}: {error:?}");
    }
}
