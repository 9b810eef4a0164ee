//! throwaway
use driftless::{db, diff, plan, schema::*};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    let s: Vec<&str> = args.iter().map(|s| s.as_str()).collect();
    let code = db::runtime::block_on(async { run(&s[1..]).await });
    std::process::exit(code)
}
fn scratch_options() -> db::ScratchOptions {
    let env = db::Environment::of_process();
    let url = env.get("DRIFTLESS_SCRATCH_URL").map(|u| db::Target::parse(u, &env).unwrap());
    db::ScratchOptions { url, ..Default::default() }
}
async fn read(url: &str) -> Schema {
    let env = db::Environment::of_process();
    let t = db::Target::parse(url, &env).unwrap();
    let c = db::connect(&t).await.unwrap();
    db::introspect::read(c.client()).await.unwrap()
}
fn show(changes: &diff::ChangeSet) {
    for c in &changes.changes {
        println!("{}", serde_json::to_string(c).unwrap());
    }
}
async fn run(args: &[&str]) -> i32 {
    match args {
        ["elab", url] => {
            let schema = read(url).await;
            let mut draft = Draft::default();
            for o in schema.objects.values() {
                let mut o = o.clone();
                if !["constraint", "partition", "index_attachment", "sequence_owner"]
                    .contains(&&*o.id.kind)
                {
                    o.deps.clear();
                }
                draft.push(o, driftless::text::Span::NONE);
            }
            let t = std::time::Instant::now();
            let scratch = db::Scratch::open(&scratch_options()).await.unwrap();
            let t2 = std::time::Instant::now();
            match db::elaborate(&draft, &scratch).await {
                Ok(s) => {
                    eprintln!(
                        "open {:?} elaborate {:?} objects {}",
                        t2 - t,
                        t2.elapsed(),
                        s.objects.len()
                    );
                    let d = diff::diff(&schema, &s);
                    show(&d);
                    i32::from(!d.is_empty())
                }
                Err(db::ElaborateError::Model(list)) => {
                    for d in list {
                        println!("{} {:?}", d.message, d.notes);
                    }
                    2
                }
                Err(e) => {
                    println!("{e}");
                    4
                }
            }
        }
        ["plan", a, b] => {
            let (a, b) = (read(a).await, read(b).await);
            print!("{}", plan::render(&plan::plan(&a, &b).unwrap()));
            0
        }
        _ => 2,
    }
}
