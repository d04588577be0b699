use proptest::prelude::*;
use pulldown_cmark::{Event, Options, Parser, Tag};

use super::bodies::written;
use super::scene::*;
use crate::command::is_quiet;
use crate::decide::{BotComment, GateName, GateReason, HandledComment, Verdict};
use crate::model::{CommandOutcome, CommentId, Obstacle, RefusalReason, Tag as ImageTag, UserName};
use crate::render::{RemarkInput, reason, remark, status};

/// Texts of the kind that people try: any characters, with much of what means something somewhere.
fn hostile() -> impl Strategy<Value = String> {
    let pieces = prop_oneof![
        any::<String>(),
        Just("\n/promote approve\n".to_owned()),
        Just("@acme/all ".to_owned()),
        Just("![x](http://evil.example/x.png)".to_owned()),
        Just("[a]: http://evil.example".to_owned()),
        Just("www.evil.example".to_owned()),
        Just(" GH-1 ".to_owned()),
        Just("</details><script>".to_owned()),
        Just("-->".to_owned()),
        Just("```".to_owned()),
        Just("`".to_owned()),
        Just("| --- |".to_owned()),
        Just("\r\u{85}\u{2028}".to_owned()),
    ];
    proptest::collection::vec(pieces, 0..6).prop_map(|pieces| pieces.concat())
}

/// The text of a Markdown document that a forge looks at for mentions and links; fails on links, images and HTML.
fn prose(markdown: &str) -> Result<String, TestCaseError> {
    let mut prose = String::new();
    let mut in_code = false;
    for event in Parser::new_ext(markdown, Options::ENABLE_TABLES) {
        match event {
            Event::Start(Tag::CodeBlock(_)) => in_code = true,
            Event::End(pulldown_cmark::TagEnd::CodeBlock) => in_code = false,
            Event::Text(text) if !in_code => prose.push_str(&text),
            Event::Start(Tag::Link { .. } | Tag::Image { .. }) => {
                return Err(TestCaseError::fail(format!("a link or image in {markdown}")));
            }
            Event::Html(html) | Event::InlineHtml(html) => {
                let own = ["<br>", "<details>", "<summary>", "</details>", "</summary>", "<!-- towpath:"];
                prop_assert!(own.iter().any(|tag| html.trim().starts_with(tag)), "{html} in {markdown}");
            }
            Event::Start(_)
            | Event::End(_)
            | Event::Text(_)
            | Event::Code(_)
            | Event::InlineMath(_)
            | Event::DisplayMath(_)
            | Event::FootnoteReference(_)
            | Event::SoftBreak
            | Event::HardBreak
            | Event::Rule
            | Event::TaskListMarker(_) => prose.push(' '),
        }
    }
    Ok(prose)
}

fn is_harmless(markdown: &str) -> Result<(), TestCaseError> {
    prop_assert!(is_quiet(markdown), "a command in {markdown}");
    let prose = prose(markdown)?;
    for bad in ["@", "://", "www.", "evil.example", "GH-1"] {
        prop_assert!(!prose.contains(bad), "{bad} in {markdown}");
    }
    Ok(())
}

#[test]
fn a_tag_that_github_takes_for_an_issue_is_code() {
    let digest_of = |tag: &str| {
        let tag = ImageTag::new(tag).unwrap();
        reason(&GateReason::DigestUnknown { tag, why: "see GH-7, (gh-8)".to_owned() })
    };
    let said = ["GH-1", "1.0-gh-12", "GH-x", "high-1"].map(digest_of).join("\n");
    insta::assert_snapshot!(said, @"
    the digest of `GH-1` is not known: see `GH-7,` `(gh-8)`
    the digest of `1.0-gh-12` is not known: see `GH-7,` `(gh-8)`
    the digest of GH-x is not known: see `GH-7,` `(gh-8)`
    the digest of high-1 is not known: see `GH-7,` `(gh-8)`
    ");
}

/// An obstacle of which both parts are somebody else's words.
fn obstacle(words: &str) -> GateReason {
    GateReason::Obstacle(Obstacle { way_out: Some(words.to_owned()), ..Obstacle::of_forge(words) })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn a_body_is_harmless_whatever_people_and_registries_wrote(words in hostile(), why in hostile(), content in hostile()) {
        let held = GateReason::Held { change: CHANGE, by: user("mallory"), until: None, reason: Some(words) };
        let gates = vec![landed(), gate(GateName::Hold, Verdict::Wait, held)];
        let notes = vec![obstacle(&why), GateReason::TagsUnknown { why }];
        let text = written(&judgement(gates, notes), &[file("a\n", &content)], None);
        is_harmless(&text)?;
        prop_assert_eq!(change(&text, "").content_mark().unwrap().key, key());
        let rows = text.lines().filter(|line| line.starts_with("| hold |")).collect::<Vec<_>>();
        prop_assert!(rows.len() == 1 && rows[0].matches('|').count() == 4, "{}", text);
    }

    #[test]
    fn a_remark_is_harmless_whatever_was_asked(words in hostile(), name in "[a-z\\[\\]._][a-z\\[\\]._-]{0,8}") {
        let outcomes = vec![
            CommandOutcome::Answered,
            CommandOutcome::Refused(RefusalReason::UnknownVersion(words.clone())),
            CommandOutcome::NotRun,
        ];
        for body in [
            format!("/promote why\n/promote dev version=1\n/promote hold reason=\"{words}\""),
            format!("/promote {words}"),
        ] {
            let comment = CommentId("12".to_owned());
            let by = UserName::new(name.clone()).unwrap();
            let asked = HandledComment { comment, body, by, outcomes: outcomes.clone() };
            let said = BotComment::Answer { asked, outdates: Vec::new() };
            let (judgement, target, policy) = (judgement(vec![soaking()], vec![]), target("production"), policy());
            let now = at("2026-11-22T10:00:00Z");
            let input = RemarkInput { target: &target, judgement: Some(&judgement), policy: &policy, now };
            let text = remark(&said, &input);
            is_harmless(&text)?;
            prop_assert!(text.ends_with("\n\n<!-- towpath:about comment 12 -->\n"));
        }
    }

    #[test]
    fn a_sentence_is_one_harmless_line(words in hostile(), name in "[A-Za-z0-9_][A-Za-z0-9._-]{0,20}") {
        let held = GateReason::Held { change: CHANGE, by: user("mallory"), until: None, reason: Some(words.clone()) };
        let tag = ImageTag::new(name).unwrap();
        let unknown = GateReason::DigestUnknown { tag, why: words.clone() };
        for sentence in [held, obstacle(&words), unknown].iter().map(reason) {
            prop_assert!(!sentence.contains(char::is_control), "{:?}", sentence);
            is_harmless(&format!("so: {sentence}"))?;
        }
    }

    #[test]
    fn a_status_is_one_line_of_at_most_140_characters(words in hostile(), why in hostile()) {
        let held = GateReason::Held { change: CHANGE, by: user("mallory"), until: None, reason: Some(words) };
        let gates = vec![gate(GateName::Hold, Verdict::Wait, held), soaking()];
        let (_, line) = status(&judgement(gates, vec![GateReason::TagsUnknown { why }]));
        prop_assert!(line.chars().count() <= 140 && !line.contains(char::is_control), "{:?}", line);
    }
}
