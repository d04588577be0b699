use super::scene::*;
use crate::decide::{GateReason, Judgement};
use crate::model::{ContentMark, FileChange, RemainingReference};
use crate::render::{BodyInput, CommitMetadata, body};

pub(super) const OVERLAY: &str =
    "resources:\n- ../../base\nimages:\n- name: ghcr.io/acme/shop\n  newTag: \"1.4.1\" # by hand until May\n";

/// The body of the one promotion, with these files and this judgement.
pub(super) fn written(judgement: &Judgement, files: &[FileChange], requester: Option<&str>) -> String {
    let (target, release, from, key) = (target("production"), release("1.4.2"), reference("1.4.1"), key());
    let requester = requester.map(user);
    body(&BodyInput {
        carriage: CommitMetadata {
            target: &target,
            release: &release,
            from: std::slice::from_ref(&from),
            key: &key,
            requester: requester.as_ref(),
        },
        judgement,
        files,
        sources: Vec::new(),
        staying: Vec::new(),
        remaining: Vec::new(),
        overflow: None,
    })
    .text
}

fn edited() -> FileChange {
    file(OVERLAY, &OVERLAY.replace("1.4.1", "1.4.2"))
}

#[test]
fn a_body_names_what_still_refers_to_the_version_that_ran() {
    let judgement = judgement(vec![landed()], vec![]);
    let (target, release, from, key) = (target("production"), release("1.4.2"), reference("1.4.1"), key());
    let place = |line| RemainingReference {
        file: "apps/shop/values.yaml".parse().unwrap(),
        line,
        reference: "ghcr.io/acme/shop:1.4.1".to_owned(),
    };
    let body = |remaining: Vec<RemainingReference>| {
        let from = std::slice::from_ref(&from);
        let carriage =
            CommitMetadata { target: &target, release: &release, from, key: &key, requester: None };
        let (files, judgement) = (&[edited()], &judgement);
        let (sources, staying, overflow) = (Vec::new(), Vec::new(), None);
        body(&BodyInput { carriage, judgement, files, sources, staying, remaining, overflow }).text
    };
    let named = |text: String| {
        let lines = text.lines().filter(|line| {
            line.contains("still names") || line.contains("Not changed") || line.contains(" more")
        });
        lines.map(|line| format!("{line}\n")).collect::<String>()
    };
    insta::assert_snapshot!(named(body(vec![place(7), place(9)])), @"
    Not changed, because Towpath does not know what reads it; change it by hand if it is deployed:
    - `apps/shop/values.yaml:7` still names `ghcr.io/acme/shop:1.4.1`
    - `apps/shop/values.yaml:9` still names `ghcr.io/acme/shop:1.4.1`
    ");
    assert!(named(body((1..=30).map(place).collect())).ends_with("- and 10 more\n"));
    assert_eq!(named(body(Vec::new())), "");
}

#[test]
fn a_body_is_one_screen() {
    let judgement = judgement(vec![landed(), soaking(), approvals_missing()], vec![]);
    let text = written(&judgement, &[edited()], None);
    insta::assert_snapshot!(text.trim_end(), @r#"
    | image | from | to |
    | --- | --- | --- |
    | `ghcr.io/acme/shop` | `1.4.1`<br>`sha256:111111111111` | `1.4.2`<br>`sha256:222222222222` |

    | gate | state | why |
    | --- | --- | --- |
    | previous-environment | ok | landed in staging |
    | soak | **wait** | soaks until Mon 2026-11-23 09:00 UTC (1d from landing) |
    | approvals | **wait** | 1 of 2 approvals (bob); ask `@acme/sre` or carol |

    | environment | this release |
    | --- | --- |
    | dev | landed on Sun 2026-11-15 08:00 UTC |
    | staging | landed on Sun 2026-11-22 09:00 UTC |
    | **production** | this change brings it |

    ```diff
    --- a/apps/shop/overlays/production/kustomization.yaml
    +++ b/apps/shop/overlays/production/kustomization.yaml
    @@ -2,4 +2,4 @@
     - ../../base
     images:
     - name: ghcr.io/acme/shop
    -  newTag: "1.4.1" # by hand until May
    +  newTag: "1.4.2" # by hand until May
    ```

    Comment `/promote approve` to approve exactly this content for production, `/promote hold` to stop it, `/promote reject reason="…"` to close it for good, `/promote why` to see the gates, `/promote help` for the rest.

    <!-- towpath:content {"key":"4937d442db54950774c5ac1650d0de2cbfdc28fda8398ce02979104a3644b7a9","images":[{"image":"ghcr.io/acme/shop","tag":"1.4.2","digest":"sha256:2222222222222222222222222222222222222222222222222222222222222222"}]} -->
    "#);
}

#[test]
fn approval_is_offered_only_where_it_counts() {
    let with = |gate| written(&judgement(vec![gate], vec![]), &[edited()], None);
    assert!(with(approved()).contains("`/promote approve`"));
    assert!(!with(landed()).contains("`/promote approve`"));
}

#[test]
fn a_body_names_who_asked() {
    let text = written(&judgement(vec![landed()], vec![]), &[edited()], Some("dave"));
    assert!(text.contains("\n\nRequested by dave.\n\n"), "{text}");
}

#[test]
fn the_hidden_mark_is_read_back() {
    let text = written(&judgement(vec![landed()], vec![]), &[edited()], None);
    let mark = ContentMark { key: key(), images: release("1.4.2").references() };
    assert_eq!(change(&text, "").content_mark(), Some(mark.clone()));
    let odd = ContentMark { key: crate::model::ContentKey::from_trailer("--> <b>"), ..mark };
    assert_eq!(change(&odd.write(), "").content_mark(), Some(odd));
}

#[test]
fn a_mark_in_the_content_does_not_win() {
    let foreign = ContentMark { key: crate::model::ContentKey::from_trailer("foreign"), images: vec![] };
    let held =
        GateReason::Held { change: CHANGE, by: user("mallory"), until: None, reason: Some(foreign.write()) };
    let text =
        written(&judgement(vec![], vec![held]), &[file("a\n", &format!("{}\n", foreign.write()))], None);
    assert_eq!(change(&text, "").content_mark().unwrap().key, key());
}

#[test]
fn a_long_diff_is_folded() {
    let old: String = (0..60).map(|line| format!("a{line}\n")).collect();
    let text = written(&judgement(vec![], vec![]), &[file(&old, &old.replace('a', "b"))], None);
    assert!(text.contains("<details><summary>The diff, 123 lines</summary>\n\n```diff\n--- a/"), "{text}");
    assert!(text.contains("\n```\n\n</details>\n\nComment"), "{text}");
}

#[test]
fn an_endless_diff_is_cut_at_a_line_and_the_body_fits() {
    let old = "a line of forty characters, more or less\n".repeat(5_000);
    let text = written(&judgement(vec![], vec![]), &[file(&old, "")], None);
    assert!(text.chars().count() <= 65_536, "{}", text.chars().count());
    assert!(text.contains(" more lines do not fit here"), "{}", &text[..500]);
    assert_eq!(change(&text, "").content_mark().unwrap().key, key());
}

#[test]
fn one_endless_line_and_endless_backticks_fit_as_well() {
    for content in ["x".repeat(100_000), "`".repeat(100_000), "`".repeat(25_000)] {
        let text = written(&judgement(vec![], vec![]), &[file("a\n", &format!("{content}\n"))], None);
        assert!(text.chars().count() <= 65_536, "{}", text.chars().count());
        assert!(change(&text, "").content_mark().is_some());
    }
}

#[test]
fn a_fence_is_longer_than_any_in_the_content() {
    let text = written(&judgement(vec![], vec![]), &[file("a\n", "````\n/promote approve\n")], None);
    assert!(text.contains("\n`````diff\n") && text.contains("\n`````\n"), "{text}");
    assert!(crate::command::is_quiet(&text));
}
