use super::scene::*;
use crate::decide::{GateReason, Judgement};
use crate::model::{CommandOutcome, CommentId, Event, Origin, Record, RefusalReason, WithdrawalReason};
use crate::render::{Colour, record, status_table, table, why};

fn rows(rows: &[&[&str]]) -> Vec<Vec<String>> {
    rows.iter().map(|row| row.iter().map(ToString::to_string).collect()).collect()
}

#[test]
fn a_table_is_as_wide_as_it_needs_to_be() {
    let rows = rows(&[&["shop", "dev", "a sentence"], &["very-long-service", "production", ""]]);
    insta::assert_snapshot!(table(&["service", "environment", "waiting"], &rows, None), @r#"
    SERVICE            ENVIRONMENT  WAITING
    shop               dev          a sentence
    very-long-service  production
    "#);
}

#[test]
fn a_table_that_has_to_fit_cuts_its_last_columns() {
    let rows = rows(&[&["shop", "1.4.1-and-a-long-build-number", "a sentence that does not fit"]]);
    let fitted = table(&["service", "runs", "waiting"], &rows, Some(36));
    insta::assert_snapshot!(fitted, @r#"
    SERVICE  RUNS           WAITING
    shop     1.4.1-and-a-…  a sentence…
    "#);
    assert!(fitted.lines().all(|line| line.chars().count() <= 36 && !line.ends_with(' ')), "{fitted}");
}

#[test]
fn wide_characters_take_two_columns() {
    let rows = rows(&[&["修复登录", "#1", "x"], &["🚀 go", "#2", "y"], &["plain", "#3", "z"]]);
    insta::assert_snapshot!(table(&["title", "change", "next"], &rows, None), @r#"
    TITLE     CHANGE  NEXT
    修复登录  #1      x
    🚀 go     #2      y
    plain     #3      z
    "#);
    let cut = table(&["title", "next"], &[vec!["修".repeat(20), "z".to_owned()]], Some(20));
    insta::assert_snapshot!(cut, @r#"
    TITLE           NEXT
    修修修修修修…   z
    "#);
}

#[test]
fn a_cell_of_any_length_is_cut() {
    let rows = [vec!["x".repeat(70_000), "after".to_owned()]];
    let table = table(&["title", "next"], &rows, None);
    assert!(table.chars().count() < 25_000 && table.ends_with("after\n"), "{}", table.len());
}

#[test]
fn a_cell_never_breaks_its_table() {
    let rows = rows(&[&["a\nb\u{1b}[2J", "c"]]);
    assert_eq!(table(&["x", "y"], &rows, None), "X        Y\na b [2J  c\n");
}

fn three() -> Vec<Judgement> {
    let mut dev = judgement(vec![], vec![GateReason::UpToDate]);
    dev.target = target("dev");
    dev.candidate = None;
    dev.change = None;
    dev.running[0].reference = reference("1.4.2");
    let mut staging = dev.clone();
    staging.target = target("staging");
    staging.running.clear();
    staging.landed_at = None;
    staging.notes = vec![GateReason::NotObserved];
    vec![dev, staging, judgement(vec![landed(), soaking(), approvals_missing()], vec![])]
}

#[test]
fn the_status_shows_each_environment_and_what_is_next() {
    insta::assert_snapshot!(status_table(&three(), Some(120), Colour::Never), @r#"
    SERVICE  ENVIRONMENT  RUNS   SINCE              CHANGE  NEXT
    shop     dev          1.4.2  2026-11-16 10:00Z
    shop     staging                                        not looked at yet
    shop     production   1.4.1  2026-11-16 10:00Z  #7      1.4.2: soaks until Mon 2026-11-23 09:00 UTC (1d from landing) ·…
    "#);
}

#[test]
fn colour_changes_nothing_but_colour() {
    let plain = status_table(&three(), Some(120), Colour::Never);
    let coloured = status_table(&three(), Some(120), Colour::Always);
    let mut stripped = coloured.clone();
    for code in ["1", "2", "31", "32", "33", "36", "0"] {
        stripped = stripped.replace(&format!("\u{1b}[{code}m"), "");
    }
    assert_ne!(plain, coloured);
    assert_eq!(stripped, plain);
}

#[test]
fn why_says_what_each_gate_says() {
    let waiting = judgement(vec![landed(), soaking(), approvals_missing()], vec![]);
    insta::assert_snapshot!(why(&waiting, Colour::Never), @r#"
    shop in production runs 1.4.1 since Mon 2026-11-16 10:00 UTC; 1.4.2 is next, on #7
      ok    previous-environment  landed in staging
      wait  soak                  soaks until Mon 2026-11-23 09:00 UTC (1d from landing)
      wait  approvals             1 of 2 approvals (bob); ask `@acme/sre` or carol
    "#);
    insta::assert_snapshot!(why(&three()[0], Colour::Never), @r#"
    shop in dev runs 1.4.2 since Mon 2026-11-16 10:00 UTC
      runs what it should
    "#);
    insta::assert_snapshot!(why(&judgement(vec![landed()], vec![]), Colour::Always).replace('\u{1b}', "ESC"), @r#"
    ESC[1mshop in production runs 1.4.1 since Mon 2026-11-16 10:00 UTC; 1.4.2 is next, on #7ESC[0m
      ESC[32mok  ESC[0m  previous-environment  landed in staging
    "#);
}

#[test]
fn every_record_is_one_sentence() {
    let (target, images, by) = (|| target("production"), || vec![reference("1.4.1")], || user("alice"));
    let landed = |origin| Event::Landed { target: target(), images: images(), origin };
    let outcomes = vec![
        CommandOutcome::Resumed { target: target() },
        CommandOutcome::Answered,
        CommandOutcome::Refused(RefusalReason::NotOpen),
        CommandOutcome::NotRun,
    ];
    let because = WithdrawalReason::SetBack;
    let events = [
        landed(Origin::Adopted),
        landed(Origin::Change(CHANGE)),
        landed(Origin::Hand),
        landed(Origin::Altered(CHANGE)),
        landed(Origin::Rewritten),
        Event::Withdrawn { target: target(), images: images(), because: WithdrawalReason::Rewritten },
        Event::Withdrawn { target: target(), images: images(), because },
        Event::Declined { target: target(), images: images(), key: key(), change: CHANGE, by: by() },
        Event::ClockCorrected { target: target(), images: images(), was: at("2027-11-23T09:00:00Z") },
        Event::ClockSetBack { latest: at("2026-11-23T11:00:00Z") },
        Event::Handled { change: CHANGE, comment: CommentId("12".to_owned()), by: by(), outcomes },
    ];
    let at = at("2026-11-23T09:00:00Z");
    let sentences: Vec<String> = events.map(|event| record(&Record { at, event })).into();
    insta::assert_snapshot!(sentences.join("\n"), @"
    1.4.1 ran in production at first sight
    1.4.1 landed in production by #7
    production was set to 1.4.1 by hand
    merging #7 brought 1.4.1 to production, which is not what was approved
    production runs 1.4.1 again, since the branch was rewritten
    1.4.1 no longer counts in production, since the branch was rewritten without its merge
    1.4.1 no longer counts in production, which a person set back
    alice closed #7, so 1.4.1 is declined
    the clock was ahead when 1.4.1 landed in production, dated Tue 2027-11-23 09:00 UTC; soaks count from now
    the clock shows an earlier time than the latest record in the log, dated Mon 2026-11-23 11:00 UTC; a release that lands with an earlier date soaks from Mon 2026-11-23 11:00 UTC
    alice on #7: resumed, answered, refused, not run
    ");
}
