//! From Prisma's models to the database that Prisma's own SQL makes.

use driftless::text::Source;

use crate::{
    catalog::{build, differences, read},
    corpus,
    support::{block_on, server},
};

#[test]
fn models_make_the_database_of_prismas_sql() {
    let Some(folder) = corpus::folder("prisma/single_migrations") else { return };
    server();
    let mut wrong = Vec::new();
    for file in corpus::files(&folder, ".prisma") {
        let sql = file.with_extension("current.sql");
        let Ok(script) = std::fs::read_to_string(&sql) else { continue };
        let model = std::fs::read_to_string(&file).expect("the model is readable");
        let found = block_on(async {
            let database = server().database().await.expect("the server gives a database");
            let script = format!("SET search_path = public;\n{script}");
            database.run("loading Prisma's SQL", &script).await.expect("it loads");
            let schema = read(&database).await;
            database.drop_database().await.expect("the database goes away");
            match build(&[Source::new("schema.prisma", model)]).await {
                Ok(built) => differences(&built, &schema),
                Err(error) => vec![error],
            }
        });
        wrong.extend(found.into_iter().map(|what| format!("{}: {what}", file.display())));
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
