//! `completions` and `man`: what a shell wants to know about the command line.

use clap::{Args, CommandFactory as _};

use super::{ExitStatus, Failure, Session, args::Cli};

/// Arguments of `completions`.
#[derive(Debug, Args)]
pub(crate) struct CompletionsArgs {
    /// The shell
    shell: clap_complete::Shell,
}

pub(crate) fn completions(
    args: &CompletionsArgs,
    session: &Session<'_>,
) -> Result<ExitStatus, Failure> {
    let mut out = Vec::new();
    clap_complete::generate(args.shell, &mut Cli::command(), "driftless", &mut out);
    session.ui.data(&String::from_utf8_lossy(&out));
    Ok(ExitStatus::Done)
}

pub(crate) fn man(session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let mut out = Vec::new();
    clap_mangen::Man::new(Cli::command())
        .render(&mut out)
        .map_err(|error| Failure::io("render", std::path::Path::new("driftless.1"), &error))?;
    session.ui.data(&String::from_utf8_lossy(&out));
    Ok(ExitStatus::Done)
}
