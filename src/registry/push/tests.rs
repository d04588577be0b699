//! What the products send, as their own documentation shows it, and what nobody should send.

mod bad_input;
mod cloud;
mod products;

use super::*;

/// The repositories that an event names, with their hosts where it gives them.
fn repositories(kind: PushKind, body: &str) -> Vec<String> {
    let pushed = read(kind, body.as_bytes()).unwrap_or_else(|error| panic!("{error}"));
    let name = |own: PushedRepository| match own.host {
        Some(host) => format!("{host}/{}", own.path),
        None => own.path,
    };
    pushed.repositories.into_iter().map(name).collect()
}

fn id(kind: PushKind, body: &str) -> Option<String> {
    read(kind, body.as_bytes()).unwrap().id
}

fn image(name: &str) -> ImageName {
    name.parse().unwrap()
}
