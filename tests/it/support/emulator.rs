//! Somebody else's GitHub: the emulator of the npm package `emulate`, on a port of its own on this machine.

use std::io::{BufRead as _, BufReader};
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use serde_json::Value;

use super::peer;

/// Starts the emulator, says where it is, and ends it when not on holds standard input any more: so it ends with
/// this test even where that is killed.
const START: &str = "
    const { createEmulator } = await import(process.argv[1]);
    const seed = JSON.parse(process.argv[2]);
    const emulator = await createEmulator({ service: 'github', port: 0, hostname: '127.0.0.1', seed });
    console.log(emulator.url);
    process.stdin.on('end', () => process.exit()).resume();
";

/// A running emulator.
pub(crate) struct Emulator {
    process: Child,
    /// The address of its REST interface.
    pub(crate) url: String,
}

impl Emulator {
    /// An emulator that starts with this in it.
    pub(crate) fn start(seed: &Value) -> Self {
        let folder = folder();
        let library = format!("file://{}", folder.join("node_modules/emulate/dist/api.js").display());
        let mut process = Command::new(folder.join("node"))
            .args(["--input-type=module", "--eval", START, &library, &seed.to_string()])
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .expect("node runs");
        let output = process.stdout.take().expect("it is a pipe");
        let mut line = String::new();
        BufReader::new(output).read_line(&mut line).expect("it prints text");
        let port = line.trim().rsplit(':').next().expect("there is a last part");
        assert!(port.parse::<u16>().is_ok(), "the emulator says where it is, not {line:?}");
        Self { url: format!("http://127.0.0.1:{port}"), process }
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have ended by itself.
        drop(self.process.kill());
        drop(self.process.wait());
    }
}

fn folder() -> PathBuf {
    peer::folder("github-emulator-0.12.2", "TOWPATH_TEST_GITHUB_EMULATOR")
}
