use proptest::prelude::*;

use super::fixture::{DIGEST, image, path, set, to, tree};
use crate::model::FileChange;
use crate::overlay::{content_key, running};

/// A kustomization with an entry for the shop somewhere, in many shapes.
fn overlay() -> impl Strategy<Value = (String, String)> {
    let tag = "[A-Za-z0-9_][A-Za-z0-9._-]{0,12}";
    let quote = prop::sample::select(vec!["'", "\""]);
    let comment = prop::sample::select(vec!["", " # pinned", "   # naïve: {x} 'y'"]);
    let before =
        prop::sample::select(vec!["", "# top\n\n", "namespace: shop\n", "labels:\n  - pairs: { a: b }\n"]);
    let after =
        prop::sample::select(vec!["", "\n# end", "namePrefix: x-\n", "  - name: envoy\n    newTag: '9'\n"]);
    let line_break = prop::sample::select(vec!["\n", "\r\n"]);
    (tag, quote, comment, before, after, line_break).prop_map(
        |(tag, quote, comment, before, after, line_break)| {
            let resources = "resources:\n  - ../base\n";
            let entry =
                format!("images:\n  - name: ghcr.io/acme/shop\n    newTag: {quote}{tag}{quote}{comment}\n");
            let text = format!("{before}{resources}{entry}{after}").replace('\n', line_break);
            (text, format!("{quote}{tag}{quote}"))
        },
    )
}

fn repository(own: &str) -> String {
    format!("{}--- own/kustomization.yaml\n{own}", super::fixture::BASE)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_tag_that_was_set_runs_and_every_other_byte_is_the_same(
        (own, old) in overlay(),
        tag in "[A-Za-z0-9_][A-Za-z0-9._-]{0,20}",
    ) {
        let quote = &old[..1];
        let tree = tree(&repository(&own));
        let edited = set(&tree, "own", &to(&tag, "")).unwrap();
        let after = tree.with_files(&edited);
        let shown = running(&after, &path("own").into(), &image("ghcr.io/acme/shop")).unwrap();
        prop_assert_eq!(shown.references()[0].to_string(), format!("ghcr.io/acme/shop:{tag}"));
        let expected = own.replacen(&format!("newTag: {old}"), &format!("newTag: {quote}{tag}{quote}"), 1);
        prop_assert_eq!(after.read(&path("own/kustomization.yaml")).unwrap(), expected.as_bytes());
        prop_assert!(set(&after, "own", &to(&tag, "")).unwrap().is_empty());
    }

    #[test]
    fn a_digest_is_added_as_one_line(
        (own, _) in overlay(),
    ) {
        let tree = tree(&repository(&own));
        let edited = set(&tree, "own", &to("1.10.0", DIGEST)).unwrap();
        let new = String::from_utf8(edited[0].1.clone()).unwrap();
        let kept: Vec<&str> = new.split_inclusive('\n').filter(|line| !line.contains("digest:")).collect();
        prop_assert_eq!(kept.len() + 1, new.split_inclusive('\n').count());
        let old: Vec<&str> = own.split_inclusive('\n').collect();
        prop_assert_eq!(kept.len(), old.len());
        let changed = kept.iter().zip(&old).filter(|(new, old)| new != old).count();
        prop_assert!(changed <= 1, "{own} became {new}");
    }

    #[test]
    fn the_content_key_is_that_of_the_edit_and_not_of_its_base(
        (own, _) in overlay(),
        line in "[a-z]{1,8}",
        at in 0_usize..1_000,
    ) {
        let planned = keyed(&own);
        let line_break = if own.contains('\r') { "\r\n" } else { "\n" };
        let newer = format!("# {line}{line_break}{own}").replace("namespace: shop", "namespace: other");
        prop_assert_eq!(&planned.0, &keyed(&newer).0, "a newer base gives another key");
        let mut touched = planned.1.clone();
        let new = touched.new.as_mut().unwrap();
        let at = at % new.len();
        new[at] = if new[at] == b'~' { b'!' } else { b'~' };
        prop_assert_ne!(&planned.0, &key(&touched), "a touched byte gives the same key");
    }
}

fn keyed(own: &str) -> (crate::model::ContentKey, FileChange) {
    let tree = tree(&repository(own));
    let (file, new) = set(&tree, "own", &to("1.10.0", DIGEST)).unwrap().remove(0);
    let change = FileChange { path: file, old: Some(own.as_bytes().to_vec()), new: Some(new) };
    (key(&change), change)
}

fn key(change: &FileChange) -> crate::model::ContentKey {
    content_key(&"production".parse().unwrap(), std::slice::from_ref(change))
}
