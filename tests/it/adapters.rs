//! The real clients against real peers.

mod peers;
mod registry;
