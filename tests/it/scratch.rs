//! Scratch databases: where they come from, and that nothing of them stays.

use std::path::PathBuf;

use driftless::db::{
    Environment, Error, Scratch, ScratchOptions, Target, connect, runtime, scratch,
};

fn private() -> ScratchOptions {
    crate::support::private_server()
}

fn directory_of(url: &str) -> PathBuf {
    let environment = Environment::default();
    PathBuf::from(&Target::parse(url, &environment).unwrap().hosts()[0].host)
}

#[test]
fn a_private_server_gives_empty_databases_and_vanishes() {
    let directory = runtime::block_on(async {
        let scratch = Scratch::open(&private()).await.unwrap();
        let first = scratch.database().await.unwrap();
        let second = scratch.database().await.unwrap();
        first.run("test", "CREATE TABLE only_here (id int)").await.unwrap();
        let row = second.query_one("SELECT to_regclass('only_here') IS NULL", &[]).await.unwrap();
        assert!(row.get::<_, bool>(0));
        let directory = directory_of(&first.url());
        let name = first.name().to_owned();
        first.drop_database().await.unwrap();
        let sql = "SELECT count(*) FROM pg_database WHERE datname = $1";
        assert_eq!(second.query_one(sql, &[&name]).await.unwrap().get::<_, i64>(0), 0);
        assert!(directory.exists());
        directory
    });
    assert!(!directory.exists());
}

#[test]
fn databases_on_a_named_server_are_dropped_even_when_forgotten() {
    runtime::block_on(async {
        let server = Scratch::open(&private()).await.unwrap();
        let maintenance = server.database().await.unwrap();
        let target = maintenance.target().clone();
        let options = ScratchOptions { url: Some(target.clone()), ..ScratchOptions::default() };
        let scratch = Scratch::open(&options).await.unwrap();
        drop(scratch.database().await.unwrap());
        let count = "SELECT count(*) FROM pg_database WHERE datname LIKE 'driftless%'";
        let count = async || maintenance.query_one(count, &[]).await.unwrap().get::<_, i64>(0);
        assert_eq!(count().await, 2);
        // A run that is alive keeps what it created from a run that begins.
        let other = Scratch::open(&options).await.unwrap();
        assert_eq!(count().await, 2);
        scratch::cleanup().await;
        assert_eq!(count().await, 1);
        drop((scratch, other));
        // What a run that was killed left behind is removed by the next one.
        maintenance.run("test", "CREATE DATABASE driftless_scratch_0123456789ab_1").await.unwrap();
        let _next = Scratch::open(&options).await.unwrap();
        assert_eq!(count().await, 1);
    });
}

#[test]
fn a_role_that_may_not_create_databases_is_refused_by_name() {
    runtime::block_on(async {
        let server = Scratch::open(&private()).await.unwrap();
        let maintenance = server.database().await.unwrap();
        maintenance.run("test", "CREATE ROLE weak LOGIN").await.unwrap();
        let url = maintenance.url().replace("postgres@", "weak@");
        let weak = Target::parse(&url, &Environment::default()).unwrap();
        let options = ScratchOptions { url: Some(weak), ..ScratchOptions::default() };
        let error = Scratch::open(&options).await.unwrap_err();
        assert!(matches!(error, Error::NoCreateDatabase { .. }), "{error}");
        assert!(error.help().unwrap().contains("CREATEDB"));
    });
}

#[test]
fn connection_errors_name_what_is_wrong() {
    runtime::block_on(async {
        let server = Scratch::open(&private()).await.unwrap();
        let database = server.database().await.unwrap();
        let missing = database.target().with_database("nowhere");
        assert_eq!(connect(&missing).await.unwrap_err().code(), "P0004");
        let environment = Environment::default();
        let nobody = "postgres://u:secret@127.0.0.1:1/d";
        let error = connect(&Target::parse(nobody, &environment).unwrap()).await.unwrap_err();
        assert_eq!(error.code(), "P0002");
        assert!(error.to_string().contains("127.0.0.1:1"), "{error}");
        assert!(!error.to_string().contains("secret"), "{error}");
        let pair = database.url().replace("host=", "host=/nowhere,");
        connect(&Target::parse(&pair, &environment).unwrap()).await.unwrap();
    });
}

#[test]
fn a_directory_without_programs_is_named() {
    let options = ScratchOptions { pg_bindir: Some(PathBuf::from("/nowhere/bin")), ..private() };
    let error = runtime::block_on(Scratch::open(&options)).unwrap_err();
    assert!(error.to_string().contains("/nowhere/bin"), "{error}");
    assert_eq!(error.code(), "P0011");
}
