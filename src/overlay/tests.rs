mod fixture;

mod editing;
mod keys;
mod properties;
mod refusals;
mod resolving;
mod setting;
