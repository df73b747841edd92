//! Integration tests: one binary, one file per file of `src/api` and `src/control`, and what concerns them all.

mod support;

mod catalog;
mod cli;
mod comments;
mod coverage;
mod downloads;
mod embedding;
mod endpoints;
mod entities;
mod entity_attachments;
mod entity_crud;
mod entity_files;
mod errors;
mod events;
mod fidelity;
mod fields;
mod fixtures;
mod issue_attachments;
mod issues;
mod journal;
mod layering;
mod malformed;
mod pages;
mod property;
mod queues;
mod readme;
mod requests;
mod schema;
mod sockets;
mod state;
mod temp_files;
mod thumbnails;
mod users;
mod worlds;
