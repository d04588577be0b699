use super::scene::*;
use crate::decide::{Because, Judgement, Reason};
use crate::model::{ContentMark, FileChange};
use crate::render::{BodyInput, Carriage, Step, body};

pub(super) const OVERLAY: &str =
    "resources:\n- ../../base\nimages:\n- name: ghcr.io/acme/shop\n  newTag: \"1.4.1\" # by hand until May\n";

/// The body of the one promotion, with these files and this judgement.
pub(super) fn written(judgement: &Judgement, files: &[FileChange], requester: Option<&str>) -> String {
    let (target, release, from, key) = (target("production"), release("1.4.2"), reference("1.4.1"), key());
    let requester = requester.map(user);
    let step = |name: &str, running, since: &str| Step {
        environment: environment(name),
        running: Some(running),
        since: Some(at(since)),
        is_here: name == "production",
    };
    let released = release.references().remove(0);
    let journey = vec![
        step("dev", reference("1.4.3"), "2026-11-22T16:20:00Z"),
        step("staging", released, "2026-11-22T09:00:00Z"),
        step("production", reference("1.4.1"), "2026-11-16T10:00:00Z"),
    ];
    let because = Because::GatesPass(vec![landed().reason]);
    body(&BodyInput {
        carriage: Carriage {
            target: &target,
            release: &release,
            from: Some(&from),
            key: &key,
            requester: requester.as_ref(),
        },
        because: Some(&because),
        judgement,
        journey,
        files,
    })
}

fn edited() -> FileChange {
    file(OVERLAY, &OVERLAY.replace("1.4.1", "1.4.2"))
}

#[test]
fn a_body_is_one_screen() {
    let judgement = judgement(vec![landed(), soaking(), approvals_missing()], vec![]);
    let text = written(&judgement, &[edited()], None);
    insta::assert_snapshot!(text.trim_end(), @"");
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
    let held = Reason::Held { by: user("mallory"), until: None, reason: Some(foreign.write()) };
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
