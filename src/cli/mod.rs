//! The command line: arguments in, text out.

mod args;
mod baseline;
mod blame;
mod branches;
mod check;
mod config;
mod current;
mod deploy;
mod dev;
mod diff;
mod drift;
mod execute;
mod exit;
mod explain;
mod failure;
mod glob;
mod history;
mod hooks;
mod init;
mod lint;
mod losses;
mod merge;
mod new;
mod preview;
mod progress;
mod prove;
mod pull;
mod push;
mod rebase;
mod renames;
mod report;
mod reset;
mod resolve;
mod rollback;
mod rows;
mod seed;
mod session;
mod shell;
mod squash;
mod stamp;
mod state;
mod status;
mod status_all;
mod targets;
mod ui;
mod validate;
mod verify;
mod waves;
mod workbench;

use std::process::ExitCode;

use clap::Parser as _;

use self::{
    args::{Cli, Command},
    exit::ExitStatus,
    failure::Failure,
    session::Session,
    ui::Ui,
};
use crate::db;

/// Runs the command that the process arguments name.
pub fn main() -> ExitCode {
    let cli = match Cli::try_parse() {
        Ok(cli) => cli,
        Err(error) => {
            // Help and version go to stdout with status 0; wrong usage to stderr with 2.
            let _ = error.print();
            return if error.use_stderr() { ExitStatus::Usage } else { ExitStatus::Done }.into();
        }
    };
    let ui = Ui::new(&cli.global);
    let status = match db::runtime::block_on(run(&cli, &ui)) {
        Ok(status) => status,
        Err(failure) => {
            ui.failure(&failure);
            failure.status
        }
    };
    status.into()
}

async fn run(cli: &Cli, ui: &Ui) -> Result<ExitStatus, Failure> {
    let session = Session::open(&cli.global, ui)?;
    let result = match &cli.command {
        // It ends by itself on Ctrl-C, at a point from which it can go on.
        Command::Deploy(args) => deploy::run(args, &session).await,
        Command::Rollback(args) => rollback::run(args, &session).await,
        command => tokio::select! {
            result = dispatch(command, &session) => result,
            _ = tokio::signal::ctrl_c() => Err(Failure::interrupted()),
        },
    };
    db::scratch::cleanup().await;
    result
}

async fn dispatch(command: &Command, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    match command {
        Command::Deploy(args) => deploy::run(args, session).await,
        Command::Init(args) => init::run(args, session),
        Command::Dev(args) => dev::run(args, session).await,
        Command::Pull(args) => pull::run(args, session).await,
        Command::Push(args) => push::run(args, session).await,
        Command::Check(args) => check::run(args, session).await,
        Command::Verify(args) => verify::run(args, session).await,
        Command::Status(args) => status::run(args, session).await,
        Command::Diff(args) => diff::run(args, session).await,
        Command::New(args) => new::run(args, session),
        Command::History(args) => history::history(args, session),
        Command::Heads => history::heads(session),
        Command::Show(args) => history::show(args, session),
        Command::Merge(args) => merge::run(args, session).await,
        Command::Rebase(args) => rebase::run(args, session).await,
        Command::Seed(args) => seed::run(args, session).await,
        Command::Squash(args) => squash::squash(args, session).await,
        Command::Checkpoint(args) => squash::checkpoint(args, session).await,
        Command::Blame(args) => blame::run(args, session).await,
        Command::Sql(args) => preview::sql(args, session),
        Command::Plan(args) => preview::plan(args, session).await,
        Command::Stamp(args) => stamp::run(args, session).await,
        Command::Rollback(args) => rollback::run(args, session).await,
        Command::Resolve(args) => resolve::run(args, session).await,
        Command::Baseline(args) => baseline::run(args, session).await,
        Command::Reset(args) => reset::run(args, session).await,
        Command::Current(args) => current::run(args, session).await,
        Command::Lint(args) => lint::run(args, session).await,
        Command::Validate(args) => validate::run(args, session),
        Command::Fmt(args) => validate::fmt(args, session),
        Command::Explain(args) => explain::run(args, session),
        Command::Execute(args) => execute::run(args, session).await,
        Command::Completions(args) => shell::completions(args, session),
        Command::Man => shell::man(session),
    }
}
