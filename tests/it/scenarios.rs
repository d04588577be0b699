//! Stories: what people, builds and forges do, and what is expected of the bot then.

mod approvals;
mod artifacts;
mod commands;
mod merging;
mod people;
mod polls;
mod releases;
mod requests;
mod road;
mod trouble;
