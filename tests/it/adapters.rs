//! The real clients against real peers.

mod emulator;
mod github;
mod hooks;
mod peers;
mod registry;
mod webhooks;
