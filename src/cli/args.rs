//! The arguments of all commands.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand};

use super::{
    baseline::BaselineArgs,
    blame::BlameArgs,
    check::CheckArgs,
    current::CurrentArgs,
    deploy::DeployArgs,
    dev::DevArgs,
    diff::DiffArgs,
    execute::ExecuteArgs,
    explain::ExplainArgs,
    history::{HistoryArgs, ShowArgs},
    init::InitArgs,
    lint::LintArgs,
    merge::MergeArgs,
    new::NewArgs,
    preview::{PlanArgs, SqlArgs},
    pull::PullArgs,
    push::PushArgs,
    rebase::RebaseArgs,
    reset::ResetArgs,
    resolve::ResolveArgs,
    rollback::RollbackArgs,
    seed::SeedArgs,
    shell::CompletionsArgs,
    squash::{CheckpointArgs, SquashArgs},
    stamp::StampArgs,
    status::StatusArgs,
    validate::{FmtArgs, ValidateArgs},
    verify::VerifyArgs,
};

/// A declarative schema engine for PostgreSQL
#[derive(Debug, Parser)]
#[command(name = "driftless", version, max_term_width = 100, propagate_version = true)]
pub(crate) struct Cli {
    #[command(flatten)]
    pub(crate) global: GlobalArgs,
    #[command(subcommand)]
    pub(crate) command: Command,
}

/// What every command takes.
#[derive(Clone, Debug, Default, Args)]
#[command(next_help_heading = "Global options")]
pub(crate) struct GlobalArgs {
    /// Read the configuration from this file instead of `driftless.toml` here or above
    #[arg(long, global = true, value_name = "FILE", env = "DRIFTLESS_CONFIG")]
    pub(crate) config: Option<PathBuf>,
    /// Report as JSON on stdout
    #[arg(long, global = true)]
    pub(crate) json: bool,
    /// Use no colours
    #[arg(long, global = true)]
    pub(crate) no_color: bool,
    /// Say nothing but errors and what was asked for
    #[arg(short, long, global = true, conflicts_with = "verbose")]
    pub(crate) quiet: bool,
    /// Say more
    #[arg(short, long, global = true)]
    pub(crate) verbose: bool,
    /// Find the migrations in this directory
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) migrations: Option<PathBuf>,
    /// Create temporary databases on the server of this maintenance database
    #[arg(long, global = true, value_name = "URL")]
    pub(crate) scratch_url: Option<String>,
    /// Start the private scratch server from the programs in this directory
    #[arg(long, global = true, value_name = "DIR")]
    pub(crate) pg_bindir: Option<PathBuf>,
}

/// The database that a command works on.
#[derive(Clone, Debug, Args)]
pub(crate) struct UrlArgs {
    /// Connect to this database instead of `DATABASE_URL`
    #[arg(long, value_name = "URL")]
    pub(crate) url: Option<String>,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub(crate) enum Command {
    /// Write the files that a project starts with
    Init(InitArgs),
    /// Write, prove and apply the migration that an edited model needs
    Dev(DevArgs),
    /// Apply pending migrations: locked, recorded step by step, resumed where they stopped
    Deploy(DeployArgs),
    /// Compare the migrations with what the database's ledger says
    Status(StatusArgs),
    /// Print a live database as a model
    Pull(PullArgs),
    /// Make the database what the model asks for, without a migration
    Push(PushArgs),
    /// Prove migrations on a scratch database: up, down and up again
    Verify(VerifyArgs),
    /// Check that model and migrations agree, for a pipeline
    Check(CheckArgs),
    /// Print the SQL that leads from one state to another
    Diff(DiffArgs),
    /// Check the model without any database
    Validate(ValidateArgs),
    /// Look for hazards in migrations or any SQL before it runs
    Lint(LintArgs),
    /// Format the model
    Fmt(FmtArgs),
    /// Create an empty migration for hand-written SQL
    New(NewArgs),
    /// List the migrations in the order in which they apply
    History(HistoryArgs),
    /// List the migrations that no other follows
    Heads,
    /// Show one migration
    Show(ShowArgs),
    /// List the migrations at which the database stands
    Current(CurrentArgs),
    /// Show which migrations made a table or a column what it is
    Blame(BlameArgs),
    /// Join branches of the history that go together in any order
    Merge(MergeArgs),
    /// Put one branch of the history on top of the other
    Rebase(RebaseArgs),
    /// Fold migrations into one that leads to the same schema
    Squash(SquashArgs),
    /// Let new databases start from the schema as it is now
    Checkpoint(CheckpointArgs),
    /// Print the SQL of a migration as it would run
    Sql(SqlArgs),
    /// Show what `deploy` would do, step by step, with the locks that it takes
    Plan(PlanArgs),
    /// Say at which migration the database stands, without running anything
    Stamp(StampArgs),
    /// Take migrations back, the newest first
    Rollback(RollbackArgs),
    /// Tell the ledger what happened where it cannot know
    Resolve(ResolveArgs),
    /// Start a history from a database that is there
    Baseline(BaselineArgs),
    /// Empty a development database and apply all migrations to it
    Reset(ResetArgs),
    /// Say what a code means
    Explain(ExplainArgs),
    /// Run SQL on the database, step by step
    Execute(ExecuteArgs),
    /// Fill a development database with the rows of `seed.sql`
    Seed(SeedArgs),
    /// Print the completions for a shell
    Completions(CompletionsArgs),
    /// Print the manual page
    Man,
}
