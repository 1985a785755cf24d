//! Generates the code of every example, of the service that echoes their types, and a table of the types.

use std::path::PathBuf;
use std::{env, fs};

fn main() {
    asterc_build::Builder::new()
        .root("matrix.aster")
        .import_root("../../idl-examples")
        .compile();
    let out = PathBuf::from(env::var_os("OUT_DIR").expect("cargo says where"));
    let code = fs::read_to_string(out.join("matrix.rs")).expect("it was generated");
    fs::write(out.join("cases.rs"), table(&code)).expect("it can be written");
}

/// A function of each case of the union `Value`, by number: it reads the message of the case and writes it again.
fn table(code: &str) -> String {
    let (_, cases) = code.split_once("pub enum Value {").expect("the union");
    let (cases, _) = cases.split_once("\n}").expect("its end");
    let types = cases.lines().filter_map(|line| {
        let (_, held) = line.trim().strip_suffix("),")?.split_once('(')?;
        let inner = held
            .strip_prefix("Box<")
            .and_then(|boxed| boxed.strip_suffix('>'));
        Some(inner.unwrap_or(held))
    });
    let entries: Vec<_> = types.map(|name| format!("    again::<{name}>,\n")).collect();
    format!(
        "/// By the number of the case, from 1.\n#[expect(deprecated, reason = \"the schema still has them\")]\npub(crate) static CASES: [Again; {}] = [\n{}];\n",
        entries.len(),
        entries.concat()
    )
}
