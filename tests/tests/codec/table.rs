//! The table codec, made of what a peer describes: held against the static codec on the same types.

#[path = "../../table/described.rs"]
mod described;
#[path = "../../table/equal.rs"]
mod equal;
#[path = "../../table/value.rs"]
mod value;

mod equivalence;
mod foreign;
mod json;

use aster_runtime::codec::table::Table;
use asterc::driver::Input;
use described::Description;
use std::path::{Path, PathBuf};
use std::sync::LazyLock;

fn file(path: &str) -> Input {
    Input::Path(Path::new(env!("CARGO_MANIFEST_DIR")).join(path))
}

fn kitchen() -> &'static Table {
    static TABLE: LazyLock<Table> =
        LazyLock::new(|| Description::of(&[file("tests/codec/kitchen.aster")]).table());
    &TABLE
}

fn oracle() -> &'static Table {
    static TABLE: LazyLock<Table> =
        LazyLock::new(|| Description::of(&[file("tests/codec/oracle/oracle.aster")]).table());
    &TABLE
}

/// Every `.aster` file below a folder of the repository.
fn schemas(folder: &str) -> Vec<PathBuf> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).join(folder);
    let mut found = Vec::new();
    let mut folders = vec![root];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "aster") {
                found.push(path);
            }
        }
    }
    found.sort();
    found
}
