//! temp
use driftless::{db, plan, schema::Schema};
fn main() {
    let args: Vec<String> = std::env::args().collect();
    db::runtime::block_on(async {
        let env = db::Environment::of_process();
        let mut s: Vec<Schema> = vec![];
        for a in args[1..].iter().take(2) {
            let t = db::Target::parse(a, &env).unwrap();
            let c = db::connect(&t).await.unwrap();
            s.push(db::introspect::read(c.client()).await.unwrap());
        }
        if s.len() == 1 {
            println!("{}", serde_json::to_string_pretty(&s[0]).unwrap());
            return;
        }
        match plan::plan(
            &s[0],
            &s[1],
            if args.len() > 3 { plan::Mode::Direct } else { plan::Mode::Online },
        ) {
            Ok(p) => print!("{}", plan::render(&p)),
            Err(e) => {
                eprintln!("{e}");
                std::process::exit(4)
            }
        }
    });
}
