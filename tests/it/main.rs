//! The tests that look at Towpath from outside, in one binary: adapters against real peers, scenarios, commands.

mod adapters;
mod commands;
mod contract;
mod fuzz;
mod overlays;
mod scenarios;
mod support;
mod yaml_suite;
