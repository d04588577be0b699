#![doc = include_str!("ARCHITECTURE.md")]

pub mod command;
pub mod config;
pub mod decide;
pub mod forge;
pub mod ledger;
pub mod model;
pub mod overlay;
pub mod registry;
pub mod yaml;
