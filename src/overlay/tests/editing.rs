use super::fixture::{DIGEST, OLD_DIGEST};
use crate::overlay::{ImageEdit, Setting, edit_kustomization};

fn request(name: &str) -> ImageEdit {
    ImageEdit { name: name.to_owned(), new_name: Setting::Keep, tag: Setting::Keep, digest: Setting::Keep }
}

fn tagged(name: &str, tag: &str) -> ImageEdit {
    ImageEdit { tag: Setting::Set(tag.parse().unwrap()), ..request(name) }
}

fn edited(text: &str, requests: &[ImageEdit]) -> String {
    match edit_kustomization(text.as_bytes(), requests) {
        Ok(bytes) => String::from_utf8(bytes).unwrap(),
        Err(refused) => refused.to_string(),
    }
}

#[test]
fn keeps_what_is_not_named() {
    let text = format!("images:\n- name: app\n  newName: x/app\n  newTag: v1\n  digest: {OLD_DIGEST}\n");
    assert_eq!(edited(&text, &[tagged("app", "v2")]), text.replace("v1", "v2"));
}

#[test]
fn sets_and_clears_each_value() {
    let text = format!("images:\n- name: app\n  newTag: v1\n  digest: {OLD_DIGEST} # old\n");
    let clear = ImageEdit { digest: Setting::Clear, ..tagged("app", "v2") };
    assert_eq!(edited(&text, &[clear]), "images:\n- name: app\n  newTag: v2\n");
    let rename = ImageEdit {
        new_name: Setting::Set("x/app".parse().unwrap()),
        digest: Setting::Set(DIGEST.parse().unwrap()),
        ..request("app")
    };
    assert_eq!(
        edited("images:\n- name: app\n", &[rename]),
        format!("images:\n- name: app\n  newName: x/app\n  digest: {DIGEST}\n")
    );
}

#[test]
fn makes_several_edits_one_after_the_other() {
    let requests = [tagged("a", "v2"), tagged("b", "1.10"), tagged("a", "v3")];
    assert_eq!(
        edited("images:\n  - name: a\n    newTag: v1\n", &requests),
        "images:\n  - name: a\n    newTag: v3\n  - name: b\n    newTag: \"1.10\"\n"
    );
}

#[test]
fn the_entry_of_the_same_image_changes_whatever_it_is_called() {
    for (before, name, after) in [
        (
            "- name: postgres\n  newTag: v1\n",
            "docker.io/library/postgres",
            "- name: postgres\n  newTag: v2\n",
        ),
        (
            "- name: docker.io/postgres\n  newTag: v1\n",
            "postgres",
            "- name: docker.io/postgres\n  newTag: v2\n",
        ),
        (
            "- name: index.docker.io/library/postgres\n",
            "postgres",
            "- name: index.docker.io/library/postgres\n  newTag: v2\n",
        ),
        (
            "- name: app\n  newName: reg/web:1.0.0\n",
            "reg/web",
            "- name: app\n  newName: reg/web\n  newTag: v2\n",
        ),
        ("- name: app\n  newName: reg/web\n", "reg/web", "- name: app\n  newName: reg/web\n  newTag: v2\n"),
        (
            "- name: reg/web\n- name: app\n  newName: reg/web\n",
            "reg/web",
            "- name: reg/web\n  newTag: v2\n- name: app\n  newName: reg/web\n",
        ),
        ("- name: app\n  newName: y\n", "app", "- name: app\n  newName: \"y\"\n  newTag: v2\n"),
        ("- name: reg/postgres\n", "postgres", "- name: reg/postgres\n- name: postgres\n  newTag: v2\n"),
    ] {
        let text = |entries: &str| format!("images:\n{entries}");
        assert_eq!(edited(&text(before), &[tagged(name, "v2")]), text(after), "{before} with {name}");
    }
    let twice = "images:\n- name: a\n  newName: reg/web\n- name: b\n  newName: reg/web\n";
    insta::assert_snapshot!(edited(twice, &[tagged("reg/web", "v2")]), @"4: the entries `a` and `b` both set `reg/web`; name one of these entries");
}

#[test]
fn fills_an_empty_list() {
    for empty in ["images:\n", "images: # none yet\n"] {
        let text = format!("kind: Kustomization\n{empty}");
        let expected = format!("{text}- name: a\n  newTag: v1\n");
        assert_eq!(edited(&text, &[tagged("a", "v1")]), expected, "{empty}");
    }
}

#[test]
fn fills_an_empty_flow_list_in_place() {
    let expected = "images: [{name: a, newTag: v1}]\n";
    assert_eq!(edited("images: []\n", &[tagged("a", "v1")]), expected);
}

#[test]
fn leaves_the_bytes_alone_where_nothing_changes() {
    let text = "\u{feff}images:\r\n- {name: a,   newTag: v1}";
    assert_eq!(edited(text, &[tagged("a", "v1"), request("a"), request("new")]), text);
}

#[test]
fn says_where_an_edit_is_refused() {
    insta::assert_snapshot!(edited("images:\n- name: a\n  newTag: |\n    v1\n", &[tagged("a", "v2")]), @"3: the value is a block scalar (`|` or `>`); write it on one line");
    insta::assert_snapshot!(edited("images: &i\n- name: b\n", &[tagged("a", "v2")]), @"2: an anchor (`&…`), so other places would change with this one; write it without the anchor");
}

#[test]
fn an_edit_beside_other_values_without_quotes_names_them_and_may_mend_all() {
    let text =
        "images:\n- name: shop\n  newTag: 1.10\n- name: web\n  newTag: 1.20\n- name: job\n  newTag: y\n";
    let edited = |requests: &[&str]| {
        let requests: Vec<_> = requests.iter().map(|request| request.parse().unwrap()).collect();
        let edited = crate::overlay::edit_kustomization(text.as_bytes(), &requests);
        edited.map(|bytes| String::from_utf8(bytes).unwrap()).map_err(|refused| refused.to_string())
    };
    insta::assert_snapshot!(edited(&["shop:1.10"]).unwrap_err(), @r#"5: kustomize reads `newTag: 1.20` as a number, but it needs text; put it in quotes: `newTag: "1.20"`; the same goes for line 7: kustomize reads `newTag: y` as a boolean, but it needs text"#);
    let all = edited(&["shop:1.10", "web:1.20", "job:y"]).unwrap();
    assert_eq!(all, text.replace("1.10", "\"1.10\"").replace("1.20", "\"1.20\"").replace(": y", ": \"y\""));
}
