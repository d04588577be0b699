//! Stories: what people, builds and forges do, and what is expected of the bot then.

mod approvals;
mod artifacts;
mod commands;
mod declined;
mod deployments;
mod events;
mod forged;
mod generated;
mod gone;
mod merging;
mod odd_places;
mod openings;
mod people;
mod polls;
mod releases;
mod requests;
mod restless_tags;
mod rewritten;
mod rights;
mod road;
mod source;
mod trouble;
mod unquoted;
mod written_tags;
