use super::scene::file;
use crate::model::{FileChange, RepositoryPath};
use crate::render::{Colour, diff};

fn exact(old: &str, new: &str) -> String {
    diff(&[file(old, new)], Colour::Never)
}

#[test]
fn a_diff_is_unified() {
    let old = "images:\n- name: shop\n  # pinned\n  newTag: \"1.4.1\"\n";
    insta::assert_snapshot!(exact(old, &old.replace("1.4.1", "1.4.2")), @r#"
    --- a/apps/shop/overlays/production/kustomization.yaml
    +++ b/apps/shop/overlays/production/kustomization.yaml
    @@ -1,4 +1,4 @@
     images:
     - name: shop
       # pinned
    -  newTag: "1.4.1"
    +  newTag: "1.4.2"
    "#);
}

#[test]
fn equal_files_have_no_diff() {
    assert_eq!(exact("a\n", "a\n"), "");
}

#[test]
fn a_last_line_without_an_end_is_told() {
    insta::assert_snapshot!(exact("a\nb", "a\nc\n"), @r#"
    --- a/apps/shop/overlays/production/kustomization.yaml
    +++ b/apps/shop/overlays/production/kustomization.yaml
    @@ -1,2 +1,2 @@
     a
    -b
    \ No newline at end of file
    +c
    "#);
}

#[test]
fn carriage_returns_are_kept_and_end_no_line() {
    assert!(exact("a\r\nb\rc\r\n", "a\r\nb\rd\r\n").ends_with("-b\rc\r\n+b\rd\r\n"));
}

#[test]
fn for_eyes_a_return_is_drawn_where_it_says_something() {
    let mixed = diff(&[file("a\r\nb\n", "a\r\nc\r\n")], Colour::Always);
    insta::assert_snapshot!(mixed.replace('\u{1b}', "ESC"), @r#"
    ESC[1m--- a/apps/shop/overlays/production/kustomization.yamlESC[0m
    ESC[1m+++ b/apps/shop/overlays/production/kustomization.yamlESC[0m
    ESC[36m@@ -1,2 +1,2 @@ESC[0m
     a␍
    ESC[31m-bESC[0m
    ESC[32m+c␍ESC[0m
    "#);
    let uniform = diff(&[file("a\r\nb\r\n", "a\r\nc\r\n")], Colour::Always);
    assert!(!uniform.contains('\r') && !uniform.contains('␍'), "{uniform}");
}

#[test]
fn for_eyes_nothing_in_a_file_steers_the_terminal() {
    let drawn = diff(&[file("a\n", "\u{1b}[2Jb\u{7f}\u{9b}\n")], Colour::Always);
    assert!(drawn.contains("+␛[2Jb␡\u{fffd}"), "{drawn}");
}

#[test]
fn bytes_that_are_no_text_are_said_to_be() {
    let path = RepositoryPath::new("logo.png").unwrap();
    let change = FileChange { path: path.clone(), old: Some(vec![0, 159]), new: Some(vec![1, 159]) };
    insta::assert_snapshot!(diff(&[change], Colour::Never), @"Binary files a/logo.png and b/logo.png differ");
    let added = FileChange { path, old: None, new: Some(b"text\n".to_vec()) };
    insta::assert_snapshot!(diff(&[added], Colour::Never), @r#"
    --- /dev/null
    +++ b/logo.png
    @@ -0,0 +1 @@
    +text
    "#);
}
