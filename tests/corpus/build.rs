//! Draws the corpus, compiles its schema, and writes the code that makes its values.

#[path = "generator.rs"]
mod generator;

use std::path::PathBuf;
use std::{env, fs};

fn main() -> std::io::Result<()> {
    println!("cargo::rerun-if-changed=generator.rs");
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo sets OUT_DIR for build scripts"));
    let corpus = generator::corpus();
    let schema = out.join("corpus.aster");
    fs::write(&schema, corpus.schema())?;
    fs::write(out.join("samples.rs"), corpus.samples())?;
    fs::write(out.join("corpus.json"), corpus.description())?;
    asterc_build::compile(&schema);
    Ok(())
}
