//! What is the same under another name: declared in the model, given as arguments, or asked for.

use std::{
    collections::BTreeSet,
    io::{BufRead as _, IsTerminal as _},
};

use super::{Failure, Session, state::read};
use crate::{
    db::ScratchDb,
    diff::{Question, Rename, carried_renames, questions},
    kinds,
    schema::{ObjectId, Schema},
    sql::{Statement, render_script},
};

/// Renames that were carried out on a scratch database.
#[derive(Debug)]
pub(crate) struct Renamed {
    /// The schema with the new names.
    pub(crate) schema: Schema,
    /// The statements that gave them.
    pub(crate) up: Vec<Statement>,
    /// The statements that take them back.
    pub(crate) down: Vec<Statement>,
}

/// Carries renames out on a database that stands at `from`; what the names of wholes mean for the
/// names of their parts is read back before those are renamed.
pub(crate) async fn rename(
    database: &ScratchDb,
    from: &Schema,
    to: &Schema,
    renames: &[Rename],
    session: &Session<'_>,
) -> Result<Renamed, Failure> {
    let mut done = Renamed { schema: from.clone(), up: Vec::new(), down: Vec::new() };
    // A part is declared under the new name of its whole, whose path is shorter.
    let lengths: BTreeSet<usize> = renames.iter().map(|(old, _)| old.path.len()).collect();
    for length in lengths {
        let group: Vec<&Rename> =
            renames.iter().filter(|(old, _)| old.path.len() == length).collect();
        apply(database, &group, to, &mut done, session).await?;
    }
    let carried = carried_renames(&done.schema, to);
    apply(database, &carried.iter().collect::<Vec<_>>(), to, &mut done, session).await?;
    Ok(done)
}

async fn apply(
    database: &ScratchDb,
    renames: &[&Rename],
    to: &Schema,
    done: &mut Renamed,
    session: &Session<'_>,
) -> Result<(), Failure> {
    let mut up = Vec::new();
    let mut carried_out = Vec::new();
    for (old, new) in renames {
        let wanted = to.get(old).is_none();
        let statements = kinds::rename(&done.schema, old, new);
        if wanted && !statements.is_empty() {
            up.extend(statements);
            carried_out.push((old, new));
        }
    }
    if up.is_empty() {
        return Ok(());
    }
    database.run("renaming on the scratch database", &render_script(&up)).await?;
    done.schema = read(database, session).await?;
    for (old, new) in carried_out {
        let back = kinds::rename(&done.schema, new, old);
        done.down.splice(0..0, back);
    }
    done.up.extend(up);
    Ok(())
}

/// The renames to carry out: declared, given, and asked for where a drop may be one.
pub(crate) fn decide(
    from: &Schema,
    to: &Schema,
    declared: &[Rename],
    given: &[String],
    may_drop: bool,
    session: &Session<'_>,
) -> Result<Vec<Rename>, Failure> {
    let mut renames: Vec<Rename> = declared.to_vec();
    for text in given {
        renames.push(parse(text, from, to)?);
    }
    for question in questions(from, to) {
        let answered = renames.iter().any(|(old, _)| *old == question.gone);
        if answered || may_drop {
            continue;
        }
        let free: Vec<&ObjectId> = question
            .candidates
            .iter()
            .filter(|candidate| !renames.iter().any(|(_, new)| new == *candidate))
            .collect();
        if free.is_empty() {
            continue;
        }
        if !std::io::stdin().is_terminal() || session.ui.json {
            return Err(unanswered(&question, &free));
        }
        if let Some(new) = ask(&question, &free, session)? {
            renames.push((question.gone.clone(), new));
        }
    }
    Ok(renames)
}

/// Reads `users.name:full_name`, `users:accounts`, `order_status.pending:waiting`.
fn parse(text: &str, from: &Schema, to: &Schema) -> Result<Rename, Failure> {
    let Some((old, new)) = text.split_once(':') else {
        let message = format!("`{text}` is no rename");
        return Err(
            Failure::usage("P0060", message).help("write `old:new`, as in `users.name:full_name`")
        );
    };
    let fits = |id: &&ObjectId| {
        let path = id.path.join(".");
        path == old || path.strip_prefix("public.") == Some(old)
    };
    let gone = from.objects.keys().filter(|id| to.get(id).is_none()).find(fits).cloned();
    let gone = gone.or_else(|| kinds::enum_type::value_named(old, from));
    let Some(gone) = gone else {
        let message = format!("`{old}` is nothing that the model no longer has");
        return Err(Failure::usage("P0060", message));
    };
    let mut renamed = gone.clone();
    let name = new.rsplit('.').next().unwrap_or(new);
    if let Some(last) = renamed.path.last_mut() {
        name.clone_into(last);
    }
    let moved: Vec<&str> = new.split('.').collect();
    if let ([namespace, _], [first, _]) = (moved.as_slice(), renamed.path.as_mut_slice()) {
        (*namespace).clone_into(first);
    }
    Ok((gone, renamed))
}

fn shown(id: &ObjectId) -> String {
    match id.path.as_slice() {
        [namespace, rest @ ..] if namespace == "public" => rest.join("."),
        path => path.join("."),
    }
}

fn unanswered(question: &Question, free: &[&ObjectId]) -> Failure {
    let gone = shown(&question.gone);
    let new = shown(free[0]);
    let kind = question.gone.kind.replace('_', " ");
    let message = format!("the {kind} `{gone}` is gone and `{new}` is new: renamed, or dropped?");
    Failure::refused("P0060", message).help(format!(
        "`--rename {gone}:{}` keeps what it holds; `--accept-data-loss` drops it",
        free[0].name()
    ))
}

fn ask(
    question: &Question,
    free: &[&ObjectId],
    session: &Session<'_>,
) -> Result<Option<ObjectId>, Failure> {
    let gone = shown(&question.gone);
    for candidate in free {
        let new = shown(candidate);
        session.ui.tell(&format!("`{gone}` is gone and `{new}` is new. Was it renamed? [y/N] "));
        let mut line = String::new();
        std::io::stdin()
            .lock()
            .read_line(&mut line)
            .map_err(|error| Failure::io("read", std::path::Path::new("the answer"), &error))?;
        if matches!(line.trim(), "y" | "Y" | "yes") {
            return Ok(Some((*candidate).clone()));
        }
    }
    Ok(None)
}
