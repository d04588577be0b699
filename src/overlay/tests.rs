mod fixture;

mod editing;
mod formats;
mod keys;
mod properties;
mod refusals;
mod resolving;
mod setting;
