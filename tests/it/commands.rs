//! The real binary as people run it: on a real registry and a real Git repository.

mod doctor;
mod hostile_words;
mod images;
mod imported;
mod journey;
mod killed;
mod log;
mod manual;
mod notified;
mod registries;
mod sentences;
mod service;
mod shop;
mod terminal;
mod webhooked;
