//! Where the time of `asterc` goes: its stages one by one, in this process and on one thread.

use super::{Case, Cost, Workplace};
use asterc::codegen::{Layout, Options as CodegenOptions, RustCode};
use asterc::contracts::{Contracts, contracts};
use asterc::driver::disk::Disk;
use asterc::driver::{Input, Options, compile};
use asterc::lock::Lock;
use asterc::model::Schema;
use asterc::parse::parse;
use asterc::source::FileId;
use std::convert::Infallible;
use std::fs;
use std::hint::black_box;
use std::path::Path;
use std::time::Instant;

impl Workplace {
    /// The stages, the median of `rounds`. Resolving is what compiling takes beyond reading and parsing.
    pub fn phases(&self, rounds: usize) -> Vec<(Case, Vec<Cost>)> {
        let mut texts = Vec::new();
        read_below(&self.path("aster"), &mut texts);
        let options = Options {
            import_roots: vec![self.path("aster")],
        };
        let inputs = [Input::Path(self.root_file())];
        let median = |work: &mut dyn FnMut() -> f64| {
            let mut times: Vec<f64> = (0..rounds).map(|_| work()).collect();
            times.sort_by(f64::total_cmp);
            times[rounds / 2]
        };
        let parsing = median(&mut || {
            time(|| {
                texts
                    .iter()
                    .for_each(|text| drop(black_box(parse(FileId(0), text))));
            })
        });
        let Ok(compiled) = compile(&inputs, &options, &Disk) else {
            return Vec::new();
        };
        let Some(schema) = &compiled.schema else {
            return Vec::new();
        };
        let Ok(known) = contracts(schema) else {
            return Vec::new();
        };
        let lock = Lock::new(schema, &known);
        let stages = [
            ("parse", parsing),
            (
                "identify",
                median(&mut || time(|| drop(black_box(contracts(schema))))),
            ),
            (
                "facts of the lock",
                median(&mut || time(|| drop(black_box(Lock::new(schema, &known))))),
            ),
            (
                "text of the lock",
                median(&mut || time(|| drop(black_box(lock.text())))),
            ),
            ("print Rust", median(&mut || time(|| print_rust(schema, &known)))),
        ];
        stages
            .into_iter()
            .map(|(stage, seconds)| {
                let case = Case::alone(format!("stage: {stage}, {} types", self.types));
                (
                    case,
                    vec![Cost {
                        seconds,
                        megabytes: 0.0,
                    }],
                )
            })
            .collect()
    }
}

fn print_rust(schema: &Schema, known: &Contracts) {
    let options = CodegenOptions::new(Layout::Tree);
    if let Ok(code) = RustCode::new(schema, known, &options) {
        let Ok(()) = code.each(&mut |_, text| {
            black_box(text);
            Ok::<(), Infallible>(())
        });
    }
}

fn time(work: impl FnOnce()) -> f64 {
    let started = Instant::now();
    work();
    started.elapsed().as_secs_f64()
}

fn read_below(folder: &Path, texts: &mut Vec<String>) {
    let entries = fs::read_dir(folder).into_iter().flatten().flatten();
    for path in entries.map(|entry| entry.path()) {
        if path.is_dir() {
            read_below(&path, texts);
        } else {
            texts.extend(fs::read_to_string(path));
        }
    }
}
