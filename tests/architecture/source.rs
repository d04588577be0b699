//! The files of a crate, parsed.

use std::fs;
use std::path::Path;

use crate::reader::{self, Facts};

/// One file, and what was found in it.
pub(crate) struct Source {
    /// Its path from the root of the repository, as `src/decide/gates.rs`.
    pub(crate) path: String,
    /// The module it is, as `decide`, `gates`; empty for the two roots.
    pub(crate) module: Vec<String>,
    /// What stands in it.
    pub(crate) facts: Facts,
}

impl Source {
    /// Reads the text of a file.
    ///
    /// # Panics
    ///
    /// When it is not Rust; with the place.
    pub(crate) fn parse(path: &str, text: &str) -> Self {
        let syntax = syn::parse_file(text).unwrap_or_else(|error| {
            panic!("{path}:{}: this is not Rust: {error}", error.span().start().line);
        });
        let module = module_of(path);
        let facts = reader::read(&syntax, &module);
        Self { path: path.to_owned(), module, facts }
    }

    /// The row of the table that this file falls under; the roots go by the name of their file.
    pub(crate) fn row(&self) -> &str {
        self.module.first().map_or_else(|| self.file_name(), String::as_str)
    }

    /// Whether this file is in the room, a module written as `cli::demo` or a root written as `main.rs`.
    pub(crate) fn is_in(&self, room: &str) -> bool {
        let room: Vec<&str> = room.split("::").collect();
        room == [self.row()] || (self.module.len() >= room.len() && self.module[..room.len()] == room)
    }

    /// Whether only tests see this file: `tests.rs` beside the code, or below it.
    pub(crate) fn is_test(&self) -> bool {
        self.module.iter().any(|name| name == "tests")
    }

    /// The last part of its path.
    pub(crate) fn file_name(&self) -> &str {
        self.path.rsplit('/').next().unwrap_or(&self.path)
    }
}

/// Every Rust file below `folder`, which is given from `root`, in the order of their paths.
///
/// # Panics
///
/// When one cannot be read, or there is none.
pub(crate) fn read(root: &Path, folder: &str) -> Vec<Source> {
    let paths = paths(root, folder);
    let text = |path: &String| fs::read_to_string(root.join(path)).expect("a source file is UTF-8");
    paths.iter().map(|path| Source::parse(path, &text(path))).collect()
}

/// The paths of the Rust files below `folder`, in their order.
///
/// # Panics
///
/// When the folder cannot be read, or there is none.
pub(crate) fn paths(root: &Path, folder: &str) -> Vec<String> {
    let mut paths = Vec::new();
    collect(root, folder, &mut paths);
    paths.sort_unstable();
    assert!(!paths.is_empty(), "there is no Rust in {folder}");
    paths
}

fn collect(root: &Path, folder: &str, paths: &mut Vec<String>) {
    for entry in fs::read_dir(root.join(folder)).expect("the folder is there") {
        let entry = entry.expect("the folder can be listed");
        let path = format!("{folder}/{}", entry.file_name().to_string_lossy());
        if entry.path().is_dir() {
            collect(root, &path, paths);
        } else if path.ends_with(".rs") {
            paths.push(path);
        }
    }
}

fn module_of(path: &str) -> Vec<String> {
    let inside = path.split_once('/').map_or(path, |(_, inside)| inside);
    match inside.trim_end_matches(".rs") {
        "lib" | "main" => Vec::new(),
        module => module.split('/').map(str::to_owned).collect(),
    }
}
