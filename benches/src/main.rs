//! `cargo run --release --manifest-path benches/Cargo.toml -- AREA [--json] [--only TEXT]`: plainwire beside its peers,
//! in one run on the same core. A ratio above 1 means that we are faster.

mod areas;
mod http1;
mod measure;
mod smtp;

use measure::Bench;
use std::process::ExitCode;

#[global_allocator]
static ALLOCATOR: measure::Counting = measure::Counting;

fn main() -> ExitCode {
    let mut arguments = std::env::args().skip(1);
    let (mut wanted, mut json, mut only) = (None, false, None);
    while let Some(argument) = arguments.next() {
        match argument.as_str() {
            "--json" => json = true,
            "--serve" => {
                areas::serve(&arguments.next().unwrap_or_default());
                return ExitCode::SUCCESS;
            }
            "--only" => only = arguments.next(),
            _ => wanted = Some(argument),
        }
    }
    let chosen: Vec<_> = areas::ALL
        .iter()
        .filter(|(name, _)| wanted.as_deref().is_some_and(|wanted| wanted == "all" || wanted == *name))
        .collect();
    if chosen.is_empty() {
        let names: Vec<_> = areas::ALL.iter().map(|(name, _)| *name).collect();
        eprintln!("usage: AREA [--json] [--only TEXT], with AREA one of: all {}", names.join(" "));
        return ExitCode::from(2);
    }
    for (name, run) in chosen {
        run(&mut Bench::new(name, json, only.clone()));
    }
    ExitCode::SUCCESS
}
