use super::fixture::path;
use crate::model::{ContentKey, FileChange};
use crate::overlay::content_key;

const OLD: &str =
    "# head\nnamespace: shop\nimages:\n- name: a\n  newTag: v1 # pinned\n- name: b\n  newTag: v1\n";

fn change(file: &str, old: &str, new: &str) -> FileChange {
    let bytes = |text: &str| (!text.is_empty()).then(|| text.as_bytes().to_vec());
    FileChange { path: path(file), old: bytes(old), new: bytes(new) }
}

fn key(files: &[FileChange]) -> ContentKey {
    content_key(&"production".parse().unwrap(), files)
}

fn promotion(text: &str) -> FileChange {
    change("k.yaml", text, &text.replacen("newTag: v1 # pinned", "newTag: v2 # pinned", 1))
}

#[test]
fn survives_a_newer_base() {
    let newer = OLD
        .replace("# head", "# headline\n# more")
        .replace("- name: b\n  newTag: v1", "- name: c\n  newTag: v7");
    assert_eq!(key(&[promotion(OLD)]), key(&[promotion(&newer)]));
}

#[test]
fn depends_on_the_environment() {
    let files = [promotion(OLD)];
    assert_ne!(key(&files), content_key(&"staging".parse().unwrap(), &files));
}

#[test]
fn depends_on_every_changed_byte() {
    let planned = promotion(OLD);
    let text = String::from_utf8(planned.new.clone().unwrap()).unwrap();
    for (from, to) in [
        ("# pinned", "# pinnes"),
        ("# head", "# Head"),
        ("newTag: v2", "newTag: \"v2\""),
        ("newTag: v2", "newTag: v3"),
        ("- name: b\n  newTag: v1", "- name: b\n  newTag: v2"),
        ("namespace: shop\n", "namespace: shop\n\n"),
    ] {
        let other = change("k.yaml", OLD, &text.replacen(from, to, 1));
        assert_ne!(key(std::slice::from_ref(&planned)), key(&[other]), "{from} -> {to}");
    }
}

#[test]
fn depends_on_which_of_two_equal_lines_changes() {
    let text = "images:\n- name: a\n  newTag: v1\n- name: b\n  newTag: v1\n";
    let first = text.replacen("v1", "v2", 1);
    let second = "images:\n- name: a\n  newTag: v1\n- name: b\n  newTag: v2\n";
    assert_ne!(key(&[change("k.yaml", text, &first)]), key(&[change("k.yaml", text, second)]));
}

#[test]
fn depends_on_the_files_but_not_on_their_order() {
    let (one, two) = (promotion(OLD), change("other.txt", "a\n", "b\n"));
    assert_eq!(key(&[one.clone(), two.clone()]), key(&[two.clone(), one.clone()]));
    assert_ne!(key(std::slice::from_ref(&one)), key(&[one.clone(), two]));
    assert_eq!(key(std::slice::from_ref(&one)), key(&[one.clone(), change("same", "x", "x")]));
    let moved = FileChange { path: path("elsewhere.yaml"), ..one.clone() };
    assert_ne!(key(&[one]), key(&[moved]));
}

#[test]
fn an_absent_file_is_not_an_empty_one() {
    let empty = FileChange { path: path("f"), old: Some(Vec::new()), new: Some(b"a".to_vec()) };
    let absent = FileChange { old: None, ..empty.clone() };
    assert_ne!(key(&[empty]), key(&[absent]));
}

#[test]
fn files_that_are_no_text_count_too() {
    let binary =
        |byte: u8| FileChange { path: path("f"), old: Some(vec![0xff, 0]), new: Some(vec![0xfe, byte]) };
    assert_ne!(key(&[binary(1)]), key(&[binary(2)]));
}

#[test]
fn long_keys_above_many_scalars_are_compared_in_bounded_space() {
    let text = |last: &str| format!("{}: [{}{last}]\n", "k".repeat(400_000), "a,".repeat(200_000));
    assert_ne!(key(&[change("f", &text("a"), &text("b"))]), key(&[change("f", &text("a"), &text("c"))]));
}

#[test]
fn texts_without_a_common_line_are_compared_in_bounded_time() {
    let text = |word: &str| (0..20_000).map(|n| format!("{word}{n}\n")).collect::<String>();
    let other = change("f", &text("a"), &text("c"));
    assert_ne!(key(&[change("f", &text("a"), &text("b"))]), key(&[other]));
}
