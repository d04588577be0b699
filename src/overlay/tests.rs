mod fixture;

mod bad_input;
mod cases_of_kustomize;
mod digests;
mod editing;
mod formats;
mod importing;
mod keys;
mod limits;
mod patching;
mod properties;
mod refusals;
mod resolving;
mod scalar_types;
mod setting;
mod sharing;
