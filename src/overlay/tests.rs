mod fixture;

mod arguments;
mod editing;
mod keys;
mod limits;
mod properties;
mod refusals;
mod replaying;
mod resolving;
mod setting;
mod sharing;
