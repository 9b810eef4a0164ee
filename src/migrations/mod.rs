//! The migrations directory on disk: names, headers, parents, checksums, scripts.

mod batch;
mod branches;
mod checksum;
mod condition;
mod directory;
mod header;
mod history;
mod point;
mod problem;
mod script;
mod write;

pub use self::{
    batch::{Batch, BatchKey},
    branches::{Branch, Branches},
    checksum::{Checksum, checksum_of},
    condition::{Condition, When},
    directory::{Directory, Migration, read_directory},
    header::{Header, render_header},
    history::{History, HistoryError, from_checkpoint, without_checkpoints},
    point::PointError,
    problem::Problem,
    script::{Script, ScriptError, Segment, Step, parse_script},
    write::{NewMigration, rename_into_place, slug, timestamp_now, write_migration},
};
