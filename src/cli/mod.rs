//! The command line: arguments in, text out.

/// Runs the command that the process arguments name.
pub fn main() -> std::process::ExitCode {
    std::process::ExitCode::SUCCESS
}
