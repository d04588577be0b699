//! Stories: what people, builds and forges do, and what is expected of the bot then.

mod approvals;
mod artifacts;
mod commands;
mod deployments;
mod events;
mod gone;
mod merging;
mod people;
mod polls;
mod releases;
mod requests;
mod rights;
mod road;
mod source;
mod trouble;
