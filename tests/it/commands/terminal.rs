//! Colour: on a terminal that can show it, unless the environment says otherwise.

use std::fs::{self, File};
use std::io::Read as _;
use std::path::Path;
use std::process::{Command, Stdio};

use nix::pty::openpty;
use tempfile::TempDir;

/// A kustomization whose last line ends otherwise than the first.
const KUSTOMIZATION: &str = "images:\n- name: shop\n  newTag: 1.0.0\r\n";
const DRY_RUN: [&str; 4] = ["edit", "set-image", "--dry-run", "shop=shop:1.1.0"];
const RED: &str = "\u{1b}[31m";

fn folder() -> TempDir {
    let folder = tempfile::tempdir().expect("a temporary folder");
    fs::write(folder.path().join("kustomization.yaml"), KUSTOMIZATION).expect("the folder can be written");
    folder
}

fn towpath(folder: &Path, arguments: &[&str], environment: &[(&str, &str)]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
    for name in ["NO_COLOR", "CLICOLOR", "CLICOLOR_FORCE", "CI"] {
        command.env_remove(name);
    }
    command.env("TERM", "xterm-256color").envs(environment.iter().copied());
    command.args(arguments).current_dir(folder).stdin(Stdio::null());
    command
}

/// What the binary writes to a terminal.
fn on_terminal(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let (folder, terminal) = (folder(), openpty(None, None).expect("the system has terminals"));
    let error = terminal.slave.try_clone().expect("a terminal can be opened twice");
    let mut command = towpath(folder.path(), arguments, environment);
    let mut process = command.stdout(terminal.slave).stderr(error).spawn().expect("the binary runs");
    drop(command);
    let mut written = Vec::new();
    // Linux reports an error instead of the end when the last writer is gone.
    drop(File::from(terminal.master).read_to_end(&mut written));
    process.wait().expect("the binary ends");
    String::from_utf8(written).expect("it prints UTF-8")
}

fn in_pipe(arguments: &[&str], environment: &[(&str, &str)]) -> String {
    let output = towpath(folder().path(), arguments, environment).output().expect("the binary runs");
    String::from_utf8(output.stdout).expect("it prints UTF-8")
}

#[test]
fn colour_is_for_terminals_that_can_show_it() {
    let plain = [("NO_COLOR", "1"), ("TERM", "dumb"), ("CLICOLOR", "0")];
    let failing = ["edit", "set-image", "--file", "absent", "shop=shop:1.1.0"];
    for arguments in [&DRY_RUN[..], &failing[..]] {
        assert!(on_terminal(arguments, &[]).contains(RED), "{arguments:?}");
        for variable in plain {
            let text = on_terminal(arguments, &[variable]);
            assert!(!text.is_empty() && !text.contains('\u{1b}'), "{variable:?} {arguments:?}: {text}");
        }
    }
}

#[test]
fn a_pipe_has_colour_only_where_it_is_forced() {
    assert!(!in_pipe(&DRY_RUN, &[]).contains('\u{1b}'));
    assert!(in_pipe(&DRY_RUN, &[("CLICOLOR_FORCE", "1")]).contains(RED));
    assert!(!in_pipe(&DRY_RUN, &[("CLICOLOR_FORCE", "1"), ("NO_COLOR", "1")]).contains('\u{1b}'));
}

#[test]
fn a_terminal_without_colour_gets_no_control_characters_of_a_file() {
    let text = on_terminal(&DRY_RUN, &[("NO_COLOR", "1")]);
    assert!(text.contains("+  newTag: 1.1.0\u{240d}"), "{text:?}");
    assert!(in_pipe(&DRY_RUN, &[]).contains("+  newTag: 1.1.0\r\n"));
}
