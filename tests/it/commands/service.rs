//! The service: it starts, says that it is well, does the work, and stops when it is told to.

use std::io::{BufRead as _, BufReader, Read as _};
use std::net::TcpStream;
use std::os::unix::fs::MetadataExt as _;
use std::process::{Child, Command, Stdio};

use super::shop;
use crate::support::site::Site;

/// More looks than the service needs for one change.
const LOOKS_MAX: usize = 2_000;

#[tokio::test]
async fn the_service_carries_a_release_and_stops_when_told() {
    let registry = shop::registry(&["1.9.0"]).await;
    let site = shop::site(&registry, "1h");
    let mut service = site.start(&["serve"]);
    let mut said = BufReader::new(service.stderr.take().unwrap());
    let mut line = String::new();
    said.read_line(&mut line).unwrap();
    let health = line.trim().rsplit(' ').next().unwrap().to_owned();

    let answer = reqwest::get(&health).await.unwrap();
    assert_eq!((answer.status().as_u16(), answer.text().await.unwrap().as_str()), (200, "ok\n"));
    registry.push("acme/shop", "1.10.0", &[]).await;
    wait_for_merge(&site);

    terminate(&service);
    let mut rest = String::new();
    said.read_to_string(&mut rest).unwrap();
    assert!(service.wait().unwrap().success(), "{rest}");
    assert!(rest.contains("stopping"), "{rest}");
    assert!(reqwest::get(&health).await.is_err(), "it still answers");
}

#[tokio::test]
async fn connections_leave_files_to_the_work() {
    for ulimit in ["-n 256", "-Sn 64"] {
        let registry = shop::registry(&["1.9.0"]).await;
        let site = shop::site(&registry, "1h");
        let mut service = site.start_with_limit(ulimit, &["serve"]);
        let mut said = BufReader::new(service.stderr.take().unwrap());
        let mut line = String::new();
        said.read_line(&mut line).unwrap();
        let address = line.split("http://").nth(1).and_then(|rest| rest.split('/').next()).unwrap();
        let silent: Vec<TcpStream> = (0..300).map(|_| TcpStream::connect(address).unwrap()).collect();
        registry.push("acme/shop", "1.10.0", &[]).await;
        wait_for_merge(&site);
        drop(silent);
        terminate(&service);
        let mut rest = String::new();
        said.read_to_string(&mut rest).unwrap();
        assert!(service.wait().unwrap().success(), "{rest}");
        assert!(!rest.contains("open files") && !rest.contains("WARN"), "ulimit {ulimit}: {rest}");
    }
}

#[tokio::test]
async fn each_forge_is_asked_for_its_own_repositories_alone() {
    let registry = shop::registry(&["1.9.0"]).await;
    let site = shop::site(&registry, "1h");
    let own = std::fs::read_to_string(site.path("towpath.yaml")).unwrap();
    std::fs::create_dir(site.path("other")).unwrap();
    let forges = own.replace("forges:\n", "forges:\n  - { name: other, kind: local, root: ./other }\n");
    std::fs::write(site.path("towpath.yaml"), forges).unwrap();
    let mut service = site.start(&["serve"]);
    registry.push("acme/shop", "1.10.0", &[]).await;
    wait_for_merge(&site);
    terminate(&service);
    let mut said = String::new();
    service.stderr.take().unwrap().read_to_string(&mut said).unwrap();
    service.wait().unwrap();
    assert!(!said.contains("does not exist") && !said.contains("WARN"), "{said}");
}

#[tokio::test]
async fn a_second_service_on_the_same_address_says_so() {
    let registry = shop::registry(&["1.9.0"]).await;
    let site = shop::site(&registry, "1h");
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = taken.local_addr().unwrap().to_string();
    let own = std::fs::read_to_string(site.path("towpath.yaml")).unwrap();
    std::fs::write(site.path("towpath.yaml"), own.replace("127.0.0.1:0", &address)).unwrap();

    let ended = site.towpath(&["serve"]);

    assert_eq!(ended.code, Some(1));
    assert!(ended.error.contains("is another Towpath running? change `listen`"), "{}", ended.error);
}

#[test]
fn what_the_demo_makes_is_for_its_user_alone() {
    let home = tempfile::tempdir().unwrap();
    let mut command = Command::new("sh");
    command.arg("-c").arg(r#"umask 000 && exec "$0" demo"#).arg(env!("CARGO_BIN_EXE_towpath"));
    let mut demo =
        command.env("TMPDIR", home.path()).stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
    let mut said = BufReader::new(demo.stdout.take().unwrap());
    let mut line = String::new();
    while !line.contains("What happens") {
        line.clear();
        assert_ne!(said.read_line(&mut line).unwrap(), 0, "it ended");
    }
    let (mut folders, mut seen) = (vec![home.path().to_owned()], 0);
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            // The service works meanwhile, and removes files of its own.
            let Ok(metadata) = std::fs::symlink_metadata(&path) else { continue };
            assert_eq!(metadata.mode() & 0o077, 0, "{:o} {}", metadata.mode(), path.display());
            seen += 1;
            folders.extend(metadata.is_dir().then_some(path));
        }
    }
    assert!(seen > 20, "the folder, the configuration, the ledger and a repository: {seen}");
    terminate(&demo);
    drop(said.read_to_string(&mut line));
    assert!(demo.wait().unwrap().success());
}

/// Looks until dev has the new release.
fn wait_for_merge(site: &Site) {
    for _look in 0..LOOKS_MAX {
        if site.file("main", shop::DEV).contains("1.10.0") {
            return;
        }
    }
    panic!("nothing happens: {}", site.towpath(&["status"]).out);
}

fn terminate(service: &Child) {
    let status = Command::new("kill").args(["-TERM", &service.id().to_string()]).status();
    assert!(status.expect("kill runs").success());
}
