//! Where in a comment a command may stand.

use super::*;

#[test]
fn a_line_of_a_top_level_paragraph_is_a_command() {
    for body in [
        "/promote approve",
        "/promote approve\n",
        "/promote approve\r\n",
        "Fine by me!\n\n/promote approve\n\nThanks",
        "Fine by me!\r\n\r\n/promote approve\r\n\r\nThanks",
        "Fine by me!\r\r/promote approve\r",
        "text before\n/promote approve\ntext after",
        "**Fine** by `me` and [you](http://x)\n/promote approve",
        "hard break  \n/promote approve",
        "# Heading\n/promote approve",
        "- item\n\n/promote approve",
        "> quote\n\n/promote approve",
        "```\ncode\n```\n/promote approve",
        "<details>\n\nx\n\n</details>\n\n/promote approve",
        "<!-- template: <details> -->\n\n/promote approve",
        "<div align=\"center\">\n\n/promote approve\n\n</div>",
        "line<br>\n/promote approve",
        "<div it's>\n</div>\n\n/promote approve",
        "<ul><li>x</ul>\n\n/promote approve",
        "1 < 2\n/promote approve",
        "it costs $5\n/promote approve",
        " /promote approve",
        "  /promote approve",
        "   /promote approve\n",
        "text before\n   /promote approve",
        "- item\n\n /promote approve",
    ] {
        assert_eq!(parsed(body), "/promote approve", "{body:?}");
    }
}

/// Comments in which nothing is a command.
const PROSE: &[&str] = &[
    // Quotes.
    "> /promote approve",
    "> quote\n/promote approve",
    ">> deep\n> /promote approve",
    "> [!NOTE]\n> /promote approve",
    // Code.
    "```\n/promote approve\n```",
    "```\n/promote approve",
    "~~~ text\n/promote approve\n~~~",
    "    /promote approve",
    "text before\n    /promote approve",
    " \t/promote approve",
    " > /promote approve",
    "- a\n\n   /promote approve",
    "\t/promote approve",
    "`/promote approve`",
    "`code\n/promote approve\nspan`",
    "$$\n/promote approve\n$$",
    // Lists.
    "- /promote approve",
    "- a\n/promote approve",
    "- a\n\n  /promote approve",
    "1. /promote approve",
    "- [ ] /promote approve",
    "[^1]: note\n/promote approve\n\nsee[^1]",
    // Headings and tables.
    "# /promote approve",
    "/promote approve\n===",
    "/promote approve\n---",
    "| a |\n|---|\n/promote approve",
    "| a |\n|---|\n| /promote approve |",
    // Links, images, emphasis around the line.
    "[/promote approve](http://x)",
    "[see\n/promote approve\n](http://x)",
    "![see\n/promote approve\n](http://x)",
    "[x]: http://x\n'\n/promote approve\n'",
    "~~no:\n/promote approve\nnot now~~",
    // HTML.
    "<!-- /promote approve -->",
    "<!--\n/promote approve\n-->",
    "<!--\n\n/promote approve",
    "<div>\n/promote approve\n</div>",
    "<div title=\"\n/promote approve\n\">",
    "<span title=\"\n/promote approve\n\">x</span>",
    "<details>\n/promote approve\n</details>",
    "<details>\n\n/promote approve\n\n</details>",
    "<DETAILS open>\n<summary>more</summary>\n\n/promote approve\n\n</DETAILS>",
    "<details>\n\n<details>\n\n</details>\n\n/promote approve\n\n</details>",
    "<details>\n<!-- </details> -->\n\n/promote approve\n\n</details>",
    "<details title=\"></details>\">\n\n/promote approve\n\n</details>",
    "<details>\n\n`</details>`\n\n/promote approve\n\n</details>",
    "<details>\n\n/promote approve",
    "text <details>\n/promote approve\n</details>",
    "<blockquote>\n\n/promote approve\n\n</blockquote>",
    "<table><tr><td>\n\n/promote approve\n\n</td></tr></table>",
    "<div>\n<!--\n\n/promote approve\n\n-->\n</div>",
    "<div>\n<!-- -> --\n\n/promote approve\n\n-->\n</div>",
    "text <a href=\"x\">\n/promote approve\n</a>",
    // Not at the start of a line, not the whole word.
    "see /promote approve",
    "\\/promote approve",
    "/promoted approve",
    "/promote-approve",
    "/promote: approve",
    "//promote approve",
    "**/promote approve**",
];

#[test]
fn everything_else_is_prose() {
    for body in PROSE {
        assert_eq!(parsed(body), "", "{body:?}");
        assert!(is_quiet(body), "{body:?}");
    }
}

#[test]
fn a_command_may_hold_what_elsewhere_is_markdown() {
    for text in [
        "/promote reject reason=\"**bad** `tag` [x](y) <b>\"",
        "/promote reject reason=\"<!-- why -->\"",
        "/promote reject reason=\"a | b\"",
    ] {
        assert_eq!(parsed(text), text);
    }
}

#[test]
fn lines_are_counted_as_editors_count_them() {
    for end in ["\n", "\r\n", "\r"] {
        let body = format!("one{end}{end}three{end}/promote approve now");
        assert_eq!(parse(&body).unwrap_err().first().unwrap().line, 4, "{body:?}");
    }
}
