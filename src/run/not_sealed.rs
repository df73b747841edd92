//! `run --sealed` where there are no namespaces: it is refused, or `--https` takes its place.

use std::ffi::OsString;
use std::path::Path;

use clap::Args;
use tokio::sync::watch;
use tracker_mock::TrackerMock;

pub(crate) use self::{NoNamespaces as Namespaces, NoSeal as Seal};

const REASON: &str = "it takes Linux";

#[derive(Debug)]
pub(crate) enum NoNamespaces {}

#[derive(Debug, Args)]
pub(crate) struct NoSeal {}

pub(super) enum NoOpening {}

impl NoNamespaces {
    pub(crate) fn find() -> Result<Self, String> {
        Err(REASON.to_owned())
    }

    pub(super) fn open(&self, _: &Path, _: &[String], _: u16) -> Result<NoOpening, String> {
        match *self {}
    }
}

impl NoOpening {
    pub(super) fn around(&self, _: &[OsString]) -> Vec<OsString> {
        match *self {}
    }

    pub(super) async fn serve(self, _: &TrackerMock, _: watch::Receiver<()>) {
        match self {}
    }
}

impl NoSeal {
    pub(crate) fn become_command(&self) -> String {
        REASON.to_owned()
    }
}
