//! The real clients against real peers.

mod hooks;
mod peers;
mod registry;
