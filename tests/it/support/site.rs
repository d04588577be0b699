//! A place where the real binary works: a folder with a configuration and a local forge, beside a real registry.

use std::fs;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Output, Stdio};

use serde_json::Value;
use tempfile::TempDir;

use super::docker_registry::DockerRegistry;
use super::kubectl;

/// The config repository that every site has.
const REPOSITORY: &str = "forge/acme/deploy.git";
/// What the address of the registry is called in what people read.
const REGISTRY_NAME: &str = "registry.test";

/// A folder with `towpath.yaml` and one bare config repository; it goes when this is dropped.
pub(crate) struct Site {
    folder: TempDir,
    host: String,
}

/// What a command printed, and how it ended.
#[derive(Debug)]
pub(crate) struct Ended {
    /// Standard output; the registry's address is `registry.test` in it, and clock times are taken out.
    pub(crate) out: String,
    /// Standard error, made readable in the same way.
    pub(crate) error: String,
    /// The exit code; nothing where a signal ended it.
    pub(crate) code: Option<i32>,
}

impl Site {
    /// A site whose repository holds `files` on `main`. In files and configuration `HOST` is the registry's address.
    pub(crate) fn new(registry: &DockerRegistry, configuration: &str, files: &[(&str, &str)]) -> Self {
        Self::at(registry.host(), configuration, files)
    }

    /// The same beside a registry at an address.
    pub(crate) fn at(host: &str, configuration: &str, files: &[(&str, &str)]) -> Self {
        let site = Self { folder: TempDir::new().expect("a temporary folder"), host: host.to_owned() };
        fs::write(site.path("towpath.yaml"), site.with_host(configuration))
            .expect("the folder can be written");
        site.seed(files);
        site
    }

    /// The path of something in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Runs the binary in the folder to its end.
    pub(crate) fn towpath(&self, arguments: &[&str]) -> Ended {
        self.ended(self.command(arguments).output().expect("the binary runs"))
    }

    /// Runs the binary, which has to end well, on this standard input, and gives its standard output.
    pub(crate) fn pipe(&self, arguments: &[&str], input: &str) -> String {
        let mut command = self.command(arguments);
        let mut process =
            command.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().expect("the binary runs");
        let mut pipe = process.stdin.take().expect("it is a pipe");
        pipe.write_all(input.as_bytes()).expect("it reads");
        drop(pipe);
        let output = process.wait_with_output().expect("it ends");
        assert!(output.status.success(), "towpath {arguments:?} fails");
        String::from_utf8(output.stdout).expect("it prints UTF-8")
    }

    /// Runs the binary, which has to end well, and gives the JSON that it prints.
    pub(crate) fn json(&self, arguments: &[&str]) -> Value {
        let output = self.command(arguments).arg("--json").output().expect("the binary runs");
        let error = String::from_utf8_lossy(&output.stderr);
        assert!(output.status.success(), "towpath {arguments:?} fails: {error}");
        serde_json::from_slice(&output.stdout).expect("standard output holds the JSON alone")
    }

    /// Starts the binary in the folder; its output can be read from the pipes.
    pub(crate) fn start(&self, arguments: &[&str]) -> Child {
        let mut command = self.command(arguments);
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command.spawn().expect("the binary runs")
    }

    /// Starts the binary with a limit of open files: `-n N` for soft and hard limit, `-Sn N` for the soft one alone.
    pub(crate) fn start_with_limit(&self, ulimit: &str, arguments: &[&str]) -> Child {
        let mut command = Command::new("sh");
        command.arg("-c").arg(format!(r#"ulimit {ulimit} && exec "$0" "$@""#));
        command.arg(env!("CARGO_BIN_EXE_towpath")).args(arguments).current_dir(self.folder.path());
        command.env_remove("RUST_LOG").env("USER", "nobody");
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("sh runs")
    }

    /// What `git` says about the config repository.
    pub(crate) fn git(&self, arguments: &[&str]) -> String {
        git(&self.path(REPOSITORY), arguments)
    }

    /// A file on a branch, with `HOST` for the registry's address.
    pub(crate) fn file(&self, branch: &str, path: &str) -> String {
        self.git(&["show", &format!("{branch}:{path}")]).replace(&self.host, "HOST")
    }

    /// The shop's image as it is written here.
    pub(crate) fn image(&self) -> String {
        self.with_host("HOST/acme/shop")
    }

    /// The files of `main` in a folder of their own.
    pub(crate) fn checkout(&self) -> TempDir {
        let checkout = TempDir::new().expect("a temporary folder");
        let archive = checkout.path().join("main.tar");
        self.git(&["archive", "--output", &archive.display().to_string(), "main"]);
        let unpacked = Command::new("tar").arg("-xf").arg(&archive).arg("-C").arg(checkout.path()).status();
        assert!(unpacked.expect("tar runs").success());
        checkout
    }

    /// What kustomize itself renders of a folder on `main`, with `HOST` for the registry's address.
    pub(crate) fn rendered(&self, folder: &str) -> Vec<String> {
        let images = kubectl::render(&self.checkout().path().join(folder));
        images.into_iter().map(|image| image.replace(&self.host, "HOST")).collect()
    }

    /// Every ref of the config repository with what it points at.
    pub(crate) fn refs(&self) -> String {
        self.git(&["for-each-ref"])
    }

    /// The lines that Towpath wrote into its log, oldest first.
    pub(crate) fn log_lines(&self) -> Vec<String> {
        let names = self.git(&["ls-tree", "-r", "--name-only", "towpath/log"]);
        let texts = names.lines().map(|name| self.git(&["show", &format!("towpath/log:{name}")]));
        texts.flat_map(|text| text.lines().map(str::to_owned).collect::<Vec<_>>()).collect()
    }

    /// Puts readable stand-ins for what differs from run to run.
    pub(crate) fn readable(&self, text: &str) -> String {
        let text = text.replace(&self.host, REGISTRY_NAME);
        text.replace(&self.folder.path().display().to_string(), "SITE")
    }

    fn command(&self, arguments: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_towpath"));
        command.current_dir(self.folder.path()).args(arguments).env_remove("RUST_LOG").env("USER", "nobody");
        command
    }

    fn ended(&self, output: Output) -> Ended {
        let text = |bytes: Vec<u8>| self.readable(&String::from_utf8(bytes).expect("it prints UTF-8"));
        Ended { out: text(output.stdout), error: text(output.stderr), code: output.status.code() }
    }

    fn with_host(&self, text: &str) -> String {
        text.replace("HOST", &self.host)
    }

    fn seed(&self, files: &[(&str, &str)]) {
        let (bare, work) = (self.path(REPOSITORY), TempDir::new().expect("a temporary folder"));
        fs::create_dir_all(&bare).expect("the folder can be written");
        git(&bare, &["init", "--quiet", "--bare", "--initial-branch=main"]);
        git(work.path(), &["init", "--quiet", "--initial-branch=main"]);
        for (path, text) in files {
            let file = work.path().join(path);
            fs::create_dir_all(file.parent().expect("a file lies in a folder")).expect("it can be written");
            fs::write(file, self.with_host(text)).expect("it can be written");
        }
        git(work.path(), &["add", "--all"]);
        git(work.path(), &["commit", "--quiet", "--message=config: the shop"]);
        git(work.path(), &["push", "--quiet", &bare.display().to_string(), "main"]);
    }
}

/// Runs Git in a folder, whatever the person who runs the tests has configured.
fn git(folder: &Path, arguments: &[&str]) -> String {
    let settings =
        ["-c", "core.autocrlf=false", "-c", "user.name=Dora", "-c", "user.email=dora@acme.example"];
    let mut command = Command::new("git");
    command.current_dir(folder).env("GIT_CONFIG_GLOBAL", "/dev/null").env("GIT_CONFIG_NOSYSTEM", "1");
    let output = command.args(settings).args(arguments).output().expect("git runs");
    let error = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "git {arguments:?} fails: {error}");
    String::from_utf8(output.stdout).expect("the repository holds UTF-8")
}
