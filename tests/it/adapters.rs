//! The real clients against real peers.

mod github;
mod peers;
