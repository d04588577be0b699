use proptest::prelude::*;

use super::*;

/// The example of GitHub's documentation, shortened to its rules.
const EXAMPLE: &str = "
# This is a comment.
*       @global-owner1 @global-owner2
*.js    @js-owner #This is an inline comment.
*.go docs@example.com
*.txt @octo-org/octocats
/build/logs/ @doctocat
docs/* docs-owner@example.com @docs
apps/ @octocat
/docs/ @doctocat
/scripts/ @doctocat @octocat
**/logs @octocat
/apps/ @octocat
/apps/github
";

fn owners(file: &str, path: &str) -> Vec<String> {
    let path = RepositoryPath::new(path).unwrap();
    CodeOwners::parse(file.as_bytes()).of(&path).iter().map(ToString::to_string).collect()
}

#[test]
fn the_example_of_github() {
    for (path, expected) in [
        ("README", vec!["global-owner1", "global-owner2"]),
        ("src/deep/main.rs", vec!["global-owner1", "global-owner2"]),
        ("src/deep/main.js", vec!["js-owner"]),
        ("main.go", vec![]),
        ("notes/a.txt", vec!["@octo-org/octocats"]),
        ("build/logs/today/x", vec!["octocat"]),
        ("docs/getting-started.md", vec!["doctocat"]),
        ("src/apps/x", vec!["octocat"]),
        ("scripts/deep/x", vec!["doctocat", "octocat"]),
        ("deeply/nested/logs/x", vec!["octocat"]),
        ("apps/shop/x", vec!["octocat"]),
        ("apps/github", vec![]),
        ("apps/github/deep/x", vec![]),
    ] {
        assert_eq!(owners(EXAMPLE, path), expected, "{path}");
    }
}

#[test]
fn a_star_after_a_folder_goes_no_deeper() {
    let file = "docs/* @docs";
    assert_eq!(owners(file, "docs/getting-started.md"), ["docs"]);
    assert_eq!(owners(file, "docs/build-app/troubleshooting.md"), [""; 0]);
    assert_eq!(owners(file, "src/docs/x"), [""; 0], "a slash in the middle ties it to the top");
}

#[test]
fn a_folder_s_pattern_matches_no_file_of_that_name() {
    assert_eq!(owners("apps/ @a", "apps"), [""; 0]);
    assert_eq!(owners("apps @a", "apps"), ["a"]);
    assert_eq!(owners("apps @a", "x/apps/deep/y"), ["a"]);
}

#[test]
fn folders_in_between() {
    for path in ["a/z", "a/b/z", "a/b/c/z/deep"] {
        assert_eq!(owners("/a/**/z @a", path), ["a"], "{path}");
    }
    assert_eq!(owners("/a/** @a", "a"), [""; 0]);
    assert_eq!(owners("/a?c/x*z @a", "abc/xyyz"), ["a"]);
    assert_eq!(owners("/a?c/x*z @a", "a/c/xz"), [""; 0]);
}

#[test]
fn a_line_that_github_does_not_take_counts_for_nothing() {
    for line in ["!x @b", "x[ab] @b", "\\#x @b", "x b", "x @b @-", "/ @b", "x @a/b/"] {
        assert_eq!(owners(&format!("* @a\n{line}"), "x"), ["a"], "{line}");
    }
}

#[test]
fn a_blank_in_a_name_is_escaped() {
    assert_eq!(owners("/a\\ b/ @a", "a b/x"), ["a"]);
}

#[test]
fn a_file_that_is_too_large_counts_for_nothing() {
    let file = format!("* @a\n#{}", "x".repeat(CodeOwners::BYTES_MAX));
    assert_eq!(owners(&file, "x"), [""; 0]);
}

#[test]
fn a_nasty_pattern_takes_no_time() {
    let file = format!("/{}x @a", "**/*a*a*a*a/".repeat(2_000));
    assert_eq!(owners(&file, "a/".repeat(500).trim_end_matches('/')), [""; 0]);
}

fn part() -> impl Strategy<Value = String> {
    "[a-c]{1,2}"
}

fn path() -> impl Strategy<Value = String> {
    prop::collection::vec(part(), 1..5).prop_map(|parts| parts.join("/"))
}

proptest! {
    #[test]
    fn any_text_is_read(text in "(\\PC|[*/\\\\ #@!\n]){0,80}", path in path()) {
        owners(&text, &path);
    }

    #[test]
    fn a_path_from_the_top_owns_itself_and_all_beneath(path in path(), beneath in path(), beside in part()) {
        let file = format!("/{path} @a");
        prop_assert_eq!(owners(&file, &path), ["a"]);
        prop_assert_eq!(owners(&file, &format!("{path}/{beneath}")), ["a"]);
        prop_assert_eq!(owners(&file, &format!("{path}{beside}")), [""; 0]);
        prop_assert_eq!(owners(&file, &format!("z/{path}")), [""; 0]);
    }

    #[test]
    fn a_name_matches_wherever_it_stands(before in path(), name in part(), beneath in path()) {
        let file = format!("{name}/ @a");
        prop_assert_eq!(owners(&file, &format!("{before}/{name}/{beneath}")), ["a"]);
        prop_assert_eq!(owners(&format!("**/{name} @a"), &format!("{before}/{name}")), ["a"]);
    }

    #[test]
    fn the_last_rule_that_matches_decides(path in path(), others in prop::collection::vec(path(), 0..4)) {
        let mut file: String = others.iter().map(|other| format!("/{other} @other\n")).collect();
        file += &format!("/{path} @a\n/zzz @other\n");
        prop_assert_eq!(owners(&file, &path), ["a"]);
    }
}
