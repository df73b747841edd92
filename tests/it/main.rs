//! Integration tests: one binary, one file per file of `src/api` and `src/control`, and what concerns them all.

mod support;

mod catalog;
mod downloads;
mod entities;
mod entity_attachments;
mod fidelity;
mod fields;
mod pages;
mod queues;
mod readme;
mod schema;
mod errors;
mod fixtures;
mod layering;
mod requests;
mod state;
mod temp_files;
mod thumbnails;
mod users;
mod worlds;
