//! `merge`: joins two branches of the history, where it makes no difference which goes first.

use clap::Args;
use serde_json::json;

use super::{
    ExitStatus, Failure, Session,
    branches::{Conflict, attempt, written_by_both},
    new::timestamp_after,
    session::one_migration,
    workbench::Workbench,
};
use crate::{
    migrations::{Branches, Header, History, NewMigration, slug, write_migration},
    schema::Schema,
};

/// Arguments of `merge`.
#[derive(Debug, Args)]
pub(crate) struct MergeArgs {
    /// The heads to join; without any, all there are
    #[arg(value_name = "HEAD", num_args = 2)]
    heads: Vec<String>,
    /// What the migration is called, in a few words
    #[arg(short, long)]
    name: Option<String>,
    /// Try it, and write nothing
    #[arg(long)]
    dry_run: bool,
    /// Join branches that both write rows of the same table
    #[arg(long)]
    accept_row_order: bool,
}

pub(crate) async fn run(args: &MergeArgs, session: &Session<'_>) -> Result<ExitStatus, Failure> {
    let mut workbench = Workbench::new(session, None, None)?;
    let mut joined = 0;
    loop {
        let history = session.history()?;
        let Some([a, b]) = chosen(args, &history)? else { break };
        if joined > 0 && !args.heads.is_empty() {
            break;
        }
        let branches = history.branches(&a, &b);
        let (after, reversible) = prove(args, &branches, &mut workbench).await?;
        let new = migration(args, &history, &branches, &after, reversible);
        if !args.dry_run {
            let directory = session.migrations_path();
            write_migration(&directory, &new)
                .map_err(|error| Failure::io("write", &directory.join(&new.name), &error))?;
        }
        report(args, &new, session);
        joined += 1;
        if args.dry_run {
            break;
        }
    }
    if joined == 0 {
        if session.ui.json {
            session.ui.json(&json!({ "migration": null }));
        }
        session.ui.say("nothing to join: the history has one head");
    }
    Ok(ExitStatus::Done)
}

/// The two heads to join next, if there are two.
fn chosen(args: &MergeArgs, history: &History) -> Result<Option<[String; 2]>, Failure> {
    if let [a, b] = args.heads.as_slice() {
        let [a, b] = [&one_migration(history, a)?.name, &one_migration(history, b)?.name];
        let follows = |one: &str, other: &str| history.upto(one).iter().any(|m| m.name == other);
        for (one, other) in [(a, b), (b, a)] {
            if follows(one, other) {
                let message = format!("`{one}` follows `{other}` already");
                return Err(Failure::usage("P0064", message));
            }
        }
        return Ok(Some([a.clone(), b.clone()]));
    }
    Ok(match history.heads().as_slice() {
        [a, b, ..] => Some([(*a).to_owned(), (*b).to_owned()]),
        _ => None,
    })
}

/// Tries both orders; what they lead to, and whether both ways back do too.
async fn prove(
    args: &MergeArgs,
    branches: &Branches<'_>,
    workbench: &mut Workbench<'_>,
) -> Result<(Schema, bool), Failure> {
    let session = workbench.session();
    let tried = attempt(branches, workbench).await?;
    let conflict = tried.conflict(branches);
    if !conflict.is_empty() {
        return Err(refuse(&conflict, branches, session));
    }
    let rows = written_by_both(branches);
    if !rows.is_empty() && !args.accept_row_order {
        let mut failure = Failure::refused("P0065", "both branches write rows of the same tables");
        failure.notes = rows;
        return Err(failure.help(
            "where it does not matter who comes first, `--accept-row-order` joins them; else \
             `driftless rebase`",
        ));
    }
    let [Ok(after), _] = tried.both else { unreachable!("a conflict names what does not run") };
    let reversible = branches.sides.iter().all(|side| side.own.iter().all(|m| m.down.is_some()));
    Ok((after, reversible))
}

/// Shows what each branch did, and says that they do not go together.
fn refuse(conflict: &Conflict, branches: &Branches<'_>, session: &Session<'_>) -> Failure {
    if session.ui.json {
        session.ui.json(&json!({ "migration": null, "conflict": conflict.json(branches) }));
    } else {
        session.ui.data(&conflict.render(branches, session.ui));
    }
    let [a, b] = [branches.sides[0].head, branches.sides[1].head];
    let mut failure = Failure::refused("P0064", format!("`{a}` and `{b}` do not go together"));
    failure.notes.clone_from(&conflict.reasons);
    failure.help("`driftless rebase` writes one of them anew, on top of the other")
}

fn migration(
    args: &MergeArgs,
    history: &History,
    branches: &Branches<'_>,
    after: &Schema,
    reversible: bool,
) -> NewMigration {
    let words = args.name.as_deref().map(slug).filter(|slug| !slug.is_empty());
    let parents: Vec<String> = branches.sides.iter().map(|side| side.head.to_owned()).collect();
    let up = format!(
        "-- Joins {} and {}.\n-- In both orders they lead to the same schema.\n",
        parents[0], parents[1]
    );
    let fingerprint = Some(after.fingerprint().0);
    NewMigration {
        name: format!("{}_{}", timestamp_after(history), words.as_deref().unwrap_or("merge")),
        up,
        down: reversible.then(|| "-- Nothing: what was joined is taken back by itself.\n".into()),
        header: Header {
            parents,
            before: fingerprint.clone(),
            after: fingerprint,
            irreversible: (!reversible).then(|| "a branch has no way back".to_owned()),
            ..Header::default()
        },
        proved: true,
    }
}

fn report(args: &MergeArgs, new: &NewMigration, session: &Session<'_>) {
    let path = session.migrations_path().join(&new.name).join("migration.sql");
    if session.ui.json {
        session.ui.json(&json!({
            "migration": new.name, "parents": new.header.parents, "path": path,
            "written": !args.dry_run,
        }));
    } else if !args.dry_run {
        session.ui.data(&format!("{}\n", path.display()));
    }
    let [a, b] = [&new.header.parents[0], &new.header.parents[1]];
    session.ui.say(&format!("`{a}` and `{b}` lead to the same in both orders"));
    if args.dry_run {
        session.ui.say("nothing is written");
    }
}
