//! Programs that a migration runs: `-- driftless: run ./backfill.py`.

use std::{path::Path, process::Stdio, time::Instant};

use super::{Event, Executor, statement::Cost, statement::Failure};
use crate::db::Error;

impl Executor<'_> {
    /// Runs a program to its end, in the folder of its migration, with `DATABASE_URL` set.
    pub(super) async fn run_program(
        &self,
        migration: &str,
        (program, folder): (&[String], &Path),
    ) -> Result<Cost, Failure> {
        let started = Instant::now();
        let title = format!("run {}", program.join(" "));
        let failed = |message: String| Error::Statement {
            doing: title.clone(),
            message,
            // External routine exception.
            sqlstate: "38000".to_owned(),
            position: None,
        };
        let (name, arguments) = program.split_first().expect("a program has a name");
        // A path is one of the folder; anything else is looked for in `PATH`.
        let folder = std::path::absolute(folder).unwrap_or_else(|_| folder.to_owned());
        let path = if name.contains('/') { folder.join(name) } else { name.into() };
        let output = tokio::process::Command::new(path)
            .args(arguments)
            .current_dir(&folder)
            .env("DATABASE_URL", self.connection.target().reveal())
            .env("DRIFTLESS_MIGRATION", migration)
            .stdin(Stdio::null())
            .kill_on_drop(true)
            .output()
            .await
            .map_err(|error| failed(error.to_string()))?;
        let said =
            [&output.stdout, &output.stderr].map(|out| String::from_utf8_lossy(out).into_owned());
        for line in said.iter().flat_map(|text| text.lines()) {
            self.observer.notice(&Event::Notice { text: line.to_owned() });
        }
        if !output.status.success() {
            return Err(failed(format!("it ended with {}", output.status)).into());
        }
        let milliseconds = started.elapsed().as_secs_f64() * 1000.0;
        Ok(Cost { milliseconds, ..Cost::default() })
    }
}
