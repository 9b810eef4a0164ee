//! The driftless binary: hands the arguments to [`driftless::cli`] and exits with its status.

fn main() -> std::process::ExitCode {
    driftless::cli::main()
}
