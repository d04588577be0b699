mod fixture;

mod arguments;
mod editing;
mod keys;
mod limits;
mod properties;
mod refusals;
mod resolving;
mod setting;
mod sharing;
