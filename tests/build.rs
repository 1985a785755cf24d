//! Generates the code of both sides of every row of the verdict table, for the end-to-end tests.

use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::{env, fs, io};

const ROWS: &str = "drift";

fn main() -> io::Result<()> {
    println!("cargo::rerun-if-changed={ROWS}");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts"));
    let mut rows: Vec<String> = fs::read_dir(ROWS)?
        .map(|entry| entry.map(|entry| entry.file_name().to_string_lossy().into_owned()))
        .collect::<io::Result<_>>()?;
    rows.sort_unstable();

    let mut modules = String::new();
    for row in rows {
        writeln!(modules, "pub mod {} {{", row.replace('-', "_")).expect("a String takes it");
        for side in ["old", "new"] {
            let folder = out.join(ROWS).join(&row).join(side);
            fs::create_dir_all(&folder)?;
            asterc_build::Builder::new()
                .root(Path::new(ROWS).join(&row).join(side).with_extension("aster"))
                .out_dir(&folder)
                .compile();
            writeln!(
                modules,
                "pub mod {side} {{ include!(concat!(env!(\"OUT_DIR\"), \"/{ROWS}/{row}/{side}/drift.rs\")); }}"
            )
            .expect("a String takes it");
        }
        modules.push_str("}\n");
    }
    fs::write(out.join("drift.rs"), modules)
}
