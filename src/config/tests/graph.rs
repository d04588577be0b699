//! Problems of the order of environments.

use insta::assert_snapshot;

use super::*;

fn problems_among(environments: &[&str]) -> String {
    let items: String = environments.iter().map(|item| format!("      - {{ {item} }}\n")).collect();
    problems_in(&format!("version: 1\npipelines:\n  - name: p\n    environments:\n{items}"))
}

#[test]
fn an_environment_after_itself() {
    assert_snapshot!(problems_among(&["name: dev, after: [dev]"]), @r"
    error: `dev` comes after itself; leave it out here
     --> towpath.yaml:5:30
      |
    5 |       - { name: dev, after: [dev] }
      |                              ^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_circle_of_three() {
    let circle = ["name: dev", "name: a, after: [dev, c]", "name: b, after: [a]", "name: c, after: [b]"];
    assert_snapshot!(problems_among(&circle), @r"
    error: these environments wait for each other in a circle: `a` after `c` after `b` after `a`; leave one of them out of an `after`
     --> towpath.yaml:6:33
      |
    6 |       - { name: a, after: [dev, c] }
      |                                 ^

    1 problem in towpath.yaml
    ");
}

#[test]
fn two_circles_and_what_only_they_lead_to() {
    let circles = [
        "name: a, after: [b, c]",
        "name: b, after: [a]",
        "name: c, after: [a]",
        "name: d, after: [c]",
        "name: e, after: [d]",
        "name: f",
        "name: g, after: { any: [f, d] }",
    ];
    assert_snapshot!(problems_among(&circles), @r"
    error: these environments wait for each other in a circle: `a` after `b` after `a`; leave one of them out of an `after`
     --> towpath.yaml:5:28
      |
    5 |       - { name: a, after: [b, c] }
      |                            ^

    error: these environments wait for each other in a circle: `c` after `a` after `c`; leave one of them out of an `after`
     --> towpath.yaml:7:28
      |
    7 |       - { name: c, after: [a] }
      |                            ^

    error: no release can ever reach `d`, because none reaches `c`; resolve the circle before it
     --> towpath.yaml:8:28
      |
    8 |       - { name: d, after: [c] }
      |                            ^

    error: no release can ever reach `e`, because none reaches `d`; resolve the circle before it
     --> towpath.yaml:9:28
      |
    9 |       - { name: e, after: [d] }
      |                            ^

    4 problems in towpath.yaml
    ");
}

#[test]
fn an_environment_named_twice_after() {
    assert_snapshot!(problems_among(&["name: a", "name: b, after: [a, a]"]), @r"
    error: `a` stands here twice; leave one out
     --> towpath.yaml:6:31
      |
    6 |       - { name: b, after: [a, a] }
      |                               ^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_choice_of_none() {
    assert_snapshot!(problems_among(&["name: a, after: { any: [] }"]), @r"
    error: this names no environment; name one, or leave `after` out for a first environment
     --> towpath.yaml:5:34
      |
    5 |       - { name: a, after: { any: [] } }
      |                                  ^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_choice_of_both() {
    assert_snapshot!(problems_among(&["name: a", "name: b, after: { any: [a], all: [a] }"]), @r"
    error: `all` cannot stand beside another key; keep one of them, or make it an item of its own
     --> towpath.yaml:6:39
      |
    6 |       - { name: b, after: { any: [a], all: [a] } }
      |                                       ^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_pipeline_without_environments() {
    assert_snapshot!(problems_among(&[]), @r"
    error: expected a list, found nothing
     --> towpath.yaml:4:5
      |
    4 |     environments:
      |     ^^^^^^^^^^^^

    1 problem in towpath.yaml
    ");
}

#[test]
fn a_pipeline_of_too_many() {
    let many: Vec<String> = (0..101).map(|n| format!("name: e{n}")).collect();
    let many: Vec<&str> = many.iter().map(String::as_str).collect();
    let problems = problems_among(&many);
    assert!(problems.starts_with("error: this pipeline has more than 100 environments\n"), "{problems}");
}
