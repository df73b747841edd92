//! Integration tests: one binary, one file per file of `src/api` and `src/control`, and what concerns them all.

mod support;

mod catalog;
mod downloads;
mod entities;
mod entity_attachments;
mod errors;
mod fidelity;
mod fields;
mod fixtures;
mod layering;
mod pages;
mod queues;
mod readme;
mod requests;
mod schema;
mod cli;
mod embedding;
mod malformed;
mod sockets;
mod state;
mod temp_files;
mod thumbnails;
mod users;
mod worlds;
