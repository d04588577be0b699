#![doc = include_str!("ARCHITECTURE.md")]

pub mod act;
pub mod command;
pub mod config;
pub mod decide;
pub mod draft;
pub mod forge;
pub mod ledger;
pub mod model;
pub mod observe;
pub mod overlay;
pub mod reconcile;
pub mod registry;
pub mod render;
pub mod yaml;
